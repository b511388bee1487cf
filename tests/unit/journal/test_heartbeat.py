# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heartbeat of a run: its locks show a sign of life while the controller lives, and not a moment longer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import heartbeat
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import run_lives
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore

PATIENCE = 60.0


class RunStore(MemoryStore):
    """A store that outlives the task."""

    shared = True


@pytest.fixture
def controller() -> t.Iterator[subprocess.Popen[bytes]]:
    """A process that stands for the Ansible controller."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NETFLEET_JOURNAL_SILENCE", "12")
    return str(tmp_path / "journal.sqlite3")


def lock(place: str, run: int, device: str) -> None:
    """Write a lock of a run, whose sign of life is nearly over."""
    with Journal.open(place, Clock(), run) as journal:
        locks = Locks(journal)
        row = locks.intend(server="s", device_id=device, device=device, account="a", holder="W1", lease=600.0)
        locks.move(row, "held")
        with journal.writing() as connection:
            connection.exec_driver_sql("UPDATE locks SET alive_until = 1")


def alive_until(place: str) -> dict[str, float]:
    with Journal.open(place, Clock()) as journal:
        return {row["device"]: row["alive_until"] for row in Locks(journal).all_open()}


def wait_for(what: t.Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.row(210)
def test_the_locks_of_a_living_run_are_renewed_until_it_ends(place: str, controller: subprocess.Popen[bytes]) -> None:
    lock(place, os.getppid(), "of another run")
    lock(place, controller.pid, "ours")
    store = RunStore()
    heartbeat.ensure_heartbeat(store, place, controller.pid)
    process = store.load(f"heartbeat {place}")
    assert process is not None
    assert run_lives(process) is True
    wait_for(lambda: alive_until(place)["ours"] > time.time())
    assert alive_until(place)["of another run"] == 1
    # One is enough for a run.
    heartbeat.ensure_heartbeat(store, place, controller.pid)
    assert store.load(f"heartbeat {place}") == process
    controller.kill()
    controller.wait()
    wait_for(lambda: run_lives(process) is False)


def test_a_heartbeat_that_was_killed_is_started_again(place: str, controller: subprocess.Popen[bytes]) -> None:
    lock(place, controller.pid, "ours")
    store = RunStore()
    heartbeat.ensure_heartbeat(store, place, controller.pid)
    process = t.cast("dict[str, t.Any]", store.load(f"heartbeat {place}"))
    os.kill(process["run"], 9)
    wait_for(lambda: run_lives(process) is False)
    heartbeat.ensure_heartbeat(store, place, controller.pid)
    assert store.load(f"heartbeat {place}") != process


def test_it_holds_nothing_open_that_somebody_waits_for(place: str, controller: subprocess.Popen[bytes]) -> None:
    """A pipe of the worker, its output for one, ends with the worker."""
    lock(place, controller.pid, "ours")
    end, start = os.pipe()
    store = RunStore()
    heartbeat.ensure_heartbeat(store, place, controller.pid)
    os.close(start)
    with open(end, "rb") as file:
        assert file.read() == b""
    process = t.cast("dict[str, t.Any]", store.load(f"heartbeat {place}"))
    assert run_lives(process) is True
    assert os.getsid(process["run"]) != os.getsid(0), "Ctrl-C does not end it before the controller"


@pytest.mark.parametrize("shared", [True, False])
def test_a_module_that_runs_by_itself_has_none(place: str, shared: bool) -> None:
    store = RunStore() if shared else MemoryStore()
    heartbeat.ensure_heartbeat(store, place, os.getpid() if shared else os.getppid())
    heartbeat.ensure_heartbeat(store, place, None)
    assert store.load(f"heartbeat {place}") is None


def test_a_journal_that_cannot_be_written_is_tried_again(place: str) -> None:
    looks = iter([True, True, True, False])
    lock(place, os.getpid(), "ours")
    os.rename(place, f"{place}.away")
    os.mkdir(place)
    turns: list[float] = []

    def sleep(seconds: float) -> None:
        turns.append(seconds)
        if len(turns) == 2:
            os.rmdir(place)
            os.rename(f"{place}.away", place)

    class Hasty(Clock):
        def monotonic(self) -> float:
            return float(100 * len(turns))

    heartbeat.beat(place, os.getpid(), lambda _process: next(looks), sleep, Hasty())
    assert alive_until(place)["ours"] > time.time()
