# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole windows through the playbook, as an operator runs them; the simulators' ledger is the judge."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.integration.run import Commands
from tests.integration.windows import LAX, locks, operations, run, steps
from tests.simulators import Simulator

REPORTS = ".local/state/netfleet/reports"


@pytest.mark.smoke
def test_every_device_is_locked_synced_rebooted_and_unlocked_once(ansible: Commands, simulator: Simulator) -> None:
    done = run(ansible, window_batches=[1, "100%"])
    assert done.rc == 0, done.said()
    assert steps(simulator) == {name: ["lock", "sync", "reboot", "unlock"] for name in LAX}
    assert [row["effect"] for row in simulator.ledger() if row["effect"] in ("login", "logout")] == ["login", "logout"]
    assert locks(simulator) == {}


def test_a_second_run_of_the_window_sends_nothing_and_says_why(ansible: Commands, simulator: Simulator) -> None:
    assert run(ansible).rc == 0
    before = len(simulator.requests(method="PUT"))
    again = run(ansible)
    assert again.rc == 0, again.said()
    assert len(simulator.requests(method="PUT")) == before
    assert steps(simulator) == {name: ["lock", "sync", "reboot", "unlock"] for name in LAX}
    assert again.stdout.count("has done sync, reboot, hold on this device already; nothing is sent again") == len(LAX)


def test_check_mode_changes_nothing(ansible: Commands, simulator: Simulator) -> None:
    done = run(ansible, "--check")
    assert done.rc == 0, done.said()
    assert steps(simulator) == {}
    assert {row["method"] for row in simulator.requests(system="zequenze")} <= {"GET"}
    sdm = {row["path"].rsplit("/", 1)[-1] for row in simulator.requests(system="oracle_sdm") if row["method"] != "GET"}
    assert sdm <= {"login", "logout"}


def test_outside_its_window_it_ends_well_and_says_when_it_opens(ansible: Commands, simulator: Simulator) -> None:
    done = run(
        ansible,
        window_id=None,
        window_name="monthly",
        window_schedule="FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0",
        window_timezone="Europe/London",
        window_duration="2h",
        window_at="2026-11-21T12:00:00+00:00",
    )
    assert done.rc == 0, done.said()
    assert "2026-12-13T02:00:00" in done.stdout
    assert steps(simulator) == {}


def test_a_busy_device_fails_alone_and_keeps_its_lock(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[1], {"oracle_sdm": {"lock_as": "alice"}})
    done = run(ansible)
    assert done.rc == 2
    done_to = steps(simulator)
    assert done_to[LAX[0]] == done_to[LAX[2]] == ["lock", "sync", "reboot", "unlock"]
    assert "unlock" not in done_to[LAX[1]]
    assert "sync" not in done_to[LAX[1]]
    assert [lock["account"] for lock in locks(simulator).values()] == ["alice"]


def test_a_canary_that_fails_keeps_the_rest_untouched(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[0], {"zequenze": {"log_result": "error"}})
    done = run(ansible, window_batches=[1, "100%"])
    assert done.rc == 2
    assert steps(simulator) == {LAX[0]: ["lock", "sync", "unlock"]}
    assert locks(simulator) == {}


def test_a_sync_that_fails_is_followed_by_no_reboot(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[1], {"zequenze": {"log_result": "error"}})
    done = run(ansible)
    assert done.rc == 2
    assert steps(simulator)[LAX[1]] == ["lock", "sync", "unlock"]
    assert "failed" in done.said()


@pytest.mark.row(118)
def test_more_targets_than_agreed_are_refused_before_the_first_lock(ansible: Commands, simulator: Simulator) -> None:
    done = run(ansible, window_max_targets=2)
    assert done.rc == 2
    assert "The selection has 3 devices, more than window_max_targets (2)" in done.stdout
    assert (steps(simulator), simulator.requests(method="PUT")) == ({}, [])


def test_more_targets_than_agreed_are_refused_outside_of_the_window_too(
    ansible: Commands, simulator: Simulator
) -> None:
    opens = "2099-01-01T00:00:00+00:00"
    done = run(ansible, window_max_targets=2, window_opens_at=opens)
    assert done.rc == 2
    assert "selects 3 devices" in done.stdout
    assert not (ansible.home / REPORTS).exists()
    assert run(ansible, window_opens_at=opens).rc == 0


def left_by_a_dead_run(ansible: Commands) -> None:
    """Leave two devices locked by the window, one of them with a reboot that was sent and nobody waits for."""
    lock = {"netfleet.maintenance.device_lock": {"holder": "CHG1", "name": LAX[:2]}}
    reboot = {"operation": "reboot", "window_id": "CHG1", "wait": False, "name": LAX[0]}
    tasks = [lock, {"netfleet.maintenance.device_operation": reboot}]
    assert ansible.playbook([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]).rc == 0


