# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows at the changes of the clocks, in every zone that changes them in the ten years from 2026 (FAULTS 94, 95).

The changes are found here without the code under test: by walking the instants, whose local time is never in doubt.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import typing as t
import zoneinfo

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import Occurrence
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import first_instant

FIRST, LAST = (round(parse_instant(f"{year}-01-01T00:00:00Z")) for year in (2026, 2036))
HOUR, DAY = 3600, 86400
# No zone changes its clocks twice within this; the shortest time between two changes is Morocco's, a month.
STEP = 5 * DAY


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of the clocks: the first instant with the new offset, and both offsets in seconds."""

    instant: int
    before: int
    after: int

    def local(self, seconds: float) -> dt.datetime:
        """Return what the old clock would show so long after the change."""
        return dt.datetime(1970, 1, 1) + dt.timedelta(seconds=self.instant + self.before + seconds)


def offset(zone: zoneinfo.ZoneInfo, instant: float) -> int:
    """Return the offset that a zone has at an instant."""
    there = dt.datetime.fromtimestamp(instant, zone).utcoffset()
    assert there is not None
    return round(there.total_seconds())


def changes(zone: zoneinfo.ZoneInfo) -> tuple[Change, ...]:
    """Return the changes of a zone's clocks in the ten years."""
    found = []
    for start in range(FIRST, LAST, STEP):
        early, late = start, start + STEP
        before, after = offset(zone, early), offset(zone, late)
        if before == after:
            continue
        while late - early > 1:
            middle = (early + late) // 2
            early, late = (middle, late) if offset(zone, middle) == before else (early, middle)
        found.append(Change(late, before, after))
    return tuple(found)


@functools.cache
def zones() -> dict[str, tuple[Change, ...]]:
    """Return every zone of the database that changes its clocks in the ten years."""
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    found = {name: changes(zoneinfo.ZoneInfo(name)) for name in names if not name.startswith("right/")}
    return {name: seen for name, seen in found.items() if seen}


@functools.cache
def different_zones() -> dict[str, tuple[Change, ...]]:
    """Return one zone for each history of changes: most zones share theirs with others."""
    return {name: seen for seen, name in {seen: name for name, seen in zones().items()}.items()}


def window(zone: str, rule: str, **keys: str) -> t.Callable[[float], Occurrence]:
    """Return the function from an instant to how a window with that rule stands."""
    definition = read_window(
        {"window_name": "w", "window_schedule": rule, "window_timezone": zone, "window_duration": "2h", **keys}
    )
    return lambda at: look(definition, at, lambda _start, _end: [])


def daily_at(local: dt.datetime) -> str:
    """Return a rule for each day at this local time, which ends soon after it to be quickly worked out."""
    until = local + dt.timedelta(days=2)
    return f"FREQ=DAILY;BYHOUR={local.hour};BYMINUTE={local.minute};UNTIL={until:%Y%m%d}"


def windows_between(see: t.Callable[[float], Occurrence], start: float, end: float) -> list[Occurrence]:
    """Return the occurrences that begin in a span, by going from each opening to the next one."""
    found = []
    opens = see(start).next_opens_at
    while opens is not None and opens < end:
        found.append(see(opens))
        opens = found[-1].next_opens_at
    return found


def check_consistent(see: t.Callable[[float], Occurrence], occurrence: Occurrence, duration: int) -> None:
    """Assert the length in real seconds, and that the window is on from its opening to before its end."""
    assert occurrence.opens_at is not None
    assert occurrence.closes_at == occurrence.opens_at + duration
    started = dt.datetime.fromtimestamp(occurrence.opens_at, dt.timezone.utc)
    assert occurrence.id == f"w@{started:%Y%m%dT%H%M%S}Z"
    for at in (occurrence.opens_at, occurrence.opens_at + 0.5, occurrence.closes_at - 0.5):
        seen = see(at)
        assert seen.state in ("open", "cutoff")
        assert seen.id == occurrence.id
    for at in (occurrence.opens_at - 0.5, occurrence.closes_at):
        assert see(at).id != occurrence.id


