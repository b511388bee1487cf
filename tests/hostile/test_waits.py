# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retry-After in every form: kept where it makes sense, clamped where it does not, never slept past the deadline."""

from __future__ import annotations

import email.utils
import re
import time
import typing as t

import pytest

from tests.hostile.bench import Bench
from tests.simulators import Simulator

NAME = "lax-sbc-01"
READS = {"zequenze": "device_info", "oracle_sdm": "device_lock_info", "senhasegura": "pam_device_info"}

NONSENSE = [
    None,
    "",
    "-5",
    "0",
    "soon",
    "1e3",
    "1; drop",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 99 Foo 2026 99:99:99 GMT",
    "٣",
    "9" * 400,
]
TEN_YEARS = ["315360000", "Fri, 01 Jan 2038 00:00:00 GMT"]


def busy(simulator: Simulator, system: str, retry_after: str | None, **more: t.Any) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    simulator.fault(system=system, phase="before_effect", kind="status", **{"status": 429, **more}, headers=headers)


@pytest.mark.parametrize("system", READS)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.row(33)
def test_the_seconds_a_server_asks_for_are_waited(bench: Bench, simulator: Simulator, system: str, status: int) -> None:
    busy(simulator, system, "1", status=status, method="GET")
    started = time.monotonic()
    assert not bench.run(READS[system], [NAME]).get("failed")
    assert 1.0 <= time.monotonic() - started < 9.0


@pytest.mark.parametrize("skew", [-7200, 0, 7200])
@pytest.mark.parametrize("system", READS)
@pytest.mark.row(34)
def test_a_date_is_read_by_the_clock_of_the_answer(bench: Bench, simulator: Simulator, system: str, skew: int) -> None:
    its_now = int(time.time()) + skew
    dates = {"Date": email.utils.formatdate(its_now, usegmt=True)}
    later = email.utils.formatdate(its_now + 1, usegmt=True)
    simulator.fault(
        system=system,
        method="GET",
        phase="before_effect",
        kind="status",
        status=503,
        headers={**dates, "Retry-After": later},
    )
    started = time.monotonic()
    assert not bench.run(READS[system], [NAME]).get("failed")
    assert 0.9 <= time.monotonic() - started < 9.0


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
@pytest.mark.row(35)
def test_nonsense_is_answered_with_our_own_short_pause(bench: Bench, simulator: Simulator, value: str | None) -> None:
    bench.timeout = 4.0
    if value == "9" * 400:
        # As many seconds as that are not waited for at all.
        busy(simulator, "zequenze", value, method="GET", times=None)
    else:
        busy(simulator, "zequenze", value if value is None or value.isascii() else "3 apples", method="GET")
    started = time.monotonic()
    result = bench.run("device_info", [NAME])
    assert time.monotonic() - started < 12.0
    assert bool(result.get("failed")) is (value == "9" * 400)


@pytest.mark.parametrize("value", TEN_YEARS)
@pytest.mark.parametrize("system", READS)
@pytest.mark.row(35)
def test_ten_years_are_not_waited_for(bench: Bench, simulator: Simulator, system: str, value: str) -> None:
    bench.timeout = 2.0
    busy(simulator, system, value, times=None)
    started = time.monotonic()
    result = bench.run(READS[system], [NAME])
    assert time.monotonic() - started < 8.0
    assert result["failed"]
    assert len(simulator.requests(system=system)) <= 2


@pytest.mark.parametrize("system", READS)
@pytest.mark.row(33, 35)
def test_attempts_are_bounded_and_told(bench: Bench, simulator: Simulator, system: str) -> None:
    bench.timeout = 20.0
    busy(simulator, system, None, status=503, times=None)
    started = time.monotonic()
    result = bench.run(READS[system], [NAME])
    assert result["failed"]
    told = re.search(r"\(tried 5 times in (\d+) s\)", result["msg"])
    assert told, result["msg"]
    assert 1 <= int(told[1]) <= time.monotonic() - started + 1
    assert len(simulator.requests(system=system)) == 5


@pytest.mark.parametrize(("value", "waited"), [("1", True), ("315360000", False), ("-1", True)])
@pytest.mark.row(33, 35)
def test_a_reboot_that_comes_too_fast_is_sent_again_within_its_limits_only(
    bench: Bench, simulator: Simulator, value: str, waited: bool
) -> None:
    busy(simulator, "zequenze", value, method="PUT")
    started = time.monotonic()
    device = bench.device("device_operation", NAME, conflict_timeout=3.0, window_id="w1", require_lock=False)
    assert time.monotonic() - started < 15.0
    assert device["outcome"] == ("done" if waited else "refused")
    assert len(simulator.requests(system="zequenze", method="PUT")) == (2 if waited else 1)
    assert len(simulator.ledger(system="zequenze", effect="boot")) == (1 if waited else 0)


@pytest.mark.row(33)
def test_a_reboot_that_comes_too_fast_is_not_sent_after_its_window(bench: Bench, simulator: Simulator) -> None:
    busy(simulator, "zequenze", "2", method="PUT")
    until = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 2))
    device = bench.device(
        "device_operation", NAME, conflict_timeout=10.0, window_id="w1", require_lock=False, not_after=until
    )
    assert device["outcome"] == "refused"
    assert "past not_after" in device["message"]
    assert simulator.ledger(system="zequenze", effect="boot") == []
