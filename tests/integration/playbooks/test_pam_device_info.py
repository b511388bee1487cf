# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pam_device_info through ansible-playbook."""

from __future__ import annotations

from tests.integration.run import Commands
from tests.simulators import Simulator


def test_each_host_reads_its_own_device(ansible: Commands, simulator: Simulator) -> None:
    hosts = [device["name"] for device in simulator.devices()][:5]
    done = ansible.task("pam_device_info", {}, "--check", "--forks", "5", hosts=hosts)
    assert done.rc == 0, done.said()
    for host in hosts:
        (result,) = done.of("pam_device_info", host)
        assert result["changed"] is False
        (device,) = result["devices"]
        assert (device["name"], device["found"], device["site"]) == (host, True, host[:3].upper())
    lists = [row for row in simulator.requests(system="senhasegura") if row["path"].endswith("/pam/device")]
    assert len(lists) == 1


def test_names_come_in_the_order_asked_and_missing_ones_are_told(ansible: Commands, simulator: Simulator) -> None:
    names = ["lax-sbc-02", "nobody", "lax-sbc-01"]
    done = ansible.task("pam_device_info", {"name": names}, hosts=["somebody"])
    assert done.rc == 0, done.said()
    (result,) = done.of("pam_device_info")
    assert [(device["name"], device["found"]) for device in result["devices"]] == [
        ("lax-sbc-02", True),
        ("nobody", False),
        ("lax-sbc-01", True),
    ]
    assert result["devices"][2]["connectivities"] == ["SSH:22", "HTTPS:443"]
    assert result["devices"][2]["device_domain"] == ["corp.example.com", "lab.example.net"]


def test_all_devices_and_no_credential_is_ever_read(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.task("pam_device_info", {"all": True, "details": True}, hosts=["somebody"])
    assert done.rc == 0, done.said()
    assert len(done.of("pam_device_info")[0]["devices"]) == 30
    paths = {row["path"] for row in simulator.requests(system="senhasegura")}
    assert not any("credential" in path or "/key" in path or "/info" in path for path in paths)


def test_a_device_registered_by_somebody_else_in_mid_run_is_seen(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device("lax-sbc-01", {"senhasegura": {"visible": False}})
    done = ansible.task("pam_device_info", {"name": ["lax-sbc-01"], "details": False}, hosts=["somebody"])
    assert done.of("pam_device_info")[0]["devices"][0]["found"] is False


def test_a_registry_that_cannot_be_read_fails(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("senhasegura.list_fault", "partial")
    done = ansible.task("pam_device_info", {"all": True}, hosts=["somebody"])
    assert done.rc == 2
    assert "the list is not complete" in done.of("pam_device_info")[0]["msg"]
