# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SDM knows of devices: inventory and managed view, network functions, groups (docs/apis/oracle_sdm.md, 4).

No record has a lock, an owner or a state: SDM shows none (section 6).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tests.simulators.oracle_sdm.wire import Record, Refused

if t.TYPE_CHECKING:
    from tests.simulators.world import Device, World

PASSWORD = "sim-device-password"
FIRST_NF = 40
FIRST_GROUP = 2


@dataclass(slots=True)
class Entry:
    """One device as SDM holds it: ``nf_id`` is also the id of the group that contains it."""

    device: Device
    nf_id: str
    nf_name: str
    connected: bool = True
    present: bool = True
    config_version: int = 1
    software: str = "SCZ910"
    last_operation: str = ""
    status_changed: float = 0.0

    @property
    def manageable(self) -> bool:
        """Whether the Element Manager can work with it: SBCs of SDM's own vendor."""
        return self.device.vendor == "Oracle"


class Inventory:
    """All devices, each in a network function: the first two SBCs of each site form an HA pair, others stand alone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._entries: dict[str, Entry] = {}
        self._nfs: dict[str, list[Entry]] = {}
        self._pairs: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        for device in world.devices:
            self.add(device)

    def add(self, device: Device) -> Entry:
        """Take a device in."""
        site = device.site
        self._groups.setdefault(site, f"ID{FIRST_GROUP + len(self._groups)}")
        nf_id = self._pairs.get(site, "") if device.type == "SBC" else ""
        if not nf_id or len(self._nfs[nf_id]) == 2:
            taken = bool(nf_id)
            nf_id = f"ID{FIRST_NF + len(self._nfs)}"
            if device.type == "SBC" and not taken:
                self._pairs[site] = nf_id
        members = self._nfs.setdefault(nf_id, [])
        name = members[0].nf_name if members else f"{device.name}-nf"
        entry = Entry(device, nf_id, name, status_changed=self._world.clock.now())
        members.append(entry)
        self._entries[device.sdm_id] = entry
        return entry

    def of(self, device: Device) -> Entry:
        """The entry of a device of the world."""
        return self._entries[device.sdm_id]

    def device(self, device_id: str, *, managed: bool = False) -> Entry:
        """A device by its id; raises Refused 404, with ``managed`` also for one the Element Manager does not have."""
        entry = self._entries.get(device_id)
        if entry is None or not entry.present or (managed and not entry.manageable):
            raise Refused(404)
        return entry

    def nf(self, nf_id: str) -> list[Entry]:
        """The present devices of a network function; raises Refused 404 when there are none."""
        members = [entry for entry in self._nfs.get(nf_id, []) if entry.present]
        if not members:
            raise Refused(404)
        return members

    def devices(self) -> list[Entry]:
        """All present devices."""
        return [entry for entry in self._entries.values() if entry.present]

    def nf_ids(self) -> list[str]:
        """The ids of all network functions with a device in them."""
        return [nf_id for nf_id, members in self._nfs.items() if any(entry.present for entry in members)]

    def device_groups(self) -> list[Record]:
        """The device groups: one per site, under Home."""
        return [
            {"fullName": f"Home/{site}", "id": group_id, "isHidden": False, "name": site, "parentGroupId": "ID1"}
            for site, group_id in self._groups.items()
        ]

    def nf_record(self, nf_id: str, *, detail: bool = False) -> Record:
        """One network function; with ``detail`` its category, type and groups."""
        members = self.nf(nf_id)
        site = members[0].device.site
        record: Record = {
            "id": nf_id,
            "name": members[0].nf_name,
            "groupType": "DEVICE",
            "hidden": False,
            "parentGroupId": self._groups[site],
            "parentGroupFullName": f"Home/{site}",
        }
        if detail:
            record["nfType"] = {"name": members[0].device.type}
            record["groups"] = [self.nf_group(nf_id)]
        return record

    def nf_group(self, nf_id: str) -> Record:
        """The top group of a network function, which carries its id."""
        members = self.nf(nf_id)
        site = members[0].device.site
        return {
            "id": nf_id,
            "name": members[0].nf_name,
            "parentGroupId": self._groups[site],
            "parentGroupFullName": f"Home/{site}",
            "children": [
                {"id": entry.device.sdm_id, "ipAddress": entry.device.ip, "name": entry.device.name}
                for entry in members
            ],
        }

    def managed_record(self, entry: Entry) -> Record:
        """One device as the Element Manager shows it (section 4.5)."""
        return device_record(entry) | {
            "status": "",
            "statusChangeTime": self._world.clock.iso(entry.status_changed)[:19].replace("T", " "),
            "lastOperation": entry.last_operation,
            "loadedConfigVersion": str(entry.config_version),
            "pendingChanges": "false",
        }

    def push(self, entry: Entry, account: str) -> Record:
        """Save and activate the configuration, and give the flags of the reply (section 4.6)."""
        entry.config_version += 1
        entry.last_operation = "SaveActivateConfig"
        entry.status_changed = self._world.clock.now()
        self._world.ledger.record("oracle_sdm", "config_pushed", entry.device, account=account)
        done = (
            "isLockSuccess",
            "isValidationSuccess",
            "isSaveConfigSuccess",
            "isActivateConfigSuccess",
            "isUnlockSuccess",
        )
        return {
            "action": "SaveActivateConfig",
            "status": "SUCCESS",
            "taskId": f"T{entry.device.number}-{entry.config_version}",
            "errorMessage": "",
            "validationErrorMessage": "",
            **dict.fromkeys(done, "SUCCESS"),
            "isRestoreConfigSuccess": "Not Applicable",
            "isDeviceFirmwareChangedFailure": "false",
        }


def device_record(entry: Entry, *, parameters: bool = False) -> Record:
    """One device in the inventory view; with ``parameters`` also its credentials (section 4.4)."""
    device = entry.device
    record: Record = {
        "bootstrapState": "Activated",
        "connectivityStatus": entry.connected,
        "description": f"{device.vendor} {device.model}",
        "id": device.sdm_id,
        "ip": device.ip,
        "key": f"{device.name}_{device.ip}",
        "manageable": entry.manageable,
        "name": device.name,
        "nfId": entry.nf_id,
        "nfName": entry.nf_name,
        "parentGroupId": entry.nf_id,
        "platformInfo": {"platform": "NNOSVM", "serialNumber": device.serial or "--"},
        "softwareInfo": {"configVersion": str(entry.config_version), "version": entry.software},
    }
    if parameters:
        record["groupParameters"] = [
            _parameter("username", "admin"),
            _parameter("password", PASSWORD),
            _parameter("snmp.mode", "v1v2"),
            _parameter("snmp.port", "161"),
        ]
    return record


def _parameter(name: str, value: str) -> Record:
    return {"name": name, "label": name, "value": value, "valueType": "string", "readOnly": False}
