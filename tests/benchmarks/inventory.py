# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pair (c): the registry as an inventory, beside the same hosts from a script that prints JSON it has at hand."""

from __future__ import annotations

import functools
import json
import typing as t
from pathlib import Path

import yaml

from tests.benchmarks.bulk import send_bare
from tests.benchmarks.measure import Cost, alternate
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stage import Stage
from tests.benchmarks.table import Row

SCRIPT = 1.3
SEQUENTIAL = 10.0
LATENCY = 0.02


def run(stage: Stage, sizes: Sizes) -> list[Row]:
    """Measure and give the rows."""
    rows: list[Row] = []
    for count in sizes.inventory:
        devices = stage.new(count)
        plain = _configuration(stage, "fleet.pam.yml", details=False)
        script = _script(stage, plain)
        costs = alternate(
            sizes.rounds,
            {"pam_devices": functools.partial(_list, stage, plain), "script": functools.partial(_list, stage, script)},
        )
        ratio = costs["pam_devices"].wall / costs["script"].wall
        target = SCRIPT if count == 10_000 else None
        rows.append(Row("c", f"inventory of {count}, to a static script", ratio, target=target, costs=costs))
        rows.append(_details(stage, sizes, devices))
    return rows


def _details(stage: Stage, sizes: Sizes, devices: list[dict[str, t.Any]]) -> Row:
    """Compare reading every device's details with reading them one after the other, at some latency."""
    count = len(devices)
    detailed = _configuration(stage, "details.pam.yml", details=True)
    stage.simulator.fault(
        system="senhasegura",
        method="GET",
        path="/pam/device/",
        phase="before_effect",
        kind="stall",
        seconds=LATENCY,
        times=None,
    )
    sample = devices[: sizes.sequential]
    base = f"{stage.simulator.pam_url}/iso/pam/device/"
    headers = {"Authorization": f"Bearer {_token(stage)}"}
    sequence = [{"method": "GET", "url": base + device["pam_id"], "headers": headers} for device in sample]
    costs = alternate(
        sizes.rounds,
        {"details": lambda: _list(stage, detailed), "sequential": lambda: send_bare(stage, 1, [sequence])},
    )
    stage.simulator.clear_faults()
    whole = Cost(costs["sequential"].wall * count / len(sample), costs["sequential"].cpu * count / len(sample))
    target = SEQUENTIAL if count == 10_000 else None
    return Row(
        "c",
        f"inventory of {count} with details at {LATENCY * 1000:.0f} ms, faster than one after the other",
        whole.wall / costs["details"].wall,
        target=target,
        at_least=True,
        costs={"details": costs["details"], f"sequential, from {len(sample)}": whole},
    )


def _configuration(stage: Stage, name: str, *, details: bool) -> str:
    path = stage.folder / name
    options = {"plugin": "netfleet.maintenance.pam_devices", "details": details, "unsafe_hostnames": "error"}
    path.write_text(yaml.safe_dump(options))
    return str(path)


def _list(stage: Stage, inventory: str) -> Cost:
    return stage.run("ansible-inventory", "-i", inventory, "--list")


def _script(stage: Stage, plain: str) -> str:
    """Make the script: it prints what our inventory came to."""
    _list(stage, plain)
    said = (stage.folder / "output.txt").read_text()
    data = stage.folder / "fleet.json"
    data.write_text(json.dumps(json.loads(said)))
    path: Path = stage.folder / "script.sh"
    path.write_text(f"#!/bin/sh\nexec cat {data}\n")
    path.chmod(0o755)
    return str(path)


def _token(stage: Stage) -> str:
    import urllib.parse
    import urllib.request

    fields = {
        "grant_type": "client_credentials",
        "client_id": stage.environment["SENHASEGURA_CLIENT_ID"],
        "client_secret": stage.environment["SENHASEGURA_CLIENT_SECRET"],
    }
    url = f"{stage.simulator.pam_url}/iso/oauth2/token"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, data=urllib.parse.urlencode(fields).encode(), timeout=30) as answer:
        return str(json.load(answer)["access_token"])
