# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for many devices costs a poll of the list and of the log per interval, and never more than single looks."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, wait_until
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Endpoint
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation import evidence
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_health import looking
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Observer
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import TooManyPages, Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import Operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import FEWEST, PageWise
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow
from tests.simulators import Simulator
from tests.unit.support.script import VirtualClock

INTERVAL = 0.2
TOKEN = "sim-zequenze-token"


@pytest.fixture
def simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=12) as running:
        yield running


def client(simulator: Simulator) -> Zequenze:
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
    zequenze, clock = client(simulator), Clock()
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
    # Each device reads its own log, queue and record before, and once right after; from then on they share.
    assert calls(simulator, "/inventory_device_log/") <= 3 * len(everybody) + 2 * polls
    assert sum(calls(simulator, f"/inventory_device_name/{name}/") for name in everybody) <= 2 * len(everybody)
    # A restart is seen in the records too: a poll of their list is up to three calls.
    assert (operation == "reboot") <= calls(simulator, "/inventory_device/") <= 3 * polls


def test_a_shared_look_sees_what_a_single_one_sees(simulator: Simulator) -> None:
    zequenze, clock = client(simulator), Clock()
    shared = PageWise(zequenze, clock, INTERVAL)
    everybody = names(simulator)
    for name in everybody[:5]:
        zequenze.operate(name, "reboot", lambda: None)
    simulator.advance(60)
    with contextlib.ExitStack() as stack:
        for name in everybody:
            stack.enter_context(shared.waiting_for(zequenze.device(name).id, 0.0))
        for name in everybody:
            single_flight = zequenze.device(name)
            together = shared.device(name, clock.monotonic() - 60)
            assert (together.id, together.up, together.last_status_change, together.pending) == (
                single_flight.id,
                single_flight.up,
                single_flight.last_status_change,
                single_flight.pending,
            )
            log = {row.id: row for row in shared.log(single_flight.id, 0.0, clock.monotonic() - 60)}
            assert log == {row.id: row for row in zequenze.log(single_flight.id, 0.0)}
            assert evidence.own_entries("reboot", tuple(log.values())) == evidence.own_entries(
                "reboot", zequenze.log(single_flight.id, 0.0)
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


# ------------------------------------------------------------------------------------------ read now, together


def test_devices_that_are_read_at_the_same_moment_share_a_poll(simulator: Simulator) -> None:
    zequenze, clock = client(simulator), Clock()
    shared = PageWise(zequenze, clock, INTERVAL, gather=0.3)
    everybody = names(simulator)
    ready = threading.Barrier(len(everybody))

    def read(name: str) -> tuple[t.Any, ...]:
        with shared.taking_part():
            ready.wait()
            row = shared.device_now(name)
            return row, shared.log_now(row.id, "before", 0.0), shared.queue_now(row.id, 0.0)

    with ThreadPoolExecutor(len(everybody)) as pool:
        found = list(pool.map(read, everybody))
    together = len(simulator.requests())
    assert together < len(everybody), "a call for each of three things would be three times as many"
    for name, (row, log, queue) in zip(everybody, found, strict=True):
        alone = zequenze.device(name)
        assert row.server_date is not None
        assert row == dataclasses.replace(alone, server_date=row.server_date)
        assert log == zequenze.log(row.id, 0.0)
        assert queue == zequenze.queue(row.id, 0.0)


class Fleet:
    """A platform whose state has a number that grows, and that counts what it is asked."""

    def __init__(self, size: int, clock: Clock) -> None:
        self.state = 0
        self.size = size
        self.clock = clock
        self.polls = 0
        self.single: list[str] = []
        self.problem: Exception | None = None
        self.serial: str | None = "S"

    def device(self, name: str) -> DeviceRow:
        self.single.append(name)
        return row_of(name, "S", self.state)

    def devices(self, _most_pages: int) -> list[DeviceRow]:
        self.polls += 1
        if self.problem is not None:
            raise self.problem
        return [row_of(str(number), self.serial, self.state) for number in range(self.size)]


def row_of(name: str, serial: str | None, state: int) -> DeviceRow:
    return DeviceRow(name, name, serial, True, False, float(state), None, None, None, 0.0)


def everybody_reads(fleet: Fleet, shared: PageWise, number: int) -> list[tuple[int, float | None]]:
    """Have devices read their records in a crowd; give the state when each asked, and the state that it saw."""
    ready = threading.Barrier(number)

    def read(name: int) -> tuple[int, float | None]:
        with shared.taking_part():
            ready.wait()
            fleet.state += 1
            asked = fleet.state
            return asked, shared.device_now(str(name)).last_status_change

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(read, range(number)))


