# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting by a virtual clock, and instants as text."""

from __future__ import annotations

import datetime as dt
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso, parse_instant, wait_until
from tests.unit.support.script import VirtualClock


def looks(
    clock: VirtualClock, *, limit: float, pause: float, ready_at: float | None = None
) -> tuple[t.Any, list[float]]:
    """Wait until the clock shows ``ready_at``; give how it ended and when it looked."""
    started = clock.monotonic()
    seen: list[float] = []

    def look() -> float:
        seen.append(clock.monotonic() - started)
        return seen[-1]

    def ready(passed: float) -> bool:
        return ready_at is not None and passed >= ready_at

    return wait_until(look, ready, limit=limit, pause=pause, clock=clock), seen


def test_what_is_ready_at_once_is_not_waited_for(clock: VirtualClock) -> None:
    waited, seen = looks(clock, limit=60, pause=5, ready_at=0)
    assert (waited.ready, waited.last_seen, waited.seconds, seen) == (True, 0, 0, [0])


def test_a_limit_of_nothing_still_looks_once(clock: VirtualClock) -> None:
    waited, seen = looks(clock, limit=0, pause=5)
    assert (waited.ready, seen) == (False, [0])


def test_the_last_look_is_at_the_limit(clock: VirtualClock) -> None:
    waited, seen = looks(clock, limit=12, pause=5)
    assert (waited.ready, waited.seconds, seen) == (False, 12, [0, 5, 10, 12])
    waited, seen = looks(clock, limit=12, pause=5, ready_at=12)
    assert (waited.ready, waited.seconds) == (True, 12)


def test_waiting_ends_as_soon_as_it_is_ready(clock: VirtualClock) -> None:
    waited, seen = looks(clock, limit=60, pause=5, ready_at=6)
    assert (waited.ready, waited.last_seen, seen) == (True, 10, [0, 5, 10])


def test_what_a_look_raises_comes_through(clock: VirtualClock) -> None:
    def look() -> bool:
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        wait_until(look, bool, limit=60, pause=5, clock=clock)


@pytest.mark.parametrize("pause", [0.0, -1.0])
def test_a_pause_of_nothing_does_not_ask_as_fast_as_the_server_answers(clock: VirtualClock, pause: float) -> None:
    _waited, seen = looks(clock, limit=1, pause=pause)
    assert len(seen) <= 102


@given(limit=st.floats(0, 1000), pause=st.floats(0.5, 100))
def test_waiting_always_ends_within_a_blink_of_its_limit(limit: float, pause: float) -> None:
    clock = VirtualClock()
    waited, seen = looks(clock, limit=limit, pause=pause)
    assert limit <= waited.seconds <= limit + 0.02
    assert len(seen) <= limit / pause + 3


def test_the_real_clock_is_the_machines() -> None:
    clock = Clock()
    started, wall = clock.monotonic(), clock.now()
    clock.sleep(0.02)
    assert clock.monotonic() - started >= 0.02
    assert abs(wall - time.time()) < 5


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (None, None),
        (0.0, "1970-01-01T00:00:00.000+00:00"),
        (1795226411.0424, "2026-11-21T02:00:11.042+00:00"),
    ],
)
def test_an_instant_is_written_in_utc_with_its_offset(instant: float | None, text: str | None) -> None:
    assert iso(instant) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T02:00:11+00:00",
        "2026-11-21T02:00:11Z",
        "2026-11-21t02:00:11z",
        " 2026-11-21T02:00:11Z ",
        "2026-11-21 02:00:11+00:00",
        "2026-11-20T21:00:11-05:00",
        "2026-11-21T07:30:11.0+05:30",
        "2026-11-21T02:00:11.000000999Z",
    ],
)
def test_an_instant_is_read_in_every_common_form(text: str) -> None:
    assert parse_instant(text) == 1795226411.0


@pytest.mark.parametrize("fraction", ["5", "50", "500", "5000", "50000", "500000", "5000000"])
def test_a_fraction_of_any_length_is_read(fraction: str) -> None:
    assert parse_instant(f"2026-11-21T02:00:11.{fraction}Z") == 1795226411.5


@pytest.mark.parametrize("text", ["2026-11-21T02:00:11", "2026-11-21", "2026-11-21T02:00:11.5"])
def test_an_instant_without_an_offset_is_refused_because_its_zone_would_be_a_guess(text: str) -> None:
    with pytest.raises(ValueError, match="offset is missing"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["", "now", "1795226411", "2026-13-01T00:00:00Z", "2026-11-21T25:00:00Z", "Z", "."])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the text is Python's own and differs between versions)
        parse_instant(text)


@given(st.datetimes(min_value=dt.datetime(1971, 1, 1), max_value=dt.datetime(2200, 1, 1)))
def test_what_is_written_can_be_read(moment: dt.datetime) -> None:
    instant = moment.replace(tzinfo=dt.timezone.utc).timestamp()
    text = iso(instant)
    assert text is not None
    assert parse_instant(text) == pytest.approx(instant, abs=0.001)


@given(st.text(max_size=40))
def test_no_text_is_a_defect(text: str) -> None:
    try:
        parse_instant(text)
    except ValueError:
        pass
