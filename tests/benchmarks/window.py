# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs (d) and (e): a whole maintenance window, and the registration of devices, counted by the simulators."""

from __future__ import annotations

import collections
import typing as t

import yaml

from tests.benchmarks.measure import median
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stage import Stage
from tests.benchmarks.table import Row

CALLS = 11.0

AT_ONCE = {"zequenze.session_delay": 0.0, "zequenze.apply": 0.0, "zequenze.boot": 0.0}
SHORT = {"zequenze.session_delay": 0.0, "zequenze.apply": 0.05, "zequenze.boot": 0.05}


def run(stage: Stage, sizes: Sizes) -> list[Row]:
    """Measure a window and give the rows."""
    count = sizes.window
    costs = [_window(stage, count, SHORT, memory=True) for _round in range(sizes.rounds)]
    cost = median(costs)
    rows = [
        Row("d", f"window of {count}, wall", cost.wall, "s", costs={"window": cost}),
        Row("d", f"window of {count}, CPU", cost.cpu, "s"),
        Row("d", f"window of {count}, peak memory", cost.memory or 0.0, "MiB"),
        Row("d", f"window of {count}, calls per device", len(stage.simulator.requests()) / count, "calls"),
    ]
    _window(stage, count, AT_ONCE, memory=False)
    requests = stage.simulator.requests()
    return [
        *rows,
        Row("d", "window without waiting, calls per device", len(requests) / count, "calls", target=CALLS),
        Row("d", "window, SDM sign-ins", _count(requests, "/admin/login"), "calls", target=1),
        Row("d", "window, PAM list calls", _count(requests, "/pam/device"), "calls", target=1),
        Row("d", "window, PAM tokens", _count(requests, "/oauth2/token"), "calls", target=1),
    ]


def register(stage: Stage, sizes: Sizes) -> list[Row]:
    """Measure register_devices and give the rows."""
    count = sizes.register
    stage.new(30)
    wanted = {
        "register_defaults": {"type": "SBC", "vendor": "Oracle", "model": "Acme Packet 3950", "site": "DUB"},
        "register_devices": [
            {"hostname": f"new-sbc-{number:03d}", "ip": f"2001:db8::{number:x}"} for number in range(1, count + 1)
        ],
    }
    rows = []
    seen = 0
    for turn in ("first", "unchanged"):
        cost = stage.play("netfleet.maintenance.register_devices", "localhost,", wanted)
        requests = stage.simulator.requests()[seen:]
        seen += len(requests)
        methods = collections.Counter(row["method"] for row in requests if "/pam/device" in row["path"])
        writes = sum(number for method, number in methods.items() if method != "GET")
        last = turn == "unchanged"
        lists = _count(requests, "/pam/device")
        reads = (methods["GET"] - lists) / count
        rows += [
            Row("e", f"register {count}, {turn} run, wall", cost.wall, "s", costs={turn: cost}),
            Row("e", f"register {count}, {turn} run, writes", writes, "calls", target=0 if last else None),
            Row("e", f"register {count}, {turn} run, lists", lists, "calls", target=1 if last else None),
            Row("e", f"register {count}, {turn} run, reads per device", reads, "calls", target=1 if last else None),
        ]
    return rows


def _window(stage: Stage, count: int, knobs: t.Mapping[str, float], *, memory: bool) -> t.Any:
    stage.new(count)
    for name, value in knobs.items():
        stage.simulator.knob(name, value)
    inventory = stage.folder / "window.pam.yml"
    inventory.write_text(yaml.safe_dump({"plugin": "netfleet.maintenance.pam_devices"}))
    window = {
        "window_id": "BENCH",
        "window_targets": "all",
        "window_operations": ["sync", "reboot"],
        "window_hold": 0,
        "window_wait_interval": 0.1,
        "window_wait_timeout": 60,
    }
    return stage.play("netfleet.maintenance.maintenance_window", str(inventory), window, memory=memory)


def _count(requests: t.Sequence[t.Mapping[str, t.Any]], end: str) -> int:
    return sum(row["path"].endswith(end) for row in requests if row["method"] == "GET" or "device" not in end)