def test_there_are_zones_to_test() -> None:
    assert len(zones()) > 150
    assert {"Europe/London", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll"} <= zones().keys()
    assert any(change.after < change.before for change in zones()["Africa/Casablanca"])


def test_what_the_wall_clock_skips_means_the_first_instant_after_it_in_every_zone() -> None:
    seen = 0
    for name, found in zones().items():
        zone = zoneinfo.ZoneInfo(name)
        for change in found:
            gap = change.after - change.before
            if gap > 0:
                seen += 1
                for seconds in (0, 1, gap // 2, gap - 1, gap):
                    assert first_instant(change.local(seconds), zone) == change.instant
                assert first_instant(change.local(-1), zone) == change.instant - 1
                assert first_instant(change.local(gap + 1), zone) == change.instant + 1
    assert seen > 1500


def test_what_the_wall_clock_shows_twice_means_the_first_time_in_every_zone() -> None:
    seen = 0
    for name, found in zones().items():
        zone = zoneinfo.ZoneInfo(name)
        for change in found:
            twice = change.before - change.after
            if twice > 0:
                seen += 1
                for seconds in (-twice, -twice // 2, -1):
                    assert first_instant(change.local(seconds), zone) == change.instant + seconds
                assert first_instant(change.local(0), zone) == change.instant + twice
    assert seen > 1500


def test_a_window_in_the_gap_opens_once_right_after_it_in_every_zone() -> None:
    for name, found in different_zones().items():
        change = next(change for change in found if change.after > change.before)
        see = window(name, daily_at(change.local((change.after - change.before) // 2)))
        opened = windows_between(see, change.instant - 12 * HOUR, change.instant + 12 * HOUR)

        assert [occurrence.opens_at for occurrence in opened] == [change.instant]
        check_consistent(see, opened[0], 2 * HOUR)


def test_a_window_in_the_hour_that_comes_twice_opens_only_the_first_time_in_every_zone() -> None:
    for name, found in different_zones().items():
        change = next(change for change in found if change.after < change.before)
        half = (change.before - change.after) // 2
        see = window(name, daily_at(change.local(-half)), window_duration="10m")
        opened = windows_between(see, change.instant - 12 * HOUR, change.instant + 12 * HOUR)

        assert [occurrence.opens_at for occurrence in opened] == [change.instant - half]
        check_consistent(see, opened[0], 600)
        # The second showing of the same local time.
        assert see(change.instant + half).state == "closed"


def test_a_window_around_a_change_keeps_its_real_length_in_every_zone() -> None:
    for name, found in different_zones().items():
        for change in (found[0], found[-1]):
            see = window(name, daily_at(change.local(-5 * HOUR)), window_duration="10h", window_cutoff="1h")
            opened = windows_between(see, change.instant - 12 * HOUR, change.instant + 12 * HOUR)

            assert [occurrence.opens_at for occurrence in opened] == [change.instant - 5 * HOUR]
            check_consistent(see, opened[0], 10 * HOUR)
            assert opened[0].cutoff_at == change.instant + 4 * HOUR


def test_several_starts_in_one_gap_are_one_window() -> None:
    rule = "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30"
    see = window("America/New_York", rule, window_duration="30m")
    start = parse_instant("2027-03-14T05:00:00Z")

    opened = [occurrence.id for occurrence in windows_between(see, start, start + 12 * HOUR)]
    assert opened == ["w@20270314T070000Z", "w@20270314T073000Z"]


def test_the_night_of_samoa_s_missing_day_opens_when_the_next_day_begins() -> None:
    see = window("Pacific/Apia", "FREQ=DAILY;BYHOUR=2", window_duration="1h")
    start = parse_instant("2011-12-29T20:00:00Z")

    opened = [occurrence.id for occurrence in windows_between(see, start, start + 20 * HOUR)]
    assert opened == ["w@20111230T100000Z", "w@20111230T120000Z"]


RULES = st.sampled_from(
    [
        "FREQ=DAILY;BYHOUR={hour};BYMINUTE={minute}",
        "FREQ=WEEKLY;BYDAY=SU,WE;BYHOUR={hour};BYMINUTE={minute}",
        "FREQ=MONTHLY;BYDAY=-1SU;BYHOUR={hour};BYMINUTE={minute}",
        "FREQ=MONTHLY;BYDAY=2SU;BYHOUR={hour};BYMINUTE={minute}",
        "FREQ=YEARLY;BYMONTH=3,10,11;BYMONTHDAY=1,15,-1;BYHOUR={hour};BYMINUTE={minute}",
    ]
)


@given(
    zone=st.deferred(lambda: st.sampled_from(sorted(zones()))),
    rule=RULES,
    hour=st.integers(0, 23),
    minute=st.sampled_from([0, 15, 30, 59]),
    minutes=st.integers(1, 20 * 60),
    at=st.integers(FIRST, LAST),
)
def test_any_window_at_any_instant(zone: str, rule: str, hour: int, minute: int, minutes: int, at: int) -> None:
    see = window(zone, rule.format(hour=hour, minute=minute), window_duration=f"{minutes}m")
    now = see(at)
    assert now.next_opens_at is not None
    following = see(now.next_opens_at)

    assert now.state == ("closed" if now.opens_at is None else "open")
    for occurrence in [following] if now.opens_at is None else [now, following]:
        check_consistent(see, occurrence, minutes * 60)
        local = dt.datetime.fromtimestamp(occurrence.opens_at or 0, zoneinfo.ZoneInfo(zone))
        assert local.fold == 0
        change = any(change.instant == occurrence.opens_at for change in zones()[zone])
        assert change or (local.hour, local.minute, local.second) == (hour, minute, 0)
    if now.opens_at is not None and now.closes_at is not None:
        assert now.opens_at <= at < now.closes_at <= now.next_opens_at
    assert at < now.next_opens_at
    assert see(now.next_opens_at - 1).id == (now.id if now.closes_at == now.next_opens_at else None)
    assert following.id != now.id
