# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pair (a): one task per host, beside the same calls written with ansible.builtin.uri, and beside debug."""

from __future__ import annotations

import typing as t

from tests.benchmarks import calls
from tests.benchmarks.measure import Cost, alternate
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stage import Play, Stage, on_all
from tests.benchmarks.table import Row

DEBUG = 1.5
URI = 8.0


def run(stage: Stage, sizes: Sizes) -> list[Row]:
    """Measure and give the rows."""
    devices = stage.new(sizes.per_host)
    ours: dict[str, Play] = {
        "device_lock": {"netfleet.maintenance.device_lock": {"holder": "bench"}},
        "device_operation": {"netfleet.maintenance.device_operation": {"operation": "sync", "wait": False}},
        "pam_device": {
            "netfleet.maintenance.pam_device": {"hostname": "{{ inventory_hostname }}", "site": "{{ site }}"}
        },
    }
    hosts = stage.static([device["name"] for device in devices], devices, "hosts.ini")
    fewer = stage.static([device["name"] for device in devices[: sizes.uri_hosts]], devices, "fewer.ini")

    def run_ours(task: Play) -> t.Callable[[], Cost]:
        def go() -> Cost:
            stage.new(sizes.per_host)
            return stage.play(on_all(task), hosts)

        return go

    contenders: dict[str, t.Callable[[], Cost]] = {
        "empty": lambda: stage.play(on_all(), hosts),
        "debug": lambda: stage.play(on_all({"ansible.builtin.debug": {"msg": "x"}}), hosts),
    }
    for name, task in ours.items():
        contenders[name] = run_ours(task)
    for name in ours:
        contenders[f"uri {name}"] = _uri(stage, name, fewer, sizes)
    costs = alternate(sizes.rounds, contenders)
    floor = costs["empty"]
    debug = costs["debug"].over(floor, sizes.per_host)
    rows = []
    for name in ours:
        cost = costs[name].over(floor, sizes.per_host)
        uri = costs[f"uri {name}"].over(floor, sizes.uri_hosts)
        shown = {name: cost, "debug": debug, "uri": uri}
        rows += [
            Row("a", f"{name} per host, to debug", cost.wall / debug.wall, target=DEBUG, costs=shown),
            Row("a", f"{name} per host, to debug, CPU", cost.cpu / debug.cpu, costs=shown),
            Row("a", f"{name} per host, faster than uri", uri.wall / cost.wall, target=URI, at_least=True, costs=shown),
        ]
    return rows


def _uri(stage: Stage, name: str, hosts: str, sizes: Sizes) -> t.Callable[[], Cost]:
    def go() -> Cost:
        stage.new(sizes.per_host)
        if name == "device_lock":
            tasks = [calls.uri(call) for call in calls.lock_calls(stage, calls.ANY, calls.sign_in(stage))]
        elif name == "device_operation":
            tasks = [calls.uri(call) for call in calls.sync_calls(stage, calls.ANY)]
        else:
            tasks = [calls.pam_token(stage), calls.uri(calls.pam_list(stage), run_once=True)]
            tasks.append(calls.uri(calls.pam_read(stage)))
        return stage.play(on_all(*tasks), hosts)

    return go
