# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pair (p): where the processor time of a task goes, which explains the ratios of the other pairs."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

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
    return rows


def _shares(stage: Stage, sizes: Sizes, action: str, forked: bool) -> dict[str, float]:
    names = [device["name"] for device in stage.new(sizes.profiled)]
    # One after the other: a profiler sees one thread only.
    tasks = [
        {**ACTIONS[action], "name": batch, "concurrency": 1}
        for batch in ([[name] for name in names] if forked else [names])
    ]
    path = stage.folder / "profiled.json"
    path.write_text(json.dumps({"action": action, "tasks": tasks, "forked": forked}))
    stage.run(sys.executable, str(Path(__file__).with_name("profiled.py")), str(path))
    return t.cast("dict[str, float]", json.loads((stage.folder / "output.txt").read_text()))
