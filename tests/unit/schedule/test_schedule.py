# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which occurrence of a window is on: schedules, windows that happen once, freezes, and what may still start."""

from __future__ import annotations

import calendar
import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freeze
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import (
    Occurrence,
    as_result,
    fits,
)

MONTHLY: dict[str, t.Any] = {
    "window_name": "core-sbc-monthly",
    "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0",
    "window_timezone": "Europe/London",
    "window_duration": "2h",
    "window_cutoff": "20m",
}
CHANGE: dict[str, t.Any] = {"window_id": "CHG0012345"}


def standing(at: str, definition: dict[str, t.Any] = MONTHLY, *freezes: Freeze, **keys: t.Any) -> Occurrence:
    """Look at a window, with some keys of its definition changed, at an ISO instant."""

    def between(start: float, end: float) -> list[Freeze]:
        return [freeze for freeze in freezes if freeze.start < end and freeze.end > start]

    return look(read_window({**definition, **keys}), parse_instant(at), between)


def result(at: str, definition: dict[str, t.Any] = MONTHLY, *freezes: Freeze, **keys: t.Any) -> dict[str, t.Any]:
    """Return what the filter gives."""
    return as_result(standing(at, definition, *freezes, **keys))


def freeze(start: str, end: str, summary: str = "Holidays") -> Freeze:
    """Make a freeze of two ISO instants."""
    return Freeze(parse_instant(start), parse_instant(end), summary, "calendars/holidays.ics")


@pytest.mark.parametrize(
    ("at", "state", "remaining"),
    [
        ("2026-12-13T01:59:59Z", "closed", 0),
        ("2026-12-13T02:00:00Z", "open", 6000),
        ("2026-12-13T03:39:59Z", "open", 1),
        ("2026-12-13T03:39:59.500Z", "open", 0),
        ("2026-12-13T03:40:00Z", "cutoff", 0),
        ("2026-12-13T03:59:59Z", "cutoff", 0),
        ("2026-12-13T04:00:00Z", "closed", 0),
    ],
)
def test_a_window_opens_stops_new_work_and_closes(at: str, state: str, remaining: int) -> None:
    found = standing(at)

    assert (found.state, found.remaining) == (state, remaining)


def test_the_whole_result_of_an_open_window() -> None:
    assert result("2026-12-13T02:30:00Z") == {
        "id": "core-sbc-monthly@20261213T020000Z",
        "name": "core-sbc-monthly",
        "state": "open",
        "opens_at": "2026-12-13T02:00:00+00:00",
        "cutoff_at": "2026-12-13T03:40:00+00:00",
        "closes_at": "2026-12-13T04:00:00+00:00",
        "next_opens_at": "2027-01-10T02:00:00+00:00",
        "remaining": 4200,
        "reason": "open: core-sbc-monthly takes new work until 2026-12-13T03:40:00+00:00"
        " and closes at 2026-12-13T04:00:00+00:00 (Europe/London)",
    }


def test_the_whole_result_of_a_closed_window() -> None:
    assert result("2026-12-01T00:00:00Z") == {
        "id": None,
        "name": "core-sbc-monthly",
        "state": "closed",
        "opens_at": None,
        "cutoff_at": None,
        "closes_at": None,
        "next_opens_at": "2026-12-13T02:00:00+00:00",
        "remaining": 0,
        "reason": "closed: core-sbc-monthly opens next at 2026-12-13T02:00:00+00:00 (Europe/London)",
    }


def test_instants_are_shown_in_the_window_s_own_zone_and_the_id_in_utc() -> None:
    found = result("2027-06-13T01:00:00Z")

    assert (found["id"], found["opens_at"]) == ("core-sbc-monthly@20270613T010000Z", "2027-06-13T02:00:00+01:00")


@pytest.mark.parametrize(
    ("rule", "at", "opens_at"),
    [
        # The weekday, the month and the year are those of the start (FAULTS 96).
        ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=23", "2026-11-23T00:30:00Z", "2026-11-22T23:00:00+00:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=23", "2026-12-01T00:30:00Z", "2026-11-30T23:00:00+00:00"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31;BYHOUR=23", "2027-01-01T00:30:00Z", "2026-12-31T23:00:00+00:00"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU;BYHOUR=23", "2027-01-04T00:30:00Z", "2027-01-03T23:00:00+00:00"),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=23",
            "2026-12-01T00:00:00Z",
            "2026-11-30T23:00:00+00:00",
        ),
    ],
)
def test_a_window_may_cross_midnight_and_the_end_of_a_month_or_year(rule: str, at: str, opens_at: str) -> None:
    found = result(at, window_schedule=rule)

    assert (found["state"], found["opens_at"]) == ("open", opens_at)
    assert result(at.replace("T00:", "T01:").replace(":30:", ":00:"), window_schedule=rule)["state"] == "closed"


