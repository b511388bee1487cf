# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window file may say about proof, alerts and approvers, held against what the systems saw."""

from __future__ import annotations

import getpass
import json
import typing as t

from tests.integration.alertmanager import Alertmanager
from tests.integration.run import Commands
from tests.integration.windows import LAX, WINDOW, Meanwhile, blocked, locks, operations, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def report_of(ansible: Commands, window_id: str = "CHG1", **more: t.Any) -> dict[str, t.Any]:
    """The report of a window as JSON."""
    folder = ansible.home / "reports"
    extra = {"report_window_id": window_id, "report_dest": str(folder), "report_formats": ["json"], **more}
    done = ansible.playbook("netfleet.maintenance.report", extra=extra)
    assert done.rc == 0, done.said()
    return dict(json.loads((folder / f"{window_id}.json").read_text()))


def test_an_unproven_sync_fails_the_device_or_is_gone_on_from_as_the_window_says(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.knob("zequenze.log_visibility", "off")
    short: dict[str, t.Any] = {"window_wait_timeout": 1.5}
    go_on: dict[str, t.Any] = {"window_id": "CHG2", "window_unproven_sync": "go_on", "window_wait_timeout": 4}
    failed = run(ansible, **short)
    assert failed.rc == 2
    assert steps(simulator) == {name: ["lock", "sync", "unlock"] for name in LAX}
    done = run(ansible, **go_on)
    assert done.rc == 0, done.said()
    assert "sync accepted, not proven within" in done.stdout
    assert steps(simulator) == {name: ["lock", "sync", "unlock", *ALL] for name in LAX}
    assert locks(simulator) == {}
    report = report_of(ansible, "CHG2")
    assert report["summary"]["outcomes"] == {"unproven": 3}
    assert report["summary"]["verdict"] == "done"
    assert report["summary"]["headline"] == "0 of 3 devices done, 3 sync not proven. None of our locks is left."
    states = {(step["operation"], step["state"]) for device in report["devices"] for step in device["operations"]}
    assert states == {("sync", "unproven"), ("reboot", "done"), ("hold", "done")}
    again = run(ansible, **go_on)
    assert again.rc == 0, again.said()
    assert steps(simulator) == {name: ["lock", "sync", "unlock", *ALL] for name in LAX}


def test_a_firing_alert_keeps_its_device_back_and_only_the_silences_of_people_hide_it(
    ansible: Commands, simulator: Simulator
) -> None:
    with Alertmanager(ansible.home) as alertmanager:
        alertmanager.fires("LinkDown", instance=f"{LAX[1]}.example.net:9116", severity="critical")
        alertmanager.fires("FanSlow", instance=f"{LAX[2]}:9116", severity="warning")
        alertmanager.fires("BackupOld", severity="critical")
        alertmanager.silence("netfleet.maintenance", alertname="LinkDown")
        alerts = {"url": alertmanager.url, "matchers": ["severity=critical"], "ignore": ["BackupOld"]}
        kept = run(ansible, window_alerts=alerts, window_gate_timeout=0.5)
        assert kept.rc == 2
        assert "an alert is firing: 'LinkDown' ('critical') on the device." in " ".join(kept.stdout.split())
        assert steps(simulator) == {LAX[0]: ALL, LAX[2]: ALL}
        assert (LAX[1], "alert") in blocked(ansible)
        plan = ansible.playbook(
            "netfleet.maintenance.plan_window", hosts=LAX, extra={**WINDOW, "window_alerts": alerts}
        )
        assert "waits while firing: 'LinkDown' ('critical') on the device" in plan.stdout
        alertmanager.silence("alice", alertname="LinkDown")
        done = run(ansible, window_alerts=alerts, window_gate_timeout=0.5)
        assert done.rc == 0, done.said()
        assert steps(simulator) == dict.fromkeys(LAX, ALL)


def test_an_alertmanager_that_falls_silent_starts_nothing_more(ansible: Commands, simulator: Simulator) -> None:
    with Alertmanager(ansible.home) as alertmanager:
        meanwhile = Meanwhile()
        meanwhile.when(lambda: (LAX[0], "sync") in operations(simulator), alertmanager.stop)
        alerts = {"url": alertmanager.url, "timeout": 1}
        kept = run(ansible, window_alerts=alerts, window_batches=[1, "100%"], window_hold=7, window_gate_timeout=1)
        meanwhile.end()
    assert kept.rc == 2
    assert steps(simulator) == {LAX[0]: ALL}, "what was begun is finished"
    assert {gate for _device, gate in blocked(ansible)} == {"alert"}
    assert "cannot tell whether an alert is firing" in " ".join(kept.stdout.split())
    refused = run(ansible, window_id="CHG2", window_alerts=alerts)
    assert "The window cannot run. Nothing was locked or sent." in " ".join(refused.stdout.split())
    assert steps(simulator) == {LAX[0]: ALL}
    assert locks(simulator) == {}


def test_who_approved_stands_in_the_trail_and_may_not_start_the_window(ansible: Commands, simulator: Simulator) -> None:
    rules: dict[str, t.Any] = {"window_two_people": True, "window_batches": [1, "100%"]}
    unapproved = run(ansible, **rules)
    assert unapproved.rc == 2
    assert "window_two_people needs to know who approved" in " ".join(unapproved.stdout.split())
    (plan,) = ansible.playbook("netfleet.maintenance.plan_window", hosts=LAX, extra={**WINDOW, **rules}).of(
        "window_plan"
    )
    rules["window_approval"] = plan["digest"]
    me = getpass.getuser()
    same = run(ansible, **rules, window_approved_by=f"{me.upper()}@example.com")
    assert same.rc == 2
    assert f"approved this window and starts it as '{me}'" in " ".join(same.stdout.split())
    assert steps(simulator) == {}
    done = run(ansible, **rules, window_approved_by="carol")
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys(LAX, ALL)
    report = report_of(ansible, report_audit_file=str(ansible.home / "audit.jsonl"))
    assert report["facts"]["Approved by"] == "carol (window_approved_by)"
    assert report["facts"]["Approval"] == plan["digest"]
    trail = [json.loads(line) for line in (ansible.home / "audit.jsonl").read_text().splitlines()]
    (agreed,) = [record for record in trail if record.get("kind") == "window_agreed"]
    assert agreed["details"]["approval"]["approver"] == "carol"
    assert agreed["who"]["user"] == me
