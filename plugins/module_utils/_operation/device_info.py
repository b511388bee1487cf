# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Zequenze Control knows about devices; reads only."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    all_option,
    asked_names,
    names_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import commands_pending
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import QUEUE_LOOK_BACK
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow

_STATUS = {True: "up", False: "down", None: "unknown"}

# A device that is not there has the same keys, so that a playbook need not ask first which ones exist.
_NOTHING: dict[str, t.Any] = {
    "id": None,
    "serial": None,
    "status": "unknown",
    "last_status_change": None,
    "pending_settings": None,
    "ip": None,
    "type": None,
    "organization": None,
    "uptime": None,
    "pending_operations": None,
}


def device_info_spec() -> Spec:
    """Return the options of device_info."""
    shared = zequenze_options() + names_options() + all_option()
    return shared + Spec({"operations": {"type": "bool"}, "uptime": {"type": "bool", "default": False}})


def run_device_info(task: Task) -> Result:
    """Return what is known about the named devices, or about all; see the module's documentation."""
    return inform(task, connect("zequenze", task.params, task.clock, task.store))


def inform(task: Task, zequenze: Zequenze) -> Result:
    """Do the work of :func:`run_device_info` through a given client. Raises MaintenanceError."""
    names = asked_names(task.params)
    reader = _Reader(task, zequenze, operations=names is not None)
    concurrency = task.params["concurrency"]
    if names is None:
        return _shown(for_each(zequenze.devices(), reader.item, concurrency))
    return _shown(for_each(names, reader.named, concurrency))


class _Reader:
    """Reads devices with what the task asks for; ``operations`` is the default of that option."""

    def __init__(self, task: Task, zequenze: Zequenze, *, operations: bool) -> None:
        wanted = task.params["operations"]
        self._zequenze = zequenze
        self._clock = task.clock
        self._operations = operations if wanted is None else wanted
        self._uptime = task.params["uptime"]

    def named(self, name: str) -> dict[str, t.Any]:
        try:
            return self.item(self._zequenze.device(name))
        except NotFound:
            return {"name": name, "found": False, **_NOTHING}

    def item(self, row: DeviceRow) -> dict[str, t.Any]:
        return {
            "name": row.name,
            "found": True,
            "id": row.id,
            "serial": row.serial,
            "status": _STATUS[row.up],
            "last_status_change": iso(row.last_status_change),
            "pending_settings": row.pending,
            "ip": row.ip,
            "type": row.type,
            "organization": row.organization,
            "uptime": self._read_uptime(row) if self._uptime else None,
            "pending_operations": self._read_operations(row) if self._operations else None,
        }

    def _read_uptime(self, row: DeviceRow) -> int | None:
        reading = self._zequenze.uptime(row.name)
        return None if reading is None else int(reading.seconds)

    def _read_operations(self, row: DeviceRow) -> list[dict[str, t.Any]]:
        now = row.server_date if row.server_date is not None else self._clock.now()
        log = self._zequenze.queue(row.id, now - QUEUE_LOOK_BACK)
        return [{"id": entry.id, "action": entry.action, "at": iso(entry.at)} for entry in commands_pending(log)]


def _shown(devices: list[dict[str, t.Any]]) -> Result:
    return {"changed": False, "devices": devices}
