# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left to do for a device within its window, decided from the journal before anything is asked or sent."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import THROUGH_STATES
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import is_further_attempt
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import REPEATABLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow

Step = t.Literal["send", "skip", "observe", "report"]


def plan(earlier: Row | None, operation: str, attempt: int = 1) -> Step:
    """Return what is left to do for a device after an earlier attempt of its window. Pure.

    What was sent is never sent again, except a sync or reconf that failed (repeating those converges), or when a person
    asked for a further attempt at what failed or is unknown.
    """
    if earlier is None or earlier["state"] == "refused" or is_further_attempt(earlier, attempt):
        return "send"
    if earlier["state"] in THROUGH_STATES:
        return "skip"
    if earlier["state"] == "failed":
        return "send" if operation in REPEATABLE else "report"
    return "observe"


def not_ready(device: DeviceRow, baseline: Baseline) -> str | None:
    """Say why the platform would answer 409 (offline, or a command queued), before it is asked; None if ready. Pure."""
    if device.up is False:
        return f"device {device.name} is offline according to Zequenze Control."
    if baseline.queued:
        entries = ", ".join(baseline.queued)
        return f"device {device.name} still has a queued operation (device log entry {entries})."
    return None


def find_earlier(order: Order, context: Context, device: DeviceRow) -> Row | None:
    """Return this window's earlier attempt on the device, known by its id or by its name.

    Raise Refused when the device was replaced since the window did anything to it.
    """
    if order.window_id is None:
        return None
    rows = context.operations.of_device(context.zequenze.server, order.window_id, device.id, device.name)
    row = next((each for each in rows if each["operation"] == order.operation), None)
    for each in rows:
        # A reset may have given it another id; its serial number stays.
        if each is row or (each["serial"] and device.serial):
            refuse_replaced(device, each)
    return row


def refuse_replaced(device: DeviceRow, row: Row) -> None:
    """Raise Refused when the device is not the one an earlier attempt was about."""
    told = ("serial number", row["serial"], device.serial) if row["serial"] and device.serial else ()
    what, was, is_now = told or ("id", row["device_id"], device.id)
    if was != is_now:
        raise Refused(
            f"{device.name} is a different device now: its {what} was {was} earlier in window {row['window_id']} "
            f"and is {is_now}. Check the device, then use a new window_id. Nothing was sent.",
            status=200,
        )


def reread(context: Context, device: DeviceRow) -> DeviceRow:
    """Read the device again right before the next try. Raise Refused when it is another device now."""
    row = context.device(device.name)
    if (row.id, row.serial) != (device.id, device.serial):
        raise Refused(
            f"{device.name} is a different device now (ID {device.id} became {row.id}, serial number "
            f"{device.serial} became {row.serial}).",
            status=200,
        )
    return row
