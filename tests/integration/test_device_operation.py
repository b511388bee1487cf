# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_operation through ansible-playbook, judged by the simulator's ledger."""

from __future__ import annotations

import pytest

from tests.integration.run import Commands
from tests.simulators import Simulator

HOST = "lax-sbc-01"
QUICK = {"wait_interval": 0.1, "wait_timeout": 10}


def sent(simulator: Simulator, device: str = HOST) -> list[str]:
    """The operations the platform received, whatever became of them."""
    path = f"/zequenze/api/v1/inventory_device_name_operation/{device}/"
    return [row["body"] for row in simulator.requests(method="PUT") if row["path"] == path]


def executed(simulator: Simulator) -> list[tuple[str, str]]:
    return [(row["operation"], row["device"]) for row in simulator.ledger(effect="operation")]


def lock(ansible: Commands, *hosts: str, window: str = "W1") -> None:
    assert ansible.task("device_lock", {"holder": window}, hosts=hosts).rc == 0


@pytest.mark.parametrize("operation", ["reboot", "sync", "reconf"])
def test_the_cycle_of_an_operation_in_a_window(ansible: Commands, simulator: Simulator, operation: str) -> None:
    lock(ansible, HOST)
    options = {"operation": operation, "window_id": "W1", **QUICK}
    seen = []
    for check in (True, False, False, True):
        done = ansible.task("device_operation", options, *(["--check"] if check else []), hosts=[HOST])
        assert done.rc == 0, done.said()
        device = done.devices("device_operation")[HOST]
        seen.append((device["outcome"], device["changed"], device["sent"], len(sent(simulator))))
    assert seen == [
        ("accepted", True, False, 0),
        ("done", True, True, 1),
        ("skipped", False, False, 1),
        ("skipped", False, False, 1),
    ]
    assert executed(simulator) == [(operation, HOST)]
    assert device["evidence"], "a skipped operation shows what proved the first one"


@pytest.mark.parametrize("operation", ["factory", "device_factory"])
def test_a_reset_needs_the_exact_confirmation(ansible: Commands, simulator: Simulator, operation: str) -> None:
    lock(ansible, HOST)
    options = {"operation": operation, "window_id": "W1", **QUICK}
    for confirm, words in ((None, "confirm"), (["lax-sbc-02"], "confirm must be exactly")):
        more = {} if confirm is None else {"confirm": confirm}
        done = ansible.task("device_operation", {**options, **more}, hosts=[HOST])
        assert done.rc == 2
        assert words in done.said()
    assert sent(simulator) == []
    done = ansible.task("device_operation", {**options, "confirm": [HOST]}, hosts=[HOST])
    assert done.rc == 0, done.said()
    assert executed(simulator) == [(operation, HOST)]


def test_without_its_lock_a_window_sends_nothing(ansible: Commands, simulator: Simulator) -> None:
    lock(ansible, HOST, window="another-window")
    done = ansible.task("device_operation", {"operation": "reboot", "window_id": "W1", **QUICK}, hosts=[HOST])
    assert done.rc == 2
    assert "does not show device lax-sbc-01 locked by window W1" in done.devices("device_operation")[HOST]["message"]
    assert sent(simulator) == []


def test_a_reboot_whose_answer_is_lost_is_observed_and_not_sent_again(ansible: Commands, simulator: Simulator) -> None:
    lock(ansible, HOST)
    simulator.fault(system="zequenze", method="PUT", path="operation", phase="after_effect", kind="reset", times=1)
    done = ansible.task("device_operation", {"operation": "reboot", "window_id": "W1", **QUICK}, hosts=[HOST])
    device = done.devices("device_operation")[HOST]
    assert done.rc == 0, done.said()
    assert device["outcome"] == "done"
    assert any("the uptime was" in line or "was applied" in line for line in device["evidence"])
    assert len(sent(simulator)) == 1


