# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading freeze calendars (iCalendar files), completely or not at all.

An event that was overlooked would open a window that somebody closed, so what cannot be read is an error and never a
smaller calendar (DESIGN, I10). The parser is forgiving; what it lets pass is checked here.
"""

from __future__ import annotations

import datetime as dt
import pathlib
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

try:
    import icalendar
except ImportError:
    # The face names the missing library before anything here is used.
    pass


_LARGEST = 5 * 1024 * 1024


_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}


_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")


def read_calendars(paths: t.Iterable[str], directory: str | None) -> list[tuple[str, icalendar.Component]]:
    """Read the calendars at ``paths``, each a file or a directory of ``*.ics`` files, and give them with their files.

    Relative paths start at ``directory``, or at the working directory. Raises BadInput for a path that is not there, a
    directory without calendars, and a file that is not completely understood.
    """
    base = pathlib.Path(directory or ".").expanduser()
    found = []
    for path in paths:
        for file in _files(base / pathlib.Path(path).expanduser()):
            found += [(str(file), calendar) for calendar in _read(file)]
    return found


def unreadable(path: str, error: Exception) -> BadInput:
    """Give the error for a calendar that is not understood, whatever the library stumbled over."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    printable = "".join(letter if letter.isprintable() else " " for letter in reason)[:200].rstrip(".")
    # In full, because the end of a path tells calendars apart; `repr` escapes what does not print.
    return BadInput(f"window_freeze {path!r} cannot be read, so no new work may start: {printable}.")


def _files(path: pathlib.Path) -> list[pathlib.Path]:
    try:
        if not path.is_dir():
            return [path]
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".ics")
    except (OSError, ValueError) as error:
        raise unreadable(str(path), error) from error
    if not files:
        raise unreadable(str(path), ValueError("the directory has no calendar (*.ics) in it"))
    return files


def _read(file: pathlib.Path) -> list[icalendar.Component]:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST // 1024 // 1024} MiB")
        text = content.decode("utf-8-sig")
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        _check_whole(text, calendars)
        for calendar in calendars:
            for component in calendar.walk():
                _check(component)
    except Exception as error:
        # The library raises whatever the broken content leads it to.
        raise unreadable(str(file), error) from error
    return list(calendars)


def _check_whole(text: str, calendars: t.Sequence[icalendar.Component]) -> None:
    """Raise when the file holds anything but whole calendars: the parser drops what is cut short."""
    lines = [line.strip().upper() for line in text.splitlines()]
    begun = sorted(line.removeprefix("BEGIN:") for line in lines if line.startswith("BEGIN:"))
    ended = sorted(line.removeprefix("END:") for line in lines if line.startswith("END:"))
    if not calendars or begun != ended:
        raise ValueError("it is not a whole iCalendar file, from BEGIN:VCALENDAR to END:VCALENDAR")
    for calendar in calendars:
        if calendar.name != "VCALENDAR":
            raise ValueError(f"it holds a {calendar.name} outside a VCALENDAR")


def _check(component: icalendar.Component) -> None:
    """Raise for a property that the parser could not read, and for an event whose times are not certain."""
    if component.name == "VFREEBUSY":
        raise ValueError("it holds a VFREEBUSY, and only a VEVENT can be a freeze")
    label = f"the {component.name} {shown(str(component.get('SUMMARY', '')))}"
    for name, problem in component.errors:
        raise ValueError(f"{label} has a {name or 'line'} that is not iCalendar ({problem})")
    if component.name == "VEVENT":
        _check_zones(component, label)
        _check_length(component, label)
        for rule in _several(component.get("RRULE")):
            if _TOO_OFTEN.intersection(_several(rule.get("FREQ"))):
                raise ValueError(f"{label} recurs more often than daily")


def _check_zones(event: t.Mapping[str, t.Any], label: str) -> None:
    """Raise for a TZID that means nothing: the parser gives such a time without a zone."""
    for name in _TIMES:
        for value in _several(event.get(name)):
            times = [value.dt] if hasattr(value, "dt") else [each.dt for each in value.dts]
            if "TZID" in value.params and any(getattr(time, "tzinfo", None) is None for time in times):
                raise ValueError(f"{label} has the unknown time zone {shown(str(value.params['TZID']))}")


def _check_length(event: t.Mapping[str, t.Any], label: str) -> None:
    for name in ("DTSTART", "DTEND", "DURATION"):
        if len(_several(event.get(name))) > 1:
            raise ValueError(f"{label} has more than one {name}")
    if "DTSTART" not in event:
        raise ValueError(f"{label} has no DTSTART")
    start = event["DTSTART"].dt
    if "DTEND" in event:
        end = event["DTEND"].dt
        long_enough = isinstance(end, dt.datetime) == isinstance(start, dt.datetime) and end > start
    elif "DURATION" in event:
        long_enough = event["DURATION"].dt > dt.timedelta(0)
    else:
        # RFC 5545, 3.6.1: a day lasts the day, a time ends at once.
        long_enough = not isinstance(start, dt.datetime)
    if not long_enough:
        raise ValueError(f"{label} does not end after its start")


def _several(value: t.Any) -> list[t.Any]:
    """Give a property as a list: the library gives one value, a list of several, or nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
