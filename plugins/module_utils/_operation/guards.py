# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for a disruptive request to leave, asked before it is prepared and right before its first byte."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Blocked, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import names_operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import CLOCKS_DIFFER
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outside import locked_by_other
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.since import restarted_since
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow, LogRow


class GateClosed(Blocked):
    """A gate of the window shut between the claim and the first byte; ``shut`` says which and why."""

    def __init__(self, closed: ClosedGate) -> None:
        super().__init__(closed.message)
        self.closed = closed


def too_late(order: Order, context: Context) -> str | None:
    """Say that ``not_after`` is reached, None before."""
    if order.not_after is None or context.clock.now() < order.not_after:
        return None
    return f"It is past not_after ({iso(order.not_after)}); nothing was sent."


def lock_missing(order: Order, context: Context, device: str) -> str | None:
    """Say that the journal does not show the lock the order requires, None when it does. Raises JournalError."""
    if not order.require_lock:
        return None
    lock_name, window_id = order.lock_name(device), str(order.window_id)
    if context.locks.is_held(lock_name, window_id):
        return None
    ended = context.locks.lease_ended(lock_name, window_id)
    if ended is not None:
        return (
            f"The lease of the lock that window {window_id} has on device {lock_name} ended at {iso(ended)}. Lock it "
            "again with device_lock, or raise the lease (window_lease). Nothing was sent."
        )
    return (
        f"the journal does not show device {lock_name} locked by window {window_id}; lock it first with "
        "device_lock. Nothing was sent."
    )


def replaced(agreed: RecordedDevice, row: Row) -> str | None:
    """Say that the device of a claimed request is not the one that the window was agreed for, None when it is.

    A factory reset may give a device another id; its serial number stays.
    """
    told = ("serial number", agreed.serial, row["serial"]) if agreed.serial and row["serial"] else None
    what, was, now = told or ("id", agreed.zequenze_id, row["device_id"])
    if was is None or was == now:
        return None
    return (
        f"{row['device']} is not the device that window {row['window_id']} was agreed for: its {what} was {was} and is "
        f"{now}. Nothing was sent. Check the device, then plan the window again."
    )


def check_may_leave(order: Order, context: Context, row: Row) -> None:
    """Raise Blocked when the claimed request may not leave any more, JournalError when that cannot be told."""
    if not context.run_alive():
        raise Blocked("The Ansible run this task belongs to has ended; nothing was sent.")
    device = order.devices[row["device"]]
    closed = context.gates.time(device) if context.gates else None
    if closed is not None:
        raise GateClosed(closed)
    rules: tuple[t.Callable[[], str | None], ...] = (
        lambda: replaced(device, row),
        lambda: too_late(order, context),
        lambda: lock_missing(order, context, row["device"]),
        lambda: locked_by_other(order, context, row["device"]),
    )
    for rule in rules:
        wrong = rule()
        if wrong:
            raise Blocked(wrong)
    if context.clock.now() >= row["send_deadline"]:
        raise Blocked("The time to send this request is over; nothing was sent.")
    if not context.operations.is_ours(row):
        raise Blocked("Another process has taken over this operation; nothing was sent.")


def refuse_unexplained_restart(order: Order, context: Context, device: DeviceRow, log: t.Sequence[LogRow]) -> None:
    """Raise Refused when the device restarted after its first lock of this window and the journal does not know why.

    Then another run may have restarted it for this window, and this journal lost that: it was restored from a copy, or
    failed over to a server that was behind. ``log`` holds the newest entries of the device's log. Raise
    MaintenanceError when the platform cannot be asked.
    """
    if order.operation not in RESTARTS or not order.require_lock or order.window_id is None or order.attempt > 1:
        return
    since = context.locks.first_held(order.lock_name(device.name), order.window_id)
    if since is None:
        return
    claims = context.operations.of_device(context.zequenze.server, order.window_id, device.id, device.name)
    if any(row["operation"] in RESTARTS and row["sent"] for row in claims):
        return
    ahead = 0.0 if device.server_date is None else device.server_date - context.clock.now()
    proof = restarted_since(context.zequenze, device, since + ahead, context.clock)
    for entry in (entry for restart in sorted(RESTARTS) for entry in names_operation(restart, log)):
        if entry.applied and entry.at is not None and entry.at > since + ahead + CLOCKS_DIFFER:
            proof = f"device log entry {entry.id} ({entry.action}) was applied at {iso(entry.at)}"
    if proof:
        raise Refused(
            f"{device.name} restarted after its first lock of window {order.window_id}, and this journal does not "
            f"know why: {proof}. The journal may be an older copy. Check the device. To send {order.operation} all the "
            "same, use attempt: 2 or a new window_id. Nothing was sent.",
            status=200,
        )
