# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each host's own result: what the tasks of a run did to its device, as one sentence."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_result import (
    run_window_result,
    save_result,
)


def kept(**fields: t.Any) -> dict[str, t.Any]:
    usual = {
        "name": "d0",
        "outcome": "done",
        "changed": True,
        "failed": False,
        "message": "",
        "evidence": [],
        "locked_at": None,
        "unlocked_at": None,
        "stages": [],
    }
    return {**usual, **fields}


def result(store: MemoryStore, **params: t.Any) -> dict[str, t.Any]:
    return run_window_result(Task({"name": "d0", "fail": True, **params}, store=store))


def test_a_device_that_is_done_is_changed_and_ok() -> None:
    store = MemoryStore()
    save_result(store, kept(locked_at="T1", unlocked_at="T2"))
    shown = result(store)
    assert (shown["changed"], shown.get("failed"), shown["outcome"], shown["locked"]) == (True, None, "done", False)


def test_a_device_that_failed_fails_its_host_with_its_own_sentence() -> None:
    store = MemoryStore()
    save_result(store, kept(outcome="unknown", failed=True, message="Reboot sent, but not confirmed within 20 s."))
    shown = result(store)
    assert (shown["failed"], shown["msg"]) == (True, "Reboot sent, but not confirmed within 20 s.")
    assert "failed" not in result(store, fail=False)


def test_the_steps_of_a_run_add_up_and_the_first_failure_is_told() -> None:
    store = MemoryStore()
    save_result(store, kept(locked_at="T1", evidence=[], stages=["lock"]))
    assert result(store, fail=False)["locked"] is True
    save_result(store, kept(outcome="failed", failed=True, message="check failed: no answer", stages=["check"]))
    save_result(store, kept(changed=False, unlocked_at="T9", stages=["unlock"]))
    shown = result(store)
    assert (shown["failed"], shown["msg"], shown["outcome"]) == (True, "check failed: no answer", "failed")
    assert (shown["locked_at"], shown["unlocked_at"], shown["changed"]) == ("T1", "T9", True)


def test_what_was_done_stays_done_when_a_later_step_had_nothing_to_do() -> None:
    store = MemoryStore()
    save_result(store, kept())
    save_result(store, kept(outcome="skipped", changed=False, message="nothing is sent again"))
    assert result(store)["outcome"] == "done"


def test_a_host_that_no_window_has_is_no_success() -> None:
    with pytest.raises(BadInput, match="'d0'"):
        result(MemoryStore())
