# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as parts of a URL path: encoded exactly once, or refused."""

from __future__ import annotations

import itertools
import re
import unicodedata

from ansible_collections.netfleet.maintenance.plugins.module_utils._secrets import mask


def shown(name: str) -> str:
    """Quote a name for a message: what does not print, or reorders text, is escaped, and length is limited."""
    name = mask(name)
    return f"'{legible(name[:80])}'" + ("..." if len(name) > 80 else "")


def not_text(name: str, value: object = None) -> str:
    """Return the sentence for a value that is a number or a truth by now and must be text; None is not shown."""
    named = name if value is None else f"{name} {shown(str(value))}"
    return f"{named} is not text to YAML, which may have changed it. Put the value in quotes."


def cut(text: object, length: int) -> str:
    """Return a foreign text on one line, at most so long. Secrets are masked first: half of one is not recognised."""
    return mask(" ".join(str(text).split()))[:length]


def legible(text: str) -> str:
    """Escape what does not print, breaks a line or reorders text: a sentence is to be read as it was written."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "backslashreplace").decode("ascii")
        for letter in text
    )


GROUP = "group "


def group_lock(group_id: str) -> str | None:
    """Return what stands for the lock of an SDM group where a device's id stands: ``ID40``, or ``ID40/ID55``.

    The first is the id of a network function, the second that of a group in it; alone it is the top group, which
    carries the id of its network function. None for what is no such id.
    """
    parts = [part.strip() for part in group_id.split("/")]
    if len(parts) > 2 or not all(parts):
        return None
    return f"{GROUP}{parts[0]}/{parts[-1]}"


def group_of(device_id: str) -> tuple[str, str] | None:
    """Return network function and group of what :func:`group_lock` returned, None for the id of a device."""
    if not device_id.startswith(GROUP):
        return None
    function, _slash, group = device_id.removeprefix(GROUP).partition("/")
    return function, group


def is_occurrence(window_id: str, window_name: str) -> bool:
    """Whether an id is that of an occurrence of a window: ``core@20261122T020000Z`` of ``core``, not ``core@host``."""
    return bool(window_name) and bool(re.fullmatch(re.escape(window_name) + r"@\d{8}T\d{6}Z", window_id, re.ASCII))


def folded(hostname: str) -> str:
    """Return what two hostnames share that a person, or the server, may take for the same one."""
    return " ".join(unicodedata.normalize("NFKC", hostname).casefold().split())


def as_code(text: object) -> str:
    """Return text as Markdown code on one line: nothing in it means anything, a mention neither."""
    return f"`{legible(str(text)).replace('`', chr(39))}`"


def duration(seconds: float) -> str:
    """Write a number of seconds as people say it, in its two largest units: ``42 s``, ``6 min 8 s``, ``3 d 0 h``."""
    left = max(0, round(seconds))
    if left < 60:
        return f"{left} s"
    for (large, size), (small, part) in itertools.pairwise(_DURATIONS):
        if left >= size:
            return f"{left // size} {large} {left % size // part} {small}"
    raise AssertionError("unreachable: a minute is the least that is left")


_DURATIONS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$]|:(?=//))")


def escaped(text: object) -> str:
    """Return text that Markdown, and the HTML in it, reads as plain words on one line."""
    # A mention would wake whoever has that name; no backslash keeps every system from making one.
    return _SPECIAL.sub(r"\\\1", legible(str(text))).replace("@", "&#64;")
