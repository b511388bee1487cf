# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of a window: RFC 5545's RRULE, checked more strictly than any library does, and the starts that it gives.

What a library would quietly read in its own way is refused here, because a window that opens on another day than its
author meant disrupts devices at the wrong time. The rules of freeze calendars pass the same check.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import first_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

try:
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass


MOST_STARTS_A_DAY = 24

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

# For each part with numbers: the smallest, the largest, and whether it may count from the end (RFC 5545, 3.3.10).
_NUMBERS = {
    "INTERVAL": (1, 1000, False),
    "COUNT": (1, 10000, False),
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 0, False),
    "BYSETPOS": (1, 366, True),
}

_SINGLE = ("INTERVAL", "COUNT")

_ONLY_WITH = {
    "BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY"),
    "BYYEARDAY": ("YEARLY",),
    "BYWEEKNO": ("YEARLY",),
    "BYSETPOS": ("MONTHLY", "YEARLY"),
}

_NAMES_A_DAY = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")

_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)

_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)


class RuleError(ValueError):
    """What is wrong with a rule, as the second half of a sentence."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A checked rule. ``text`` is without UNTIL; ``anchored`` tells that the starts depend on ``start``."""

    text: str
    until: str | None = None
    start: dt.date | None = None
    anchored: bool = False

    def starts(self, zone: zoneinfo.ZoneInfo, floor: dt.date) -> t.Iterator[int]:
        """Return the starts on or after ``floor`` (a local day) in order, as epoch seconds, each instant once.

        An anchored rule begins at its start date even when that is before ``floor``.
        """
        first = self.start if self.anchored and self.start else max(floor, self.start or floor)
        limit = None if self.until is None else _last_instant(self.until, zone)
        last = None
        for local in rrulestr(self.text, dtstart=_midnight(first)):
            instant = first_instant(local, zone)
            if limit is not None and instant > limit:
                return
            # Several local times in a gap mean the same first valid instant after it: that is one window.
            if instant != last:
                yield instant
            last = instant


def read_rule(text: str, start: dt.date | None) -> Rule:
    """Read an RRULE (with or without ``RRULE:``) that counts from ``start``, or from no particular day.

    Times that the rule does not give are 00:00. Raises BadInput, naming the key and the value, for a rule that is not
    RFC 5545, that never comes true, that starts more often than a window can, or whose days depend on a start date that
    is not given (INTERVAL, COUNT, or no BYDAY and the like).
    """
    try:
        return _read(text, start)
    except RuleError as error:
        raise BadInput(f"window_schedule {shown(text)} {error}.") from error


def _read(text: str, start: dt.date | None) -> Rule:
    parts = parts_of(text)
    frequency = parts["FREQ"]
    for name, value in parts.items():
        check_part(name, value, frequency)
    if "BYWEEKNO" in parts and ("BYDAY" not in parts or re.search(r"\d", parts["BYDAY"])):
        raise RuleError("must say with BYDAY, without numbers, which days of the weeks in BYWEEKNO it means")
    if len({len(day) > 2 for day in parts.get("BYDAY", "").split(",")}) > 1:
        # The library takes what is both, where RFC 5545 means either.
        raise RuleError("has weekdays with and without a number in BYDAY; write either kind")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleError("has both COUNT and UNTIL, and only one may end it")
    if _amount(parts, "BYHOUR") * _amount(parts, "BYMINUTE") > MOST_STARTS_A_DAY:
        raise RuleError(f"starts more than {MOST_STARTS_A_DAY} times a day")

    anchored = _anchor(parts, frequency)
    if anchored and start is None:
        raise RuleError(f"{anchored}, so window_schedule_start must give the date from which it counts")
    until = parts.pop("UNTIL", None)
    _must_come_true(parts)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    return Rule(rule, until, start, anchored is not None)


