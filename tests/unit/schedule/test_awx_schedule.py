# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window's schedule for AWX: taken by AWX, and starting when the window opens."""

from __future__ import annotations

import datetime as dt
import itertools
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from dateutil.tz import datetime_exists  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.filter.awx_schedule import FilterModule
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.awx import awx_schedule
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import first_instant
from tests.awx.schedules import parsed, problems

FIRST = dt.date(2026, 1, 1)
LAST = dt.datetime(2028, 1, 1, tzinfo=dt.timezone.utc)


def window(rule: str, zone: str = "Europe/London", **keys: object) -> dict[str, t.Any]:
    return {
        "window_name": "core",
        "window_schedule": rule,
        "window_timezone": zone,
        "window_duration": "10m",
        **keys,
    }


def opens(definition: dict[str, t.Any]) -> list[int]:
    """When the window really opens, but for the starts that the clocks skip, which AWX leaves out."""
    read = read_window(definition)
    assert read.rule is not None
    found = itertools.takewhile(lambda instant: instant < LAST.timestamp(), read.rule.starts(read.zone, FIRST))
    return [instant for instant in found if not clocks_are_set_forward(instant, read.zone)]


def clocks_are_set_forward(instant: int, zone: dt.tzinfo) -> bool:
    offsets = [
        dt.datetime.fromtimestamp(second, zone).utcoffset() or dt.timedelta() for second in (instant - 1, instant)
    ]
    return offsets[1] > offsets[0]


def starts(schedule: str) -> list[int]:
    """When AWX starts the job: times that the clocks skip are left out, of those that they repeat it is the first."""
    found = itertools.takewhile(lambda start: start < LAST, parsed(schedule))
    return [first_instant(start.replace(tzinfo=None), start.tzinfo) for start in found if datetime_exists(start)]


@pytest.mark.parametrize(
    ("definition", "schedule"),
    [
        (
            window("FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0"),
            "DTSTART;TZID=Europe/London:20260101T000000"
            " RRULE:FREQ=MONTHLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0;BYSETPOS=2;INTERVAL=1;BYSECOND=0",
        ),
        (
            window("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "UTC", window_schedule_start="2026-03-02"),
            "DTSTART:20260302T000000Z RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=0;BYMINUTE=0;BYSECOND=0",
        ),
        (
            window("FREQ=DAILY;BYHOUR=3;UNTIL=20270630", "America/New_York"),
            "DTSTART;TZID=America/New_York:20260101T000000"
            " RRULE:FREQ=DAILY;BYHOUR=3;INTERVAL=1;BYMINUTE=0;BYSECOND=0;UNTIL=20270701T035959Z",
        ),
        (
            {"window_id": "CHG1", "window_opens_at": "2026-12-13T02:00:00+01:00"},
            "DTSTART:20261213T010000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1",
        ),
        ({"window_id": "CHG1"}, ""),
    ],
)
def test_the_schedule_is_written_as_awx_takes_it(definition: dict[str, t.Any], schedule: str) -> None:
    assert awx_schedule(definition) == schedule
    assert not schedule or problems(schedule) == []


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYDAY=2SU,2MO;BYHOUR=2",
        "FREQ=MONTHLY;BYDAY=1SU,-1SU,3WE;BYHOUR=1,13;BYMINUTE=15,45",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYMONTH=3,6;BYDAY=-1FR,2TU;BYHOUR=4",
        "FREQ=YEARLY;BYWEEKNO=10,40;BYDAY=TU;UNTIL=20280401T120000",
        "FREQ=MONTHLY;BYMONTHDAY=8,9,10,11,12,13,14;BYDAY=SU;BYHOUR=2",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=22",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_the_job_starts_when_the_window_opens(rule: str, zone: str) -> None:
    definition = window(rule, zone)
    schedule = awx_schedule(definition)
    assert problems(schedule) == []
    assert starts(schedule) == opens(definition)
    assert len(opens(definition)) >= 2


WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
NUMBERS = st.sampled_from(["1", "2", "4", "+3", "-1", "-2"])


@given(
    days=st.lists(st.tuples(NUMBERS, WEEKDAYS).map("".join), min_size=1, max_size=3, unique=True),
    hours=st.lists(st.integers(3, 23), min_size=1, max_size=2, unique=True),
    months=st.lists(st.integers(1, 12), max_size=2, unique=True),
    frequency=st.sampled_from(["MONTHLY", "YEARLY"]),
)
def test_any_numbered_weekdays_mean_the_same_in_awx(
    days: list[str], hours: list[int], months: list[int], frequency: str
) -> None:
    rule = f"FREQ={frequency};BYDAY={','.join(days)};BYHOUR={','.join(map(str, hours))}"
    if months:
        rule += f";BYMONTH={','.join(map(str, months))}"
    definition = window(rule)
    schedule = awx_schedule(definition)
    assert problems(schedule) == []
    assert starts(schedule) == opens(definition)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=MONTHLY;BYDAY=2SU;BYMONTHDAY=8,9,10", "numbered weekdays only by themselves"),
        ("FREQ=MONTHLY;BYDAY=1SU,SU", "weekdays with and without a number"),
        ("FREQ=MONTHLY;BYDAY=1SU,2SU;BYSETPOS=1", "numbered weekdays only by themselves"),
        ("FREQ=MONTHLY;BYDAY=1SU,2MO;COUNT=10", "COUNT, at most 999, only for one weekday"),
        ("FREQ=DAILY;COUNT=1000", "COUNT, at most 999"),
    ],
)
def test_what_awx_cannot_be_told_is_refused_by_name(rule: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        awx_schedule(window(rule, window_schedule_start="2026-01-01"))


def test_the_filter_gives_the_schedule_or_fails_with_the_reason() -> None:
    schedule_of = FilterModule().filters()["awx_schedule"]
    assert schedule_of({"window_id": "CHG1"}) == ""
    with pytest.raises(AnsibleFilterError, match="FREQ"):
        schedule_of(window("FREQ=HOURLY"))
