# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences and limits of single modules, each seen in a real run: what is said is true, and what is given counts."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.integration.run import Commands
from tests.integration.windows import LAX, locks, operations, run, steps
from tests.simulators import Simulator

QUICK = {"wait_interval": 0.1, "wait_timeout": 0.5, "conflict_timeout": 0}


def report_of(ansible: Commands, window: str) -> dict[str, t.Any]:
    """Write the report of a window and return it."""
    extra = {"report_window_id": window, "report_dest": str(ansible.home / "reports")}
    ansible.playbook("netfleet.maintenance.report", extra=extra)
    return dict(json.loads((ansible.home / "reports" / f"{window}.json").read_text()))


def test_only_a_task_with_a_window_id_is_told_to_run_again_with_it(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[0], {"zequenze": {"log_result": "stuck"}})
    done = ansible.task("device_operation", {"operation": "reboot", "name": LAX[:1], **QUICK}, hosts=["localhost"])
    (device,) = done.devices("device_operation").values()
    assert (done.rc, device["outcome"]) == (2, "unknown")
    assert "window_id" not in done.said()


def test_a_request_that_the_platform_calls_wrong_names_a_cure(ansible: Commands, simulator: Simulator) -> None:
    said = '{"detail": "no such operation"}'
    simulator.fault(method="PUT", path="operation", phase="before_effect", kind="status", status=400, body=said)
    done = ansible.task("device_operation", {"operation": "reboot", "name": LAX[:1], **QUICK}, hosts=["localhost"])
    assert done.rc == 2
    assert "no such operation" in done.said()
    assert "Check that Zequenze Control has this operation for the type of the device, and api_url." in done.said()
    assert operations(simulator) == []


def test_the_limits_of_a_lock_without_a_holder_count(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.boot", 600.0)
    simulator.patch_device(LAX[0], {"oracle_sdm": {"lock_as": "alice"}})
    busy = ansible.task("device_lock", {"name": LAX[:1], "max_failures": 0}, hosts=["localhost"])
    assert (busy.rc, list(locks(simulator))) == (2, LAX[:1])
    spent = ansible.task("device_lock", {"name": LAX[1:2], "max_failures": 0}, hosts=["localhost"])
    assert spent.rc == 2
    assert "failed; max_failures is 0." in spent.said()
    reboot = {"operation": "reboot", "name": LAX[2:], "wait": False}
    assert ansible.task("device_operation", reboot, hosts=["localhost"]).rc == 0
    full = ansible.task("device_lock", {"name": LAX[1:2], "fleet_max_in_flight": 1}, hosts=["localhost"])
    assert full.rc == 2
    assert "1 other device of the whole journal in flight" in full.said()
    assert list(locks(simulator)) == LAX[:1]


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("device_operation", {"operation": "reboot", "wait_timeout": float("nan")}),
        ("device_operation", {"operation": "reboot", "concurrency": -3}),
        ("device_operation", {"operation": "reboot", "lock_wait_timeout": float("inf")}),
        ("device_lock", {"lease": -5}),
        ("device_lock", {"wait_timeout": float("nan")}),
        ("device_lock", {"concurrency": 0}),
        ("device_health", {"hold": float("nan")}),
    ],
    ids=str,
)
def test_a_number_that_makes_no_sense_is_refused_by_name_and_nothing_is_sent(
    ansible: Commands, simulator: Simulator, module: str, options: dict[str, t.Any]
) -> None:
    wrong = list(options)[-1]
    done = ansible.task(module, {"name": LAX[:1], **options}, hosts=["localhost"])
    assert done.rc == 2
    assert f"{wrong} must be " in done.said()
    assert simulator.requests() == []


def test_the_report_says_who_was_left_out_and_who_had_no_lock(ansible: Commands, simulator: Simulator) -> None:
    """A protected device is nothing left to do; what Oracle SDM does not manage is maintained, and said."""
    simulator.patch_device(LAX[1], {"oracle_sdm": {"present": False}})
    hosts = ansible.static_inventory(
        {LAX[0]: {"maintenance_protected": "y"}, LAX[1]: {"maintenance_lock": "no"}, LAX[2]: {}}
    )
    planned = ansible.playbook(
        "netfleet.maintenance.plan_window", hosts=hosts, extra={"window_id": "CHG1", "window_targets": "all"}
    )
    assert "no lock in Oracle SDM; the journal is the only lock" in planned.said()
    done = run(ansible, hosts=hosts, window_operations=["sync"])
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[1]: ["sync"], LAX[2]: ["lock", "sync", "unlock"]}
    report = report_of(ansible, "CHG1")
    assert report["to_do"] == []
    assert report["facts"]["Without a lock in Oracle SDM"] == f"{LAX[1]}; the journal is the only lock"
    page = (ansible.home / "reports" / "CHG1.html").read_text()
    assert page.count("locked in the journal only") == 1
