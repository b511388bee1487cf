# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle Session Delivery Manager: sign-in, devices, and locks that cannot be read (docs/apis/oracle_sdm.md)."""

from __future__ import annotations

import typing as t

from aiohttp import web

from tests.simulators.oracle_sdm.door import Answer, Call, Door
from tests.simulators.oracle_sdm.inventory import Entry, Inventory, device_record
from tests.simulators.oracle_sdm.knobs import KNOBS
from tests.simulators.oracle_sdm.locks import DEEDS, Locks
from tests.simulators.oracle_sdm.wire import Record, Refused, answer, read_fields, wants_json
from tests.simulators.world import SDM_ACCOUNTS

if t.TYPE_CHECKING:
    from tests.simulators.world import Device, World

__all__ = ["KNOBS", "OracleSdm"]

PUSH = "SaveActivateConfig"


class OracleSdm:
    """The simulated server. Sessions and locks are looked at when somebody asks; nothing runs in the background."""

    name = "oracle_sdm"

    def __init__(self, world: World) -> None:
        self._door = Door()
        self.reset(world)

    def reset(self, world: World) -> None:
        """Forget all sessions and locks and take the devices of the world in."""
        self._world = world
        self._locks = Locks(world)
        self._door.reset(world, self._locks)
        self._inventory = Inventory(world)

    def state(self) -> dict[str, t.Any]:
        """The live sessions and ``{device name: {account, since, count}}`` of the held locks."""
        return {"sessions": self._door.shown(), "locks": self._locks.shown()}

    def device_added(self, device: Device) -> None:
        """Take one more device in."""
        self._inventory.add(device)

    def device_patched(self, device: Device, changes: t.Mapping[str, t.Any]) -> None:
        """What happens beside the API: ``admin_unlock``, ``lock_as`` (an account), ``connectivityStatus``, ``present``,
        ``software`` (its version).

        Raises ValueError on another key or a value of the wrong type; then nothing was changed.
        """
        for key, value in changes.items():
            if key == "lock_as":
                if not isinstance(value, str) or value not in SDM_ACCOUNTS:
                    raise ValueError(f"lock_as takes one of {', '.join(SDM_ACCOUNTS)}, not {value!r}.")
            elif key == "software":
                if not isinstance(value, str):
                    raise ValueError(f"software takes a version, not {value!r}.")
            elif key not in {"admin_unlock", "connectivityStatus", "present"}:
                raise ValueError(f"oracle_sdm knows no {key!r}.")
            elif not isinstance(value, bool):
                raise ValueError(f"{key} takes true or false, not {value!r}.")
        entry = self._inventory.of(device)
        entry.connected = changes.get("connectivityStatus", entry.connected)
        entry.present = changes.get("present", entry.present)
        entry.software = changes.get("software", entry.software)
        if changes.get("admin_unlock"):
            self._locks.clear(device)
        if "lock_as" in changes:
            self._locks.seize(device, changes["lock_as"])

    def routes(self) -> list[web.RouteDef]:
        """The endpoints of docs/apis/oracle_sdm.md, 4.1, that concern devices and locks; all other paths answer 404."""
        nf = "/inventory/nfMgmt/nfs"
        table: list[tuple[str, dict[str, Answer]]] = [
            ("/inventory/deviceMgmt/devices", {"GET": self._devices}),
            ("/inventory/deviceMgmt/devices/{device_id}", {"GET": self._device}),
            ("/inventory/deviceMgmt/devices/{device_id}/action", {"POST": self._device_action}),
            ("/inventory/deviceMgmt/deviceGroups", {"GET": self._device_groups}),
            (nf, {"GET": self._nfs}),
            (nf + "/{nf_id}", {"GET": self._nf}),
            (nf + "/{nf_id}/groups", {"GET": self._nf_groups}),
            (nf + "/{nf_id}/groups/{group_id}", {"GET": self._nf_group}),
            (nf + "/{nf_id}/groups/{group_id}/action", {"POST": self._group_action}),
            ("/configuration/devices", {"GET": self._managed_devices}),
            ("/configuration/devices/{device_id}", {"GET": self._managed_device}),
            ("/configuration/devices/{device_id}/loadConfig", {"GET": self._managed_device}),
            ("/configuration/devices/{device_id}/action", {"POST": self._push}),
        ]
        return [
            *self._door.routes(),
            self._door.route("/admin/serverInfo", {"GET": self._server_info}, needs_session=False),
            *(self._door.route(path, methods) for path, methods in table),
            self._door.dead_end(),
        ]

    def _shown(self, call: Call, root: str, value: Record | list[Record]) -> web.Response:
        return answer(call.request, self._world.knobs, root, value)

    def _server_info(self, call: Call) -> web.Response:
        now, started = self._world.clock.now(), self._door.started
        member: Record = {
            "name": "sdm-node-1",
            "ipAddress": "192.0.2.250",
            "status": "Up",
            "upTime": f"{int(now - started)} s",
            "lastHeartBeatTime": self._world.clock.iso(now)[:19].replace("T", " "),
            "heartBeatCount": int(now - started),
            "missedHeartBeatCount": 0,
        }
        return self._shown(call, "serverInfo", {"clusterMembers": [member]})

    def _devices(self, call: Call) -> web.Response:
        return self._shown(call, "devices", [device_record(entry) for entry in self._inventory.devices()])

    def _device(self, call: Call) -> web.Response:
        entry = self._inventory.device(call.segment("device_id"))
        return self._shown(call, "device", device_record(entry, parameters=True))

    def _device_groups(self, call: Call) -> web.Response:
        return self._shown(call, "deviceGroups", self._inventory.device_groups())

    def _managed_devices(self, call: Call) -> web.Response:
        managed = [entry for entry in self._inventory.devices() if entry.manageable]
        return self._shown(call, "devices", [self._inventory.managed_record(entry) for entry in managed])

    def _managed_device(self, call: Call) -> web.Response:
        entry = self._inventory.device(call.segment("device_id"), managed=True)
        record = self._inventory.managed_record(entry)
        if wants_json(call.request):
            record["type"] = "restManagedDevice"
        return self._shown(call, "device", record)

    def _nfs(self, call: Call) -> web.Response:
        inventory = self._inventory
        return self._shown(call, "nfs", [inventory.nf_record(nf_id) for nf_id in inventory.nf_ids()])

    def _nf(self, call: Call) -> web.Response:
        return self._shown(call, "nf", self._inventory.nf_record(call.segment("nf_id"), detail=True))

    def _nf_groups(self, call: Call) -> web.Response:
        return self._shown(call, "groups", [self._inventory.nf_group(call.segment("nf_id"))])

    def _nf_group(self, call: Call) -> web.Response:
        self._group_members(call)
        return self._shown(call, "group", self._inventory.nf_group(call.segment("nf_id")))

    def _group_members(self, call: Call) -> list[Entry]:
        if call.segment("group_id") != call.segment("nf_id"):
            raise Refused(404)
        return self._inventory.nf(call.segment("nf_id"))

    def _device_action(self, call: Call) -> web.Response:
        entry = self._inventory.device(call.segment("device_id"))
        spread = self._world.knobs["oracle_sdm.lock_spread"] == "nf"
        return self._lock_or_unlock(call, self._inventory.nf(entry.nf_id) if spread else [entry], "deviceAction")

    def _group_action(self, call: Call) -> web.Response:
        return self._lock_or_unlock(call, self._group_members(call), "deviceGroupAction")

    def _lock_or_unlock(self, call: Call, entries: list[Entry], root: str) -> web.Response:
        self._check_privilege(call)
        deed = read_fields(call.request, call.body, root).get("type", "")
        if deed not in DEEDS:
            raise Refused(400)
        session = call.signed_in
        self._locks.act(deed, [entry.device for entry in entries], session.account, session.cookie)
        return web.Response(status=self._world.knobs["oracle_sdm.success"])

    def _push(self, call: Call) -> web.Response:
        self._check_privilege(call)
        entry = self._inventory.device(call.segment("device_id"), managed=True)
        if read_fields(call.request, call.body, "deviceAction").get("type") != PUSH:
            raise Refused(400)
        self._locks.check_write(entry.device, call.signed_in.account)
        return self._shown(call, "saveActivateResult", self._inventory.push(entry, call.signed_in.account))

    def _check_privilege(self, call: Call) -> None:
        if call.signed_in.read_only:
            raise Refused(self._world.knobs["oracle_sdm.privilege_status"])
