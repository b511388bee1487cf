# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C in the run of a window: the first one stops it in order, the second one ends it, and a rerun goes on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
import typing as t

from tests.integration.run import Commands
from tests.integration.windows import LAX, WINDOW, locks, operations, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def started(ansible: Commands, **changes: t.Any) -> subprocess.Popen[str]:
    """Start the window in a process group of its own, as a shell does, so that all of it can be interrupted."""
    extra = json.dumps({**WINDOW, "window_batches": [1, "100%"], "window_hold": 2, **changes})
    inventory = ansible.static_inventory({host: {} for host in LAX})
    command = ["ansible-playbook", "-i", inventory, "netfleet.maintenance.maintenance_window", "-e", extra]
    return subprocess.Popen(
        command,
        cwd=ansible.home,
        env=ansible.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_until(happened: t.Callable[[], bool], limit: float = 300) -> None:
    deadline = time.monotonic() + limit
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def test_the_first_interrupt_stops_the_window_in_order_and_a_rerun_goes_on(
    ansible: Commands, simulator: Simulator
) -> None:
    first = LAX[0]
    process = started(ansible, report_live=True, report_dest=str(ansible.home / "reports"))
    wait_until(lambda: (first, "sync") in operations(simulator))
    page = (ansible.home / "reports" / "CHG1.html").read_text()
    assert 'id="live"' in page
    os.killpg(process.pid, signal.SIGINT)
    said, _nothing = process.communicate(timeout=300)
    # What was begun is finished and unlocked, and nothing new was started.
    assert steps(simulator) == {first: ALL}, said
    assert locks(simulator) == {}
    assert "window CHG1 is stopped. Devices at work are finished and unlocked" in said
    report = json.loads((ansible.home / "reports" / "CHG1.json").read_text())
    told = {device["name"]: device["gates"] for device in report["devices"]}
    assert told[first] == []
    for name in LAX[1:]:
        assert [gate["gate"] for gate in told[name]] == ["stopped"], told
        assert "interrupted with Ctrl-C" in told[name][0]["message"]
    # The page of the end is not a live one any more.
    assert 'id="live"' not in (ansible.home / "reports" / "CHG1.html").read_text()
    done = run(ansible, window_batches=[1, "100%"])
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys(LAX, ALL)


def test_the_second_interrupt_ends_the_run_and_leaves_no_stop(ansible: Commands, simulator: Simulator) -> None:
    first = LAX[0]
    process = started(ansible, window_hold=20, window_wait_timeout=30)
    wait_until(lambda: (first, "reboot") in operations(simulator))
    os.killpg(process.pid, signal.SIGINT)
    wait_until(lambda: "stopped" in control_states(ansible))
    os.killpg(process.pid, signal.SIGINT)
    said, _nothing = process.communicate(timeout=300)
    assert process.returncode != 0
    assert set(steps(simulator)) == {first}, said
    done = run(ansible, window_batches=[1, "100%"], window_hold=0.2)
    assert done.rc == 0, done.said()
    assert {name: done_to[-1] for name, done_to in steps(simulator).items()} == dict.fromkeys(LAX, "unlock")
    assert operations(simulator).count((first, "reboot")) == 1
    assert locks(simulator) == {}


def control_states(ansible: Commands) -> list[str]:
    """Return the states of the controls in the journal."""
    with contextlib.closing(sqlite3.connect(f"file:{ansible.journal}?mode=ro", uri=True)) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM controls WHERE ended_at IS NULL")]
