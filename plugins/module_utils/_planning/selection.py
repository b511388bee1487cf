# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host pattern means what it says: no part is blank and every name in it exists. Pure functions.

Ansible drops blank parts and unknown names, and puts ``all`` in the place of a pattern without names. Here each of them
is a problem, because a window must touch exactly the devices that were meant.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

MOST_NAMED = 10

_EXAMPLE = "for example {option}=site_LAX"
_KINDS = {bool: "a boolean", int: "a number", float: "a number", dict: "a mapping", list: "a list", tuple: "a list"}
_SUBSCRIPT = re.compile(r"(.+)\[(?:-?[0-9]+|[0-9]+[:-][0-9]*)\]")
# A colon separates names, except inside a subscript such as site_LAX[0:2].
_COLON = re.compile(r":(?![^\[\]]*\])")


def selection_problem(
    option: str, pattern: object, hosts: t.Collection[str], groups: t.Collection[str], *, in_part: bool = False
) -> str:
    """Return one sentence that says why a host pattern is refused, or an empty text.

    ``option`` is the variable that holds ``pattern``; ``hosts`` and ``groups`` are the names in the inventory. With
    ``in_part`` they are only some of the names, so that a name which is not among them may be right.
    """
    if pattern is None or (isinstance(pattern, str) and not pattern.strip()):
        return f"{option} is missing or blank. Name the devices, {_EXAMPLE.format(option=option)}."
    if not isinstance(pattern, str):
        kind = next((words for cls, words in _KINDS.items() if isinstance(pattern, cls)), type(pattern).__name__)
        quote = f" Quote it in YAML: '{pattern}'." if isinstance(pattern, (bool, int, float)) else ""
        return f"{option} must be text, {_EXAMPLE.format(option=option)}, and is {kind}.{quote}"
    if not hosts and not in_part:
        return "The inventory holds no device. Did you forget -i?"
    parts = [part.strip() for part in (pattern.split(",") if "," in pattern else _COLON.split(pattern))]
    parts = [word for part in parts for word in (part.split() or [""])]
    names = [part[1:] if part[:1] in ("!", "&") else part for part in parts]
    if not all(name.strip() and name != "~" for name in names):
        return (
            f"{option} {shown(pattern)} has a part without a name. Remove the separator or operator that stands alone, "
            "or add the name that belongs there."
        )
    known = [*groups, *hosts]
    unknown = [name for name in dict.fromkeys(names) if not _matches(name, known)]
    if in_part:
        # A name may be of another part; a regular expression that is wrong, or that fits everything, is wrong in all.
        unknown = [name for name in unknown if name.startswith("~") and not _is_sound(name[1:])]
    if unknown:
        return _unknown(option, unknown, known)
    return ""


def nothing_selected(option: str, pattern: str) -> str:
    """Return the sentence for a pattern of known names that selects no device."""
    return (
        f"{option} {shown(pattern.strip())} matches no device. List groups and devices with "
        "ansible-inventory -i INVENTORY --graph."
    )


def left_out_by_limit(option: str, limit: str, left_out: t.Sequence[str]) -> str:
    """Return the sentence for a ``--limit`` that leaves out devices that ``option`` selects."""
    more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
    return (
        f"--limit {shown(limit.strip())} leaves out {left_out[0]}{more}, which {option} selects. Choose the devices "
        f"with {option}, and run without --limit."
    )


def _matches(name: str, known: t.Collection[str]) -> bool:
    try:
        if name.startswith("~"):
            regex = re.compile(name[1:])
            # One that fits the empty text, such as ~.* or ~x*, fits every name; who means that writes all.
            return regex.match("") is None and any(map(regex.match, known))
        bare = _SUBSCRIPT.fullmatch(name)
        return any(fnmatch.fnmatchcase(each, bare[1] if bare else name) for each in known)
    except re.error:
        return False


def _is_sound(regex: str) -> bool:
    """Whether a regular expression can be read and does not fit the empty text, and so every name."""
    try:
        return re.match(regex, "") is None
    except re.error:
        return False


def _unknown(option: str, unknown: list[str], known: t.Collection[str]) -> str:
    named = ", ".join(map(shown, unknown[:MOST_NAMED]))
    more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
    by_lower = {each.lower(): each for each in known}
    close = [by_lower[each] for name in unknown[:1] for each in difflib.get_close_matches(name.lower(), by_lower, n=1)]
    hint = f" Did you mean {close[0]}?" if len(unknown) == 1 and close else " Names are case-sensitive."
    verb = "which is" if len(unknown) == 1 else "which are"
    return f"{option} names {named}{more}, {verb} not in the inventory.{hint}"
