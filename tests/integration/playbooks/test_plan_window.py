# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and approvals through the playbooks, as a reviewer and an operator see them."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

LAX = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
WINDOW = {
    "window_id": "CHG1",
    "window_targets": "all",
    "window_live_sessions": "ignore",
    "window_hold": 0.2,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 15,
    "window_conflict_timeout": 0,
}


def plan(ansible: Commands, *arguments: str, hosts: t.Any = LAX, **changes: t.Any) -> Finished:
    extra = {"window_plan_json": "plan.json", "window_plan_markdown": "plan.md", **WINDOW, **changes}
    extra = {name: value for name, value in extra.items() if value is not None}
    return ansible.playbook("netfleet.maintenance.plan_window", *arguments, hosts=hosts, extra=extra)


def run(ansible: Commands, *arguments: str, hosts: t.Any = LAX, **changes: t.Any) -> Finished:
    extra = {**WINDOW, **changes}
    return ansible.playbook("netfleet.maintenance.maintenance_window", *arguments, hosts=hosts, extra=extra)


def digest(ansible: Commands) -> str:
    return str(json.loads((ansible.home / "plan.json").read_text())["digest"])


def touched(simulator: Simulator) -> list[str]:
    return [row["device"] for row in simulator.ledger() if row["effect"] in ("lock", "operation")]


def test_a_plan_is_shown_written_and_changes_nothing(ansible: Commands, simulator: Simulator) -> None:
    done = plan(ansible, window_batches=[1, "100%"])
    assert done.rc == 0, done.said()
    document = json.loads((ansible.home / "plan.json").read_text())
    assert [(step["name"], step["batch"], step["action"]) for step in document["steps"]] == [
        (LAX[0], 1, "maintain"),
        (LAX[1], 2, "maintain"),
        (LAX[2], 2, "maintain"),
    ]
    assert f"window_approval: {document['digest']}" in done.stdout
    assert "| 1 | lax-sbc-01 | sync, reboot | due in this window |" in (ansible.home / "plan.md").read_text()
    assert touched(simulator) == []
    sent = [row["path"] for row in simulator.requests(system="oracle_sdm") if row["method"] != "GET"]
    assert {path.rsplit("/", 1)[-1] for path in sent} == {"login", "logout"}
    assert {row["method"] for row in simulator.requests(system="zequenze")} == {"GET"}


def test_the_order_of_the_plan_is_the_order_of_the_run(ansible: Commands, simulator: Simulator) -> None:
    inventory = ansible.static_inventory({name: {} for name in ["lon-gw-01", "lax-sbc-02", "fra-cpe-01", "lax-sbc-01"]})
    for pattern in ("all", "lax-sbc-01:lon-gw-01:fra-cpe-01", "all:!fra-cpe-01"):
        assert plan(ansible, hosts=inventory, window_targets=pattern).rc == 0
        steps = json.loads((ansible.home / "plan.json").read_text())["steps"]
        listed = ansible.run("ansible", pattern, "-i", inventory, "--list-hosts")
        assert [step["name"] for step in steps] == listed.stdout.split()[2:]


def test_what_is_skipped_says_why(ansible: Commands, simulator: Simulator) -> None:
    hosts: dict[str, dict[str, t.Any]] = {
        LAX[0]: {"maintenance_protected": True, "maintenance_protected_reason": "Emergency calls"},
        LAX[1]: {"maintenance_managed": False},
        LAX[2]: {},
    }
    inventory = ansible.static_inventory(hosts)
    assert plan(ansible, hosts=inventory).rc == 0
    steps = json.loads((ansible.home / "plan.json").read_text())["steps"]
    # What the inventory protects comes last, as in the run.
    assert {step["name"]: step["why"] for step in steps} == {
        LAX[0]: "protected: Emergency calls",
        LAX[1]: "not managed (maintenance_managed is false)",
        LAX[2]: "due in this window",
    }
    assert steps[0]["name"] == LAX[2]
    assert run(ansible, hosts=[LAX[2]]).rc == 0
    assert plan(ansible, hosts=ansible.static_inventory(hosts)).rc == 0
    steps = json.loads((ansible.home / "plan.json").read_text())["steps"]
    assert steps[0]["why"] == "sync, reboot done already in this window"


def test_everything_that_would_stop_the_window_is_in_the_preview(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[1], {"oracle_sdm": {"present": False}})
    done = plan(ansible, window_max_targets=2)
    assert done.rc == 2
    assert "2 problems" in done.stdout
    assert f"{LAX[1]}: Oracle SDM has no such device." in done.stdout
    done = plan(ansible)
    assert done.rc == 2
    assert "BLOCKED" in done.stdout
    assert json.loads((ansible.home / "plan.json").read_text())["digest"] is None


