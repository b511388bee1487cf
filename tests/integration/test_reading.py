# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that only read, through ansible-playbook: they tell the truth and change nothing."""

from __future__ import annotations

from tests.integration.run import Commands
from tests.simulators import Simulator

HOST = "lax-sbc-01"


def test_device_info_shows_the_record_and_what_is_queued(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(HOST, {"zequenze": {"log_result": "stuck"}})
    options = {"operation": "sync", "wait": False}
    assert ansible.task("device_operation", options, hosts=[HOST]).rc == 0
    done = ansible.task("device_info", {"uptime": True}, hosts=[HOST, "no-such-device"])
    assert done.rc == 0, done.said()
    devices = done.devices("device_info")
    (seeded,) = (device for device in simulator.devices() if device["name"] == HOST)
    assert devices[HOST]["found"]
    assert (devices[HOST]["id"], devices[HOST]["serial"]) == (str(seeded["zequenze_id"]), seeded["serial"])
    assert devices[HOST]["status"] == "up"
    assert devices[HOST]["uptime"] > 0
    assert len(devices[HOST]["pending_operations"]) == 1
    assert not devices["no-such-device"]["found"]
    assert "changed=0" in done.stdout


def test_device_info_of_everything_costs_pages_and_not_devices(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.task("device_info", {"all": True}, hosts=["somebody"])
    assert done.rc == 0, done.said()
    assert len(done.of("device_info")[0]["devices"]) == 30
    assert len(simulator.requests(system="zequenze")) <= 4


def test_device_lock_info_never_claims_what_sdm_cannot_tell(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device("lax-sbc-02", {"oracle_sdm": {"lock_as": "alice"}})
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=[HOST]).rc == 0
    done = ansible.task("device_lock_info", {}, hosts=[HOST, "lax-sbc-02"])
    assert done.rc == 0, done.said()
    devices = done.devices("device_lock_info")
    assert (devices[HOST]["state"], devices[HOST]["holder"]) == ("locked", "CHG1")
    assert (devices["lax-sbc-02"]["state"], devices["lax-sbc-02"]["holder"]) == ("unknown", None)


def test_journal_info_needs_no_network_and_makes_no_journal(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.task("journal_info", {}, hosts=["somebody"])
    assert done.rc == 0, done.said()
    assert (done.of("journal_info")[0]["exists"], ansible.journal.exists()) == (False, False)
    assert ansible.task("device_lock", {"holder": "CHG1"}, hosts=[HOST]).rc == 0
    before = len(simulator.requests())
    (found,) = ansible.task("journal_info", {"open": True, "events": True}, hosts=["somebody"]).of("journal_info")
    assert [(lock["device"], lock["holder"], lock["state"]) for lock in found["locks"]] == [(HOST, "CHG1", "held")]
    assert [event["kind"] for event in found["events"]] == ["lock_intended", "locked"]
    assert len(simulator.requests()) == before


def test_device_health_holds_a_device_and_fails_one_that_is_down(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device("lax-sbc-02", {"zequenze": {"online": False}})
    options = {"hold": 0.3, "wait_interval": 0.1, "wait_timeout": 0.5}
    done = ansible.task("device_health", options, hosts=[HOST, "lax-sbc-02"])
    assert done.rc == 2
    devices = done.devices("device_health")
    assert (devices[HOST]["healthy"], devices["lax-sbc-02"]["healthy"]) == (True, False)
    assert devices[HOST]["held_for"] >= 0.3
    assert "did not stay up for" in devices["lax-sbc-02"]["message"]
    assert devices["lax-sbc-02"]["message"].endswith(": it is down.")
    assert simulator.ledger(effect="operation") == []


def test_a_port_is_tried_from_the_control_node(ansible: Commands, simulator: Simulator) -> None:
    port = int(simulator.zequenze_url.split(":")[2].split("/")[0])
    (found,) = ansible.task("device_port", {"host": "127.0.0.1", "port": port}, hosts=["lax-sbc-01"]).of("device_port")
    assert (found["answers"], found["state"], found["changed"]) == (True, "open", False)
    failed = ansible.task("device_port", {"host": "no-such-name.invalid", "port": port, "wait_timeout": 1}, hosts=["a"])
    assert failed.rc == 2
    assert "Cannot tell whether 'no-such-name.invalid' answers on port" in failed.stdout
