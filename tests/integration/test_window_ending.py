# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""However a run of a window ends, it says its result, its locks and the next command, and leaves nothing locked."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from tests.integration.run import LIMIT, Commands
from tests.integration.windows import LAX, WINDOW, locks, run, steps
from tests.simulators import Simulator

NEXT = "Next: ansible-playbook netfleet.maintenance.maintenance_window"


@pytest.mark.finding("A9")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_run_that_is_told_to_end_unlocks_reports_and_says_how_to_go_on(
    ansible: Commands, simulator: Simulator, number: signal.Signals
) -> None:
    simulator.knob("zequenze.boot", 4.0)
    inventory = ansible.static_inventory({name: {} for name in LAX})
    command = ["ansible-playbook", "netfleet.maintenance.maintenance_window", "-i", inventory, "-e", json.dumps(WINDOW)]
    written = ansible.home / "said.txt"
    with (
        open(written, "w", encoding="utf-8") as said,
        subprocess.Popen(
            command,
            cwd=ansible.home,
            env=ansible.environment | {"NETFLEET_TEST_RECORD": str(ansible.home / "first.jsonl")},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as first,
    ):
        try:
            deadline = time.monotonic() + LIMIT
            while not simulator.ledger(effect="operation", operation="reboot"):
                assert time.monotonic() < deadline, written.read_text()
                assert first.poll() is None, written.read_text()
                time.sleep(0.05)
            first.send_signal(number)
            if number == signal.SIGINT:
                # The first one stops the window in order (test_window_interrupt.py); the second one does not wait.
                while "is stopped" not in written.read_text():
                    assert first.poll() is None, written.read_text()
                    time.sleep(0.05)
                first.send_signal(number)
            first.wait(LIMIT)
        finally:
            first.kill()
    *_, last = written.read_text().splitlines()
    assert first.returncode == 128 + number, written.read_text()
    assert "3 of 3 devices of window CHG1 not maintained." in last
    assert f"Locks: none left. {NEXT} -i {inventory} -e window_id=CHG1" in last
    assert (ansible.home / ".local/state/netfleet/reports/CHG1.html").is_file()
    assert locks(simulator) == {}

    # And it does go on: no restart is sent twice.
    simulator.knob("zequenze.boot", 0.1)
    again = run(ansible)
    assert again.rc == 0, again.said()
    assert [done.count("reboot") for done in steps(simulator).values()] == [1, 1, 1]
    assert again.stdout.rstrip().endswith("Locks: none left. Next: nothing to do")


def test_nothing_of_a_killed_run_goes_on(ansible: Commands, simulator: Simulator) -> None:
    """Its workers wait for proof for an hour, and would go on: nobody has told them to end."""
    simulator.knob("zequenze.boot", 3600.0)
    extra = json.dumps({**WINDOW, "window_wait_timeout": 3600})
    inventory = ansible.static_inventory({name: {} for name in LAX})
    command = ["ansible-playbook", "netfleet.maintenance.maintenance_window", "-i", inventory, "-e", extra]
    nowhere: dict[str, t.Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    with subprocess.Popen(command, cwd=ansible.home, env=ansible.environment, **nowhere) as run:
        try:
            deadline = time.monotonic() + LIMIT
            while len(simulator.ledger(effect="operation", operation="reboot")) < len(LAX):
                assert time.monotonic() < deadline
                assert run.poll() is None
                time.sleep(0.05)
            assert len(processes_at(ansible.home)) > 1, "a worker is at work"
        finally:
            run.kill()
    deadline = time.monotonic() + LIMIT
    while left := processes_at(ansible.home):
        if time.monotonic() >= deadline:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            pytest.fail(f"{len(left)} processes went on")
        time.sleep(0.1)


def processes_at(home: Path) -> list[int]:
    """Return the processes that have this home, whatever session they are in."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"HOME={home}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


@pytest.mark.finding("A9")
def test_every_other_end_says_it_too(ansible: Commands, simulator: Simulator) -> None:
    checked = run(ansible, "--check", window_batches=[1, "100%"], window_soak=60)
    assert checked.rc == 0, checked.said()
    assert "not started" not in checked.said()
    said = "Check mode: nothing was locked or sent for window CHG1. Locks: none taken. "
    assert said + NEXT in checked.stdout
    closed = run(
        ansible,
        window_id=None,
        window_name="yearly",
        window_schedule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        window_duration="1h",
    )
    assert closed.rc == 0, closed.said()
    *_, last = closed.stdout.rstrip().splitlines()
    assert last.startswith("closed: yearly opens next at ")
    assert f"Locks: none left. {NEXT}" in last or f"Locks: none. {NEXT}" in last
    assert simulator.ledger(effect="lock") == []
    # A folder for the report that cannot be written.
    (ansible.home / "file").write_text("")
    done = run(ansible, window_operations=["sync"], report_dest=str(ansible.home / "file"))
    assert done.rc == 0, done.said()
    assert "cannot be written" in " ".join(done.said().split())
    assert done.stdout.rstrip().endswith("Window CHG1: all 3 devices are done. Locks: none left. Next: nothing to do")
