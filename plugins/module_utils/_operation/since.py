# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``since`` question: did this operation already happen to the device after an instant?"""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import names_operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import Seen, booted_at
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow

# Uptimes come in whole numbers, maybe of minutes: after these pauses (s) one in seconds has grown by more than a minute
# count can.
_PAUSES = (0.0, 3.0, 3.0)

# A device shows its restart as a change of its status: from this long (s) before it boots to this long after.
_STATUS_BEFORE, _STATUS_AFTER = 120.0, 900.0


def happened_since(
    zequenze: Zequenze, operations: Operations, device: DeviceRow, operation: str, since: float, clock: Clock
) -> str | None:
    """Return the proof that the operation happened after ``since`` (epoch seconds), or None when nothing proves it.

    The journal proves what we did; the device log what names the operation and was applied; an uptime that counts, and
    a status that changed when it began, a restart, whoever asked for it. Raise MaintenanceError when the platform
    cannot be asked.
    """
    row = operations.last_done(zequenze.server, device.id, operation)
    same = row is not None and (None in (row["serial"], device.serial) or row["serial"] == device.serial)
    if row is not None and same and row["sent_at"] is not None and row["sent_at"] > since:
        return f"the journal shows it done at {iso(row['settled_at'])}"
    for entry in names_operation(operation, zequenze.log(device.id, since)):
        if entry.applied and not entry.error and entry.at is not None and entry.at > since:
            return f"device log entry {entry.id} ({entry.action}) was applied at {iso(entry.at)}"
    return restarted_since(zequenze, device, since, clock) if operation in RESTARTS else None


def restarted_since(zequenze: Zequenze, device: DeviceRow, since: float, clock: Clock) -> str | None:
    """Return the proof of a restart by the uptime. A counter that started again by itself moves no status."""
    changed = device.last_status_change
    if changed is None or changed + _STATUS_BEFORE <= since:
        return None
    looks = [_look(zequenze, device.name, clock, force=False)]
    if looks[0].uptime is None:
        return None
    for pause in _PAUSES:
        first = looks[0]
        if first.uptime and (first.uptime_read_at or first.at) - first.uptime <= since:
            return None
        clock.sleep(pause)
        looks.append(_look(zequenze, device.name, clock, force=True))
        booted = booted_at(looks)
        if booted is not None:
            if booted > since and -_STATUS_BEFORE <= changed - booted <= _STATUS_AFTER:
                return f"the device booted at {iso(booted)}, and its status changed at {iso(changed)}"
            return None
    return None


def _look(zequenze: Zequenze, name: str, clock: Clock, *, force: bool) -> Seen:
    reading = zequenze.uptime(name, force=force)
    return Seen(
        at=clock.now(),
        steady=clock.monotonic(),
        uptime=reading.seconds if reading else None,
        uptime_read_at=reading.read_at if reading else None,
    )
