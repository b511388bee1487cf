# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook of somebody's own may do around our modules: once stays once, and what it leaves is cleaned up."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

HOSTS = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
HOST = HOSTS[0]
LOCK = {"netfleet.maintenance.device_lock": {"holder": "W1"}}
UNLOCK = {"netfleet.maintenance.device_lock": {"holder": "W1", "state": "unlocked"}}


def reboot(**more: t.Any) -> dict[str, t.Any]:
    usual = {"operation": "reboot", "window_id": "W1", "wait_interval": 0.1, "wait_timeout": 10, "conflict_timeout": 0}
    return {"netfleet.maintenance.device_operation": {**usual, **more}}


def play(ansible: Commands, *tasks: dict[str, t.Any], hosts: t.Sequence[str] = (HOST,), **words: t.Any) -> Finished:
    return ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": list(tasks), **words}], hosts=hosts)


def received(simulator: Simulator) -> int:
    return len(simulator.requests(method="PUT"))


def locked(simulator: Simulator) -> list[str]:
    return list(simulator.state()["oracle_sdm"]["locks"])


def test_retries_around_an_unknown_reboot_send_it_once(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.execution", "ignored")
    task = {**reboot(wait_timeout=0.3), "register": "done", "until": "done is success", "retries": 2, "delay": 0}
    done = play(ansible, LOCK, task)
    assert done.rc == 2
    assert received(simulator) == 1


def test_a_failure_that_is_ignored_does_not_send_it_again(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.execution", "ignored")
    task = {**reboot(wait_timeout=0.3), "ignore_errors": True}
    done = play(ansible, LOCK, task, task, UNLOCK)
    assert done.rc == 0, done.said()
    assert received(simulator) == 1
    assert locked(simulator) == []


def test_a_further_attempt_is_a_persons_and_stands_in_the_journal(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.execution", "ignored")
    assert play(ansible, LOCK, reboot(wait_timeout=0.3)).rc == 2
    simulator.knob("zequenze.execution", "real")
    assert play(ansible, reboot()).rc == 2, "without being asked for it is observed and not sent"
    assert received(simulator) == 1
    for _twice in range(2):
        done = play(
            ansible, reboot(attempt=2), {"netfleet.maintenance.journal_info": {"window_id": "W1", "events": True}}
        )
        assert done.rc == 0, done.said()
    assert received(simulator) == 2
    events = done.of("journal_info")[0]["events"]
    claims = [event for event in events if event["kind"] == "operation_claimed"]
    assert [claim["data"]["attempt"] for claim in claims] == [1, 2]
    assert all(claim["sender"]["host"] and claim["at"] for claim in claims)


def test_a_further_attempt_over_a_list_is_sent_only_to_what_is_unknown(ansible: Commands, simulator: Simulator) -> None:
    done, accepted, unknown = HOSTS
    lock = {"netfleet.maintenance.device_lock": {"holder": "W1", "name": HOSTS}}
    first = play(ansible, lock, reboot(name=[done]), reboot(name=[accepted], wait=False))
    assert first.rc == 0, first.said()
    simulator.knob("zequenze.execution", "ignored")
    assert play(ansible, reboot(name=[unknown], wait_timeout=0.3)).rc == 2
    simulator.knob("zequenze.execution", "real")
    again = play(ansible, reboot(name=HOSTS, attempt=2))
    assert again.rc == 0, again.said()
    shown = again.devices("device_operation")
    assert {name: (shown[name]["outcome"], shown[name]["sent"]) for name in HOSTS} == {
        done: ("skipped", False),
        accepted: ("done", False),
        unknown: ("done", True),
    }
    for name, requests in ((done, 1), (accepted, 1), (unknown, 2)):
        assert len(simulator.ledger(system="zequenze", device=name, effect="operation")) == requests, name
    assert received(simulator) == 4


@pytest.mark.row(116)
@pytest.mark.parametrize("strategy", ["linear", "free", "host_pinned"])
def test_a_cap_holds_under_every_strategy(ansible: Commands, simulator: Simulator, strategy: str) -> None:
    simulator.knob("zequenze.boot", 0.4)
    done = play(ansible, LOCK, reboot(max_in_flight=1, wait_timeout=30), UNLOCK, hosts=HOSTS, strategy=strategy)
    assert done.rc == 0, done.said()
    down: set[str] = set()
    for row in simulator.ledger(system="zequenze"):
        if row["effect"] == "operation":
            down.add(row["device"])
        elif row["effect"] == "up":
            down.discard(row["device"])
        assert len(down) <= 1
    assert received(simulator) == len(HOSTS)
    assert locked(simulator) == []


MIDDLES = [("--start-at-task", "Reboot"), ("--skip-tags", "lock")]


def from_lock_to_unlock(ansible: Commands, *arguments: str) -> Finished:
    tasks = [{**LOCK, "tags": "lock"}, {**reboot(), "name": "Reboot"}, UNLOCK]
    return ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": tasks}], *arguments, hosts=[HOST])


@pytest.mark.parametrize("middle", MIDDLES)
def test_a_reboot_whose_lock_was_skipped_is_not_sent(
    ansible: Commands, simulator: Simulator, middle: tuple[str, str]
) -> None:
    done = from_lock_to_unlock(ansible, *middle)
    assert done.rc == 2, done.said()
    shown = done.devices("device_operation")[HOST]
    assert (shown["outcome"], shown["sent"], shown["gate"]) == ("refused", False, "lock")
    assert received(simulator) == 0


@pytest.mark.parametrize("middle", MIDDLES)
def test_a_whole_run_is_not_sent_again_from_the_middle(
    ansible: Commands, simulator: Simulator, middle: tuple[str, str]
) -> None:
    assert from_lock_to_unlock(ansible).rc == 0
    assert received(simulator) == 1
    done = from_lock_to_unlock(ansible, *middle)
    assert done.rc == 0, done.said()
    assert done.devices("device_operation")[HOST]["outcome"] == "skipped"
    assert received(simulator) == 1


@pytest.mark.parametrize(
    "end",
    [
        {"ansible.builtin.meta": "end_host"},
        {"ansible.builtin.meta": "end_play"},
        # The device's own connection, which nothing between lock and unlock may use.
        {"ansible.builtin.raw": "uptime", "vars": {"ansible_host": "127.0.0.1", "ansible_port": 9}},
    ],
    ids=["end_host", "end_play", "unreachable"],
)
def test_what_always_does_not_see_is_given_back_by_recover(
    ansible: Commands, simulator: Simulator, end: dict[str, t.Any]
) -> None:
    play(ansible, {"block": [LOCK, end, reboot()], "always": [UNLOCK]})
    assert (locked(simulator), received(simulator)) == ([HOST], 0)
    done = ansible.playbook("netfleet.maintenance.recover", extra={"recover_window_id": "W1"})
    assert done.rc == 0, done.said()
    assert locked(simulator) == []
