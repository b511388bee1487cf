# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recurrence rules (RFC 5545, 3.3.10), worked out period by period.

The cost of an answer is the number of periods in the time that is asked about, never more: what lies before is passed
over by arithmetic, and a rule that never comes true ends like any other. Local times only; zones are not known here.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.rule import RuleError, check_part, parts_of

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_LAST_DAY = dt.date.max.toordinal()

# How far ahead of its beginning a rule must come true: 29 February on a given weekday takes 40 years around 2100.
_COMES_TRUE_WITHIN = 41


class TooMuchError(ValueError):
    """What was asked would take too long."""


class Budget:
    """How much work reading the calendars of a window may still take, in steps of about four microseconds."""

    def __init__(self, steps: int) -> None:
        """Begin with this many steps."""
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps away. Raise TooMuchError when none are left."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchError(
                "its events recur too often, for too long or in too many places to be worked out in time"
            )


@dataclasses.dataclass(frozen=True)
class Recurrence:
    """A checked rule, and the local time from which it counts; ``whole_days`` when that is a day."""

    start: dt.datetime
    whole_days: bool
    frequency: str
    interval: int
    count: int | None
    until: str | None
    numbers: t.Mapping[str, tuple[int, ...]]
    weekdays: tuple[tuple[int, int], ...]
    week_start: int

    def between(self, low: dt.datetime, high: dt.datetime, budget: Budget) -> t.Iterator[dt.datetime]:
        """Return the starts from ``low`` to ``high`` (both included) in order, without regard to COUNT and UNTIL."""
        times = self._times()
        for first, days in self._periods(max(low, self.start), high):
            if first > high.date():
                return
            found = self._chosen(first, days, times, budget)
            yield from (each for each in found if low <= each <= high and each >= self.start)

    def _periods(self, low: dt.datetime, high: dt.datetime) -> t.Iterator[tuple[dt.date, int]]:
        """Return the periods of the rule from the one that ``low`` is in, each as its first day and number of days."""
        start, step = self.start.date(), self.interval
        if self.frequency in ("MONTHLY", "YEARLY"):
            months = step * (12 if self.frequency == "YEARLY" else 1)
            begun = start.year * 12 + (start.month - 1 if self.frequency == "MONTHLY" else 0)
            ahead = low.year * 12 + low.month - 1 - begun
            month = begun + max(0, ahead // months) * months
            while month // 12 <= min(high.year, dt.MAXYEAR):
                year, number = divmod(month, 12)
                if self.frequency == "YEARLY":
                    yield dt.date(year, 1, 1), 366 if calendar.isleap(year) else 365
                else:
                    yield dt.date(year, number + 1, 1), _length(year, number + 1)
                month += months
            return
        days = step * (7 if self.frequency == "WEEKLY" else 1)
        begun = start.toordinal() - ((start.weekday() - self.week_start) % 7 if self.frequency == "WEEKLY" else 0)
        ordinal = begun + max(0, (low.toordinal() - begun) // days) * days
        while 1 <= ordinal <= high.toordinal():
            yield dt.date.fromordinal(ordinal), 7 if self.frequency == "WEEKLY" else 1
            ordinal += days

    def _chosen(self, first: dt.date, days: int, times: t.Sequence[dt.time], budget: Budget) -> list[dt.datetime]:
        """Return the starts in a period, in order."""
        begun = first.toordinal()
        tested: t.Iterable[int] = range(begun, min(begun + days, _LAST_DAY + 1))
        if days > 31 and "BYMONTH" in self.numbers:
            months = [(first.replace(month=month).toordinal(), month) for month in self.numbers["BYMONTH"]]
            lengths = [(start, _length(first.year, month)) for start, month in months]
            tested = [start + day for start, length in lengths for day in range(length)]
        if self.weekdays:
            # The day with the ordinal 1 is a Monday. This spares most days the rest.
            wanted = {weekday for _number, weekday in self.weekdays}
            tested = [day for day in tested if (day + 6) % 7 in wanted]
        chosen = [day for day in map(dt.date.fromordinal, tested) if self._is_chosen(day)]
        budget.spend(2 + days // 8 + 2 * len(chosen) * len(times))
        found = [dt.datetime.combine(day, time) for day in chosen for time in times]
        positions = self.numbers.get("BYSETPOS")
        if positions is None or not found:
            return found
        kept = {each - 1 if each > 0 else len(found) + each for each in positions}
        return [each for place, each in enumerate(found) if place in kept]

    def _is_chosen(self, day: dt.date) -> bool:
        numbers = self.numbers
        if "BYMONTH" in numbers and day.month not in numbers["BYMONTH"]:
            return False
        if "BYMONTHDAY" in numbers and not _is_among(day.day, _length(day.year, day.month), numbers["BYMONTHDAY"]):
            return False
        if "BYYEARDAY" in numbers and not _is_among(*_place(day), numbers["BYYEARDAY"]):
            return False
        if "BYWEEKNO" in numbers:
            year, week, _weekday = day.isocalendar()
            if not _is_among(week, dt.date(year, 12, 28).isocalendar()[1], numbers["BYWEEKNO"]):
                return False
        return not self.weekdays or any(self._is_weekday(day, *each) for each in self.weekdays)

    def _is_weekday(self, day: dt.date, number: int, weekday: int) -> bool:
        if day.weekday() != weekday or number == 0:
            return day.weekday() == weekday
        in_month = self.frequency == "MONTHLY" or "BYMONTH" in self.numbers
        place, length = (day.day, _length(day.year, day.month)) if in_month else _place(day)
        return number in ((place - 1) // 7 + 1, -((length - place) // 7 + 1))

    def _times(self) -> list[dt.time]:
        if self.whole_days:
            # RFC 5545: BYHOUR and the like are to be ignored for days.
            return [dt.time()]
        start = self.start
        return [
            dt.time(hour, minute, second)
            for hour in sorted(self.numbers.get("BYHOUR", (start.hour,)))
            for minute in sorted(self.numbers.get("BYMINUTE", (start.minute,)))
            for second in sorted(self.numbers.get("BYSECOND", (start.second,)))
        ]


def read_recurrence(text: str, start: dt.datetime, whole_days: bool, budget: Budget) -> Recurrence:
    """Read a calendar's rule that counts from ``start`` (local). Raise RuleError for one that is not RFC 5545.

    A rule is refused as well when it recurs more often than daily, when it never comes true, and when it is one of the
    few that programs read in different ways.
    """
    parts = parts_of(text)
    frequency = parts["FREQ"]
    for name, value in parts.items():
        check_part(name, value, frequency, of_calendar=True)
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleError("has both COUNT and UNTIL, and only one may end it")
    numbered = re.search(r"\d", parts.get("BYDAY", ""))
    if "BYWEEKNO" in parts and ("BYDAY" not in parts or numbered or parts.get("WKST", "MO") != "MO"):
        raise RuleError("has BYWEEKNO without plain weekdays in BYDAY, or with a WKST other than MO")
    if "-" in parts.get("BYWEEKNO", ""):
        raise RuleError("has a BYWEEKNO that counts from the end of the year")
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise RuleError("has BYSETPOS and nothing that it could choose from")
    numbers = {
        name: tuple(sorted(set(map(int, value.split(",")))))
        for name, value in parts.items()
        if name.startswith("BY") and name != "BYDAY"
    }
    weekdays = [(int(day[:-2] or 0), _WEEKDAYS.index(day[-2:])) for day in parts.get("BYDAY", "").split(",") if day]
    # What the rule leaves open is as it is at its start.
    if not {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"} & parts.keys():
        if frequency == "WEEKLY":
            weekdays = [(0, start.weekday())]
        elif frequency in ("MONTHLY", "YEARLY"):
            numbers["BYMONTHDAY"] = (start.day,)
            if frequency == "YEARLY":
                numbers.setdefault("BYMONTH", (start.month,))
    rule = Recurrence(
        start=start,
        whole_days=whole_days,
        frequency=frequency,
        interval=int(parts.get("INTERVAL", "1")),
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        until=parts.get("UNTIL"),
        numbers=numbers,
        weekdays=tuple(weekdays),
        week_start=_WEEKDAYS.index(parts.get("WKST", "MO")),
    )
    if len(rule._times()) > 24:
        raise RuleError("recurs more than 24 times a day")
    if next(rule.between(start, _years_on(start), budget), None) is None:
        raise RuleError(f"does not come true within {_COMES_TRUE_WITHIN} years")
    return rule


def _length(year: int, month: int) -> int:
    return 29 if month == 2 and calendar.isleap(year) else _LENGTHS[month]


def _place(day: dt.date) -> tuple[int, int]:
    """Return which day of the year it is, and how many the year has."""
    return day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365


def _is_among(place: int, length: int, numbers: t.Collection[int]) -> bool:
    """Whether a place is among numbers that count from the beginning, or below 0 from the end."""
    return place in numbers or place - length - 1 in numbers


def _years_on(start: dt.datetime) -> dt.datetime:
    year = start.year + _COMES_TRUE_WITHIN
    return dt.datetime(year, 12, 31) if year <= dt.MAXYEAR else dt.datetime.max