@pytest.mark.parametrize(
    ("until", "next_opens_at"),
    [
        ("20261231", "2026-12-31T02:00:00-05:00"),
        ("20261231T020000", "2026-12-31T02:00:00-05:00"),
        ("20261231T015959", None),
        ("20261231T070000Z", "2026-12-31T02:00:00-05:00"),
        ("20261231T065959Z", None),
    ],
)
def test_until_is_inclusive_and_its_zone_is_respected(until: str, next_opens_at: str | None) -> None:
    rule = f"FREQ=DAILY;BYHOUR=2;UNTIL={until}"
    found = result("2026-12-30T12:00:00Z", window_schedule=rule, window_timezone="America/New_York")

    assert found["next_opens_at"] == next_opens_at


def test_a_schedule_that_has_ended_says_so() -> None:
    found = result("2027-01-01T00:00:00Z", window_schedule="FREQ=DAILY;UNTIL=20261231")

    assert found["next_opens_at"] is None
    assert found["reason"] == "closed: core-sbc-monthly does not open again (Europe/London)"


@pytest.mark.parametrize(
    ("rule", "start", "opens"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-11-02", ["11-08", "11-22", "12-06"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-11-09", ["11-15", "11-29", "12-13"]),
        ("FREQ=WEEKLY", "2026-11-05", ["11-05", "11-12", "11-19"]),
        ("FREQ=MONTHLY;COUNT=2", "2026-11-05", ["11-05", "12-05", None]),
        ("FREQ=DAILY;BYHOUR=0", "2026-11-30", ["11-30", "12-01", "12-02"]),
    ],
)
def test_a_rule_counts_from_its_start_date(rule: str, start: str, opens: list[str | None]) -> None:
    seen = []
    at: str | None = "2026-11-01T12:00:00Z"
    for _ in opens:
        at = result(at, window_schedule=rule, window_schedule_start=start)["next_opens_at"] if at else None
        seen.append(at[5:10] if at else None)

    assert seen == opens


@pytest.mark.parametrize(
    ("rule", "start", "opens"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-11-02", "2029-06-03"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-11-09", "2029-06-10"),
        ("FREQ=MONTHLY", "2026-11-05", "2029-06-05"),
        ("FREQ=MONTHLY;COUNT=2", "2026-11-05", None),
    ],
)
def test_a_rule_still_counts_from_its_start_date_years_later(rule: str, start: str, opens: str | None) -> None:
    found = result("2029-06-01T12:00:00Z", window_schedule=rule, window_schedule_start=start)["next_opens_at"]

    assert (found and found[:10]) == opens


def nth_sunday(year: int, month: int, nth: int) -> dt.date:
    """Return the second Sunday of a month, say, by counting days."""
    days = [dt.date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]
    return [day for day in days if day.weekday() == 6][nth]


@given(st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2100, 1, 1)), st.sampled_from([1, 2, 3, 4, -1]))
def test_the_next_nth_sunday_is_the_one_in_the_calendar(at: dt.datetime, nth: int) -> None:
    found = result(
        at.isoformat() + "Z", window_schedule=f"FREQ=MONTHLY;BYDAY={nth}SU;BYHOUR=2", window_timezone="Etc/UTC"
    )

    index = nth - 1 if nth > 0 else nth
    months = [(at.year + month // 12, month % 12 + 1) for month in range(at.month - 1, at.month + 2)]
    starts = [dt.datetime.combine(nth_sunday(year, month, index), dt.time(2)) for year, month in months]
    assert found["next_opens_at"] == next(start for start in starts if start > at).isoformat() + "+00:00"


@given(
    st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2100, 1, 1)),
    st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, unique=True),
)
def test_the_next_weekday_is_the_one_in_the_calendar(at: dt.datetime, days: list[str]) -> None:
    rule = f"FREQ=WEEKLY;BYDAY={','.join(days)};BYHOUR=2"
    found = result(at.isoformat() + "Z", window_schedule=rule, window_timezone="Etc/UTC")

    starts = [dt.datetime.combine(at.date() + dt.timedelta(days=day), dt.time(2)) for day in range(9)]
    wanted = [start for start in starts if start > at and start.strftime("%a")[:2].upper() in days]
    assert found["next_opens_at"] == wanted[0].isoformat() + "+00:00"


