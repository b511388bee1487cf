# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees while a window runs: a line per stage of few devices, counts of many."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.lines import MOST_WITH_LINES, Lines
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage
from tests.unit.support.script import VirtualClock

MANY = MOST_WITH_LINES + 1
LOCKED = Stage("lock", "locked")
FAILED = Stage("sync", "failed", "device log entry 7 failed", failed=True)


def written(devices: int, stages: list[tuple[float, Stage]]) -> list[str]:
    """Return the lines of a run; each stage comes after so many seconds."""
    clock, found = VirtualClock(), list[str]()
    lines = Lines(devices, found.append, clock)
    for number, (seconds, stage) in enumerate(stages):
        clock.sleep(seconds)
        lines.tell(RecordedDevice(f"d{number}", "z", "s", "p"), stage)
    lines.end()
    return found


def test_each_stage_of_few_devices_has_its_line() -> None:
    assert written(MOST_WITH_LINES, [(0, LOCKED), (0, FAILED)]) == [
        "  d0: locked",
        "  d1: sync failed (device log entry 7 failed)",
    ]


def test_of_many_devices_those_that_need_attention_have_lines_and_the_rest_is_counted_at_the_end() -> None:
    assert written(MANY, [(0, LOCKED), (0, FAILED)]) == [
        "  d1: sync failed (device log entry 7 failed)",
        f"  of {MANY} devices: lock 1, sync 1; 1 need attention",
    ]


def test_many_devices_are_counted_now_and_then_and_nothing_is_counted_twice() -> None:
    assert written(MANY, [(0, LOCKED), (11, LOCKED)]) == [f"  of {MANY} devices: lock 2; 0 need attention"]


def test_a_run_with_nothing_to_do_counts_nothing() -> None:
    assert written(MANY, []) == []
