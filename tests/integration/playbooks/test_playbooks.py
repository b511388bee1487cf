# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smaller playbooks: registering devices and remedying drift."""

from __future__ import annotations

from pathlib import Path

from tests.integration.run import Commands, Finished
from tests.integration.windows import change_setting
from tests.simulators import Simulator

DEVICES = {
    "register_defaults": {"type": "SBC", "vendor": "Oracle", "model": "Acme Packet 1100", "site": "DUB"},
    "register_devices": [
        {"hostname": "dub-sbc-01", "ip": "192.0.2.201", "connectivities": ["SSH:22", "HTTPS:443"]},
        {"hostname": "dub-sbc-02", "ip": "192.0.2.202", "device_tags": ["edge", "new"]},
    ],
}


def test_registering_the_same_list_again_writes_nothing(ansible: Commands, simulator: Simulator) -> None:
    first = ansible.playbook("netfleet.maintenance.register_devices", extra=DEVICES)
    assert first.rc == 0, first.said()
    assert [row["device"] for row in simulator.ledger(effect="device_created")] == ["dub-sbc-01", "dub-sbc-02"]
    before = len(simulator.requests(system="senhasegura"))
    again = ansible.playbook("netfleet.maintenance.register_devices", extra=DEVICES)
    assert again.rc == 0, again.said()
    assert "changed=0" in again.stdout
    later = simulator.requests(system="senhasegura")[before:]
    assert {row["method"] for row in later if "oauth2" not in row["path"]} == {"GET"}
    assert len([row for row in later if row["path"].endswith("/pam/device")]) == 1


def test_only_what_has_drifted_is_synced(ansible: Commands, simulator: Simulator) -> None:
    drifted = ["lax-sbc-02", "lon-gw-01"]
    change_setting(simulator, *drifted, "fra-cpe-01")
    inventory = ansible.static_inventory({"lax-sbc-01": {}, "lax-sbc-02": {}, "london": {"zequenze_name": "lon-gw-01"}})
    extra = {"drift_wait_interval": 0.1}
    done = ansible.playbook("netfleet.maintenance.remediate_drift", hosts=inventory, extra=extra)
    assert done.rc == 0, done.said()
    assert sorted(row["device"] for row in simulator.ledger(effect="operation")) == drifted
    again = ansible.playbook("netfleet.maintenance.remediate_drift", hosts=inventory, extra=extra)
    assert again.rc == 0, again.said()
    assert len(simulator.ledger(effect="operation")) == 2
    assert "0 of 3 devices" in again.stdout


def test_devices_come_from_a_spreadsheet_and_a_mistake_registers_none(
    ansible: Commands, simulator: Simulator, tmp_path: Path
) -> None:
    def register(*arguments: str) -> Finished:
        extra = {"register_devices_csv": str(fleet)}
        return ansible.playbook("netfleet.maintenance.register_devices", *arguments, extra=extra)

    fleet = tmp_path / "fleet.csv"
    good = "hostname,ip,model,vendor,type,site\ndub-01,192.0.2.201,Acme Packet 1100,Oracle,SBC,DUB\n"
    fleet.write_text(good + "dub-02,192.0.2.202,Acme Packet 1100,Oracle\n")
    refused = register()
    assert refused.rc != 0
    assert "no device was registered. line 3: 4 cells for 6 columns" in " ".join(refused.said().split())
    fleet.write_text(good)
    assert "changed=1" in register("--check", "--diff").stdout
    assert simulator.ledger(effect="device_created") == []
    assert "changed=1" in register().stdout
    assert "changed=0" in register().stdout
    assert [row["device"] for row in simulator.ledger(effect="device_created")] == ["dub-01"]
