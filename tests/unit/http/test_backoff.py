# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to pause before a repeat, and what a server may ask for."""

from __future__ import annotations

import email.utils
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.retry import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    pause_before,
    read_http_date,
    read_retry_after,
)

NOW = 1795226400.0


def date(instant: float) -> str:
    return email.utils.formatdate(instant, usegmt=True)


def test_pauses_grow_twofold_to_a_cap() -> None:
    longest = [pause_before(attempt, None, lambda: 1.0) for attempt in range(1, 12)]
    assert longest[:4] == [0.5, 1.0, 2.0, 4.0]
    assert longest[-1] == LONGEST_PAUSE


@given(attempt=st.integers(1, 10**6), jitter=st.floats(0.0, 1.0))
def test_a_pause_is_never_negative_and_never_above_the_cap(attempt: int, jitter: float) -> None:
    assert 0.0 <= pause_before(attempt, None, lambda: jitter) <= LONGEST_PAUSE


def test_a_whole_fleet_does_not_come_back_in_one_instant() -> None:
    assert len({pause_before(3, None) for _ in range(50)}) > 40
    assert len({pause_before(3, 10.0) for _ in range(50)}) > 40


def test_a_pause_the_server_asks_for_is_kept_up_to_a_little_jitter() -> None:
    assert pause_before(1, 10.0, lambda: 0.0) == 10.0
    assert pause_before(9, 10.0, lambda: 1.0) == 10.0 + FIRST_PAUSE


@pytest.mark.row(33, 35)
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٣", None),
        ("1e3", None),
        ("999999999999999999999999", LONGEST_RETRY_AFTER),
        (date(NOW + 30), 30.0),
        (date(NOW - 30), None),
        (date(NOW + 10 * 365 * 86400), LONGEST_RETRY_AFTER),
        ("Sat, 32 Nov 2026 02:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_every_form_and_clamped(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value, None, NOW) == seconds


@pytest.mark.row(34)
def test_a_date_is_meant_by_the_servers_clock_when_the_server_shows_it() -> None:
    assert read_retry_after(date(NOW + 30), NOW + 10, NOW) == 20.0
    assert read_retry_after(date(NOW - 3600), NOW - 3660, NOW) == 60.0


@pytest.mark.row(34)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_every_form_of_an_http_date_is_in_utc_wherever_the_controller_stands(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for form in ("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"):
            assert read_http_date(form) == 784111777.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.row(35)
@given(st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ .{0,6}"))
def test_no_date_a_server_may_send_is_a_defect(value: str) -> None:
    seconds = read_retry_after(value, read_http_date(value), NOW)
    assert seconds is None or 0 < seconds <= LONGEST_RETRY_AFTER
