# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The use cases, each as an operator runs it: incident, scheduled sync, deployment, factory reset, drift."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import typing as t

import pytest
import requests

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

QUICK = {
    "window_live_sessions": "ignore",
    "window_hold": 0.2,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 15,
    "window_conflict_timeout": 0,
}
LAX = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]


def play(ansible: Commands, name: str, *arguments: str, hosts: t.Any = LAX, **extra: t.Any) -> Finished:
    return ansible.playbook(f"netfleet.maintenance.{name}", *arguments, hosts=hosts, extra={**QUICK, **extra})


def sent(simulator: Simulator) -> list[tuple[str, str]]:
    return [(row["device"], row["operation"]) for row in simulator.ledger(effect="operation")]


def locks(simulator: Simulator) -> dict[str, t.Any]:
    return dict(simulator.state()["oracle_sdm"]["locks"])


# Incident response


def test_one_unresponsive_device_is_rebooted_once_per_incident(ansible: Commands, simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    inventory = ansible.static_inventory({"lax-sbc-01": {"ansible_host": "127.0.0.1"}, "lax-sbc-02": {}})
    incident = {"incident_id": "INC1", "incident_device": "lax-sbc-01", "incident_port": port, "incident_patience": 1}
    server: list[socket.socket] = []

    def answer_after_the_reboot() -> None:
        if simulator.ledger(effect="up", device="lax-sbc-01"):
            server.append(socket.create_server(("127.0.0.1", port)))
            return
        again = threading.Timer(0.2, answer_after_the_reboot)
        again.daemon = True
        again.start()

    answer_after_the_reboot()
    done = play(ansible, "incident_reboot", hosts=inventory, **incident)
    assert done.rc == 0, done.said()
    assert sent(simulator) == [("lax-sbc-01", "reboot")]
    assert locks(simulator) == {}
    responding = play(ansible, "incident_reboot", hosts=inventory, **{**incident, "incident_id": "INC2"})
    server[0].close()
    assert responding.rc == 2
    assert "so it is not rebooted" in responding.stdout
    again = play(ansible, "incident_reboot", hosts=inventory, incident_id="INC1", incident_device="lax-sbc-01")
    assert again.rc == 0, again.said()
    assert sent(simulator) == [("lax-sbc-01", "reboot")]


def test_an_incident_is_one_device(ansible: Commands, simulator: Simulator) -> None:
    for device in ("all", "nobody", ""):
        done = play(ansible, "incident_reboot", incident_id="INC1", incident_device=device)
        assert done.rc == 2
        assert "must be exactly one device" in done.stdout
    assert simulator.requests() == []


# Whatever refuses a run, an earlier one that was killed has left nothing behind


def left_by_a_dead_run(ansible: Commands, holder: str) -> None:
    lock = {"netfleet.maintenance.device_lock": {"holder": holder, "name": LAX[0]}}
    reboot = {"operation": "reboot", "window_id": holder, "wait": False, "name": LAX[0]}
    tasks = [lock, {"netfleet.maintenance.device_operation": reboot}]
    assert ansible.playbook([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]).rc == 0


def test_an_incident_whose_device_answers_again_gives_back_the_lock_of_a_dead_run(
    ansible: Commands, simulator: Simulator
) -> None:
    left_by_a_dead_run(ansible, "INC1")
    inventory = ansible.static_inventory({LAX[0]: {"ansible_host": "127.0.0.1"}})
    with socket.create_server(("127.0.0.1", 0)) as answering:
        incident = {"incident_id": "INC1", "incident_device": LAX[0], "incident_port": answering.getsockname()[1]}
        done = play(ansible, "incident_reboot", hosts=inventory, **incident)
    assert done.rc == 2
    assert "so it is not rebooted" in done.stdout
    assert (sent(simulator), locks(simulator)) == ([(LAX[0], "reboot")], {})


@pytest.mark.parametrize(
    ("name", "holder", "extra", "said"),
    [
        (
            "deploy_devices",
            "CHG7",
            {"deploy_id": "CHG7", "register_devices": [{"hostname": "dub-01"}]},
            "no such device",
        ),
        ("factory_reset", "INC9", {"window_id": "INC9", "window_targets": "all"}, "nobody approved"),
        (
            "scheduled_sync",
            "nightly@20261122T0300Z",
            {"window_name": "nightly", "window_operations": ["reboot"]},
            "no other window_operations than sync",
        ),
    ],
)
def test_a_use_case_that_is_refused_gives_back_the_locks_of_a_dead_run(
    ansible: Commands, simulator: Simulator, name: str, holder: str, extra: dict[str, t.Any], said: str
) -> None:
    left_by_a_dead_run(ansible, holder)
    done = play(ansible, name, **extra)
    assert done.rc == 2
    assert said in done.stdout
    assert (sent(simulator), locks(simulator)) == ([(LAX[0], "reboot")], {})


# Scheduled sync


def test_a_scheduled_sync_acts_once_per_occurrence(ansible: Commands, simulator: Simulator) -> None:
    day = (dt.datetime.now(tz=dt.timezone.utc) + dt.timedelta(days=2)).date()
    window = {
        "window_name": "nightly",
        "window_targets": "all",
        "window_schedule": "FREQ=DAILY;BYHOUR=3",
        "window_duration": "1h",
        "window_cutoff": "10m",
    }
    ansible.at(f"{day}T02:00:00+00:00")
    closed = play(ansible, "scheduled_sync", **window)
    assert closed.rc == 0, closed.said()
    assert f"{day}T03:00:00" in closed.stdout
    assert sent(simulator) == []
    ansible.at(f"{day}T03:05:00+00:00")
    for _start in range(2):
        done = play(ansible, "scheduled_sync", **window)
        assert done.rc == 0, done.said()
    assert sorted(sent(simulator)) == [(name, "sync") for name in LAX]
    ansible.at(f"{day}T03:55:00+00:00")
    assert play(ansible, "scheduled_sync", **window).rc == 0
    assert len(sent(simulator)) == 3
    wrong = play(ansible, "scheduled_sync", **{**window, "window_operations": ["reboot"]})
    assert wrong.rc == 2
    assert "no other window_operations than sync" in wrong.stdout


# Deployment


def test_a_deployment_registers_and_then_applies_the_configuration(ansible: Commands, simulator: Simulator) -> None:
    simulator.add_device(name="dub-sbc-01", site="DUB", type="SBC")
    deployment = {
        "deploy_id": "CHG7",
        "register_defaults": {"type": "SBC", "vendor": "Oracle", "model": "Acme Packet 1100", "site": "DUBLIN"},
        "register_devices": [
            {"hostname": "dub-sbc-01", "ip": "192.0.2.201", "connectivities": ["SSH:22"]},
            {"hostname": "dub-new-02", "ip": "192.0.2.202", "zequenze_name": "lax-sbc-02", "sdm_name": "lax-sbc-02"},
            {"hostname": "gone", "ip": "192.0.2.203", "state": "absent"},
        ],
    }
    done = play(ansible, "deploy_devices", hosts=[], **deployment)
    assert done.rc == 0, done.said()
    assert sorted(sent(simulator)) == [("dub-sbc-01", "reconf"), ("lax-sbc-02", "reconf")]
    assert [row["device"] for row in simulator.ledger(effect="device_created")] == ["dub-new-02"]
    first = next(row["seq"] for row in simulator.ledger(effect="operation"))
    assert all(row["seq"] < first for row in simulator.ledger(effect="device_created"))
    again = play(ansible, "deploy_devices", hosts=[], **deployment)
    assert again.rc == 0, again.said()
    assert len(sent(simulator)) == 2
    assert locks(simulator) == {}


def test_a_deployment_that_cannot_be_finished_is_not_begun(ansible: Commands, simulator: Simulator) -> None:
    deployment = {
        "deploy_id": "CHG7",
        "register_devices": [{"hostname": "dub-01", "ip": "192.0.2.1"}, {"hostname": "dub-02", "ip": "192.0.2.2"}],
    }
    done = play(ansible, "deploy_devices", hosts=[], **deployment)
    assert done.rc == 2
    assert "dub-01: Zequenze Control has no such device; Oracle SDM has no such device." in done.stdout
    assert "dub-02: " in done.stdout
    assert simulator.ledger(effect="device_created") == []


def test_a_deployment_needs_the_right_to_write_to_the_registry(ansible: Commands, simulator: Simulator) -> None:
    """Asked before anything is registered, although the registry does not know the device yet."""
    devices = [{"hostname": "dub-01", "ip": "192.0.2.1", "zequenze_name": LAX[0], "sdm_name": LAX[0]}]
    ansible.environment |= {"SENHASEGURA_CLIENT_ID": "sim-reader", "SENHASEGURA_CLIENT_SECRET": "sim-reader-secret"}
    done = play(ansible, "deploy_devices", hosts=[], deploy_id="CHG7", register_devices=devices)
    assert done.rc == 2
    assert "1 problem: senhasegura PAM Core refuses these credentials the right to write" in done.stdout
    assert (sent(simulator), simulator.ledger(effect="device_created")) == ([], [])


# Security recovery


def test_a_factory_reset_happens_once_and_only_as_approved(ansible: Commands, simulator: Simulator) -> None:
    reset = {"window_id": "INC9", "window_targets": "all", "window_operations": ["factory"]}
    hosts = LAX[:2]
    assert play(ansible, "plan_window", hosts=hosts, window_plan_json="plan.json", **reset).rc == 0
    digest = json.loads((ansible.home / "plan.json").read_text())["digest"]
    for name in ("factory_reset", "maintenance_window"):
        refused = play(ansible, name, hosts=hosts, **reset)
        assert refused.rc == 2
        assert "approv" in refused.stdout
    other = play(ansible, "factory_reset", hosts=LAX, window_approval=digest, **reset)
    assert other.rc == 2
    assert "added: 'lax-sbc-03'" in other.stdout
    assert sent(simulator) == []
    for _start in range(2):
        done = play(ansible, "factory_reset", hosts=hosts, window_approval=digest, **reset)
        assert done.rc == 0, done.said()
    assert sorted(sent(simulator)) == [(name, "factory") for name in hosts]
    assert locks(simulator) == {}


@pytest.mark.row(118)
def test_a_reset_of_too_many_or_of_protected_devices_is_refused_before_anything(
    ansible: Commands, simulator: Simulator
) -> None:
    reset = {"window_id": "INC9", "window_targets": "all", "window_operations": ["factory"], "window_max_resets": 1}
    many = play(ansible, "factory_reset", hosts=LAX[:2], window_approval="0" * 64, **reset)
    assert many.rc == 2
    assert "more than max_resets (1)" in many.stdout
    inventory = ansible.static_inventory({LAX[0]: {"maintenance_protected": True}})
    protected = play(ansible, "factory_reset", hosts=inventory, window_approval="0" * 64, **reset)
    assert protected.rc == 2
    assert "'lax-sbc-01' is protected" in protected.stdout
    mixed = play(ansible, "factory_reset", window_approval="0" * 64, **{**reset, "window_operations": ["reboot"]})
    assert mixed.rc == 2
    assert sent(simulator) == []
    assert simulator.ledger(effect="lock") == []


def test_starting_behind_the_approval_resets_nothing(ansible: Commands, simulator: Simulator) -> None:
    """device_operation itself wants the name of the device, which only the approval gives."""
    reset = {"window_id": "INC9", "window_targets": "all", "window_operations": ["factory"]}
    start = ["--start-at-task", "netfleet.maintenance.window : Look at the clock"]
    play(ansible, "maintenance_window", *start, hosts=LAX[:1], **reset)
    play(ansible, "maintenance_window", "--limit", LAX[0], hosts=LAX[:1], **reset)
    assert sent(simulator) == []


# Drift


def change_setting(simulator: Simulator, *names: str) -> None:
    for name in names:
        requests.patch(
            f"{simulator.zequenze_url}/inventory_device_name_setting/{name}/",
            json={"Device.DeviceInfo.SyslogServer": "log.example.net"},
            headers={"Authorization": "Bearer sim-zequenze-token"},
            timeout=10,
        ).raise_for_status()


def test_drift_of_protected_devices_is_left_alone_and_too_much_is_refused(
    ansible: Commands, simulator: Simulator
) -> None:
    change_setting(simulator, *LAX)
    inventory = ansible.static_inventory({LAX[0]: {}, LAX[1]: {}, LAX[2]: {"maintenance_protected": True}})
    quick = {"drift_wait_interval": 0.1}
    refused = play(ansible, "remediate_drift", hosts=inventory, drift_max_targets=1, **quick)
    assert refused.rc == 2
    assert "more than drift_max_targets (1)" in refused.stdout
    assert sent(simulator) == []
    done = play(ansible, "remediate_drift", hosts=inventory, drift_max_targets=2, **quick)
    assert done.rc == 0, done.said()
    assert "2 of 3 devices have settings waiting: lax-sbc-01, lax-sbc-02 (1 are left alone)" in done.stdout
    assert sorted(sent(simulator)) == [(LAX[0], "sync"), (LAX[1], "sync")]
