# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pair (w): how a window flows. Locks beside the work, many devices beside few, and a device beside a ``debug`` task.

Everything runs with Ansible's default number of forks: the number of devices under way must not depend on it.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
import typing as t

import yaml

from tests.benchmarks import calls
from tests.benchmarks.bulk import send_bare
from tests.benchmarks.measure import Cost
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stage import Stage, on_all, on_controller
from tests.benchmarks.table import Row

FEW = 2
DEFAULT_FORKS = "5"
HELD, WALL, PROCESSOR, CALLS, WAVES, MEMORY, GROWTH = 1.4, 1.6, 5.0, 11.0, 1.3, 400.0, 1.2
# As many devices as a window has under way at once.
AT_ONCE_BARE = 200

WAITS = {"zequenze.session_delay": 0.0, "zequenze.apply": 4.0, "zequenze.boot": 4.0}
AT_ONCE = {"zequenze.session_delay": 0.0, "zequenze.apply": 0.0, "zequenze.boot": 0.0}
REBOOTS = {"zequenze.session_delay": 0.0, "zequenze.apply": 0.0, "zequenze.boot": 30.0}


@dataclasses.dataclass(frozen=True)
class Run:
    """What a window cost, how long each device was locked (seconds), and how many calls it made.

    ``before`` are the seconds until the first device was locked, ``after`` those since the last one was unlocked.
    """

    cost: Cost
    held: list[float]
    calls: int
    before: float
    after: float


def run(stage: Stage, sizes: Sizes) -> list[Row]:
    """Measure and give the rows."""
    stage.environment["ANSIBLE_FORKS"] = DEFAULT_FORKS
    many, few = (_window(stage, count, WAITS, interval=1.0) for count in (sizes.flow, FEW))
    own_way = statistics.mean(few.held)
    costs = {"many": many.cost, "few": few.cost}
    rows = [
        Row("w", f"lock held, {sizes.flow} devices, over own way", statistics.mean(many.held) / own_way, target=HELD),
        Row("w", f"wall of {sizes.flow} over {FEW} devices", many.cost.wall / few.cost.wall, target=WALL, costs=costs),
    ]
    busy, floor = (_window(stage, count, AT_ONCE, interval=0.1) for count in (sizes.flow, FEW))
    device = busy.cost.over(floor.cost, sizes.flow - FEW).cpu
    debug = _debug(stage, sizes.flow).over(_debug(stage, FEW), sizes.flow - FEW).cpu
    rows += [
        Row("w", "CPU of a device", device * 1000, "ms", costs={"busy": busy.cost, "floor": floor.cost}),
        Row("w", "CPU of a device over a debug task", device / debug, target=PROCESSOR),
        Row("w", "calls per device, nothing to wait for", busy.calls / sizes.flow, "calls", target=CALLS),
    ]
    rows += _beside(stage, sizes, busy.cost.over(floor.cost, sizes.flow - FEW))
    rows += _growth(stage, sizes, floor.cost)
    return rows + (_waves(stage, sizes) if sizes.waves else [])


def _beside(stage: Stage, sizes: Sizes, ours: Cost) -> list[Row]:
    """Measure the calls of the same window as tasks of uri, and by a client that does nothing else."""
    devices = _new(stage, sizes.flow, AT_ONCE)
    headers = calls.sign_in(stage)
    bare = send_bare(stage, AT_ONCE_BARE, [calls.window_calls(stage, device, headers) for device in devices])
    bare = Cost(bare.wall / sizes.flow, bare.cpu / sizes.flow)
    devices = _new(stage, sizes.flow_uri, AT_ONCE)
    hosts = stage.static([device["name"] for device in devices], devices)
    tasks = [calls.uri(call) for call in calls.window_calls(stage, calls.ANY, calls.sign_in(stage))]
    empty = stage.play(on_all(), hosts)
    uri = stage.play(on_all(*tasks), hosts).over(empty, len(devices))
    shown = {"window_run": ours, "uri": uri, "bare": bare}
    return [
        Row("w", "CPU of a device, uri tasks over window_run", uri.cpu / ours.cpu, costs=shown),
        Row("w", "CPU of a device, window_run over a bare client", ours.cpu / bare.cpu, costs=shown),
    ]


