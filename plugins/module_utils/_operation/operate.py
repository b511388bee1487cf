# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operation on one device, from the first read to its result; the entry points of this room.

:func:`operate` and :func:`settle` never raise MaintenanceError: the result says what happened.
"""

from __future__ import annotations

import contextlib

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import UNPROVEN
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.attempt import send
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.guards import lock_missing
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outcomes import Case
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outside import closed_outside
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.plan import (
    find_earlier,
    plan,
    refuse_replaced,
    reread,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.since import happened_since
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.watch import wait_for_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import REPEATABLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow


def operate(context: Context, order: Order, name: str) -> DeviceResult:
    """Carry an order out on one device (its name in Zequenze Control): read, plan, claim, send once, observe.

    Call it once per device and operation, from any thread; ``context`` and ``order`` may be shared by all devices, and
    ``context.page_wise`` lets devices that are waited for at once share their polls. It blocks until the outcome is
    known or the order's time is over. Return the device's result; ``outcome`` says what happened.
    """
    case = Case(order, context, name)
    try:
        sharing = context.page_wise.taking_part() if context.page_wise else contextlib.nullcontext()
        with sharing, context.zequenze.wire.patient(_patience(context, order)):
            device = context.device(name)
            case.device_id = device.id
            return _carry_out(case, device)
    except MaintenanceError as error:
        if case.maybe_sent:
            return case.result("unknown", message=f"{order.operation} may have been executed. {error}")
        case.note_failure(str(error))
        return case.result("refused", message=str(error))


def settle(context: Context, order: Order, row: Row) -> DeviceResult:
    """Settle an attempt that the journal shows, by observation only, and return the device's result."""
    case = Case(order, context, row["device"])
    try:
        with context.zequenze.wire.patient(order.wait_timeout):
            device = context.device(case.name)
            case.device_id = device.id
            refuse_replaced(device, row)
            return _resume(case, row) or case.result("unknown")
    except MaintenanceError as error:
        return case.result("unknown", message=f"{order.operation} cannot be settled now. {error}")


def _patience(context: Context, order: Order) -> float:
    """Return for how many seconds a platform that asks for a pause (429) is waited for before anything is sent.

    As long as new work may start; where no end of that is known, as long as for anything else.
    """
    if order.not_after is not None and not order.observe_only:
        return max(0.0, order.not_after - context.clock.now())
    gate_timeout = context.gates.rules.gate_timeout if context.gates else 0.0
    return max(order.conflict_timeout, order.wait_timeout, gate_timeout)


def _carry_out(case: Case, device: DeviceRow) -> DeviceResult:
    order = case.order
    earlier = find_earlier(order, case.context, device)
    reached: DeviceResult | Row
    if earlier is None or plan(earlier, order.operation, order.attempt) == "send":
        reached = _instead_of_sending(case, device) or send(case, device)
    else:
        reached = earlier
    while not isinstance(reached, DeviceResult):
        reached = _resume(case, reached) or send(case, reread(case.context, device))
    return reached


def _instead_of_sending(case: Case, device: DeviceRow) -> DeviceResult | None:
    """Return the result of an order for which nothing needs to be sent; None when something does."""
    order, context = case.order, case.context
    if order.observe_only:
        return _nothing_to_observe(case)
    if order.since is not None:
        proof = happened_since(
            context.zequenze, context.operations, device, order.operation, order.since, context.clock
        )
        if proof:
            return case.result("skipped", evidence=[proof], message=f"it happened after {iso(order.since)}.")
    if not context.dry:
        return None
    message = f"{order.operation} would be sent."
    if lock_missing(order, context, device.name):
        message += f" Device {order.lock_name(device.name)} has to be locked by its window first."
    closed = closed_outside(order, context, device.name)
    if closed is not None:
        message = f"{order.operation} would not be sent: {closed.message}"
        return case.result("refused", message=message, gate=closed.gate)
    return case.result("accepted", changed=True, message=message)


def _resume(case: Case, row: Row) -> DeviceResult | None:
    """Go on from an earlier attempt: what was sent, or may have been, is observed and not sent again.

    Return the result, None when there is something to send.
    """
    order, context = case.order, case.context
    if not context.dry:
        row = wait_for_process(context, row)
    case.row = row
    step = plan(row, order.operation, order.attempt)
    if step == "skip":
        what = "accepted, not proven" if row["state"] == UNPROVEN else "already done"
        message = f"{what} in window {order.window_id} at {iso(row['settled_at'])}; not sent again."
        return case.result("skipped", evidence=row["evidence"], message=message)
    if step == "report":
        message = f"{row['message']} It was sent in window {order.window_id} and is not sent again."
        return case.result("failed", evidence=row["evidence"], message=message)
    if context.dry:
        message = "sent earlier in this window; it would be observed, not sent again."
        return case.result("skipped", message=message)
    if step == "send":
        return _nothing_to_observe(case) if order.observe_only else None
    observer, baseline = case.observer(), Baseline.from_json(row["baseline"])
    case.maybe_sent = True
    if order.operation in REPEATABLE and row["state"] == "unknown" and not order.observe_only:
        case.lost = (baseline, observer)
        return None
    return case.observe(baseline, observer)


def _nothing_to_observe(case: Case) -> DeviceResult:
    return case.result("skipped", message=f"nothing was sent in window {case.order.window_id}; nothing to observe.")
