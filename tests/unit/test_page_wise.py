# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for many devices costs a poll of the list and of the log per interval, and never more than single looks."""

from __future__ import annotations

import contextlib
import math
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, wait_until
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation import evidence
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Observer
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import TooManyPages, Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import Operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise
from tests.simulators import Simulator

INTERVAL = 0.2
TOKEN = "sim-zequenze-token"


@pytest.fixture
def simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=12) as running:
        yield running


def door(simulator: Simulator) -> Zequenze:
    endpoint = Endpoint("Zequenze Control", simulator.zequenze_url)
    return Zequenze(Wire(endpoint, HttpTransport(endpoint)), TOKEN)


def calls(simulator: Simulator, end: str) -> int:
    return sum(row["path"].endswith(end) and row["method"] == "GET" for row in simulator.requests())


def names(simulator: Simulator) -> list[str]:
    return [device["name"] for device in simulator.devices()]


@pytest.mark.parametrize(("operation", "takes"), [("sync", "apply"), ("reboot", "boot")])
def test_all_devices_of_a_task_share_the_polls_of_an_interval(
    simulator: Simulator, operation: Operation, takes: str
) -> None:
    simulator.knob(f"zequenze.{takes}", 2.0)
    zequenze, clock = door(simulator), Clock()
    shared = PageWise(zequenze, clock, INTERVAL)
    everybody = names(simulator)
    sent = threading.Barrier(len(everybody))

    def carry_out(name: str) -> str | None:
        observer = Observer(zequenze, clock, shared)
        baseline = observer.baseline(zequenze.device(name), operation)
        zequenze.operate(name, operation, lambda: None)
        sent.wait()
        with observer.waiting(baseline):
            waited = wait_until(
                lambda: observer.look(operation, baseline),
                lambda verdict: verdict.state is not None,
                limit=20.0,
                pause=INTERVAL,
                clock=clock,
            )
        return waited.last_seen.state

    started = time.monotonic()
    with ThreadPoolExecutor(len(everybody)) as pool:
        assert list(pool.map(carry_out, everybody)) == ["done"] * len(everybody)
    polls = (time.monotonic() - started) / INTERVAL
    assert polls > 9
    # Each device reads its own log and record before, and once right after; from then on they share.
    assert calls(simulator, "/inventory_device_log/") <= 2 * len(everybody) + 2 * polls
    assert sum(calls(simulator, f"/inventory_device_name/{name}/") for name in everybody) <= 2 * len(everybody)
    # A restart is seen in the records too: a poll of their list is up to three calls.
    assert (operation == "reboot") <= calls(simulator, "/inventory_device/") <= 3 * polls


def test_a_shared_look_sees_what_a_single_one_sees(simulator: Simulator) -> None:
    zequenze, clock = door(simulator), Clock()
    shared = PageWise(zequenze, clock, INTERVAL)
    everybody = names(simulator)
    for name in everybody[:5]:
        zequenze.operate(name, "reboot", lambda: None)
    simulator.advance(60)
    with contextlib.ExitStack() as stack:
        for name in everybody:
            stack.enter_context(shared.waiting_for(zequenze.device(name).id, 0.0))
        for name in everybody:
            alone = zequenze.device(name)
            together = shared.device(name, clock.monotonic() - 60)
            assert (together.id, together.up, together.last_status_change, together.pending) == (
                alone.id,
                alone.up,
                alone.last_status_change,
                alone.pending,
            )
            log = {row.id: row for row in shared.log(alone.id, 0.0, clock.monotonic() - 60)}
            assert log == {row.id: row for row in zequenze.log(alone.id, 0.0)}
            assert evidence.own_entries("reboot", tuple(log.values())) == evidence.own_entries(
                "reboot", zequenze.log(alone.id, 0.0)
            )


class Counting:
    """A door to a fleet with many pages that counts its calls."""

    def __init__(self, pages: int, problem: Exception | None = None) -> None:
        self.pages = pages
        self.problem = problem
        self.polls = 0
        self.single = 0

    def logs(self, _since: float, most_pages: int) -> list[t.Any]:
        self.polls += 1
        if self.problem is not None:
            raise self.problem
        if self.pages > most_pages:
            raise TooManyPages("too many")
        return []

    def log(self, _device_id: str, _since: float) -> list[t.Any]:
        self.single += 1
        return []


class Stopped(Clock):
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        return self.at


def looks(counting: Counting, waiting: int, rounds: int) -> None:
    clock = Stopped()
    shared = PageWise(t.cast("Zequenze", counting), clock, 1.0)
    with contextlib.ExitStack() as stack:
        for number in range(waiting):
            stack.enter_context(shared.waiting_for(str(number), 0.0))
        for _round in range(rounds):
            newer_than = clock.at
            clock.at += 1.0
            for number in range(waiting):
                shared.log(str(number), 0.0, newer_than)


def test_one_poll_serves_an_interval() -> None:
    counting = Counting(pages=2)
    looks(counting, waiting=10, rounds=7)
    assert (counting.polls, counting.single) == (7, 0)


def test_a_fleet_with_more_pages_than_devices_waited_for_is_looked_at_one_by_one() -> None:
    counting = Counting(pages=100)
    looks(counting, waiting=10, rounds=7)
    assert counting.polls == 1
    assert counting.single == 70


def test_a_few_devices_are_looked_at_one_by_one() -> None:
    counting = Counting(pages=1)
    looks(counting, waiting=2, rounds=3)
    assert (counting.polls, counting.single) == (0, 6)


def test_a_poll_that_fails_is_a_failed_look_for_all_and_not_asked_again_for_each() -> None:
    counting = Counting(pages=1, problem=NoAnswer("no answer"))
    clock = Stopped()
    shared = PageWise(t.cast("Zequenze", counting), clock, 1.0)
    with contextlib.ExitStack() as stack:
        for number in range(5):
            stack.enter_context(shared.waiting_for(str(number), 0.0))
        for number in range(5):
            with pytest.raises(NoAnswer):
                shared.log(str(number), 0.0, clock.at - 1)
    assert counting.polls == 1


def test_a_look_is_never_older_than_the_one_before() -> None:
    counting = Counting(pages=1)
    clock = Stopped()
    shared = PageWise(t.cast("Zequenze", counting), clock, 1.0)
    with contextlib.ExitStack() as stack:
        for number in range(5):
            stack.enter_context(shared.waiting_for(str(number), 0.0))
        shared.log("1", 0.0, -math.inf)
        clock.at += 0.1
        shared.log("1", 0.0, clock.at - 0.05)
    assert counting.polls == 2
