# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several controllers on one journal, as the slices of an AWX job are: ansible-runner processes and PostgreSQL.

The slices overlap, so that the same devices are asked for by all of them at once.
"""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.integration.run import Commands
from tests.simulators import Simulator

DEVICES = 400
CONTESTED = 40
CAP = 24
LIMIT = 480

Effects = list[dict[str, t.Any]]


@pytest.fixture
def simulator() -> t.Iterator[Simulator]:
    knobs = {"zequenze.session_delay": 0.0, "zequenze.apply": 0.05, "zequenze.boot": 0.05}
    with Simulator(devices=DEVICES, knobs=knobs, process=True) as running:
        yield running


def slices(simulator: Simulator, workers: int) -> list[list[str]]:
    """Return each worker its part of the fleet, and in front of it the devices that all of them are to ask for."""
    names = [device["name"] for device in simulator.devices()]
    contested, rest = names[:CONTESTED], names[CONTESTED:]
    return [contested + rest[worker::workers] for worker in range(workers)]


def run_slices(
    folder: Path, simulator: Simulator, place: str, parts: t.Sequence[list[str]], **options: t.Any
) -> list[dict[str, str]]:
    """Run one ansible-runner per part, all at the same time, and give each one's outcomes by device."""
    ansible = Commands(folder, simulator)
    running = []
    for number, names in enumerate(parts):
        home = folder / f"slice{number}"
        for name in ("project", "inventory", "env"):
            (home / name).mkdir(parents=True)
        task = {
            "netfleet.maintenance.device_operation": {
                "name": names,
                "operation": "reboot",
                "window_id": "SLICED",
                "require_lock": False,
                "max_in_flight": CAP,
                "wait_interval": 0.3,
                "wait_timeout": 300,
                "journal": place,
                **options,
            },
            "register": "done",
            "ignore_errors": True,
        }
        kept = {"ansible.builtin.copy": {"content": "{{ done | to_json }}", "dest": str(home / "done.json")}}
        play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task, kept]}]
        (home / "project" / "play.yml").write_text(yaml.safe_dump(play))
        (home / "inventory" / "hosts").write_text("localhost ansible_connection=local\n")
        runner = Path(sys.executable).parent / "ansible-runner"
        running.append(
            subprocess.Popen(
                [runner, "run", str(home), "-p", "play.yml", "--ident", "slice", "--quiet"],
                env={**os.environ, **ansible.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        )
    assert [process.wait(LIMIT) for process in running] == [0] * len(parts)
    results = [json.loads((folder / f"slice{number}" / "done.json").read_text()) for number in range(len(parts))]
    return [{device["name"]: device["outcome"] for device in result["devices"]} for result in results]


def rebooted(simulator: Simulator) -> collections.Counter[str]:
    """Count how often the platform took a reboot of each device."""
    return collections.Counter(row["device"] for row in simulator.ledger(effect="operation", operation="reboot"))


def most_in_flight(place: str) -> int:
    """Return the most devices that were in flight at once, from the journal's events."""
    flying: set[str] = set()
    most = 0
    with Journal.open(place, Clock()) as journal:
        for event in reading.events(journal, reading.Filter(windows=("SLICED",))):
            if event["kind"] == "operation_claimed":
                flying.add(event["device"])
            elif event["kind"] in ("operation_done", "operation_failed", "operation_refused"):
                flying.discard(event["device"])
            most = max(most, len(flying))
    return most


@pytest.mark.parametrize("workers", [2, 4])
def test_slices_reboot_every_device_once_and_never_more_at_a_time_than_the_cap(
    tmp_path: Path, simulator: Simulator, postgres_place: str, workers: int
) -> None:
    parts = slices(simulator, workers)
    outcomes = run_slices(tmp_path, simulator, postgres_place, parts)
    assert rebooted(simulator) == dict.fromkeys(set().union(*parts), 1)
    for part, seen in zip(parts, outcomes, strict=True):
        assert set(seen) == set(part)
        assert set(seen.values()) <= {"done", "skipped"}
    most = most_in_flight(postgres_place)
    assert 1 < most <= CAP


@pytest.mark.parametrize("workers", [2, 4])
def test_the_failures_of_all_slices_use_up_one_budget(
    tmp_path: Path, simulator: Simulator, postgres_place: str, workers: int
) -> None:
    budget = 5
    parts = slices(simulator, workers)
    for name in sorted(set().union(*parts))[::4]:
        simulator.patch_device(name, {"zequenze": {"log_result": "error"}})
    outcomes = run_slices(tmp_path, simulator, postgres_place, parts, max_failures=budget)
    assert set(rebooted(simulator).values()) == {1}
    failed = {name for seen in outcomes for name, outcome in seen.items() if outcome == "failed"}
    # Those that were under way when the budget was used up still end, and nothing starts after them.
    assert budget < len(failed) <= budget + 1 + CAP
    assert len(rebooted(simulator)) < DEVICES / 2
    for seen in outcomes:
        assert "refused" in seen.values()
