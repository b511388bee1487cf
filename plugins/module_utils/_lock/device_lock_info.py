# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Oracle SDM shows about devices and what the journal knows about their locks; reads only.

SDM cannot be asked whether a device is locked (docs/apis/oracle_sdm.md, 6): nothing it shows makes one "unlocked".
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import (
    is_open,
    lease_ends_at,
    lease_over,
    newest_locks,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    all_option,
    asked_names,
    journal_options,
    names_options,
    oracle_sdm_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import SdmDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect

_STATES = {"held": "locked", "returned": "unlocked"}

_WHY_UNKNOWN = {
    "taking": "it was asked for and the answer is not known; it may be locked.",
    "returning": "its return was asked for and the answer is not known; it may still be locked.",
    "refused": "the last attempt to lock it was refused; another user may hold it.",
    "lost": "the lock was lost to another user, or removed in the console.",
}


def device_lock_info_spec() -> Spec:
    """Return the options of device_lock_info."""
    return oracle_sdm_options() + journal_options() + names_options() + all_option()


def run_device_lock_info(task: Task) -> Result:
    """Return what is known about the named devices, or about all; see the module's documentation."""
    with connect("oracle_sdm", task.params, task.clock, task.store) as sdm:
        return inform(task, sdm)


def inform(task: Task, sdm: OracleSdm) -> Result:
    """Do the work of :func:`run_device_lock_info` through a given client. Raises MaintenanceError."""
    names = asked_names(task.params)
    devices = sdm.devices()
    memory = _Memory(_journal_rows(task, sdm.server), {device.id for device in devices}, task.clock.now())
    if names is None:
        return _shown([_item(device.name, [device], memory) for device in devices])
    by_name: dict[str, list[SdmDevice]] = {}
    for device in devices:
        by_name.setdefault(device.name, []).append(device)
    return _shown([_item(name, by_name.get(name, []), memory) for name in names])


def _journal_rows(task: Task, server: str) -> list[Row]:
    journal = existing_journal_of(task)
    if journal is None:
        return []
    with journal:
        return newest_locks(journal, server)


class _Memory:
    """What the journal knows, by device."""

    def __init__(self, rows: t.Sequence[Row], listed: t.Container[str], now: float) -> None:
        self.now = now
        self._by_id = {row["device_id"]: row for row in rows}
        # A name is only asked for devices that SDM does not list by their id any more: twins share a name.
        self._gone = {row["device"]: row for row in rows if row["device_id"] not in listed}

    def lock(self, name: str, ids: t.Sequence[str]) -> Row | None:
        """Return the lock row that tells most about a device: an open one, else the newest."""
        rows = [self._by_id[device_id] for device_id in ids if device_id in self._by_id]
        gone = self._gone.get(name)
        if gone is not None and (is_open(gone) or not ids):
            rows.append(gone)
        return max(rows, key=lambda row: (is_open(row), row["id"]), default=None)


def _item(name: str, same: t.Sequence[SdmDevice], memory: _Memory) -> dict[str, t.Any]:
    """Build the result of one name from the devices SDM lists under it; of several, each is shown with its id."""
    device = same[0] if len(same) == 1 else None
    ids = [each.id for each in same]
    return {
        "name": name,
        "found": bool(same),
        "device_id": device.id if device else None,
        "device_ids": ids,
        "ip": device.ip if device else None,
        "serial": device.serial if device else None,
        "platform": device.platform if device else None,
        "version": device.version if device else None,
        "reachable": device.reachable if device else None,
        "manageable": device.manageable if device else None,
        "nf": device.nf_name if device else None,
        **_lock_item(memory.lock(name, ids), memory.now),
    }


def _lock_item(row: Row | None, now: float) -> dict[str, t.Any]:
    """Return what the journal says; whatever it does not know for certain is "unknown"."""
    ours = row if row is not None and is_open(row) else None
    return {
        "state": _STATES.get(row["state"], "unknown") if row else "unknown",
        "holder": ours["holder"] if ours else None,
        "locked_at": iso(ours["taken_at"]) if ours else None,
        "lease_ends_at": iso(lease_ends_at(ours)) if ours else None,
        "lease_over": lease_over(ours, now) if ours else False,
        "message": _WHY_UNKNOWN.get(row["state"], "") if row else "the journal knows no lock of it.",
    }


def _shown(devices: list[dict[str, t.Any]]) -> Result:
    return {"changed": False, "devices": devices}
