# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content lines of an iCalendar file (RFC 5545, section 3.1) and the components they make. All or nothing.

A library that skips what it does not understand would make a smaller calendar of it, and a freeze would be gone. So
every line must be one, every component whole, and nothing is repaired.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

MOST_LINES = 80_000

_DEEPEST = 8

_FOLD = re.compile(rb"\r?\n[ \t]")

_PARAMETER = r';[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*'

_LINE = re.compile(rf"([A-Za-z0-9-]+)((?:{_PARAMETER})*):(.*)", re.DOTALL)

_ONE_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";])*)')


class Property(t.NamedTuple):
    """One content line. Names are in capitals; ``parameters`` is what stands between the name and the colon."""

    name: str
    parameters: str
    value: str

    def parameter(self, name: str) -> str | None:
        """Return the value of a parameter, None when it is not there. Raise ValueError when it is there twice."""
        if not self.parameters:
            return None
        found = [text for key, text in _ONE_PARAMETER.findall(self.parameters) if key.upper() == name]
        if len(found) > 1:
            raise ValueError(f"{self.name} has {name} twice")
        return found[0].strip('"') if found else None


@dataclasses.dataclass
class Component:
    """A component: the properties between its BEGIN and its END by name, and the components in it."""

    name: str
    properties: dict[str, list[Property]] = dataclasses.field(default_factory=dict)
    components: list[Component] = dataclasses.field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        """Return the properties of this name."""
        return self.properties.get(name, [])

    def one(self, name: str) -> Property | None:
        """Return the property of this name, None when there is none. Raise ValueError when there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise ValueError(f"has more than one {name}")
        return found[0] if found else None

    def text(self, name: str) -> str:
        """Return the first value of a property as text, without its escapes; empty when there is none."""
        found = self.all(name)
        return re.sub(r"\\(.)", lambda match: " " if match[1] in "nN" else match[1], found[0].value) if found else ""


def read_components(content: bytes) -> list[Component]:
    """Return the VCALENDAR components of a file. Raise ValueError for a file that is anything but whole calendars."""
    calendars: list[Component] = []
    stack: list[Component] = []
    for line in _lines(content):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"it has a line that is not iCalendar ({_shown(line)})")
        name = match[1].upper()
        if name == "BEGIN":
            component = Component(match[3].strip().upper())
            if not stack and component.name != "VCALENDAR":
                raise ValueError(f"it holds a {component.name[:40]} outside a VCALENDAR")
            if len(stack) >= _DEEPEST:
                raise ValueError("its components are nested too deeply")
            (stack[-1].components if stack else calendars).append(component)
            stack.append(component)
        elif not stack:
            raise ValueError(f"it has a line outside a VCALENDAR ({_shown(line)})")
        elif name == "END":
            if stack.pop().name != match[3].strip().upper():
                raise ValueError("it is not a whole iCalendar file: BEGIN and END do not match")
        else:
            stack[-1].properties.setdefault(name, []).append(Property(name, match[2], match[3]))
    if stack or not calendars:
        raise ValueError("it is not a whole iCalendar file, from BEGIN:VCALENDAR to END:VCALENDAR")
    return calendars


def _lines(content: bytes) -> list[str]:
    """Return the lines of a file, unfolded. That comes before decoding: a fold may stand inside a letter."""
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    text = _FOLD.sub(b"", content.removeprefix(b"\xef\xbb\xbf")).decode("utf-8")
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    if len(lines) > MOST_LINES:
        raise ValueError(f"it has more than {MOST_LINES} lines")
    if "\r" in text.replace("\r\n", ""):
        raise ValueError("it has a carriage return inside a line")
    return lines


def _shown(text: str) -> str:
    return f"'{text[:40]}'" + ("..." if len(text) > 40 else "")
