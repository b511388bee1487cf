# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failed task of the user's own is the device's failure, until it does not fail any more."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    Windows,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.checks import kept_from_lock, write_check
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_check import run_window_check
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_result import load_result

DEVICE = RecordedDevice("d0", "z0", "s0", "p0")
ZEQUENZE = {"api_url": "https://z.example.com/api/v1", "api_token": "t", "validate_certs": True, "timeout": 30.0}
ZEQUENZE |= {"ca_path": None, "client_cert": None, "client_key": None}


@pytest.fixture
def journal(tmp_path: Path) -> t.Iterator[Journal]:
    with Journal.open(str(tmp_path / "journal.sqlite3"), Clock()) as journal:
        Windows(journal).write(WindowRecord("W1", ("sync",), (DEVICE,)))
        yield journal


def check(journal: Journal, store: MemoryStore, **params: t.Any) -> None:
    usual = {"journal": journal.place, "window_id": "W1", "name": "d0", "reason": "no answer", "before_lock": False}
    run_window_check(Task({**usual, "zequenze": ZEQUENZE, **params}, store=store))


def locked(journal: Journal) -> None:
    locks = Locks(journal)
    row = locks.intend(server="s", device_id="1", device="s0", account="a", holder="W1", lease=60.0)
    locks.move(row, "held")


def test_it_counts_as_a_failed_operation_with_the_task_s_own_message(journal: Journal) -> None:
    store = MemoryStore()
    check(journal, store)
    assert read_progress(journal, "W1")["s0"].problem == "check failed"
    (row,) = Operations(journal).all_of("W1")
    assert (row["operation"], row["state"], row["message"]) == ("check", "failed", "check failed: no answer")
    assert t.cast("dict[str, t.Any]", load_result(store, "d0"))["failed"] is True


def test_after_the_next_lock_it_is_run_again_and_forgotten_when_it_does_not_fail(journal: Journal) -> None:
    check(journal, MemoryStore())
    assert read_progress(journal, "W1")["s0"].states["check"] == "failed"
    locked(journal)
    assert read_progress(journal, "W1")["s0"].states["check"] == "again"
    operations = Operations(journal)
    write_check(operations, operations.all_of("W1")[0]["server"], "W1", DEVICE, "done")
    progress = read_progress(journal, "W1")["s0"]
    assert (progress.states["check"], progress.problem) == ("done", None)


def test_before_the_lock_it_keeps_the_device_back_in_this_run_only(journal: Journal) -> None:
    store = MemoryStore()
    check(journal, store, before_lock=True)
    assert kept_from_lock(store, "W1", "d0") == "check failed: no answer"
    assert kept_from_lock(MemoryStore(), "W1", "d0") is None
    assert read_progress(journal, "W1") == {}


def test_a_device_that_the_window_does_not_have_is_refused(journal: Journal) -> None:
    with pytest.raises(BadInput, match="has no device called 'd9'"):
        check(journal, MemoryStore(), name="d9")
