# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calendar reader against two others: dateutil for rules, and a slow and obvious one that walks through a year."""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import itertools
import re
import typing as t
import zoneinfo
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.recurrence import Budget, read_recurrence
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.rule import RuleError

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
some = functools.partial(st.lists, min_size=1, max_size=3, unique=True)


def signed(largest: int) -> st.SearchStrategy[int]:
    return st.integers(-largest, largest).filter(bool)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules of every frequency that RFC 5545 allows, with up to four further parts."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    numbered = {"MONTHLY": 5, "YEARLY": 53}.get(frequency)
    weekdays = st.sampled_from(WEEKDAYS)
    if numbered:
        weekdays = st.one_of(weekdays, st.builds("{}{}".format, signed(numbered), weekdays))
    parts: dict[str, st.SearchStrategy[t.Any]] = {
        "INTERVAL": st.integers(1, 5).map(lambda number: [number]),
        "BYMONTH": some(st.integers(1, 12)),
        "BYDAY": some(weekdays),
        "BYHOUR": some(st.integers(0, 23)),
        "BYMINUTE": some(st.integers(0, 59)),
        "WKST": st.sampled_from(WEEKDAYS).map(lambda day: [day]),
    }
    if frequency != "WEEKLY":
        parts["BYMONTHDAY"] = some(signed(31))
    if frequency == "YEARLY":
        parts["BYYEARDAY"] = some(signed(366))
    chosen = draw(st.lists(st.sampled_from(sorted(parts)), max_size=4, unique=True))
    written = [f"FREQ={frequency}", *(f"{name}={','.join(map(str, draw(parts[name])))}" for name in chosen)]
    if any(name.startswith("BY") for name in chosen) and draw(st.booleans()):
        written.append(f"BYSETPOS={','.join(map(str, draw(some(signed(4)))))}")
    return ";".join(written)


@settings(max_examples=80, deadline=None)
@given(
    text=rules(),
    start=st.datetimes(dt.datetime(1999, 1, 1), dt.datetime(2030, 1, 1)).map(lambda time: time.replace(microsecond=0)),
    after=st.integers(0, 3000),
)
def test_a_rule_gives_what_dateutil_gives(text: str, start: dt.datetime, after: int) -> None:
    weekdays = re.search(r"BYDAY=([^;]*)", text)
    # Of weekdays with a number and without, dateutil takes what is both, and RFC 5545 either.
    assume(weekdays is None or len({day[:-2] != "" for day in weekdays[1].split(",")}) == 1)
    low = start + dt.timedelta(days=after)
    high = low + dt.timedelta(days=800)
    try:
        rule = read_recurrence(text, start, False, Budget(10**9))
    except RuleError as error:
        assume("does not come true" not in str(error) and "24 times a day" not in str(error))
        raise
    # Where nothing comes any more, dateutil goes on looking for minutes.
    assume(any(rule.between(high, high + dt.timedelta(days=3000), Budget(10**9))))
    theirs = itertools.takewhile(lambda time: time <= high, rrulestr(text, dtstart=start).xafter(low, inc=True))
    assert list(rule.between(low, high, Budget(10**9))) == list(itertools.islice(theirs, 100_000))


@settings(max_examples=30, deadline=None)
@given(week=some(st.integers(1, 53)), days=some(st.sampled_from(WEEKDAYS)), year=st.integers(1999, 2040))
def test_weeks_by_number_are_those_of_iso_8601(week: list[int], days: list[str], year: int) -> None:
    """Not those of dateutil, which misses the first days of a year when week 1 and the last one are asked for."""
    text = f"FREQ=YEARLY;BYWEEKNO={','.join(map(str, week))};BYDAY={','.join(days)}"
    start, end = dt.datetime(year, 1, 1), dt.datetime(year + 12, 1, 1)
    obvious = [
        day
        for day in (start + dt.timedelta(days=n) for n in range((end - start).days))
        if day.isocalendar().week in week and WEEKDAYS[day.weekday()] in days
    ]
    rule = read_recurrence(text, start, False, Budget(10**9))
    assert list(rule.between(start, end - dt.timedelta(days=1), Budget(10**9))) == obvious


