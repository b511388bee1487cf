# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole windows through the playbook with a journal on PostgreSQL, one run after the other and two at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

LAX = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
WINDOW = {
    "window_id": "CHG1",
    "window_targets": "all",
    "window_hold": 0.2,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 20,
    "window_conflict_timeout": 0,
}
# Longer than anybody waits: how long a device is down, until the test moves the simulator's clock.
BOOT = 600.0
FULL = ["lock", "sync", "reboot", "unlock"]


def run(ansible: Commands, place: str, **changes: object) -> Finished:
    return ansible.playbook(
        "netfleet.maintenance.maintenance_window",
        hosts=LAX,
        extra={**WINDOW, **changes},
        environment={"NETFLEET_JOURNAL": place},
    )


def steps(simulator: Simulator) -> dict[str, list[str]]:
    """What was done to each device, in order."""
    done: dict[str, list[str]] = {}
    for row in simulator.ledger():
        step = row["operation"] if row["effect"] == "operation" else row["effect"]
        if step in FULL:
            done.setdefault(row["device"], []).append(step)
    return done


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
        asked = [record.exists() and "device_lock" in record.read_text() for record in records]
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
    assert {name: done_to.count("reboot") for name, done_to in steps(simulator).items()} == dict.fromkeys(LAX, 1), said
    assert {name: (done_to[0], done_to[-1]) for name, done_to in steps(simulator).items()} == dict.fromkeys(
        LAX, ("lock", "unlock")
    )
    assert dict(simulator.state()["oracle_sdm"]["locks"]) == {}
    kept_out = sum(
        text.count("is at work with it for CHG1; wait for that run to end. Nothing was sent.") for text in said
    )
    assert kept_out >= len(LAX), said
    assert any(done.rc == 2 for done in finished)
    assert "canary" not in "".join(said)