def test_a_reboot_that_does_nothing_ends_unknown_and_stays_so(ansible: Commands, simulator: Simulator) -> None:
    lock(ansible, HOST)
    simulator.patch_device(HOST, {"zequenze": {"log_result": "stuck"}})
    options = {"operation": "reboot", "window_id": "W1", "wait_interval": 0.1, "wait_timeout": 1, "conflict_timeout": 0}
    for _run in range(2):
        done = ansible.task("device_operation", options, hosts=[HOST])
        device = done.devices("device_operation")[HOST]
        assert done.rc == 2
        assert device["outcome"] == "unknown"
        assert "Run again with the same window_id" in device["message"]
    assert len(sent(simulator)) == 1


def test_a_busy_device_is_waited_out(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.session_delay", 1.0)
    options = {"operation": "sync", "wait": False, **QUICK}
    assert ansible.task("device_operation", options, hosts=[HOST]).rc == 0
    done = ansible.task("device_operation", {"operation": "reboot", **QUICK}, hosts=[HOST])
    assert done.rc == 0, done.said()
    assert [operation for operation, _device in executed(simulator)] == ["sync", "reboot"]


def test_a_device_that_is_offline_is_refused_after_the_conflict_timeout(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.patch_device(HOST, {"zequenze": {"online": False}})
    done = ansible.task("device_operation", {"operation": "reboot", "conflict_timeout": 1, **QUICK}, hosts=[HOST])
    device = done.devices("device_operation")[HOST]
    assert (done.rc, device["outcome"], device["sent"]) == (2, "refused", False)
    assert "offline" in device["message"]
    assert executed(simulator) == []


def test_nothing_leaves_after_not_after(ansible: Commands, simulator: Simulator) -> None:
    options = {"operation": "reboot", "not_after": "2026-01-01T00:00:00+00:00", **QUICK}
    done = ansible.task("device_operation", options, hosts=[HOST])
    assert done.rc == 2
    assert "It is past not_after" in done.devices("device_operation")[HOST]["message"]
    assert sent(simulator) == []


def test_since_skips_what_happened(ansible: Commands, simulator: Simulator) -> None:
    assert ansible.task("device_operation", {"operation": "reboot", **QUICK}, hosts=[HOST]).rc == 0
    done = ansible.task(
        "device_operation", {"operation": "reboot", "since": "2026-01-01T00:00:00Z", **QUICK}, hosts=[HOST]
    )
    assert done.devices("device_operation")[HOST]["outcome"] == "skipped"
    assert len(sent(simulator)) == 1


def test_the_failure_budget_stops_what_has_not_started(ansible: Commands, simulator: Simulator) -> None:
    hosts = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
    lock(ansible, *hosts)
    simulator.patch_device(hosts[0], {"zequenze": {"log_result": "error"}})
    options = {"operation": "sync", "window_id": "W1", "max_failures": 0, **QUICK}
    done = ansible.task("device_operation", options, "--forks", "1", hosts=hosts)
    outcomes = {name: device["outcome"] for name, device in done.devices("device_operation").items()}
    assert outcomes == {hosts[0]: "failed", hosts[1]: "refused", hosts[2]: "refused"}
    assert executed(simulator) == [("sync", hosts[0])]


def test_a_name_that_is_not_there_is_refused_with_the_reason(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.task("device_operation", {"operation": "reboot", **QUICK}, hosts=["no-such-device"])
    device = done.devices("device_operation")["no-such-device"]
    assert device["outcome"] == "refused"
    assert "404" in device["message"]
    assert simulator.ledger(system="zequenze") == []


def test_a_dead_ssh_does_not_matter(ansible: Commands, simulator: Simulator) -> None:
    inventory = ansible.static_inventory({HOST: {"ansible_host": "127.0.0.1", "ansible_port": 1}})
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [{"netfleet.maintenance.device_operation": {"operation": "sync", **QUICK}}],
        }
    ]
    assert ansible.playbook(play, hosts=inventory).rc == 0
    assert executed(simulator) == [("sync", HOST)]