# What each keeps a window from being started, and what is said about it.
STOPPED: dict[str, tuple[dict[str, t.Any], str]] = {
    "too many": ({"window_max_targets": 2}, "more than window_max_targets (2)"),
    "nobody": ({"window_targets": "all:!all"}, "matches no device"),
    "no targets": ({"window_targets": None}, "window_targets"),
    "no calendar": ({"window_freeze": ["missing.ics"]}, "missing.ics"),
    "not approved": ({"window_approval": "0" * 64}, "approv"),
    "no task file": ({"window_before_device": "missing.yml"}, "missing.yml"),
    "a hook that fails": ({"window_before_window": "before.yml"}, "Nobody is on call"),
}


@pytest.mark.parametrize(("changes", "said"), STOPPED.values(), ids=STOPPED)
def test_whatever_stops_a_window_locks_of_a_dead_run_are_given_back_and_operations_settled(
    ansible: Commands, simulator: Simulator, changes: dict[str, t.Any], said: str
) -> None:
    hook = [{"name": "Look", "ansible.builtin.fail": {"msg": "Nobody is on call"}}]
    (ansible.home / "before.yml").write_text(json.dumps(hook))
    left_by_a_dead_run(ansible)
    done = run(ansible, **changes)
    assert done.rc == 2
    assert said in done.said()
    assert locks(simulator) == {}
    assert operations(simulator) == [(LAX[0], "reboot")]


@pytest.mark.parametrize(
    ("missing", "said_once"),
    [
        ({"ORACLE_SDM_PASSWORD": ""}, "Oracle SDM cannot be reached without oracle_sdm.password"),
        ({"NETFLEET_JOURNAL": "file/journal"}, "The journal file/journal cannot be opened"),
    ],
    ids=["no password", "no journal"],
)
def test_one_failure_names_everything_that_is_wrong(
    ansible: Commands, simulator: Simulator, missing: dict[str, str], said_once: str
) -> None:
    """Recovery needs Session Delivery Manager and the journal, and what it lacks is not said alone."""
    (ansible.home / "file").write_text("")
    ansible.environment |= {"ZEQUENZE_TOKEN": "nobody", **missing}
    done = run(ansible, window_max_targets=2)
    assert done.rc == 2
    *_, said = [result["msg"] for result in done.of("fail")]
    for part in ("3 problems", "The selection has 3 devices, more than window_max_targets (2)", "Zequenze Control"):
        assert part in said, part
    assert said.count(said_once) == 1
    assert steps(simulator) == {}


def reported(ansible: Commands) -> dict[str, t.Any]:
    return dict(json.loads((ansible.home / REPORTS / "CHG1.json").read_text()))


def test_every_window_ends_with_its_report_and_its_metrics(ansible: Commands, simulator: Simulator) -> None:
    done = run(ansible, report_metrics_file=str(ansible.home / "netfleet.prom"))
    assert done.rc == 0, done.said()
    report = reported(ansible)
    assert {device["name"]: device["outcome"] for device in report["devices"]} == dict.fromkeys(LAX, "done")
    assert (report["summary"]["verdict"], report["gates"]) == ("done", [])
    assert "3 of 3 devices done" in done.stdout
    assert 'outcome="done"' in (ansible.home / "netfleet.prom").read_text()


@pytest.mark.parametrize(
    ("changes", "environment", "reason"),
    [
        ({"window_approval": "0" * 64}, {}, "is not for what would be done now"),
        ({}, {"ORACLE_SDM_PASSWORD": "expired"}, "Oracle SDM"),
    ],
    ids=["not approved", "no credentials"],
)
def test_a_window_that_is_refused_is_reported_with_the_reason(
    ansible: Commands, simulator: Simulator, changes: dict[str, t.Any], environment: dict[str, str], reason: str
) -> None:
    ansible.environment |= environment
    done = run(ansible, report_metrics_file=str(ansible.home / "netfleet.prom"), **changes)
    assert done.rc == 2
    report = reported(ansible)
    assert done.of("window_refusal")[0]["written"] is True
    (gate,) = report["gates"]
    assert reason in gate["message"]
    assert gate["message"] == done.of("fail")[-1]["msg"]
    assert report["summary"]["headline"] == "The window was refused: none of the 3 devices was touched."
    assert report["summary"]["verdict"] == "attention"
    assert (ansible.home / "netfleet.prom").exists()
    assert steps(simulator) == {}


@pytest.mark.row(62)
def test_a_device_is_known_to_each_system_by_its_own_name(ansible: Commands, simulator: Simulator) -> None:
    inventory = ansible.static_inventory(
        {"border": {"sdm_name": "lax-sbc-01", "zequenze_name": "lax-sbc-02", "pam_hostname": "lax-sbc-03"}}
    )
    done = run(ansible, hosts=inventory)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {"lax-sbc-01": ["lock", "unlock"], "lax-sbc-02": ["sync", "reboot"]}