@pytest.mark.parametrize("rounds", [1, 3])
def test_what_a_poll_shows_is_never_older_than_the_question(rounds: int) -> None:
    fleet = Fleet(8, Clock())
    shared = PageWise(t.cast("Zequenze", fleet), fleet.clock, INTERVAL, gather=0.05)
    for _round in range(rounds):
        for asked, seen in everybody_reads(fleet, shared, 8):
            assert seen is not None
            assert seen >= asked
    assert fleet.polls


@pytest.mark.parametrize(
    "problem", [NoAnswer("no answer"), Refused("the token may not list devices", status=403), TooManyPages("many")]
)
def test_a_poll_that_fails_leaves_each_device_its_own_answer(problem: Exception) -> None:
    fleet = Fleet(6, Clock())
    fleet.problem = problem
    shared = PageWise(t.cast("Zequenze", fleet), fleet.clock, INTERVAL, gather=0.05)
    everybody_reads(fleet, shared, 6)
    assert sorted(fleet.single) == [str(number) for number in range(6)]


def test_the_first_look_of_a_hold_is_shared_too() -> None:
    fleet = Fleet(8, Clock())
    shared = PageWise(t.cast("Zequenze", fleet), fleet.clock, INTERVAL, gather=0.3)
    ready = threading.Barrier(8)

    def hold(number: int) -> bool | None:
        with shared.taking_part():
            look = looking(t.cast("Zequenze", fleet), str(number), fleet.clock, shared)
            ready.wait()
            return look(False).up

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(hold, range(8))) == [True] * 8
    assert 0 < fleet.polls < 8
    assert len(fleet.single) < 8


def test_what_was_polled_during_one_look_is_not_taken_for_the_next() -> None:
    fleet = Fleet(8, Clock())
    shared = PageWise(t.cast("Zequenze", fleet), fleet.clock, INTERVAL)
    look = looking(t.cast("Zequenze", fleet), "0", fleet.clock, shared)
    with contextlib.ExitStack() as stack:
        for number in range(FEWEST):
            stack.enter_context(shared.waiting_for(str(number), 0.0))
        for state in range(5):
            fleet.state = state
            assert look(False).last_status_change == state
    assert fleet.polls == 4


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_device_that_is_up_again_is_seen_at_the_next_look(simulator: Simulator, looks: int) -> None:
    simulator.knob("zequenze.boot", 600.0)
    zequenze, clock = client(simulator), VirtualClock()
    shared = PageWise(zequenze, clock, INTERVAL)
    name, *others = names(simulator)[:FEWEST]
    observer = Observer(zequenze, clock, shared)
    baseline = observer.baseline(zequenze.device(name), "reboot")
    zequenze.operate(name, "reboot", lambda: None)

    def later(seconds: float) -> None:
        clock.sleep(seconds)
        simulator.advance(seconds)

    later(60)
    with contextlib.ExitStack() as stack:
        for other in others:
            stack.enter_context(shared.waiting_for(zequenze.device(other).id, 0.0))
        stack.enter_context(observer.waiting(baseline))
        for _look in range(looks):
            assert observer.look("reboot", baseline).state is None
        # A device that shows an uptime of 0 shows none yet.
        later(605)
        assert observer.look("reboot", baseline).state == "done"


def test_what_the_list_does_not_tell_of_a_device_is_read_from_its_record() -> None:
    fleet = Fleet(6, Clock())
    fleet.serial = None
    shared = PageWise(t.cast("Zequenze", fleet), fleet.clock, INTERVAL, gather=0.05)
    everybody_reads(fleet, shared, 6)
    assert fleet.polls
    assert len(fleet.single) == 6


