# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report, audit trail and metrics of real windows, through the role, the playbook and the modules."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

LAX = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
WINDOW = {
    "window_id": "CHG1",
    "window_hold": 0.2,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 15,
    "window_conflict_timeout": 0,
}

Item = dict[str, t.Any]


def window(ansible: Commands, *arguments: str, **changes: t.Any) -> Finished:
    """Run a window whose report, audit trail and metrics were asked for at its start."""
    report = {
        "report_window_id": "CHG1",
        "report_at_end": True,
        "report_dest": str(ansible.home / "reports"),
        "report_operations": ["sync", "reboot", "hold"],
        "report_timezone": "Europe/London",
        "report_audit_file": str(ansible.home / "audit.jsonl"),
        "report_metrics_file": str(ansible.home / "netfleet.prom"),
    }
    hosts = {name: {"pam_site": "LAX", "pam_model": "SBC 5400"} for name in LAX}
    plays: list[Item] = [
        {"hosts": "localhost", "gather_facts": False, "roles": ["netfleet.maintenance.report"], "vars": report},
        {"hosts": "all", "gather_facts": False, "roles": ["netfleet.maintenance.window"]},
    ]
    return ansible.playbook(plays, *arguments, hosts=ansible.static_inventory(hosts), extra={**WINDOW, **changes})


def report_of(ansible: Commands, folder: str = "reports") -> Item:
    return dict(json.loads((ansible.home / folder / "CHG1.json").read_text()))


def outcomes(report: Item) -> dict[str, str]:
    return {device["name"]: device["outcome"] for device in report["devices"]}


def test_a_window_ends_with_its_report_its_trail_and_its_metrics(ansible: Commands, simulator: Simulator) -> None:
    done = window(ansible)
    assert done.rc == 0, done.said()
    report = report_of(ansible)
    assert outcomes(report) == dict.fromkeys(LAX, "done")
    assert report["summary"]["verdict"] == "done"
    assert report["summary"]["locks_left"] == 0
    for device in report["devices"]:
        assert [step["operation"] for step in device["operations"]] == ["sync", "reboot", "hold"]
        assert all(step["evidence"] for step in device["operations"]), device
        assert [lock["state"] for lock in device["locks"]] == ["returned"]
        assert (device["site"], device["model"]) == ("LAX", "SBC 5400")
    assert report["runs"][0]["user"]
    html = ansible.home / "reports/CHG1.html"
    assert f"The report of window CHG1 is in {html}" in done.stdout
    assert "3 of 3 devices done" in html.read_text()
    assert 'outcome="done"' in (ansible.home / "netfleet.prom").read_text()
    checked = ansible.task("audit_check", {"path": str(ansible.home / "audit.jsonl")}, hosts=["somebody"])
    assert checked.rc == 0, checked.said()
    (result,) = checked.of("audit_check")
    assert (result["verified"], result["not_exported"]) == (True, 0)
    assert result["records"] >= 36


def test_the_report_is_there_when_every_device_failed(ansible: Commands, simulator: Simulator) -> None:
    """Ansible runs no further play then."""
    for name in LAX:
        simulator.patch_device(name, {"zequenze": {"log_result": "error"}})
    simulator.patch_device(LAX[2], {"oracle_sdm": {"lock_as": "alice"}})
    done = window(ansible)
    assert done.rc == 2
    report = report_of(ansible)
    assert outcomes(report) == {LAX[0]: "failed", LAX[1]: "failed", LAX[2]: "refused"}
    (todo,) = report["to_do"]
    assert todo["kind"] == "again"
    assert todo["devices"] == LAX
    assert todo["command"].startswith("ansible-playbook netfleet.maintenance.maintenance_window -i ")
    assert "-e window_id=CHG1" in todo["command"]


def test_what_may_have_been_executed_is_told_as_unknown(ansible: Commands, simulator: Simulator) -> None:
    simulator.fault(method="PUT", path=f"operation/{LAX[1]}", phase="after_effect", kind="reset")
    done = window(ansible, window_operations=["reboot"], window_wait_timeout=0, report_operations=["reboot", "hold"])
    assert done.rc == 2
    report = report_of(ansible)
    assert outcomes(report)[LAX[1]] == "unknown"
    # What is still in the queue of the platform is told as that.
    told = {todo["kind"] for todo in report["to_do"] if LAX[1] in todo["devices"]}
    assert told & {"unknown", "queued"}, report["to_do"]