def _growth(stage: Stage, sizes: Sizes, floor: Cost) -> list[Row]:
    """Measure how the cost of a device grows with the window, and that of a ``debug`` task with its hosts."""
    few = _debug(stage, FEW)
    runs = {count: _window(stage, count, AT_ONCE, interval=1.0) for count in sizes.growth}
    ours = {count: run.cost.over(floor, count - FEW) for count, run in runs.items()}
    debug = {count: _debug(stage, count).over(few, count - FEW) for count in sizes.growth}
    rows = []
    for smaller, larger in zip(sizes.growth, sizes.growth[1:], strict=False):
        small, large = ours[smaller], ours[larger]
        shown = {str(smaller): small, str(larger): large}
        grows = debug[larger].cpu / debug[smaller].cpu
        why = f"The result of each host is a task, and one of debug costs {grows:.2f} times as much among so many."
        target = GROWTH if larger == 10_000 else None
        what = f"CPU of a device in a window of {larger}, to {smaller}"
        rows.append(Row("w", what, large.cpu / small.cpu, target=target, costs=shown, why=why))
        shown = {str(smaller): debug[smaller], str(larger): debug[larger]}
        rows.append(Row("w", f"CPU of a host of debug, {larger} to {smaller}", grows, costs=shown))
        rows.append(Row("w", f"calls per device in a window of {larger}", runs[larger].calls / larger, "calls"))
    return rows


def _waves(stage: Stage, sizes: Sizes) -> list[Row]:
    """Measure a large window whose cap makes it go in waves, and one whose devices are all in flight at once."""
    cap = sizes.waves // 5
    # A device is seen up again up to an interval late: in a crowd always, and one that is alone only if its time is not
    # a multiple of the interval. So it is kept short beside the reboots.
    own_way = statistics.mean(_window(stage, FEW, REBOOTS, interval=2.0).held)
    capped = _window(stage, sizes.waves, REBOOTS, interval=2.0, cap=cap)
    floor = stage.play([{"hosts": "localhost", "gather_facts": False}], "localhost,", memory=True)
    over = (_crowd(stage, sizes.waves).memory or 0.0) - (floor.memory or 0.0)
    ideal, between = 5 * own_way, capped.cost.wall - capped.before - capped.after
    why = (
        f"Of {capped.cost.wall:.0f} s, {capped.before:.0f} s were before the first lock, {between:.0f} s while devices "
        f"were locked (5 waves of {own_way:.1f} s are {ideal:.0f} s), {capped.after:.0f} s for the result of each host."
    )
    return [
        Row("w", f"wall of {sizes.waves}, cap {cap}, over waves", capped.cost.wall / ideal, target=WAVES, why=why),
        Row("w", f"memory of {sizes.waves} in flight over an empty play", over, "MiB", target=MEMORY),
    ]


def _crowd(stage: Stage, count: int) -> Cost:
    """Run a window whose devices are all under way at once; the playbook takes 200 at most."""
    names = [device["name"] for device in _new(stage, count, REBOOTS)]
    window = {
        "window_id": "CROWD",
        "window_targets": "all",
        "window_hold": 0,
        "window_wait_timeout": 600,
        "window_live_sessions": "ignore",
    }
    devices = [{"name": name} for name in names]
    agree = {"netfleet.maintenance.window_preflight": {"window": window, "devices": devices}}
    run = {"netfleet.maintenance.window_run": {"window_id": "CROWD", "concurrency": count}}
    return stage.play(on_controller(agree, run), "localhost,", memory=True)


def _window(stage: Stage, count: int, knobs: t.Mapping[str, float], *, interval: float, cap: int | None = None) -> Run:
    _new(stage, count, knobs)
    inventory = stage.folder / "window.pam.yml"
    inventory.write_text(yaml.safe_dump({"plugin": "netfleet.maintenance.pam_devices"}))
    window = {
        "window_id": "FLOW",
        "window_targets": "all",
        "window_hold": 0,
        "window_wait_interval": interval,
        "window_wait_timeout": 300,
        "window_live_sessions": "ignore",
        **({} if cap is None else {"window_max_in_flight": cap}),
    }
    began = time.time()
    cost = stage.play("netfleet.maintenance.maintenance_window", str(inventory), window, memory=True)
    effects = stage.simulator.ledger()
    locked = min(row["at"] for row in effects if row["effect"] == "lock")
    unlocked = max(row["at"] for row in effects if row["effect"] == "unlock")
    calls_made = len(stage.simulator.requests())
    return Run(cost, _held(effects), calls_made, locked - began, began + cost.wall - unlocked)


def _new(stage: Stage, count: int, knobs: t.Mapping[str, float]) -> list[dict[str, t.Any]]:
    devices = stage.new(count)
    for name, value in knobs.items():
        stage.simulator.knob(name, value)
    return devices


def _held(effects: t.Iterable[t.Mapping[str, t.Any]]) -> list[float]:
    """Return for how long each device was locked."""
    locked: dict[str, float] = {}
    held = []
    for row in effects:
        if row["effect"] == "lock":
            locked[row["device"]] = row["at"]
        elif row["effect"] == "unlock":
            held.append(row["at"] - locked.pop(row["device"]))
    return held


def _debug(stage: Stage, count: int) -> Cost:
    names = [f"host{number}" for number in range(count)]
    return stage.play(on_all({"ansible.builtin.debug": {"msg": "ok"}}), stage.static(names))
