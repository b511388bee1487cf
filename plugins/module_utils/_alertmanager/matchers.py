# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matchers of alerts, written as Alertmanager writes them (``severity=~"critical|major"``) or as mappings. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

_MATCHER = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)

_KEYS = {"name", "value", "regex", "equal"}

# What Go's regular expressions read otherwise than Python's, or Python's do not know.
_OTHERWISE = re.compile(r"\[\[:|\\[pPzZCQE]|\\x\{")


@dataclasses.dataclass(frozen=True)
class Matcher:
    """A condition on one label. A label that an alert does not have counts as empty, as in Alertmanager.

    ``regex`` expressions must match the whole value; without ``equal`` the condition is the opposite.
    """

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    def fits(self, labels: t.Mapping[str, str]) -> bool:
        """Whether the labels of an alert meet the condition."""
        label = labels.get(self.name, "")
        same = re.fullmatch(self.value, label, re.DOTALL) is not None if self.regex else label == self.value
        return same is self.equal

    def to_json(self) -> dict[str, t.Any]:
        """Return it as JSON-like values, which :func:`read_matcher` reads."""
        return dataclasses.asdict(self)


def read_matchers(value: object, option: str, *, names: bool = False) -> tuple[Matcher, ...]:
    """Read a list of matchers, or one of them; with ``names`` a word alone is the name of an alert.

    Raises BadInput, naming ``option``, for what is none.
    """
    if value is None:
        return ()
    given = value if isinstance(value, (list, tuple)) else [value]
    return tuple(read_matcher(each, option, names=names) for each in given)


def read_matcher(value: object, option: str, *, names: bool = False) -> Matcher:
    """Read one matcher: text, or a mapping with name, value, regex and equal. Raises BadInput."""
    if isinstance(value, t.Mapping):
        return _checked(_of_mapping(value, option), option)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{option}: {shown(str(value))} is no matcher; write one such as severity=critical.")
    found = _MATCHER.fullmatch(value)
    if found is None:
        if names and not re.search(r"[=~!\"{}]", value):
            return Matcher("alertname", value.strip())
        raise BadInput(f"{option}: {shown(value)} is no matcher; write one such as severity=critical.")
    name, operator, text = found.groups()
    return _checked(Matcher(name, _unquoted(text, value, option), "~" in operator, "!" not in operator), option)


def _of_mapping(value: t.Mapping[t.Any, t.Any], option: str) -> Matcher:
    unknown = sorted(str(key) for key in value if key not in _KEYS)
    if unknown:
        raise BadInput(f"{option}: unknown key {shown(unknown[0])}; a matcher has name, value, regex and equal.")
    name, text = value.get("name"), value.get("value")
    flags = [value.get("regex", False), value.get("equal", True)]
    is_sound = isinstance(name, str) and _NAME.fullmatch(name) and isinstance(text, str)
    if not is_sound or not all(isinstance(flag, bool) for flag in flags):
        raise BadInput(f"{option}: a matcher needs a name and a value as text, and regex and equal as true or false.")
    return Matcher(str(name), str(text), *flags)


def _unquoted(text: str, whole: str, option: str) -> str:
    """Return the value of a matcher without the quotes around it, if there are any."""
    if not text.startswith('"'):
        if '"' in text:
            raise BadInput(f"{option}: {shown(whole)} has a quotation mark inside; put the whole value in quotes.")
        return text
    body = text[1:-1]
    if len(text) < 2 or not text.endswith('"') or re.search(r'(?<!\\)(\\\\)*"', body):
        raise BadInput(f"{option}: the quotation marks of {shown(whole)} do not match.")
    return re.sub(r'\\([\\"n])', lambda escape: "\n" if escape[1] == "n" else escape[1], body)


def _checked(matcher: Matcher, option: str) -> Matcher:
    """Return a matcher whose expression means the same here and in Alertmanager. Raises BadInput."""
    if matcher.regex:
        try:
            problem = _OTHERWISE.search(matcher.value) is not None or re.compile(matcher.value) is None
        except (re.error, RecursionError, OverflowError):
            problem = True
        if problem:
            raise BadInput(
                f"{option}: {shown(matcher.value)} is no expression that is understood; write a simpler one."
            )
    return matcher