def test_check_mode_writes_nothing(ansible: Commands, simulator: Simulator) -> None:
    assert window(ansible).rc == 0
    trail = (ansible.home / "audit.jsonl").read_bytes()
    for name in ("reports/CHG1.html", "netfleet.prom"):
        (ansible.home / name).unlink()
    done = window(ansible, "--check")
    assert done.rc == 0, done.said()
    assert not (ansible.home / "reports/CHG1.html").exists()
    assert (ansible.home / "audit.jsonl").read_bytes() == trail
    assert not (ansible.home / "netfleet.prom").exists()


@pytest.mark.finding("A2")
def test_the_playbook_reports_a_window_that_is_over_and_again_changes_nothing(
    ansible: Commands, simulator: Simulator
) -> None:
    assert window(ansible).rc == 0
    extra = {"window_id": "CHG1", "report_dest": str(ansible.home / "again")}
    first = ansible.playbook("netfleet.maintenance.report", hosts=["other-01", "other-02"], extra=extra)
    assert first.rc == 0, first.said()
    assert "CHG1.html" in first.stdout
    assert outcomes(report_of(ansible, "again")) == dict.fromkeys(LAX, "done")
    # From another inventory, without targets and in another run, it says the same.
    assert report_of(ansible, "again") == report_of(ansible)
    again = ansible.playbook("netfleet.maintenance.report", hosts=LAX, extra=extra)
    assert again.rc == 0, again.said()
    assert "changed=0" in again.stdout


@pytest.mark.finding("A2")
@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"report_window_id": "NOSUCH"}, "has no window 'NOSUCH'. Its newest windows are 'CHG1'."),
        ({"report_windowid": "CHG1"}, "Unknown variable report_windowid. Did you mean report_window_id?"),
    ],
)
def test_a_report_of_a_window_that_nobody_ran_is_an_error(
    ansible: Commands, simulator: Simulator, extra: Item, said: str
) -> None:
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=[LAX[0]]).rc == 0
    extra = {"report_dest": str(ansible.home / "reports"), **extra}
    done = ansible.playbook("netfleet.maintenance.report", hosts=["localhost"], extra=extra)
    assert done.rc == 2
    assert said in done.stdout
    assert not (ansible.home / "reports").exists()


def test_a_report_that_cannot_be_written_at_the_end_is_a_warning(ansible: Commands, simulator: Simulator) -> None:
    (ansible.home / "reports").write_text("a file where the folder should be")
    done = window(ansible)
    assert done.rc == 0, done.said()
    # Older cores break warnings into lines.
    said = " ".join(done.said().split())
    assert "window_report at the end of the run" in said
    assert "cannot be written" in said


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("window_report", {"window_id": "CHG1", "dest": "out", "formats": ["md"]}),
        ("window_audit", {"path": "out/trail.jsonl"}),
        ("window_metrics", {"path": "out/netfleet.prom"}),
    ],
)
def test_the_module_itself_does_the_same_as_its_action(
    ansible: Commands, simulator: Simulator, module: str, options: Item
) -> None:
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=[LAX[0]]).rc == 0
    (ansible.home / "out").mkdir()
    placed = {key: str(ansible.home / value) if key in ("dest", "path") else value for key, value in options.items()}
    task = {f"netfleet.maintenance.{module}": placed, "async": 30, "poll": 1}
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
    done = ansible.playbook(play, hosts=LAX)
    assert done.rc == 0, done.said()
    (written,) = [path for path in Path(ansible.home / "out").iterdir() if not path.name.startswith(".")]
    assert LAX[0] in written.read_text()


@pytest.mark.finding("A10")
def test_the_status_of_a_window_fits_a_terminal(ansible: Commands, simulator: Simulator) -> None:
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=[LAX[0]]).rc == 0
    done = ansible.playbook("netfleet.maintenance.status", hosts=["localhost"], extra={"status_window_id": "CHG1"})
    assert done.rc == 0, done.said()
    (shown,) = done.of("window_status")
    assert shown["windows"][0]["devices"][0] | {"since": ""} == {
        "name": LAX[0],
        "stage": "locked",
        "holder": "CHG1",
        "since": "",
        "operation": "",
        "outcome": "",
    }
    wrong = ansible.playbook("netfleet.maintenance.status", hosts=["localhost"], extra={"status_windowid": "CHG1"})
    assert wrong.rc == 2
    assert "Did you mean status_window_id?" in wrong.stdout
