# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The use cases, each as an operator runs it: incident, scheduled sync, deployment, factory reset, drift."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime as dt
import json
import socket
import sqlite3
import threading
import time
import typing as t

import pytest
import yaml

from tests.integration.run import Commands, Finished
from tests.integration.windows import change_setting
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


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("all", "incident_device selects 3 devices and must be one. Run maintenance_window for several."),
        ("nobody", "incident_device names 'nobody', which is not in the inventory."),
        ("lax-sbc-1", "Did you mean lax-sbc-01?"),
        ("", "incident_device is missing or blank."),
        (",", "incident_device ',' has a part without a name."),
        ("lax-sbc-01,", "incident_device 'lax-sbc-01,' has a part without a name."),
        (True, "incident_device "),
        (["lax-sbc-01"], "incident_device "),
    ],
)
def test_an_incident_is_one_device(ansible: Commands, simulator: Simulator, device: t.Any, said: str) -> None:
    done = play(ansible, "incident_reboot", incident_id="INC1", incident_device=device)
    assert done.rc == 2
    assert said in done.stdout
    assert simulator.requests() == []


@pytest.mark.finding("F2")
def test_an_inventory_of_one_device_is_not_meant_by_a_separator(ansible: Commands, simulator: Simulator) -> None:
    assert play(ansible, "incident_reboot", hosts=LAX[:1], incident_id="INC1", incident_device=",").rc == 2
    assert simulator.requests() == []


def test_an_incident_names_a_host_and_no_group(ansible: Commands, simulator: Simulator) -> None:
    inventory = ansible.home / "groups.yml"
    inventory.write_text(yaml.safe_dump({"site_LAX": {"hosts": {LAX[0]: {}}}}))
    for device in ("site_LAX", "lax-sbc-*"):
        done = play(ansible, "incident_reboot", hosts=str(inventory), incident_id="INC1", incident_device=device)
        assert done.rc == 2
        assert "is not the name of a host" in done.stdout
    assert simulator.requests() == []


def test_a_device_that_was_restarted_lately_is_left_alone(ansible: Commands, simulator: Simulator) -> None:
    """However the alert calls it, and whatever restarted it: the journal is asked."""
    incident = {"incident_device": LAX[0], "incident_min_interval": 3600}
    assert play(ansible, "incident_reboot", incident_id="INC1", **incident).rc == 0
    done = play(ansible, "incident_reboot", incident_id="INC2", **incident)
    assert done.rc == 2
    assert "less than 3600 s ago (incident_min_interval). It was not rebooted." in done.stdout
    # The same incident again is no further restart.
    assert play(ansible, "incident_reboot", incident_id="INC1", **incident).rc == 0
    assert sent(simulator) == [(LAX[0], "reboot")]


def test_of_two_incidents_that_passed_their_checks_at_once_one_reboots(ansible: Commands, simulator: Simulator) -> None:
    """Two controllers and two names of one device: the lock of somebody holds both until their checks are over."""
    lock = {"name": LAX[0], "holder": "alice"}
    assert ansible.task("device_lock", lock, hosts=["localhost"]).rc == 0

    def incident(number: int) -> Finished:
        commands = Commands(ansible.home / f"controller{number}", simulator)
        commands.home.mkdir()
        commands.environment["NETFLEET_JOURNAL"] = str(ansible.journal)
        alias = f"alias-{number}"
        names = {"zequenze_name": LAX[0], "sdm_name": LAX[0]}
        given = {"incident_id": f"INC{number}", "incident_device": alias, "incident_min_interval": 3600}
        hosts = commands.static_inventory({alias: names})
        return play(commands, "incident_reboot", hosts=hosts, **given, window_lock_timeout=120)

    def agreed() -> int:
        with contextlib.closing(sqlite3.connect(ansible.journal)) as journal:
            return int(journal.execute("select count(*) from windows").fetchone()[0])

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(incident, number) for number in range(2)]
        while agreed() < 2 and not any(run.done() for run in runs):
            time.sleep(0.1)
        assert ansible.task("device_lock", {**lock, "state": "unlocked"}, hosts=["localhost"]).rc == 0
    first, second = sorted((run.result() for run in runs), key=lambda run: run.rc)
    assert (first.rc, second.rc) == (0, 2), (first.said(), second.said())
    assert "less than 3600 s ago (window_restart_interval)" in second.said()
    assert sent(simulator) == [(LAX[0], "reboot")]
    assert locks(simulator) == {}


