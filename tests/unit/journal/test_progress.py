# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the devices of a window are, by the journal: what is queued at the platform, and what a sweep leaves."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.sweep import sweep
from tests.unit.support.report_bench import Story
from tests.unit.support.script import VirtualClock


@pytest.fixture
def journal(tmp_path: Path) -> t.Iterator[Journal]:
    with Journal.open(str(tmp_path / "journal.sqlite3"), VirtualClock()) as journal:
        yield journal


@pytest.mark.parametrize(
    ("then", "queued"), [(None, {"reboot"}), ("done", set()), ("failed", set()), ("unknown", set())]
)
def test_what_is_queued_is_known_until_it_is_settled(journal: Journal, then: t.Any, queued: set[str]) -> None:
    story = Story(journal, journal.clock)
    row = story.queued("d0")
    story.done("d1")
    if then is not None:
        story.operations.move(row, then, queued=False)
    progress = read_progress(journal, "CHG1")
    assert [set(progress[name].queued) for name in ("d0", "d1")] == [queued, set()]
    assert progress["d0"].locked


@pytest.mark.parametrize(("rule", "unlocked"), [("keep_lock", ["d1"]), ("unlock", ["d0", "d1"])])
def test_a_sweep_leaves_a_device_locked_whose_operation_is_queued(
    journal: Journal, rule: t.Any, unlocked: list[str]
) -> None:
    story = Story(journal, journal.clock)
    story.queued("d0")
    story.left_locked("d1")
    devices = tuple(RecordedDevice(name, name, name, name) for name in ("d0", "d1"))
    record = WindowRecord("CHG1", ("sync", "reboot"), devices, WindowRules(queued=rule))
    done: list[str] = []

    class Steps:
        def unlock(self, device: RecordedDevice) -> Stage:
            done.append(device.name)
            return Stage("unlock", "unlocked")

    sweep(t.cast("t.Any", Steps()), journal, record)
    assert sorted(done) == unlocked
