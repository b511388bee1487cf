# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of window_run: what cannot be carried out is refused by name, before anything is asked or sent."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    Windows,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage, Way
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_run import (
    run_window_run,
    to_json,
    under_way,
    window_run_spec,
)

DEVICE = RecordedDevice("d0", "d0", "d0", "d0")


def run(place: str, **params: t.Any) -> dict[str, t.Any]:
    validation = ArgumentSpecValidator(**window_run_spec().rules()).validate(
        {"window_id": "W1", "journal": place, **params}
    )
    assert not validation.error_messages
    return run_window_run(Task(validation.validated_parameters))


@pytest.fixture
def place(tmp_path: Path) -> str:
    place = str(tmp_path / "journal.sqlite3")
    with Journal.open(place, Clock()) as journal:
        Windows(journal).write(WindowRecord("W1", ("sync",), (DEVICE,)))
        Windows(journal).write(WindowRecord("W2", ("factory",), (DEVICE,)))
    return place


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"window_id": "W9"}, "has no record of window 'W9'"),
        ({"window_id": ""}, "has no record of window ''"),
        ({"window_id": "W2"}, "erases devices, and its record has no approval"),
        ({"name": ["d0", "d9", "D0"]}, "has no device called 'D0', 'd9'"),
        ({"name": [""]}, "has no device called ''"),
        ({"name": []}, "name is empty"),
        ({"steps": []}, "steps is empty"),
        ({"concurrency": 0}, "concurrency must be between 1 and 1000"),
        ({"concurrency": -3}, "concurrency must be between 1 and 1000"),
        ({"concurrency": 1001}, "concurrency must be between 1 and 1000"),
    ],
)
def test_what_cannot_be_meant_is_refused(place: str, params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(BadInput) as refused:
        run(place, **params)
    assert words in str(refused.value)


def test_a_way_is_told_by_its_first_failure_and_when_it_was_locked() -> None:
    stages = [
        Stage("lock", "locked", changed=True, at=1795226400.0),
        Stage("sync", "failed", "sync failed: error 9002.", changed=True, failed=True),
        Stage("unlock", "unlocked", changed=True, at=1795226402.5),
    ]
    shown = to_json(Way(DEVICE, stages))
    assert (shown["outcome"], shown["failed"], shown["message"]) == ("failed", True, "sync failed: error 9002.")
    assert shown["locked_at"] == "2026-11-21T02:00:00.000+00:00"
    assert shown["unlocked_at"] == "2026-11-21T02:00:02.500+00:00"
    assert [stage["stage"] for stage in shown["stages"]] == ["lock", "sync", "unlock"]


@pytest.mark.parametrize(
    ("wanted", "cap", "at_once"),
    [(None, None, 200), (None, 10, 200), (None, 500, 500), (None, 5000, 1000), (1, 500, 1), (1000, 10, 1000)],
)
def test_as_many_devices_are_under_way_as_the_window_allows(wanted: int | None, cap: int | None, at_once: int) -> None:
    assert under_way(wanted, cap) == at_once