def test_a_device_that_has_no_company_waits_for_none() -> None:
    fleet = Fleet(6, Stopped())
    shared = PageWise(t.cast("Zequenze", fleet), fleet.clock, INTERVAL, gather=math.inf)
    with shared.taking_part():
        shared.device_now("1")
    assert (fleet.polls, fleet.single) == (0, ["1"])


def test_an_interval_of_nothing_is_no_time_to_share() -> None:
    shared = PageWise(t.cast("Zequenze", None), Stopped(), 0.0, gather=0.05)
    with contextlib.ExitStack() as stack:
        for number in range(FEWEST):
            stack.enter_context(shared.waiting_for(str(number), 0.0))
        assert shared.pause() == 0.0


class Sleeper(Clock):
    """A clock that counts its pauses."""

    def __init__(self) -> None:
        self.pauses = 0

    def sleep(self, seconds: float) -> None:
        self.pauses += 1
        super().sleep(seconds)


def test_a_poll_that_is_not_made_holds_up_nobody_who_waits_for_it() -> None:
    clock = Sleeper()
    fleet = Fleet(30, clock)
    fleet.problem = TooManyPages("many")
    shared = PageWise(t.cast("Zequenze", fleet), clock, 0.0, gather=0.5)
    everybody_reads(fleet, shared, 30)
    assert len(fleet.single) == 30
    assert clock.pauses < 5, "one after the other would take 15 s"


def test_a_list_that_is_refused_is_not_asked_for_again_at_once() -> None:
    fleet = Fleet(6, Clock())
    fleet.problem = Refused("the token may not list devices", status=403)
    shared = PageWise(t.cast("Zequenze", fleet), fleet.clock, 60.0, gather=0.05)
    for _round in range(3):
        everybody_reads(fleet, shared, 6)
    assert fleet.polls == 1


@pytest.mark.parametrize("phase", [0.0, 0.1, 1.9, 7.25, 100.0])
def test_devices_of_a_crowd_look_at_the_same_moments(phase: float) -> None:
    clock = Stopped()
    shared = PageWise(t.cast("Zequenze", None), clock, 2.0, gather=0.05)
    began = clock.at
    clock.at += phase
    with contextlib.ExitStack() as stack:
        for number in range(FEWEST):
            assert shared.pause() == 2.0, "whoever is alone keeps its own time"
            stack.enter_context(shared.waiting_for(str(number), 0.0))
        pause = shared.pause()
    assert 0 < pause <= 2.0
    assert (clock.at + pause - began) % 2.0 == pytest.approx(0.0, abs=1e-6)


def test_the_log_of_a_look_serves_the_next_operation_once_and_while_it_is_new() -> None:
    clock = Stopped()
    shared = PageWise(t.cast("Zequenze", None), clock, 1.0)
    shared.keep_log("811", clock.at, [])
    assert shared.take_log("811") == []
    assert shared.take_log("811") is None
    shared.keep_log("811", clock.at, [])
    clock.at += 5.1
    assert shared.take_log("811") is None


def test_the_operation_after_a_proven_one_knows_its_log_without_another_call(simulator: Simulator) -> None:
    simulator.knob("zequenze.apply", 0.0)
    zequenze, clock = client(simulator), Clock()
    shared = PageWise(zequenze, clock, INTERVAL, gather=0.05)
    name = names(simulator)[0]
    observer = Observer(zequenze, clock, shared)
    baseline = observer.baseline(zequenze.device(name), "sync")
    zequenze.operate(name, "sync", lambda: None)
    waited = wait_until(
        lambda: observer.look("sync", baseline),
        lambda verdict: verdict.state is not None,
        limit=20.0,
        pause=INTERVAL,
        clock=clock,
    )
    assert waited.last_seen.state == "done"
    before = calls(simulator, "/inventory_device_log/")
    following = Observer(zequenze, clock, shared).baseline(zequenze.device(name), "reboot")
    assert calls(simulator, "/inventory_device_log/") == before
    assert following.log_works
    assert set(following.log_ids) == {row.id for row in zequenze.log(following.device_id, following.log_since)}
