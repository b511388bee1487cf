# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs (b) and (f): one task with many names, beside a bare client that sends the same requests; and its growth."""

from __future__ import annotations

import json
import sys
import typing as t

from tests.benchmarks import bare, calls
from tests.benchmarks.measure import Cost, alternate
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stage import Play, Stage, on_controller
from tests.benchmarks.table import Row

CONCURRENCY = 16
# What 10,000 names may cost beside a bare client, and beside 1,000 of them.
BARE = {"device_info": 3.0, "device_operation": 5.0, "device_lock": 6.0}
FLAT = 1.2

TASKS: dict[str, Play] = {
    "device_lock": {"netfleet.maintenance.device_lock": {"holder": "bench"}},
    "device_operation": {"netfleet.maintenance.device_operation": {"operation": "sync", "wait": False}},
    "device_info": {"netfleet.maintenance.device_info": {}},
}


def run(stage: Stage, sizes: Sizes) -> list[Row]:
    """Measure and give the rows."""
    rows: list[Row] = []
    per_device: dict[tuple[str, int], Cost] = {}
    for count in sizes.bulk:
        asked: dict[str, int] = {}
        contenders: dict[str, t.Callable[[], Cost]] = {"empty": lambda: stage.play(on_controller(), "localhost,")}
        for name in TASKS:
            contenders[name] = _ours(stage, name, count, asked)
            contenders[f"bare {name}"] = _bare(stage, name, count)
        costs = alternate(sizes.rounds, contenders)
        for name in TASKS:
            per_device[name, count] = costs[name].over(costs["empty"], count)
            limit = costs[f"bare {name}"]
            ratio = costs[name].wall / limit.wall
            target = BARE[name] if count == 10_000 else None
            shown = {name: costs[name], "bare": limit}
            rows += [
                Row("b", f"{name} of {count}, to a bare client", ratio, target=target, costs=shown),
                Row("b", f"{name} of {count}, requests per device", asked[name] / count, "calls"),
            ]
    for name in TASKS:
        for smaller, larger in zip(sizes.bulk, sizes.bulk[1:], strict=False):
            small, large = per_device[name, smaller], per_device[name, larger]
            shown = {str(smaller): small, str(larger): large}
            what = f"{name} per device, {larger} to {smaller}"
            target = FLAT if larger == 10_000 else None
            rows.append(Row("f", what, large.wall / small.wall, target=target, costs=shown))
    return rows


def _task(name: str, names: list[str]) -> list[Play]:
    ((module, options),) = TASKS[name].items()
    return on_controller({module: {**options, "name": names, "concurrency": CONCURRENCY}})


def _ours(stage: Stage, name: str, count: int, asked: dict[str, int]) -> t.Callable[[], Cost]:
    """Return the run of a task, which leaves in ``asked`` how many requests it made."""

    def go() -> Cost:
        names = [device["name"] for device in stage.new(count)]
        cost = stage.play(_task(name, names), "localhost,")
        asked[name] = len(stage.simulator.requests())
        return cost

    return go


def _bare(stage: Stage, name: str, count: int) -> t.Callable[[], Cost]:
    def go() -> Cost:
        devices = stage.new(count)
        if name == "device_lock":
            headers = calls.sign_in(stage)
            sequences = [calls.lock_calls(stage, device, headers) for device in devices]
        elif name == "device_operation":
            sequences = [calls.sync_calls(stage, device) for device in devices]
        else:
            sequences = [calls.info_calls(stage, device) for device in devices]
        return send_bare(stage, CONCURRENCY, sequences)

    return go


def send_bare(stage: Stage, concurrency: int, sequences: t.Sequence[t.Sequence[calls.Request]]) -> Cost:
    """Run the bare client on sequences of requests and give what it cost."""
    path = stage.folder / "bare.json"
    path.write_text(json.dumps({"concurrency": concurrency, "sequences": sequences}))
    return stage.run(sys.executable, bare.__file__, str(path))