def test_an_id_of_sdm_is_enough(ansible: Commands, simulator: Simulator) -> None:
    (device,) = (device for device in simulator.devices() if device["name"] == "lax-sbc-01")
    inventory = ansible.static_inventory(
        {"border": {"sdm_device_id": device["sdm_id"], "zequenze_name": "lax-sbc-01", "pam_hostname": "lax-sbc-01"}}
    )
    done = run(ansible, hosts=inventory)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {"lax-sbc-01": ["lock", "sync", "reboot", "unlock"]}


def test_a_window_of_one_operation_looks_whether_the_device_stays_up_and_an_empty_id_is_none(
    ansible: Commands, simulator: Simulator
) -> None:
    inventory = ansible.static_inventory({LAX[0]: {"sdm_device_id": ""}})
    done = run(ansible, hosts=inventory, window_operations=["reboot"])
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[0]: ["lock", "reboot", "unlock"]}
    stages = {stage["stage"]: stage["outcome"] for stage in done.devices("window_run")[LAX[0]]["stages"]}
    assert stages == {"lock": "locked", "reboot": "done", "hold": "done", "unlock": "unlocked"}


def test_what_a_dead_run_left_locked_is_given_back_first(ansible: Commands, simulator: Simulator) -> None:
    """The lock of a device that is not even in the selection any more."""
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=["lon-gw-01"]).rc == 0
    done = run(ansible)
    assert done.rc == 0, done.said()
    assert steps(simulator)["lon-gw-01"] == ["lock", "unlock"]
    assert locks(simulator) == {}


def test_a_lock_of_another_window_is_left_alone(ansible: Commands, simulator: Simulator) -> None:
    assert ansible.task("device_lock", {"holder": "CHG2"}, hosts=[LAX[0]]).rc == 0
    done = run(ansible)
    assert done.rc == 2
    assert "locked for CHG2" in done.said()
    assert steps(simulator)[LAX[0]] == ["lock"]


def test_a_lease_that_is_over_is_recovered(ansible: Commands, simulator: Simulator) -> None:
    assert ansible.task("device_lock", {"holder": "CHG2", "lease": 0.01}, hosts=[LAX[0]]).rc == 0
    assert ansible.task("device_lock", {"holder": "CHG3"}, hosts=[LAX[1]]).rc == 0
    done = ansible.playbook("netfleet.maintenance.recover")
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[0]: ["lock", "unlock"], LAX[1]: ["lock"]}
    assert [kept["holder"] for kept in done.of("lock_recovery")[0]["kept"]] == ["CHG3"]


@pytest.mark.parametrize("status", [403, 503])
def test_recover_fails_while_a_lock_cannot_be_given_back(ansible: Commands, simulator: Simulator, status: int) -> None:
    assert ansible.task("device_lock", {"holder": "CHG2", "lease": 0.01}, hosts=LAX[:2]).rc == 0
    (stuck,) = (device["sdm_id"] for device in simulator.devices() if device["name"] == LAX[0])
    simulator.fault(
        method="POST", path=f"{stuck}/action", phase="before_effect", kind="status", status=status, times=None
    )
    done = ansible.playbook("netfleet.maintenance.recover", extra={"recover_wait_timeout": 0.5})
    assert done.rc == 2, done.said()
    states = {name: device["state"] for name, device in done.devices("lock_recovery").items()}
    assert states == {LAX[0]: "unknown", LAX[1]: "unlocked"}
    assert str(status) in done.devices("lock_recovery")[LAX[0]]["message"]
    assert steps(simulator) == {LAX[0]: ["lock"], LAX[1]: ["lock", "unlock"]}
    simulator.clear_faults()
    assert ansible.playbook("netfleet.maintenance.recover").rc == 0
    assert locks(simulator) == {}


@pytest.mark.row(108)
def test_with_the_journal_lost_only_named_devices_are_unlocked(ansible: Commands, simulator: Simulator) -> None:
    assert ansible.task("device_lock", {"holder": "CHG2"}, hosts=LAX).rc == 0
    for path in ansible.home.glob("journal.sqlite3*"):
        path.unlink()
    extra = {"recover_lost_journal": True, "recover_devices": LAX[:2]}
    done = ansible.playbook("netfleet.maintenance.recover", extra=extra)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[0]: ["lock", "unlock"], LAX[1]: ["lock", "unlock"], LAX[2]: ["lock"]}


def test_an_operation_a_dead_run_left_open_is_settled(ansible: Commands, simulator: Simulator) -> None:
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=[LAX[0]]).rc == 0
    options = {"operation": "reboot", "window_id": "CHG1", "wait": False}
    assert ansible.task("device_operation", options, hosts=[LAX[0]]).rc == 0
    done = ansible.playbook("netfleet.maintenance.recover", extra={"recover_proof_timeout": 10})
    assert done.rc == 0, done.said()
    (device,) = done.of("operation_recovery")[0]["devices"]
    assert (device["name"], device["operation"], device["outcome"]) == (LAX[0], "reboot", "done")
    assert len(simulator.requests(method="PUT")) == 1
