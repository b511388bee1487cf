# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reboot whose one request or answer is spoiled: sent once, and what is said about it is true."""

from __future__ import annotations

import time
import typing as t

import pytest

from tests.hostile.bench import Bench
from tests.hostile.spoilers import AFTER, BEFORE, Fault, cases
from tests.simulators import Simulator

NAME = "lax-sbc-01"


def reboot(bench: Bench, **options: t.Any) -> dict[str, t.Any]:
    return bench.device("device_operation", NAME, window_id="w1", require_lock=False, **options)


def boots(simulator: Simulator) -> int:
    return len(simulator.ledger(system="zequenze", effect="boot"))


@pytest.fixture
def spoiled(bench: Bench) -> Bench:
    bench.timeout = 1.0
    return bench


@pytest.mark.parametrize("fault", cases(BEFORE))
def test_a_request_nobody_carried_out_is_unknown_and_never_sent_again(
    spoiled: Bench, simulator: Simulator, fault: Fault
) -> None:
    simulator.fault(system="zequenze", method="PUT", **fault)
    device = reboot(spoiled)
    assert (device["outcome"], device["sent"], device["evidence"]) == ("unknown", True, [])
    again = reboot(spoiled, wait_timeout=0.2)
    assert (again["outcome"], again["sent"]) == ("unknown", False)
    assert len(simulator.requests(system="zequenze", method="PUT")) == 1
    assert boots(simulator) == 0


@pytest.mark.parametrize("fault", cases(AFTER))
def test_a_reboot_that_happened_is_found_out_by_evidence_and_never_sent_again(
    spoiled: Bench, simulator: Simulator, fault: Fault
) -> None:
    simulator.fault(system="zequenze", method="PUT", **fault)
    started = time.monotonic()
    device = reboot(spoiled, wait_timeout=15.0)
    assert time.monotonic() - started < 20.0
    assert device["outcome"] == "done"
    assert device["evidence"]
    again = reboot(spoiled)
    assert (again["outcome"], again["sent"]) == ("skipped", False)
    assert (len(spoiled.reboots()), boots(simulator)) == (1, 1)


@pytest.mark.row(5, 39)
def test_a_lost_answer_and_a_device_that_does_nothing_stay_unknown(spoiled: Bench, simulator: Simulator) -> None:
    simulator.knob("zequenze.execution", "ignored")
    device = reboot(spoiled)
    assert device["outcome"] == "unknown"
    assert "not confirmed within" in device["message"]
    assert reboot(spoiled)["sent"] is False
    assert (len(spoiled.reboots()), boots(simulator)) == (1, 0)


@pytest.mark.row(38)
def test_what_is_queued_for_an_offline_device_is_accepted_and_no_success(bench: Bench, simulator: Simulator) -> None:
    simulator.knob("zequenze.connection_request", "blocked")
    simulator.knob("zequenze.inform_interval", 60.0)
    simulator.knob("zequenze.accept_code", 202)
    assert reboot(bench, wait=False)["outcome"] == "accepted"
    later = reboot(bench, wait_timeout=0.3)
    assert (later["outcome"], later["sent"]) == ("unknown", False)
    simulator.advance(61)
    assert reboot(bench, wait_timeout=5.0)["outcome"] == "done"
    assert (len(bench.reboots()), boots(simulator)) == (1, 1)


@pytest.mark.row(38)
def test_an_offline_device_is_not_sent_a_reboot_that_would_wait_for_tomorrow(
    bench: Bench, simulator: Simulator
) -> None:
    simulator.knob("zequenze.offline_policy", "queue")
    simulator.patch_device(NAME, {"zequenze": {"online": False}})
    device = reboot(bench, conflict_timeout=0.2)
    assert (device["outcome"], device["sent"]) == ("refused", False)
    assert bench.reboots() == []


@pytest.mark.row(40)
def test_a_running_operation_of_our_own_is_observed_and_one_of_somebody_else_refused(
    bench: Bench, simulator: Simulator
) -> None:
    simulator.knob("zequenze.session_delay", 1.0)
    assert reboot(bench, wait=False)["outcome"] == "accepted"
    other = bench.device("device_operation", NAME, window_id="w2", require_lock=False)
    assert (other["outcome"], other["sent"]) == ("refused", False)
    assert reboot(bench, wait_timeout=5.0)["outcome"] == "done"
    assert len(bench.reboots()) == 1


@pytest.mark.row(30)
@pytest.mark.parametrize("status", [401, 403])
def test_a_device_that_is_refused_by_itself_counts_and_the_others_go_on(
    bench: Bench, simulator: Simulator, status: int
) -> None:
    names = [device["name"] for device in simulator.devices()]
    path = f"inventory_device_name_operation/{names[1]}/"
    simulator.fault(system="zequenze", method="PUT", path=path, phase="before_effect", kind="status", status=status)
    result = bench.run("device_operation", names, window_id="w1", require_lock=False, max_failures=1, wait_timeout=10.0)
    outcomes = [device["outcome"] for device in result["devices"]]
    assert outcomes == ["done", "refused", "done", "done", "done"]
    assert str(status) in result["msg"]
    one_more = bench.device("device_operation", names[1], window_id="w1", require_lock=False, max_failures=0)
    assert one_more["outcome"] == "done"


@pytest.mark.row(30, 116)
def test_refusals_use_up_the_failure_budget(bench: Bench, simulator: Simulator) -> None:
    names = [device["name"] for device in simulator.devices()]
    simulator.fault(system="zequenze", method="PUT", phase="before_effect", kind="status", status=403, times=None)
    result = bench.run("device_operation", names, window_id="w1", require_lock=False, max_failures=1, concurrency=1)
    assert [device["outcome"] for device in result["devices"]] == ["refused"] * 5
    assert len(bench.reboots()) == 2
    assert "2 other devices of window w1 failed; max_failures is 1" in result["msg"]


@pytest.mark.row(41, 117)
def test_a_device_that_is_gone_from_zequenze_is_refused_and_nothing_is_sent(bench: Bench, simulator: Simulator) -> None:
    device = bench.device("device_operation", "lax-sbc-99", window_id="w1", require_lock=False)
    assert (device["outcome"], device["sent"]) == ("refused", False)
    assert "there is no such device" in device["message"]
    assert simulator.requests(system="zequenze", method="PUT") == []


@pytest.mark.row(19)
def test_two_commands_where_one_was_sent_are_told(bench: Bench, simulator: Simulator) -> None:
    simulator.knob("zequenze.foreign_operator", "reboot")
    simulator.knob("zequenze.uptime_exposed", "no")
    device = reboot(bench, wait_timeout=3.0)
    assert len(bench.reboots()) == 1
    assert device["outcome"] == "done"
    assert "the device log shows 2 commands since then, of which one was sent from here" in device["evidence"]
