# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device was before the window and is after it: told, and a failure where the window says so."""

from __future__ import annotations

import json
import typing as t

from tests.integration.run import Commands
from tests.integration.windows import LAX, Meanwhile, locks, operations, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def report_of(ansible: Commands) -> dict[str, t.Any]:
    """The report of the window as JSON."""
    folder = ansible.home / "reports"
    extra = {"report_window_id": "CHG1", "report_dest": str(folder)}
    done = ansible.playbook("netfleet.maintenance.report", extra=extra)
    assert done.rc == 0, done.said()
    assert "came back with software" in (folder / "CHG1.html").read_text()
    assert "## What changed" in (folder / "CHG1.md").read_text()
    return dict(json.loads((folder / "CHG1.json").read_text()))


def lists(simulator: Simulator) -> int:
    """How often Oracle SDM was asked for its list."""
    return len([row for row in simulator.requests() if row["path"].endswith("/inventory/deviceMgmt/devices")])


def test_a_device_that_comes_back_changed_is_told_and_fails_the_canary_where_the_window_says_so(
    ansible: Commands, simulator: Simulator
) -> None:
    first = LAX[0]
    pair = {name: {"ha_pair": "lax"} for name in LAX[:2]} | {LAX[2]: {}}
    window: dict[str, t.Any] = {"window_batches": [1, "100%"], "window_hold": 3, "window_exclusive_by": "ha_pair"}
    hosts = ansible.static_inventory(pair)
    meanwhile = Meanwhile()
    upgrade = {"oracle_sdm": {"software": "SCZ920"}}
    meanwhile.when(lambda: (first, "reboot") in operations(simulator), lambda: simulator.patch_device(first, upgrade))
    failed = run(ansible, hosts=hosts, window_after_change="fail", **window)
    meanwhile.end()
    assert failed.rc == 2
    said = "came back with software 'SCZ920', was 'SCZ910' (window_after_change)."
    assert said in " ".join(failed.stdout.split())
    assert steps(simulator) == {first: ALL}, "the canary failed, so nothing else was started"
    # The record of the second run shows the new software; what was before stays before.
    kept = run(ansible, hosts=hosts, window_after_change="fail", **window)
    assert said in " ".join(kept.stdout.split())
    assert steps(simulator)[first] == [*ALL, "lock", "unlock"], "nothing is repeated"
    done = run(ansible, hosts=hosts, **window)
    assert done.rc == 0, done.said()
    assert {device for device, _operation in operations(simulator)} == set(LAX)
    assert locks(simulator) == {}
    report = report_of(ansible)
    (device,) = [each for each in report["devices"] if each["name"] == first]
    assert device["before"]["software"] == "SCZ910"
    assert device["after"]["software"] == "SCZ920"
    assert device["changes"] == ["came back with software 'SCZ920', was 'SCZ910'"]
    assert device["after"]["uptime"] < device["before"]["uptime"]
    assert device["outcome"] == "done"
    assert report["remarks"] == [
        f"The devices of 'ha_pair=lax' run different software: '{first}' 'SCZ920', '{LAX[1]}' 'SCZ910'."
    ]
    extra = {"window_id": "CHG2", "window_targets": "all", **window}
    hosts = ansible.static_inventory(pair)
    planned = ansible.playbook("netfleet.maintenance.plan_window", hosts=hosts, extra=extra)
    assert report["remarks"][0] in planned.stdout, planned.said()