def test_a_plan_asks_the_systems_that_the_run_asks(ansible: Commands, simulator: Simulator) -> None:
    ansible.environment["SENHASEGURA_URL"] = ""
    for go in (plan, run):
        done = go(ansible, window_live_sessions="wait")
        assert done.rc == 2
        assert "senhasegura PAM Core cannot be reached without senhasegura.api_url" in done.stdout
    ansible.environment |= {"SENHASEGURA_URL": "http://127.0.0.1:9", "SENHASEGURA_CLIENT_SECRET": "wrong"}
    assert plan(ansible, window_live_sessions="ignore").rc == 0
    done = run(ansible, window_live_sessions="ignore", window_approval=digest(ansible))
    assert done.rc == 0, done.said()


def test_an_approved_window_runs_and_runs_again(ansible: Commands, simulator: Simulator) -> None:
    assert plan(ansible).rc == 0
    approval = digest(ansible)
    done = run(ansible, window_approval=approval)
    assert done.rc == 0, done.said()
    assert len(simulator.ledger(effect="operation")) == 6
    again = run(ansible, window_approval=approval)
    assert again.rc == 0, again.said()
    assert len(simulator.ledger(effect="operation")) == 6


@pytest.mark.row(63, 118)
def test_what_changed_since_the_approval_is_refused_with_the_difference(
    ansible: Commands, simulator: Simulator
) -> None:
    assert plan(ansible).rc == 0
    approval = digest(ansible)
    done = run(ansible, hosts=[*LAX, "lon-gw-01"], window_approval=approval)
    assert done.rc == 2
    assert "added: 'lon-gw-01' (id " in done.stdout
    done = run(ansible, window_operations=["reboot"], window_approval=approval)
    assert done.rc == 2
    assert "operations: approved 'sync', 'reboot', now 'reboot'" in done.stdout
    done = run(ansible, window_approval=approval, window_max_failures=5, window_batches=[1, "100%"])
    assert done.rc == 2
    assert "max_failures: approved none, now 5" in done.stdout
    assert "'lax-sbc-02': batch was 0 and is 1" in done.stdout
    simulator.patch_device(LAX[2], {"zequenze": {"id": 9999, "serial_number": "REPLACED"}})
    done = run(ansible, window_approval=approval)
    assert done.rc == 2
    assert "'lax-sbc-03' is another device: id was" in done.stdout
    assert "is REPLACED" in done.stdout
    assert touched(simulator) == []


def test_another_controller_shows_the_difference_from_the_approved_file(
    ansible: Commands, simulator: Simulator
) -> None:
    assert plan(ansible).rc == 0
    ansible.journal.unlink()
    done = run(ansible, hosts=LAX[:2], window_approval=digest(ansible), window_approved_plan="plan.json")
    assert done.rc == 2
    assert "removed: 'lax-sbc-03'" in done.stdout
    assert touched(simulator) == []


def test_a_problem_found_before_the_first_lock_locks_nothing(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[1], {"oracle_sdm": {"present": False}})
    done = run(ansible)
    assert done.rc == 2
    assert f"{LAX[1]}: Oracle SDM has no such device." in done.stdout
    assert touched(simulator) == []


def test_what_an_earlier_run_began_is_settled_although_the_window_cannot_go_on(
    ansible: Commands, simulator: Simulator
) -> None:
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=[LAX[0]]).rc == 0
    options = {"operation": "reboot", "window_id": "CHG1", "wait": False}
    assert ansible.task("device_operation", options, hosts=[LAX[0]]).rc == 0
    simulator.patch_device(LAX[1], {"oracle_sdm": {"present": False}})
    done = run(ansible)
    assert done.rc == 2
    assert "Oracle SDM has no such device" in done.stdout
    assert simulator.state()["oracle_sdm"]["locks"] == {}
    assert [row["operation"] for row in simulator.ledger(effect="operation")] == ["reboot"]


def test_starting_behind_the_approval_resets_nothing(ansible: Commands, simulator: Simulator) -> None:
    """device_operation itself wants the name of the device, which only the approval can give."""
    run(
        ansible,
        "--start-at-task",
        "netfleet.maintenance.window : Check the clock",
        window_operations=["factory"],
    )
    assert simulator.ledger(effect="operation") == []


def test_the_module_stands_alone(ansible: Commands) -> None:
    options = {"window": {"window_id": "CHG1", "window_operations": ["sync"]}, "devices": [{"name": LAX[0]}]}
    done = ansible.task("window_plan", options, hosts=["localhost"])
    (result,) = done.of("window_plan")
    assert result["plan"]["steps"][0]["operations"] == ["sync"]
