# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rate of calls: how it is written, that a whole run keeps it, and that waiting for a turn is no time of a call."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.turns import Rate, Turns, read_rate
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.support.script import Script, VirtualClock

READ = Request("GET", "/x")


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/min", Rate(100, 60.0)),
        (" 100 / min ", Rate(100, 60.0)),
        ("5/s", Rate(5, 1.0)),
        ("6000/h", Rate(6000, 3600.0)),
        ("60/hour", Rate(60, 3600.0)),
        ("1/minute", Rate(1, 60.0)),
        (None, None),
    ],
)
def test_a_rate_is_calls_in_a_time(text: str | None, rate: Rate | None) -> None:
    assert read_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    ["", " ", "100", "0/min", "-5/s", "1.5/s", "100/day", "100/", "/min", "fast", "59/h", "٣/s", "1/s\n5/s", 100, True],
)
def test_anything_else_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(BadInput, match=r"such as 100/min or 5/s"):
        read_rate(text)


@pytest.mark.parametrize("rate", [Rate(1, 60.0), Rate(3, 1.0), Rate(10, 60.0)])
def test_no_stretch_of_time_sees_more_calls_than_the_rate(rate: Rate) -> None:
    clock, store = VirtualClock(), MemoryStore()
    tasks = [Turns(rate, store, "server", clock) for _task in range(3)]
    left: list[float] = []
    for number in range(35):
        tasks[number % 3].take()
        left.append(clock.monotonic())
        clock.sleep(0.01 * (number % 7))
    for began in left:
        assert sum(began <= at < began + rate.seconds for at in left) <= rate.calls
    # Nor is it kept much slower.
    assert left[-1] - left[0] <= 35 / rate.calls * (rate.seconds + 1.0)


def test_every_server_has_a_rate_of_its_own() -> None:
    clock, store = VirtualClock(), MemoryStore()
    assert [Turns(Rate(1, 60.0), store, server, clock).take() for server in ("a", "b", "a")] == [0.0, 0.0, 60.5]


def test_threads_get_turns_of_their_own() -> None:
    class StillClock(VirtualClock):
        def sleep(self, seconds: float) -> None:
            waits.append(seconds)

    waits: list[float] = []
    turns = Turns(Rate(1, 1.0), MemoryStore(), "server", StillClock())
    threads = [threading.Thread(target=turns.take) for _thread in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [1.5, 3.0, 4.5, 6.0]


def test_waiting_for_a_turn_is_no_time_of_the_call(script: Script) -> None:
    wire = script.wire(timeout=5.0)
    wire.turns = Turns(Rate(1, 60.0), MemoryStore(), "server", script.clock)
    for status in (200, 503, 200):
        script.expect("GET", "/x").answers(status)
    assert wire.call(READ, repeatable=True).paused == 0.0
    answer = wire.call(READ, repeatable=True)
    assert answer.status == 200
    assert answer.paused == pytest.approx(121.0, abs=1.0)
    script.done()


def test_a_turn_that_was_waited_for_before_is_taken_by_the_next_call_of_the_thread(script: Script) -> None:
    wire = script.wire()
    wire.turns = Turns(Rate(1, 60.0), MemoryStore(), "server", script.clock)
    began = script.clock.monotonic()
    waits: list[float] = []
    for _call in range(2):
        script.expect("POST", "/x").answers(200)
        wire.take_turn()
        wire.take_turn()
        waits.append(script.clock.monotonic() - began)
        wire.call(Request("POST", "/x"), repeatable=False)
        assert script.clock.monotonic() - began == waits[-1], "it leaves at once"
    assert waits == [0.0, 60.5]


def test_a_call_that_is_not_made_any_more_leaves_at_the_next(script: Script) -> None:
    wire: t.Any = script.wire()
    wire.turns = Turns(Rate(1, 60.0), MemoryStore(), "server", script.clock)
    wire.take_turn()
    script.expect("GET", "/x").answers(200)
    wire.call(READ, repeatable=True)
    script.done()
