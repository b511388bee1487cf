# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``since`` question: did this operation already happen to the device after an instant?"""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import names_operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow, Uptime

# Uptimes come in whole seconds: after this many a counter that is read from the device has moved on.
SURELY_COUNTED = 2.0


def happened_since(
    zequenze: Zequenze, operations: Operations, device: DeviceRow, operation: str, since: float, clock: Clock
) -> str | None:
    """Give the proof that the operation happened after ``since`` (epoch seconds), or None when nothing proves it.

    The journal proves what we did; the device log what names the operation and was applied; the uptime a restart,
    whoever asked for it. Raises MaintenanceError when the platform cannot be asked.
    """
    row = operations.last_done(zequenze.server, device.id, operation)
    same = row is not None and (None in (row["serial"], device.serial) or row["serial"] == device.serial)
    if row is not None and same and row["sent_at"] is not None and row["sent_at"] > since:
        return f"the journal shows it done at {iso(row['settled_at'])}"
    for entry in names_operation(operation, zequenze.log(device.id, since)):
        if entry.applied and not entry.error and entry.at is not None and entry.at > since:
            return f"device log entry {entry.id} ({entry.action}) was applied at {iso(entry.at)}"
    if operation in RESTARTS:
        uptime = zequenze.uptime(device.name)
        if uptime is not None and uptime.read_at is None and clock.now() - uptime.seconds > since:
            uptime = _read_now(zequenze, device.name, uptime, clock)
        if uptime is not None and uptime.read_at is not None and uptime.read_at - uptime.seconds > since:
            return f"the device booted at {iso(uptime.read_at - uptime.seconds)}"
    return None


def _read_now(zequenze: Zequenze, name: str, old: Uptime, clock: Clock) -> Uptime | None:
    """Have an uptime read from the device and give it with its time; None when the platform only repeats an old one.

    A device that has been up for weeks would look like freshly started if it was started freshly at that reading.
    """
    for _look in range(2):
        reading = zequenze.uptime(name, force=True)
        if reading is None or reading.seconds != old.seconds:
            return None if reading is None else Uptime(reading.seconds, reading.read_at or clock.now())
        clock.sleep(SURELY_COUNTED)
    return None
