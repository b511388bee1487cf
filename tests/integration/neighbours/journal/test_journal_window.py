# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole windows through the playbook with a journal on PostgreSQL, one run after the other and two at once."""

from __future__ import annotations

import collections
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration import windows
from tests.integration.run import Commands, Finished
from tests.integration.windows import LAX, steps
from tests.simulators import Simulator

# Longer than anybody waits: how long a device is down, until the test moves the simulator's clock.
BOOT = 600.0
FULL = ["lock", "sync", "reboot", "unlock"]


def run(ansible: Commands, place: str, *, hosts: t.Sequence[str] = LAX, **changes: object) -> Finished:
    environment = {"NETFLEET_JOURNAL": place}
    return windows.run(ansible, hosts=hosts, environment=environment, **{"window_wait_timeout": 20, **changes})


def test_a_window_and_its_second_run(ansible: Commands, simulator: Simulator, postgres_place: str) -> None:
    done = run(ansible, postgres_place)
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys(LAX, FULL)
    before = len(simulator.requests(method="PUT"))
    again = run(ansible, postgres_place)
    assert again.rc == 0, again.said()
    assert len(simulator.requests(method="PUT")) == before
    assert steps(simulator) == dict.fromkeys(LAX, FULL)
    assert again.stdout.count("nothing is sent again") == len(LAX)
    assert "canary" not in done.said() + again.said()


def test_two_runs_of_a_window_at_once(tmp_path: Path, simulator: Simulator, postgres_place: str) -> None:
    """As from cron and from a person, on controllers that share nothing but the journal."""
    simulator.knob("zequenze.boot", BOOT)
    runs = []
    for name in ("cron", "person"):
        (tmp_path / name).mkdir()
        runs.append(Commands(tmp_path / name, simulator))

    def both_asked_and_all_are_down() -> bool:
        records = [ansible.home / "record.jsonl" for ansible in runs]
        asked = [record.exists() and "window_start" in record.read_text() for record in records]
        return all(asked) and all("reboot" in steps(simulator).get(name, []) for name in LAX)

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(run, ansible, postgres_place, window_wait_timeout=120) for ansible in runs]
        # No device comes back, so no run ends its work, before the other one has asked for the locks.
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and not both_asked_and_all_are_down():
            time.sleep(0.2)
        simulator.advance(BOOT + 1)
        finished = [future.result() for future in futures]
    said = [done.said() for done in finished]
    assert "at the end of the run" not in "".join(said)
    assert {name: done_to.count("reboot") for name, done_to in steps(simulator).items()} == dict.fromkeys(LAX, 1), said
    assert {name: (done_to[0], done_to[-1]) for name, done_to in steps(simulator).items()} == dict.fromkeys(
        LAX, ("lock", "unlock")
    )
    assert dict(simulator.state()["oracle_sdm"]["locks"]) == {}
    if any("Window CHG1 is already being run by" in text for text in said):
        # Who starts later sees the other one at work, and nothing is wrong about that.
        assert [done.rc for done in finished] == [0, 0], said
    else:
        # Or both began, and each device was in the hands of one of them: the other was kept out, or came when all was
        # done.
        kept_out = "is using it for CHG1. Wait for that run to end. Nothing was sent."
        assert all(done.rc == 0 or kept_out in done.said() for done in finished), said
        assert any(done.rc == 0 for done in finished), said
    assert "canary" not in "".join(said)


def halves(simulator: Simulator) -> tuple[list[str], list[list[str]]]:
    """Return the names of ten devices, and the same as two slices of five."""
    names = [device["name"] for device in simulator.devices()][:10]
    return names, [names[:5], names[5:]]


def run_slices(
    folder: Path, simulator: Simulator, place: str, slices: t.Sequence[t.Sequence[str]], **limits: object
) -> list[Finished]:
    """Run the slices of an AWX job at once, as controllers that share nothing but the journal."""
    runs = []
    for number in range(len(slices)):
        (folder / str(number)).mkdir()
        runs.append(Commands(folder / str(number), simulator))
    with ThreadPoolExecutor(len(slices)) as pool:
        futures = [
            pool.submit(run, ansible, place, hosts=hosts, **limits) for ansible, hosts in zip(runs, slices, strict=True)
        ]
        return [future.result() for future in futures]


def test_slices_of_a_window_share_its_cap_and_reboot_each_device_once(
    tmp_path: Path, simulator: Simulator, place: str
) -> None:
    simulator.knob("zequenze.boot", 0.3)
    names, slices = halves(simulator)
    simulator.patch_device(slices[0][0], {"zequenze": {"log_result": "error"}})
    limits = {"window_max_in_flight": 2, "window_max_failures": 1, "window_wait_timeout": 120}
    finished = run_slices(tmp_path, simulator, place, slices, **limits)
    said = [done.said() for done in finished]
    assert [done.rc for done in finished] == [2, 0], said
    reboots = {name: done_to.count("reboot") for name, done_to in steps(simulator).items()}
    assert reboots == {**dict.fromkeys(names, 1), slices[0][0]: 0}, said
    flying = most = 0
    for row in simulator.ledger(system="zequenze"):
        flying += {"down": 1, "up": -1}.get(row["effect"], 0)
        most = max(most, flying)
    assert 0 < most <= 2
    assert dict(simulator.state()["oracle_sdm"]["locks"]) == {}


def test_slices_of_a_window_share_its_failure_limit(tmp_path: Path, simulator: Simulator, place: str) -> None:
    """One device at a time, and each fails: whichever slice has the second one, nothing starts after it in either."""
    names, slices = halves(simulator)
    for name in names:
        simulator.patch_device(name, {"zequenze": {"log_result": "error"}})
    limits = {"window_max_in_flight": 1, "window_max_failures": 1, "window_wait_timeout": 120}
    finished = run_slices(tmp_path, simulator, place, slices, **limits)
    said = [done.said() for done in finished]
    assert [done.rc for done in finished] == [2, 2], said
    operated = collections.Counter(row["device"] for row in simulator.ledger(effect="operation"))
    assert list(operated.values()) == [1, 1], said
    assert all("of window CHG1 failed; max_failures is 1" in text for text in said), said
    assert dict(simulator.state()["oracle_sdm"]["locks"]) == {}