@pytest.mark.parametrize(
    ("rule", "duration"),
    [
        ("FREQ=DAILY;BYHOUR=2,3", "61m"),
        ("FREQ=DAILY", "25h"),
        ("FREQ=WEEKLY;BYDAY=SA,SU", "2d"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,31", "2d"),
    ],
)
def test_windows_that_would_overlap_are_refused(rule: str, duration: str) -> None:
    with pytest.raises(BadInput, match=r"^window_duration .* is longer than the \d+ s from the start at .*\.$"):
        standing("2026-06-01T00:00:00Z", window_schedule=rule, window_duration=duration)


def test_windows_that_overlap_only_when_the_clocks_are_set_forward_are_refused_all_year() -> None:
    keys: dict[str, t.Any] = {"window_schedule": "FREQ=DAILY", "window_duration": "24h"}
    with pytest.raises(
        BadInput, match=r"82800 s from the start at 2027-03-28T00:00:00\+00:00 to the next at 2027-03-29"
    ):
        standing("2026-06-01T00:00:00Z", **keys)

    assert standing("2026-06-01T00:00:00Z", window_timezone="UTC", **keys).state == "open"


@pytest.mark.parametrize(
    ("keys", "at", "state", "bounds"),
    [
        ({}, "2026-12-13T02:00:00Z", "open", (None, None, None)),
        ({"window_duration": "2h", "window_cutoff": "20m"}, "2026-12-13T02:00:00Z", "open", (None, None, None)),
        ({"window_opens_at": "2026-12-13T02:00:00Z"}, "2026-12-13T01:59:59Z", "closed", ("02:00", None, None)),
        ({"window_opens_at": "2026-12-13T02:00:00Z"}, "2027-12-13T01:59:59Z", "open", ("02:00", None, None)),
    ],
)
def test_a_window_that_happens_once_is_open_unless_something_bounds_it(
    keys: dict[str, t.Any], at: str, state: str, bounds: tuple[str | None, ...]
) -> None:
    found = result(at, CHANGE, **keys)

    assert (found["id"], found["name"], found["state"]) == ("CHG0012345", "CHG0012345", state)
    assert tuple(found[key] and found[key][11:16] for key in ("opens_at", "cutoff_at", "closes_at")) == bounds
    assert found["remaining"] == (None if state == "open" else 0)


@pytest.mark.parametrize(
    ("at", "state", "next_opens_at", "reason"),
    [
        (
            "2026-12-13T01:59:59Z",
            "closed",
            "2026-12-13T02:00:00+00:00",
            "closed: CHG0012345 opens next at 2026-12-13T02:00:00+00:00 (UTC)",
        ),
        (
            "2026-12-13T02:00:00Z",
            "open",
            None,
            "open: CHG0012345 takes new work until 2026-12-13T03:40:00+00:00"
            " and closes at 2026-12-13T04:00:00+00:00 (UTC)",
        ),
        (
            "2026-12-13T03:40:00Z",
            "cutoff",
            None,
            "cutoff: CHG0012345 takes no new work since 2026-12-13T03:40:00+00:00"
            " and closes at 2026-12-13T04:00:00+00:00 (UTC)",
        ),
        (
            "2026-12-13T04:00:00Z",
            "closed",
            None,
            "closed: CHG0012345 closed at 2026-12-13T04:00:00+00:00 and does not open again (UTC)",
        ),
    ],
)
def test_a_window_that_happens_once_with_a_length(at: str, state: str, next_opens_at: str | None, reason: str) -> None:
    keys = {"window_opens_at": "2026-12-13T02:00:00Z", "window_duration": "2h", "window_cutoff": "20m"}
    found = result(at, CHANGE, **keys)

    assert (found["state"], found["next_opens_at"], found["reason"]) == (state, next_opens_at, reason)
    assert found["id"] == "CHG0012345"
    assert found["closes_at"] == "2026-12-13T04:00:00+00:00"


def test_frozen_beats_open_and_says_which_freeze() -> None:
    holidays = freeze("2026-12-12T00:00:00Z", "2026-12-14T00:00:00Z")
    found = result("2026-12-13T02:30:00Z", MONTHLY, holidays)

    assert (found["state"], found["remaining"]) == ("frozen", 0)
    assert found["id"] == "core-sbc-monthly@20261213T020000Z"
    assert found["reason"] == (
        "frozen: core-sbc-monthly takes no new work because of the freeze 'Holidays'"
        " until 2026-12-14T00:00:00+00:00 in 'calendars/holidays.ics' (Europe/London)"
    )


def test_frozen_beats_the_cut_off_and_a_window_without_an_end() -> None:
    holidays = freeze("2026-12-12T00:00:00Z", "2026-12-14T00:00:00Z")

    assert standing("2026-12-13T03:50:00Z", MONTHLY, holidays).state == "frozen"
    assert standing("2026-12-13T03:50:00Z", CHANGE, holidays).state == "frozen"


def test_of_several_freezes_the_last_to_end_is_named() -> None:
    first, last = (
        freeze("2026-12-12T00:00:00Z", "2026-12-14T00:00:00Z"),
        freeze("2026-12-01T00:00:00Z", "2027-01-02T00:00:00Z"),
    )

    assert standing("2026-12-13T02:00:00Z", MONTHLY, last, first).freeze == last


def test_a_freeze_that_begins_in_the_window_ends_new_work_then() -> None:
    sales = freeze("2026-12-13T03:00:00Z", "2026-12-13T03:20:00Z", "Sales")
    before = standing("2026-12-13T02:00:00Z", MONTHLY, sales)

    assert (before.state, before.remaining) == ("open", 3600)
    assert "until 2026-12-13T03:00:00+00:00, when the freeze 'Sales' begins, and closes" in as_result(before)["reason"]
    assert standing("2026-12-13T02:59:59Z", MONTHLY, sales).remaining == 1
    assert standing("2026-12-13T03:00:00Z", MONTHLY, sales).state == "frozen"
    assert standing("2026-12-13T03:20:00Z", MONTHLY, sales).remaining == 1200


def test_a_freeze_after_the_cut_off_changes_nothing_before_it() -> None:
    late = freeze("2026-12-13T03:50:00Z", "2026-12-14T00:00:00Z")

    assert standing("2026-12-13T02:00:00Z", MONTHLY, late) == standing("2026-12-13T02:00:00Z")


def test_a_freeze_limits_a_window_without_an_end() -> None:
    assert (
        standing("2026-12-13T02:00:00Z", CHANGE, freeze("2026-12-13T03:00:00Z", "2026-12-14T00:00:00Z")).remaining
        == 3600
    )


def test_a_closed_window_stays_closed_and_tells_of_a_freeze_at_its_next_opening() -> None:
    holidays = freeze("2026-12-01T00:00:00Z", "2027-01-02T00:00:00Z", "Holi\ndays")
    found = result("2026-12-05T00:00:00Z", MONTHLY, holidays)

    assert found["state"] == "closed"
    assert found["reason"] == (
        r"closed: core-sbc-monthly opens next at 2026-12-13T02:00:00+00:00, into the freeze 'Holi\ndays'"
        " until 2027-01-02T00:00:00+00:00 in 'calendars/holidays.ics' (Europe/London)"
    )


@pytest.mark.row(100)
@pytest.mark.parametrize(
    ("at", "seconds", "fit"),
    [
        ("2026-12-13T01:00:00Z", 1, False),
        ("2026-12-13T02:00:00Z", 6000, True),
        ("2026-12-13T02:00:00Z", 6001, False),
        ("2026-12-13T03:39:59Z", 0, True),
        ("2026-12-13T03:40:00Z", 0, False),
        ("2026-12-13T05:00:00Z", 0, False),
    ],
)
def test_work_fits_when_it_ends_before_the_cut_off(at: str, seconds: float, fit: bool) -> None:
    assert fits(standing(at), parse_instant(at), seconds) is fit


def test_work_that_a_coming_freeze_would_catch_does_not_fit() -> None:
    at = "2026-12-13T02:00:00Z"
    seen = standing(at, MONTHLY, freeze("2026-12-13T03:00:00Z", "2026-12-14T00:00:00Z"))

    assert fits(seen, parse_instant(at), 3600)
    assert not fits(seen, parse_instant(at), 3601)
    assert not fits(seen, parse_instant("2026-12-13T02:00:01Z"), 3600)
    assert not fits(standing(at, MONTHLY, freeze(at, "2026-12-14T00:00:00Z")), parse_instant(at), 1)


def test_everything_fits_where_nothing_limits() -> None:
    assert fits(standing("2026-12-13T02:00:00Z", CHANGE), parse_instant("2026-12-13T02:00:00Z"), 10**9)