def test_a_storm_of_incidents_ends_at_the_budget(ansible: Commands, simulator: Simulator) -> None:
    for number, device in enumerate(LAX[:3]):
        done = play(
            ansible,
            "incident_reboot",
            incident_id=f"INC{number}",
            incident_device=device,
            incident_max_per_hour=2,
        )
        assert done.rc == (0 if number < 2 else 2), done.said()
    assert (
        "2 windows without a schedule rebooted devices within the last hour, and incident_max_per_hour is 2."
        in done.stdout
    )
    assert sent(simulator) == [(LAX[0], "reboot"), (LAX[1], "reboot")]


@pytest.fixture
def answering() -> t.Iterator[dict[str, t.Any]]:
    """An incident whose device answers on the port, so that nothing may reboot it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"incident_id": "INC1", "incident_device": LAX[0], "incident_port": server.getsockname()[1]}


# A check that could not be made is no answer


@pytest.mark.finding("F1")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"incident_patience": "5s"}, "incident_patience '5s' must be a number"),
        ({"incident_patience": 0}, "incident_patience '0' must be a number"),
        ({"incident_patience": [5]}, "incident_patience "),
        ({"incident_port": "ssh"}, "incident_port 'ssh' must be a whole number"),
        ({"incident_port": "PORT/tcp"}, "incident_port 'PORT/tcp' must be a whole number"),
        ({"incident_port": 0}, "incident_port '0' must be a whole number"),
        ({"incident_port": 99999}, "incident_port '99999' must be a whole number of 1 or more, at most 65535"),
        ({"incident_prot": 22}, "Unknown variable incident_prot. Did you mean incident_port?"),
        ({"icident_port": 22}, "Unknown variable icident_port. Did you mean incident_port?"),
        ({"incident_id": ""}, "incident_id is missing."),
        ({"incident_id": None}, "incident_id is missing."),
        ({"incident_id": 5349}, "incident_id '5349' is not text to YAML"),
    ],
)
def test_a_wrong_variable_is_refused_before_anything(
    ansible: Commands, simulator: Simulator, answering: dict[str, t.Any], wrong: dict[str, t.Any], said: str
) -> None:
    done = play(ansible, "incident_reboot", **{**answering, **wrong})
    assert done.rc == 2
    assert said in done.stdout
    assert simulator.requests() == []


@pytest.mark.finding("F1")
@pytest.mark.parametrize("patience", ["", " ", None, "1"])
@pytest.mark.parametrize("interpreter", ["{{ ansible_playbook_python }}", "/missing"])
def test_a_device_that_answers_is_never_rebooted(
    ansible: Commands, simulator: Simulator, answering: dict[str, t.Any], patience: str | None, interpreter: str
) -> None:
    inventory = ansible.static_inventory({LAX[0]: {"ansible_host": "127.0.0.1"}})
    extra = {"incident_patience": patience, "ansible_python_interpreter": interpreter}
    done = play(ansible, "incident_reboot", hosts=inventory, **answering, **extra)
    assert done.rc == 2
    assert "so it is not rebooted" in done.stdout
    assert sent(simulator) == []


@pytest.mark.finding("F1")
def test_a_name_that_is_not_found_is_no_device_that_is_down(
    ansible: Commands, simulator: Simulator, answering: dict[str, t.Any]
) -> None:
    inventory = ansible.static_inventory({LAX[0]: {"ansible_host": "no-such-name.invalid"}})
    done = play(ansible, "incident_reboot", hosts=inventory, incident_patience=1, **answering)
    assert done.rc == 2
    assert "the name 'no-such-name.invalid' was not found" in done.stdout
    assert sent(simulator) == []


def test_a_limit_that_leaves_out_the_device_or_localhost_reboots_nothing(
    ansible: Commands, simulator: Simulator, answering: dict[str, t.Any]
) -> None:
    for limit in (LAX[0], LAX[1], f"localhost,{LAX[1]}"):
        done = play(ansible, "incident_reboot", "--limit", limit, **answering)
        assert done.rc != 0, limit
    assert sent(simulator) == []


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
        ("factory_reset", "INC9", {"window_id": "INC9", "window_targets": "all"}, "window_approval, the digest"),
        (
            "scheduled_sync",
            "nightly@20261122T030000Z",
            {"window_name": "nightly", "window_operations": ["reboot"]},
            "accepts no window_operations except sync",
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
    assert "accepts no window_operations except sync" in wrong.stdout


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
    assert "more than window_max_resets (1)" in many.stdout
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
    start = ["--start-at-task", "netfleet.maintenance.window : Check the clock"]
    play(ansible, "maintenance_window", *start, hosts=LAX[:1], **reset)
    play(ansible, "maintenance_window", "--limit", LAX[0], hosts=LAX[:1], **reset)
    assert sent(simulator) == []


# Drift


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
    assert "2 of 3 devices have settings waiting: lax-sbc-01, lax-sbc-02." in done.stdout
    assert sorted(sent(simulator)) == [(LAX[0], "sync"), (LAX[1], "sync")]


def test_outside_of_windows_other_holders_and_partners_are_respected(ansible: Commands, simulator: Simulator) -> None:
    """The first device is locked by another holder, the second one's partner is down, the third is free."""
    locked, paired, free = LAX
    change_setting(simulator, *LAX)
    simulator.patch_device("lon-gw-01", {"zequenze": {"online": False}})
    assert ansible.task("device_lock", {"holder": "W7", "name": [locked]}, hosts=["localhost"]).rc == 0
    pair = {"ha_pair": "p1"}
    inventory = ansible.static_inventory({locked: {}, paired: pair, free: {}, "lon-gw-01": pair})
    groups = {"window_exclusive_by": "ha_pair", "drift_targets": ",".join(LAX), "drift_wait_interval": 0.1}
    done = play(ansible, "remediate_drift", hosts=inventory, **groups)
    assert done.rc == 2
    assert f"device {locked} is locked for W7" in done.said()
    assert "lon-gw-01 of the same group is not proven up: it is down in Zequenze Control." in done.said()
    plain = {"operation": "reboot", "name": [locked], "lock_wait_timeout": 0.3, "wait_interval": 0.1}
    assert ansible.task("device_operation", plain, hosts=["localhost"]).rc == 2
    for incident, device, why in (("INC1", locked, "W7"), ("INC2", paired, "lon-gw-01 of the same group")):
        inventory = ansible.static_inventory({locked: {}, paired: pair, free: {}, "lon-gw-01": pair})
        given = {"incident_id": incident, "incident_device": device, "window_gate_timeout": 0.3}
        refused = play(ansible, "incident_reboot", hosts=inventory, window_exclusive_by="ha_pair", **given)
        assert refused.rc == 2
        assert why in refused.said()
    assert sent(simulator) == [(free, "sync")]
    assert list(locks(simulator)) == [locked]
    inventory = ansible.static_inventory({locked: {}, paired: pair, free: {}, "lon-gw-01": pair})
    anyway = play(
        ansible,
        "remediate_drift",
        hosts=inventory,
        **groups | {"drift_require_lock": False, "drift_require_partners": "no"},
    )
    assert anyway.rc == 0, anyway.said()
    assert sorted(sent(simulator)) == [(locked, "sync"), (paired, "sync"), (free, "sync")]
    assert list(locks(simulator)) == [locked]
    (journal,) = ansible.task("journal_info", {"events": True, "name": [locked]}, hosts=["localhost"]).of(
        "journal_info"
    )
    notes = {event["kind"]: event["data"] for event in journal["events"] if event["kind"].startswith("without_")}
    assert notes["without_require_lock"]["holder"] == "W7"
    assert "without_require_partners" in notes


