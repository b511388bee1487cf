# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""operation_recovery: what a dead run left open is settled by looking, and nothing is sent."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation import operation_recovery as _module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operation_recovery import (
    run_operation_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import Seen
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from tests.unit.support.script import Script

SERVER = "https://api.example.com"
DEVICE = {"id": 811, "name": "lax-sbc-01", "serial_number": "A1", "status": True}


def open_operation(
    script: Script,
    place: str,
    *,
    alive: bool,
    state: t.Literal["sending", "accepted"],
    sender: t.Mapping[str, t.Any] | None = None,
) -> None:
    now = script.clock.now()
    baseline = Baseline("lax-sbc-01", "811", "A1", Seen(at=now, uptime=86400.0, up=True), now - 600, ())
    with Journal.open(place, script.clock, os.getppid()) as journal:
        if not alive:
            journal.sender |= {"pid": 2**31 - 1, "started": "1", "run": 2**31 - 1, "run_started": "1"}
        journal.sender |= sender or {}
        operations = Operations(journal)
        wanted = Wanted(
            server=SERVER,
            window_id="W1",
            device_id="811",
            device="lax-sbc-01",
            serial="A1",
            operation="reboot",
            baseline=baseline.to_json(),
            send_deadline=now + 30,
            busy_until=now + 600,
        )
        row = operations.claim(wanted, Limits()).row
        if state == "accepted":
            operations.move(row, "accepted", sent=True)


def run(
    script: Script, place: str, monkeypatch: pytest.MonkeyPatch, *, check_mode: bool = False, **options: t.Any
) -> list[dict[str, t.Any]]:
    monkeypatch.setattr(_module, "connect", lambda *_given: Zequenze(script.wire(), "token"))
    params: dict[str, t.Any] = {
        "journal": place,
        "window_id": None,
        "wait_timeout": 0.0,
        "wait_interval": 5.0,
        "concurrency": 1,
    }
    params |= {"ended_jobs": [], "ended_workflow": None, "wait_for_silence": False, **options}
    result = run_operation_recovery(Task(params=params, check_mode=check_mode, clock=script.clock))
    assert "failed" not in result
    return list(result["devices"])


@pytest.mark.parametrize("state", ["sending", "accepted"])
@pytest.mark.parametrize(("uptime", "outcome"), [(20, "done"), (86500, "unknown")])
def test_evidence_settles_what_was_sent_or_may_have_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: t.Any, uptime: int, outcome: str
) -> None:
    script, place = Script(), str(tmp_path / "journal.sqlite3")
    open_operation(script, place, alive=False, state=state)
    script.clock.sleep(100)
    script.expect("GET", "/inventory_device_name/lax-sbc-01/").answers(json=DEVICE)
    for value in (uptime, uptime + 3) if outcome == "done" else (uptime,):
        script.expect("GET", "/inventory_device_log/").answers(json={"results": []})
        script.expect("GET", "/inventory_device_name/lax-sbc-01/").answers(json=DEVICE)
        variable = {"parameter": {"variable_name": "Device.DeviceInfo.UpTime"}, "value": str(value)}
        script.expect("GET", "/inventory_device_name_variables/").answers(json={"results": [variable]})
    (device,) = run(script, place, monkeypatch)
    assert (device["outcome"], device["changed"], device["sent"]) == (outcome, False, False)
    assert {request.method for request in script.sent} == {"GET"}
    script.done()


def test_a_living_run_is_left_to_settle_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, place = Script(), str(tmp_path / "journal.sqlite3")
    open_operation(script, place, alive=True, state="accepted")
    assert run(script, place, monkeypatch) == []


def test_a_run_elsewhere_is_left_alone_until_its_workflow_or_its_locks_show_that_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, place = Script(), str(tmp_path / "journal.sqlite3")
    monkeypatch.setenv("NETFLEET_JOURNAL_SILENCE", "60")
    pod = {"host": "pod-1", "run": 6, "run_started": "1", "job": "17", "workflow": "7"}
    open_operation(script, place, alive=True, state="accepted", sender=pod)
    with Journal.open(place, script.clock) as journal:
        journal.sender |= pod
        locks = Locks(journal)
        row = locks.intend(server="s", device_id="1", device="lax-sbc-01", account="a", holder="W1", lease=1)
        locks.move(row, "held")
    assert run(script, place, monkeypatch, ended_workflow="8") == []
    script.expect("GET", "/inventory_device_name/lax-sbc-01/").answers(json={**DEVICE, "serial_number": "B2"})
    (device,) = run(script, place, monkeypatch, check_mode=True, ended_workflow="7")
    assert "is a different device now" in device["message"]
    started = script.clock.now()
    script.expect("GET", "/inventory_device_name/lax-sbc-01/").answers(json={**DEVICE, "serial_number": "B2"})
    (device,) = run(script, place, monkeypatch, wait_for_silence=True)
    assert "is a different device now" in device["message"]
    assert 60 <= script.clock.now() - started <= 70
    script.done()


@pytest.mark.row(63)
def test_another_device_under_the_name_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, place = Script(), str(tmp_path / "journal.sqlite3")
    open_operation(script, place, alive=False, state="accepted")
    script.expect("GET", "/inventory_device_name/lax-sbc-01/").answers(json={**DEVICE, "serial_number": "B2"})
    (device,) = run(script, place, monkeypatch)
    assert device["outcome"] == "unknown"
    assert "is a different device now" in device["message"]
    script.done()


def test_check_mode_looks_for_no_evidence_and_settles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, place = Script(), str(tmp_path / "journal.sqlite3")
    open_operation(script, place, alive=False, state="accepted")
    for _again in range(2):
        script.expect("GET", "/inventory_device_name/lax-sbc-01/").answers(json=DEVICE)
        (device,) = run(script, place, monkeypatch, check_mode=True)
        assert (device["outcome"], device["changed"], device["sent"]) == ("skipped", False, False)
        assert "it would be observed" in device["message"]
    script.done()
