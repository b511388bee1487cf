# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as parts of a URL path: encoded exactly once, or refused."""

from __future__ import annotations

import re
import unicodedata


def shown(name: str) -> str:
    """Quote a name for a message: what does not print, or reorders text, is escaped, and length is limited."""
    return f"'{legible(name[:80])}'" + ("..." if len(name) > 80 else "")


def legible(text: str) -> str:
    """Escape what does not print, breaks a line or reorders text: a sentence is to be read as it was written."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "backslashreplace").decode("ascii")
        for letter in text
    )


def folded(hostname: str) -> str:
    """Give what two hostnames share that a person, or the server, may take for the same one."""
    return " ".join(unicodedata.normalize("NFKC", hostname).casefold().split())


_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$]|:(?=//))")


def escaped(text: object) -> str:
    """Give text that Markdown, and the HTML in it, reads as plain words on one line."""
    # A mention would wake whoever has that name; no backslash keeps every system from making one.
    return _SPECIAL.sub(r"\\\1", legible(str(text))).replace("@", "&#64;")