def test_an_incident_disregards_the_partner_only_where_that_is_asked_for_and_written_down(
    ansible: Commands, simulator: Simulator
) -> None:
    """Both members of a pair are in trouble: one is down, and another holder has it locked, too."""
    device, partner = LAX[:2]
    simulator.patch_device(partner, {"zequenze": {"online": False}})
    assert ansible.task("device_lock", {"holder": "W7", "name": [partner], "group": "ha_pair=p1"}, hosts=["h"]).rc == 0
    given = {"incident_id": "INC1", "incident_device": device, "window_gate_timeout": 0.3}
    given |= {"window_exclusive_by": "ha_pair", "window_hold": 0.2, "window_wait_interval": 0.1}

    def incident(**more: object) -> Finished:
        inventory = ansible.static_inventory({name: {"ha_pair": "p1"} for name in (device, partner)})
        return play(ansible, "incident_reboot", hosts=inventory, **given | more)

    refused = incident()
    assert refused.rc == 2
    assert f"{partner} of the same group (ha_pair=p1) is not proven up" in refused.said()
    for wrong in ("", "nope"):
        assert "incident_require_partners" in incident(incident_require_partners=wrong).said()
    assert sent(simulator) == []
    done = incident(incident_require_partners="no")
    assert done.rc == 0, done.said()
    assert sent(simulator) == [(device, "reboot")]
    assert list(locks(simulator)) == [partner]
    found = ansible.task("journal_info", {"events": True, "window_id": "INC1"}, hosts=["h"]).of("journal_info")
    notes = [event for event in found[0]["events"] if event["kind"] == "without_require_partners"]
    assert [(note["device"], note["data"]["partners"]) for note in notes] == [(device, [partner])]
    window = {
        "window_require_partners": False,
        "window_exclusive_by": "ha_pair",
        "window_id": "CHG1",
        "window_targets": "all",
    }
    inventory = ansible.static_inventory({name: {"ha_pair": "p1"} for name in LAX})
    several = play(ansible, "maintenance_window", hosts=inventory, **window)
    assert several.rc == 2
    assert "window_require_partners: false is an exception for one device and one occasion." in several.said()
    assert sent(simulator) == [(device, "reboot")]