# The obvious reading: a year as a list of quarters of an hour, each with what the wall clock shows then.
QUARTER = 900
BEGIN = dt.datetime(2026, 9, 1, tzinfo=dt.timezone.utc)
QUARTERS = 400 * 96
ZONES = ["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "America/St_Johns"]


@functools.cache
def wall(zone: str) -> tuple[list[dt.datetime], dict[dt.datetime, int]]:
    """Return what the wall clock shows at each quarter, and the first quarter at which it shows a time."""
    there = zoneinfo.ZoneInfo(zone)
    shown = [
        (BEGIN + dt.timedelta(seconds=QUARTER * n)).astimezone(there).replace(tzinfo=None) for n in range(QUARTERS)
    ]
    first: dict[dt.datetime, int] = {}
    for number, local in enumerate(shown):
        first.setdefault(local, number)
    return shown, first


def quarter_of(local: dt.datetime, zone: str) -> int:
    """Return the quarter of a local time; for one that the clocks skip, count on from the last one that they show."""
    first = wall(zone)[1]
    for back in range(12):
        if local - dt.timedelta(minutes=15 * back) in first:
            return first[local - dt.timedelta(minutes=15 * back)] + back
    raise AssertionError(local)


class Series(t.NamedTuple):
    """An event that recurs, as numbers: what the obvious reading needs of it."""

    zone: str
    start: dt.datetime
    days: int
    quarters: int
    frequency: str
    interval: int
    weekdays: list[int]
    monthdays: list[int]
    number: int | None
    last_day: dt.date | None
    without: list[int]

    def lines(self) -> list[str]:
        rule = [f"FREQ={self.frequency}", f"INTERVAL={self.interval}"]
        rule += [f"BYDAY={','.join(WEEKDAYS[day] for day in self.weekdays)}"] * bool(self.weekdays)
        rule += [f"BYMONTHDAY={','.join(map(str, self.monthdays))}"] * bool(self.monthdays)
        rule += [f"COUNT={self.number}"] * bool(self.number)
        rule += [f"UNTIL={self.last_day:%Y%m%d}"] if self.last_day else []
        length = f"P{f'{self.days}D' if self.days else ''}{f'T{self.quarters * 15}M' if self.quarters else ''}"
        gone = [f"EXDATE;TZID={self.zone}:{day:%Y%m%d}T{self.start:%H%M%S}" for day in self.exceptions()]
        return [
            f"DTSTART;TZID={self.zone}:{self.start:%Y%m%dT%H%M%S}",
            f"DURATION:{length}",
            f"RRULE:{';'.join(rule)}",
            *gone,
        ]

    def exceptions(self) -> list[dt.date]:
        return [self.start.date() + dt.timedelta(days=number) for number in self.without]

    def takes_place(self, day: dt.date) -> bool:
        first = self.start.date()
        if self.frequency == "DAILY":
            if (day - first).days % self.interval:
                return False
        elif self.frequency == "WEEKLY":
            weeks = (day - dt.timedelta(days=day.weekday()) - first + dt.timedelta(days=first.weekday())).days // 7
            if weeks % self.interval or (not self.weekdays and day.weekday() != first.weekday()):
                return False
        else:
            months = (day.year - first.year) * 12 + day.month - first.month
            if months % self.interval or (not self.weekdays and not self.monthdays and day.day != first.day):
                return False
        length = calendar.monthrange(day.year, day.month)[1]
        if self.monthdays and day.day not in self.monthdays and day.day - length - 1 not in self.monthdays:
            return False
        return not self.weekdays or day.weekday() in self.weekdays

    def frozen(self) -> set[int]:
        """Walk through the days and note every quarter that an event takes."""
        found: set[int] = set()
        left = self.number
        for number in range(380):
            day = self.start.date() + dt.timedelta(days=number)
            local = dt.datetime.combine(day, self.start.time())
            if (self.last_day and day > self.last_day) or left == 0:
                break
            chosen = self.takes_place(day)
            if left is not None and chosen and local in wall(self.zone)[1]:
                left -= 1
            if (chosen or number == 0) and day not in self.exceptions():
                begins = quarter_of(local, self.zone)
                ends = quarter_of(local + dt.timedelta(days=self.days), self.zone) + self.quarters
                found |= set(range(begins, ends))
        return found


@st.composite
def series(draw: st.DrawFn) -> Series:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    quarters = draw(st.integers(0, 120))
    day = dt.date(2026, 9, 10) + dt.timedelta(days=draw(st.integers(0, 9)))
    # Most of them around the hours at which clocks change.
    minute = draw(st.one_of(st.integers(0, 15), st.integers(0, 95))) * 15
    ends = draw(st.sampled_from(["count", "until", "never"]))
    return Series(
        zone=draw(st.sampled_from(ZONES)),
        start=dt.datetime.combine(day, dt.time(minute // 60, minute % 60)),
        days=draw(st.integers(0 if quarters else 1, 2)),
        quarters=quarters,
        frequency=frequency,
        interval=draw(st.integers(1, 4)),
        weekdays=draw(st.one_of(st.just([]), some(st.integers(0, 6)))),
        monthdays=draw(st.one_of(st.just([]), some(signed(31)))) if frequency != "WEEKLY" else [],
        number=draw(st.integers(1, 300)) if ends == "count" else None,
        last_day=day + dt.timedelta(days=draw(st.integers(0, 360))) if ends == "until" else None,
        without=draw(st.lists(st.integers(0, 250), max_size=4)),
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(series(), min_size=1, max_size=3))
def test_a_year_is_frozen_when_the_obvious_reading_says_so(tmp_path: Path, events: list[Series]) -> None:
    for each in events:
        assume(sum(map(each.takes_place, (each.start.date() + dt.timedelta(days=n) for n in range(370)))) > 0)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for number, each in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", *each.lines(), "END:VEVENT"]
    path = tmp_path / "a.ics"
    path.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]))
    right = set().union(*(each.frozen() for each in events))
    begun = BEGIN.timestamp()
    year = 370 * 96
    found: set[int] = set()
    for freeze in Freezes([str(path)], None, zoneinfo.ZoneInfo("UTC")).between(begun, begun + year * QUARTER):
        first, last = (round((instant - begun) / QUARTER) for instant in (freeze.start, freeze.end))
        found |= set(range(first, last))
    assert {each for each in found ^ right if 0 <= each < year} == set()


@pytest.mark.parametrize("zone", ZONES)
def test_the_obvious_reading_has_the_clock_changes_in_it(zone: str) -> None:
    shown, first = wall(zone)
    assert (len(first) < len(shown)) is (zone != "UTC")
