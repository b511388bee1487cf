# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outside of a window: a device that another holder has locked, or whose partner is not up, is left alone."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.group import partner_not_up
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import default_holder
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import other_lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order, Outside
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_of

# The checks, by the option that leaves each of them out.
LOCK, PARTNERS = "require_lock", "require_partners"


def own_holders() -> frozenset[str]:
    """Return the names under which device_lock locks for whoever runs this, when the task names no holder."""
    return frozenset({default_holder(), *filter(None, [os.environ.get("NETFLEET_HOLDER")])})


def locked_by_other(order: Order, context: Context, device: str) -> str | None:
    """Say that the journal shows the device locked for another user, None when it does not. Raise JournalError."""
    outside = order.outside
    if outside is None or LOCK in outside.without:
        return None
    lock = other_lock(context.operations.journal, order.devices[device], outside.holders)
    if lock is None:
        return None
    what = f"its {lock['device_id']}" if group_of(lock["device_id"]) else f"device {lock['device']}"
    return (
        f"{what} is locked for {lock['holder']}. Wait until it is unlocked (lock_wait_timeout) or set "
        "require_lock: false, which is written to the audit trail. Nothing was sent."
    )


def closed_outside(order: Order, context: Context, device: str) -> ClosedGate | None:
    """Return what blocks a device outside of a window, None if nothing does. Raise JournalError."""
    locked = locked_by_other(order, context, device)
    if locked:
        return ClosedGate("lock", locked, may_open=True)
    outside = order.outside
    if outside is None or PARTNERS in outside.without:
        return None
    for partner in outside.partners.get(device, ()):
        why = partner_not_up(context.operations.journal, lambda: context.zequenze, partner)
        if why:
            reason = f"{partner.name} of the same group is not proven up: {why} Nothing was sent."
            return ClosedGate("exclusive", reason, may_open=True)
    return None


def excepted(record: WindowRecord, given: Outside | None = None) -> Outside | None:
    """Return what counts besides the gates of a window: the exceptions of its rules, and those that are ``given``."""
    if record.rules.require_partners:
        return given
    partners = {device.zequenze_name: record.partners_of(device) for device in record.devices}
    return Outside([record.window_id], partners, [*(given.without if given else ()), PARTNERS])


def note_without(order: Order, context: Context, device: str) -> None:
    """Write to the journal which checks a request leaves without, before it leaves. Raise JournalError."""
    outside = order.outside
    for check in sorted(outside.without) if outside else ():
        about = {"window_id": order.window_id, "device": order.lock_name(device), "server": context.zequenze.server}
        holders = outside.holders if outside else ()
        lock = other_lock(context.operations.journal, order.devices[device], holders) if check == LOCK else None
        data: dict[str, t.Any] = {} if lock is None else {"holder": lock["holder"]}
        if check == PARTNERS:
            data = {"partners": [partner.name for partner in outside.partners.get(device, ())] if outside else []}
        context.operations.journal.note(f"without_{check}", about, operation=order.operation, called=device, **data)
