# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pair (p): where the processor time of a task goes, which explains the ratios of the other pairs."""

from __future__ import annotations

import dataclasses
import json
import sys
import typing as t
from pathlib import Path

from tests.benchmarks.flow import AT_ONCE
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stage import Stage
from tests.benchmarks.table import Row

ACTIONS: dict[str, dict[str, t.Any]] = {
    "device_lock": {"holder": "bench"},
    "device_operation": {"operation": "sync", "wait": False},
    "device_info": {},
}


def run(stage: Stage, sizes: Sizes) -> list[Row]:
    """Profile each action as one task with many names and as a forked worker for each name; give the rows."""
    rows = []
    for action in ACTIONS:
        for way, forked in (("in one task", False), ("in a worker for each host", True)):
            for part, share in sorted(_shares(stage, sizes, action, forked).items(), key=lambda found: -found[1]):
                rows.append(Row("p", f"{action} {way}, time in {part}", 100 * share, "%"))
    rows += [
        Row("p", f"window_run, a device, time in {part}", 100 * share, "%")
        for part, share in sorted(_window_shares(stage, sizes).items(), key=lambda found: -found[1])
    ]
    return rows


def explained(stage: Stage, sizes: Sizes, rows: t.Sequence[Row]) -> list[Row]:
    """Return the rows, and with each that missed its target where the processor time of what it measures goes."""
    profiles: dict[str, str] = {}
    told = []
    for row in rows:
        action = next((name for name in ACTIONS if name in row.what), "window_run" if row.pair in "dw" else None)
        if row.verdict == "missed" and action is not None:
            if action not in profiles:
                found = _window_shares(stage, sizes) if action == "window_run" else _shares(stage, sizes, action, False)
                parts = sorted(found.items(), key=lambda part: -part[1])
                profiles[action] = f"Time of {action}: {', '.join(f'{part} {100 * of:.0f} %' for part, of in parts)}."
            row = dataclasses.replace(row, why=f"{row.why} {profiles[action]}".strip())
        elif row.verdict != "missed":
            row = dataclasses.replace(row, why="")
        told.append(row)
    return told


def _window_shares(stage: Stage, sizes: Sizes) -> dict[str, float]:
    """Profile a window in which nothing has to be waited for, one device after the other."""
    names = [device["name"] for device in stage.new(sizes.profiled)]
    for name, value in AT_ONCE.items():
        stage.simulator.knob(name, value)
    window = {
        "window_id": "PROFILE",
        "window_targets": "all",
        "window_hold": 0,
        "window_live_sessions": "ignore",
        "window_wait_interval": 0.1,
    }
    before = [["window_preflight", {"window": window, "devices": [{"name": name} for name in names]}]]
    return _profile(stage, "window_run", [{"window_id": "PROFILE"}], before=before)


def _shares(stage: Stage, sizes: Sizes, action: str, forked: bool) -> dict[str, float]:
    names = [device["name"] for device in stage.new(sizes.profiled)]
    # One after the other: a profiler sees one thread only.
    tasks = [
        {**ACTIONS[action], "name": batch, "concurrency": 1}
        for batch in ([[name] for name in names] if forked else [names])
    ]
    return _profile(stage, action, tasks, forked=forked)


def _profile(
    stage: Stage,
    action: str,
    tasks: list[dict[str, t.Any]],
    *,
    forked: bool = False,
    before: t.Sequence[t.Sequence[t.Any]] = (),
) -> dict[str, float]:
    path = stage.folder / "profiled.json"
    path.write_text(json.dumps({"action": action, "tasks": tasks, "forked": forked, "before": before}))
    stage.run(sys.executable, str(Path(__file__).with_name("profiled.py")), str(path))
    return t.cast("dict[str, float]", json.loads((stage.folder / "output.txt").read_text()))
