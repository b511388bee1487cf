# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine through the playbook: no device waits for another, hosts tell the truth, and nothing stays locked."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import time
import typing as t
from pathlib import Path

import pytest

from tests.integration.run import Commands, Finished
from tests.integration.windows import LAX, locks, operations, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def hook(ansible: Commands, name: str, *tasks: dict[str, t.Any]) -> str:
    """Write a task file and give its name, relative to the working directory."""
    path = ansible.home / f"{name}.yml"
    path.write_text(json.dumps(list(tasks)))
    return path.name


def failing(message: str, *hosts: str) -> dict[str, t.Any]:
    """A task that fails for some hosts."""
    return {"ansible.builtin.fail": {"msg": message}, "when": f"inventory_hostname in {list(hosts)}"}


def results(done: Finished) -> dict[str, tuple[str, bool]]:
    """What each host's own result says."""
    shown = {line["host"]: line for line in done.results if line["action"].endswith("window_result")}
    return {host: (line["result"]["outcome"], line["status"] == "failed") for host, line in shown.items()}


def checks(ansible: Commands) -> dict[str, tuple[str, str]]:
    """The user's own checks as the journal has them."""
    task = {"netfleet.maintenance.journal_info": {"window_id": "CHG1"}}
    (journal,) = ansible.playbook([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]).of("journal_info")
    rows = [row for row in journal["operations"] if row["operation"] == "check"]
    return {row["device"]: (row["state"], row["message"]) for row in rows}


def test_a_device_is_unlocked_when_its_own_way_ends_and_every_host_tells_its_own(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.patch_device(LAX[0], {"zequenze": {"online": False}})
    simulator.patch_device(LAX[1], {"oracle_sdm": {"lock_as": "alice"}})
    done = run(ansible, "--forks", "1", window_conflict_timeout=15)
    assert done.rc == 2, done.said()
    ended = {row["device"]: row["at"] for row in simulator.ledger(effect="unlock")}
    assert ended[LAX[2]] < ended[LAX[0]] - 3, "unlocked while the slow one is still waited for"
    assert results(done) == {LAX[0]: ("refused", True), LAX[1]: ("busy", True), LAX[2]: ("done", False)}
    assert done.of("window_run")[0]["devices"][0]["stages"][0]["stage"] == "lock"
    for line in (f"{LAX[0]}: sync refused", f"{LAX[2]}: reboot done", f"{LAX[2]}: unlocked"):
        assert line in done.stdout
    assert "2 of 3 devices of window CHG1 not maintained. " in done.stdout.splitlines()[-1]
    assert "Locks: none left. Next: ansible-playbook" in done.stdout.splitlines()[-1]


def test_a_check_of_the_users_that_fails_on_the_canary_stops_the_rollout(
    ansible: Commands, simulator: Simulator
) -> None:
    after = hook(ansible, "after", failing("no SIP answer", LAX[0]))
    wanted: dict[str, t.Any] = {"window_batches": [1, "100%"], "window_max_failures": 0}
    done = run(ansible, window_after_device=after, **wanted)
    assert done.rc == 2
    assert steps(simulator) == {LAX[0]: ALL}
    assert checks(ansible) == {LAX[0]: ("failed", "check failed: no SIP answer")}
    assert results(done)[LAX[0]] == ("failed", True)
    assert results(done)[LAX[1]] == ("not_started", True)
    hook(ansible, "after", {"ansible.builtin.debug": {"msg": "SIP answers"}})
    again = run(ansible, window_after_device=after, **wanted)
    assert again.rc == 0, again.said()
    rebooted = [device for device, operation in operations(simulator) if operation == "reboot"]
    assert (rebooted[0], sorted(rebooted)) == (LAX[0], LAX)
    assert checks(ansible)[LAX[0]][0] == "done"
    assert locks(simulator) == {}


def test_a_check_before_the_lock_keeps_the_device_back(ansible: Commands, simulator: Simulator) -> None:
    check = hook(ansible, "check", failing("calls in progress", LAX[1]))
    done = run(ansible, window_check_device=check)
    assert done.rc == 2
    assert steps(simulator) == {LAX[0]: ALL, LAX[2]: ALL}
    assert f"{LAX[1]}: not_started (not started: check failed: calls in progress)" in done.stdout
    assert results(done)[LAX[1]] == ("not_started", True)
    assert run(ansible, window_check_device=hook(ansible, "check")).rc == 0
    assert steps(simulator)[LAX[1]] == ALL


def workers(ansible: Commands) -> list[int]:
    """The process ids of the workers that ansible-playbook has at this moment."""
    mark = f"NETFLEET_JOURNAL={ansible.journal}".encode()
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(stat[1])
        except (OSError, ValueError):
            continue
    return [pid for pid, parent in parents.items() if parent in parents]


def wait_for(happened: t.Callable[[], object], running: concurrent.futures.Future[Finished]) -> None:
    while not happened() and not running.done():
        time.sleep(0.05)
    assert not running.done(), running.result().said()


def test_when_the_worker_dies_the_end_of_the_run_unlocks_what_it_left(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.boot", 2.0)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, ansible)
        wait_for(lambda: len(operations(simulator)) == 6, running)
        for pid in workers(ansible):
            os.kill(pid, signal.SIGKILL)
        done = running.result()
    assert done.rc != 0
    assert locks(simulator) == {}, done.said()
    assert "Unlocked what this run left" in done.stdout
    again = run(ansible)
    assert again.rc == 0, again.said()
    assert sorted(device for device, operation in operations(simulator) if operation == "reboot") == LAX


@pytest.mark.finding("A8")
def test_a_second_start_ends_well_and_leaves_the_window_to_the_first(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.boot", 30.0)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, ansible, window_wait_timeout=90)
        wait_for(lambda: len(locks(simulator)) == 3, running)
        # A home of its own: the record of the first run's results is in the other one.
        (ansible.home / "second").mkdir()
        second = Commands(ansible.home / "second", simulator)
        second.environment["NETFLEET_JOURNAL"] = str(ansible.journal)
        other = run(second)
        assert not running.done(), "the first one is still at work"
        first = running.result()
    assert (first.rc, other.rc) == (0, 0), (first.said(), other.said())
    assert "Window CHG1 is already being run by process" in other.stdout.splitlines()[-1]
    assert other.of("window_start")[0]["at_work"]
    assert not other.of("window_check")
    assert steps(simulator) == dict.fromkeys(LAX, ALL)
