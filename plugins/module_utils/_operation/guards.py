# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for a disruptive request to leave, asked before it is prepared and right before its first byte."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Blocked
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rules import Shut
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Means, Order


class GateShut(Blocked):
    """A gate of the window shut between the claim and the first byte; ``shut`` says which and why."""

    def __init__(self, shut: Shut) -> None:
        super().__init__(shut.message)
        self.shut = shut


def too_late(order: Order, means: Means) -> str | None:
    """Say that ``not_after`` is reached, None before."""
    if order.not_after is None or means.clock.now() < order.not_after:
        return None
    return f"It is past not_after ({iso(order.not_after)}); nothing was sent."


def lock_missing(order: Order, means: Means, device: str) -> str | None:
    """Say that the journal does not show the lock the order requires, None when it does. Raises JournalError."""
    if not order.require_lock:
        return None
    lock_name, window_id = order.lock_names[device], str(order.window_id)
    if means.locks.is_held(lock_name, window_id):
        return None
    return (
        f"the journal does not show device {lock_name} locked by window {window_id}; lock it first with "
        "device_lock. Nothing was sent."
    )


def check_may_leave(order: Order, means: Means, row: Row) -> None:
    """Raise Blocked when the claimed request may not leave any more, JournalError when that cannot be told."""
    if not means.run_alive():
        raise Blocked("The Ansible run this task belongs to has ended; nothing was sent.")
    shut = means.gates.time() if means.gates else None
    if shut is not None:
        raise GateShut(shut)
    missing = too_late(order, means) or lock_missing(order, means, row["device"])
    if missing:
        raise Blocked(missing)
    if means.clock.now() >= row["send_deadline"]:
        raise Blocked("The time to send this request is over; nothing was sent.")
    if not means.operations.is_ours(row):
        raise Blocked("Another process has taken over this operation; nothing was sent.")