@pytest.mark.finding("F2")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"drift_targets": ""}, "drift_targets is"),
        ({"drift_targets": " "}, "drift_targets is"),
        ({"drift_targets": None}, "drift_targets is"),
        ({"drift_targets": ","}, "drift_targets ',' has a part without a name."),
        ({"drift_targets": "lax-sbc-01,nosuch"}, "drift_targets names 'nosuch', which is not in the inventory."),
        ({"drift_targets": ["all"]}, "drift_targets "),
        ({"drift_target": "lax-sbc-01"}, "Unknown variable drift_target. Did you mean drift_targets?"),
        ({"drift_max_targets": ""}, "drift_max_targets is blank."),
        ({"drift_max_targets": "many"}, "drift_max_targets 'many' must be a whole number"),
        ({"drift_max_target": 1}, "Unknown variable drift_max_target. Did you mean drift_max_targets?"),
    ],
)
def test_drift_is_never_looked_for_elsewhere_than_was_meant(
    ansible: Commands, simulator: Simulator, wrong: dict[str, t.Any], said: str
) -> None:
    change_setting(simulator, *LAX)
    done = play(ansible, "remediate_drift", **{"drift_max_targets": 3, **wrong})
    assert done.rc == 2
    assert said in done.stdout
    assert sent(simulator) == []


def test_a_device_whose_settings_are_not_shown_is_no_device_without_drift(
    ansible: Commands, simulator: Simulator
) -> None:
    change_setting(simulator, *LAX)
    inventory = ansible.static_inventory({LAX[0]: {}, LAX[1]: {"zequenze_name": "lax-sbc-2"}})
    done = play(ansible, "remediate_drift", hosts=inventory, drift_wait_interval=0.1)
    assert done.rc == 2
    assert "does not show the settings of lax-sbc-2, so it was not checked." in " ".join(done.stdout.split())
    assert sent(simulator) == [(LAX[0], "sync")]


def test_a_run_that_leaves_out_the_checks_of_drift_fails(ansible: Commands, simulator: Simulator) -> None:
    change_setting(simulator, *LAX)
    for arguments in (("--limit", LAX[0]), ("--limit", f"localhost,{LAX[0]}"), ("--tags", "nosuch")):
        assert play(ansible, "remediate_drift", *arguments).rc != 0
    assert sent(simulator) == []