def parts_of(text: str) -> dict[str, str]:
    """Split a rule into its parts, with FREQ among them. Raise RuleError."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise RuleError(f"is not an RRULE such as FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2: {shown(part)} is no NAME=VALUE")
        if name.startswith("DTSTART"):
            raise RuleError("must not have a DTSTART: write window_schedule_start and BYHOUR instead")
        if name in parts:
            raise RuleError(f"has {name} twice")
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise RuleError(f"must have a FREQ, which is one of {', '.join(_FREQUENCIES)}")
    return parts


def check_part(name: str, value: str, frequency: str, *, of_calendar: bool = False) -> None:
    """Raise RuleError when one part is not RFC 5545, or does not go with the frequency.

    Calendars may have seconds, and choose with BYSETPOS at every frequency, which windows must not.
    """
    values = value.split(",")
    free = of_calendar and name == "BYSETPOS"
    if not free and frequency not in _ONLY_WITH.get(name, _FREQUENCIES):
        raise RuleError(f"has {name}, which does not go with FREQ={frequency}")
    if name in _NUMBERS:
        if name in _SINGLE and len(values) > 1:
            raise RuleError(f"has more than one {name}")
        for number in values:
            _check_number(name, number, _NUMBERS["BYMINUTE" if of_calendar and name == "BYSECOND" else name])
    elif name == "BYDAY":
        for day in values:
            _check_weekday(day, frequency)
    elif name == "UNTIL":
        if not _UNTIL.fullmatch(value) or not _is_time(value):
            raise RuleError(
                f"has UNTIL={value}, which is not written like 20271231, 20271231T235959 or 20271231T235959Z"
            )
    elif name == "WKST":
        if not _WEEKDAY.fullmatch(value) or len(value) != 2:
            raise RuleError(f"has WKST={value}, which is no weekday")
    elif name != "FREQ":
        raise RuleError(f"has {shown(name)}, which is no part of an RRULE")


def _check_number(name: str, text: str, limits: tuple[int, int, bool]) -> None:
    low, high, signed = limits
    if not re.fullmatch(r"[+-]?\d{1,5}" if signed else r"\d{1,5}", text, re.ASCII):
        raise RuleError(f"has {name}={text}, which is no number")
    if not low <= abs(int(text)) <= high:
        raise RuleError(f"has {name}={text}, which is outside {low} to {high}")


def _check_weekday(text: str, frequency: str) -> None:
    day = _WEEKDAY.fullmatch(text)
    if day is None:
        raise RuleError(f"has BYDAY={text}, which is no weekday such as SU, 2SU or -1SU")
    most = {"MONTHLY": 5, "YEARLY": 53}.get(frequency, 0)
    if day[1] and most == 0:
        # dateutil would drop the number and open the window every week.
        raise RuleError(f"has BYDAY={text}, whose number does not go with FREQ={frequency}")
    if day[1] and not 1 <= abs(int(day[1])) <= most:
        raise RuleError(f"has BYDAY={text}, whose number is outside 1 to {most}")


def _amount(parts: t.Mapping[str, str], name: str) -> int:
    """Count the different values of a part that gives times of the day; left out, it is one."""
    return len(set(map(int, parts.get(name, "0").split(","))))


def _anchor(parts: t.Mapping[str, str], frequency: str) -> str | None:
    """Say what makes the starts depend on the date from which the rule counts, or None when nothing does."""
    if int(parts.get("INTERVAL", "1")) > 1:
        return "has an INTERVAL"
    if "COUNT" in parts:
        return "has a COUNT"
    if frequency != "DAILY" and not any(name in parts for name in _NAMES_A_DAY):
        return "does not say on which day (BYDAY or BYMONTHDAY, say)"
    return None


def _must_come_true(parts: t.Mapping[str, str]) -> None:
    """Raise for a rule such as 30 February.

    The library would look for it up to the year 9999, for ten seconds or more, so the last forty of those years are
    asked first: they have every date on every weekday.
    """
    rule = ";".join(f"{name}={value}" for name, value in parts.items() if name not in _SINGLE)
    if next(iter(rrulestr(rule, dtstart=dt.datetime(9960, 1, 1))), None) is None:
        raise RuleError("never comes true")


def _is_time(text: str) -> bool:
    try:
        _until_time(text)
    except ValueError:
        return False
    return True


def _until_time(text: str) -> dt.datetime:
    """Read the digits of an UNTIL; a date alone means the last second of that day (RFC 5545: inclusive)."""
    return dt.datetime.strptime(text[:15] if len(text) > 8 else f"{text}T235959", "%Y%m%dT%H%M%S")


def _last_instant(until: str, zone: zoneinfo.ZoneInfo) -> int:
    """Return the last instant at which a rule with this UNTIL may start, as epoch seconds."""
    time = _until_time(until)
    if until.endswith("Z"):
        return round(time.replace(tzinfo=dt.timezone.utc).timestamp())
    return first_instant(time, zone)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day)
