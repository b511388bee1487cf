# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether another run is at work on the window, and the three things said at the end of a run."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
    Windows,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.ending import run_ending
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_start import run_window_start

NAMES = ("d0", "d1")


def record(names: t.Sequence[str] = NAMES) -> WindowRecord:
    return WindowRecord(
        "W1", ("sync",), tuple(RecordedDevice(name, name, name, name) for name in names), WindowRules(hold=0.0)
    )


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "journal.sqlite3")


def write(place: str, run: int | None, names: t.Sequence[str] = NAMES) -> None:
    with Journal.open(place, Clock(), run) as journal:
        Windows(journal).write(record(names))


def at_work(place: str, names: t.Sequence[str] = NAMES, run: int = 1) -> str:
    params = {"journal": place, "window_id": "W1", "name": list(names), "state": "open", "reason": ""}
    return str(run_window_start(Task(params, run=run))["at_work"])


def test_a_second_start_names_the_run_that_is_at_work(place: str) -> None:
    write(place, os.getpid())
    assert f"process {os.getpid()}" in at_work(place)


def test_the_run_itself_is_nobody_else(place: str) -> None:
    write(place, os.getpid())
    assert at_work(place, run=os.getpid()) == ""


def test_a_dead_run_and_one_for_other_devices_do_not_count(place: str) -> None:
    assert at_work(place) == "", "without a journal"
    write(place, 2**22 + 1)
    assert at_work(place) == "", "dead"
    write(place, os.getpid(), ["d0"])
    assert at_work(place) == "", "a part of it only"
    assert at_work(place, []) == ""


def ending(place: str, **params: t.Any) -> str:
    usual = {"journal": place, "window_id": "W1", "state": "open", "reason": "", "command": "COMMAND"}
    return str(run_ending(Task({**usual, "check_mode": False, "at_work": "", **params}))["msg"])


def test_the_end_says_result_locks_and_next_command(place: str) -> None:
    write(place, None)
    assert ending(place) == (
        "2 of 2 devices of window W1 not maintained. not reached: d0, d1. Locks: none left. Next: COMMAND"
    )


def test_a_lock_that_is_kept_is_named_with_the_command_that_recovers_it(place: str) -> None:
    with Journal.open(place, Clock()) as journal:
        Windows(journal).write(record())
        Locks(journal).intend(server="s", device_id="1", device="d1", account="a", holder="W1", lease=60.0)
    said = ending(place)
    assert "Locks: 1 kept (d1 until " in said
    assert said.endswith("Next: ansible-playbook netfleet.maintenance.recover -e recover_window_id=W1")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"check_mode": True}, "Check mode: nothing was locked or sent for window W1."),
        ({"at_work": "process 7 on host"}, "Window W1 is already being run by process 7 on host; nothing to do."),
        ({"state": "closed", "reason": "closed: opens next at T"}, "closed: opens next at T."),
    ],
)
def test_every_other_end_says_it_too(place: str, params: dict[str, t.Any], words: str) -> None:
    assert ending(place, **params).startswith(words)
