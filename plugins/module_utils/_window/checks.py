# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own verdict on a device, in the journal like an operation, so that it counts wherever operations do."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import NO_LIMITS
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import CHECK
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store


def write_check(
    operations: Operations,
    server: str,
    window_id: str,
    device: RecordedDevice,
    state: t.Literal["done", "failed"],
    message: str = "",
) -> None:
    """Write the newest verdict on a device, replacing an earlier one of the window. Raise JournalError."""
    now = operations.journal.clock.now()
    wanted = Wanted(
        server=server,
        window_id=window_id,
        device_id=device.zequenze_id or device.zequenze_name,
        device=device.zequenze_name,
        serial=device.serial,
        operation=CHECK,
        baseline={},
        send_deadline=now,
        busy_until=now,
        resend=True,
        lock_name=device.sdm_name,
    )
    claim = operations.claim(wanted, NO_LIMITS)
    if claim.verdict == "send":
        operations.move(claim.row, state, message=message)


def keep_from_lock(store: Store, window_id: str, name: str, message: str) -> None:
    """Have this run not lock a device (inventory name), because the user's check before the lock failed."""
    store.save(f"window_check {window_id}/{name}", {"message": message})


def kept_from_lock(store: Store, window_id: str, name: str) -> str | None:
    """Return why the user's check keeps a device from being locked, None when it does not."""
    found = store.load(f"window_check {window_id}/{name}")
    return None if found is None else str(found["message"])
