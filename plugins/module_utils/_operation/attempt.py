# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One attempt at an operation: look, claim, send once, and go on from what became of the request.

The order of things is what keeps the promises: the claim is on disk before the request leaves, the guard runs right
before the first byte, and after a lost answer the device is observed instead of asked again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    Conflict,
    JournalError,
    NoAnswer,
    NotSent,
    Refused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.guards import (
    GateClosed,
    check_may_leave,
    lock_missing,
    refuse_unexplained_restart,
    too_late,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline, Observer
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outcomes import Case
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outside import (
    closed_outside,
    note_without,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.plan import not_ready, reread
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.watch import glance
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import REPEATABLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow

# How often a sync or reconf whose answer was lost is sent, each time after a look that shows no trace of it.
MOST_SENDS = 3


@dataclasses.dataclass(frozen=True)
class RetryLater:
    """Why nothing was sent this time, and how many seconds to wait before the next try.

    ``patience`` names the option that limits the waiting; ``baseline`` is what was seen of a device that is not asked;
    ``gate`` is the gate that kept the device back, if one did.
    """

    text: str
    pause: float
    patience: t.Literal["conflict_timeout", "wait_timeout", "window_gate_timeout", "lock_wait_timeout"] = (
        "conflict_timeout"
    )
    baseline: Baseline | None = None
    gate: str | None = None


def send(case: Case, device: DeviceRow) -> DeviceResult | Row:
    """Claim and send, again after a pause while something stands in the way that may pass.

    Return the result, or the row of another process's attempt that turned out to stand in the journal already. Raise
    MaintenanceError.
    """
    order, context, clock = case.order, case.context, case.context.clock
    limits = {
        "conflict_timeout": clock.monotonic() + order.conflict_timeout,
        "wait_timeout": clock.monotonic() + order.wait_timeout,
        "window_gate_timeout": clock.monotonic() + (context.gates.rules.gate_timeout if context.gates else 0.0),
    }
    if order.outside is not None:
        limits["lock_wait_timeout"] = clock.monotonic() + order.outside.wait_timeout
    while True:
        tried = _try(case, device)
        if not isinstance(tried, RetryLater):
            return tried
        crowded = True
        while crowded:
            if clock.monotonic() + tried.pause > limits[tried.patience]:
                return _give_up(case, device, tried)
            clock.sleep(tried.pause)
            crowded = _is_crowded(case, device, tried)
        device = reread(context, device)


def _is_crowded(case: Case, device: DeviceRow, retry_later: RetryLater) -> bool:
    """Whether the cap still keeps a device waiting, as the journal alone can tell: nothing is asked for that."""
    if retry_later.gate not in ("cap", "fleet_cap") or _closed_early(case, device) is not None:
        return False
    context, order = case.context, case.order
    over = context.operations.over_limit(order.window_id, order.lock_name(device.name), context.limits)
    return over is not None and over.may_open


def _try(case: Case, device: DeviceRow) -> DeviceResult | Row | RetryLater:
    """Look, claim and send, once. Return the result, an earlier row, or why nothing was executed this time."""
    order, gates = case.order, case.context.gates
    if case.lost is not None:
        trace = glance(order, *case.lost)
        if trace.state is not None:
            return case.settle(trace)
        if trace.queued or case.sends >= MOST_SENDS:
            return case.observe(*case.lost)
    closed = _closed_early(case, device)
    if closed is not None:
        return _closed(case, closed)
    outside = closed_outside(order, case.context, device.name)
    if outside is not None:
        return RetryLater(outside.message, min(order.wait_interval, 1.0), "lock_wait_timeout", gate=outside.gate)
    observer = case.observer()
    baseline = observer.baseline(device, order.operation)
    reason = not_ready(device, baseline)
    if reason:
        gate = "device_up" if device.up is False else "pending"
        return RetryLater(reason, order.wait_interval, baseline=baseline, gate=gate)
    refuse_unexplained_restart(order, case.context, device, observer.log_before or [])
    # The request must leave when it is claimed, so it waits for its turn before.
    case.context.zequenze.wire.take_turn()
    closed = gates.before_request(order.devices[device.name]) if gates else None
    if closed is not None:
        return _closed(case, closed)
    claim = case.context.operations.claim(_wanted(case, device, baseline), case.context.limits)
    if claim.verdict == "known":
        return claim.row
    if claim.over is not None and claim.over.may_open:
        return RetryLater(claim.over.message, order.wait_interval, "wait_timeout", gate=claim.over.gate)
    if claim.over is not None:
        return _closed(case, ClosedGate(claim.over.gate, claim.over.message))
    case.row = claim.row
    return _transmit(case, device, claim.row, baseline, observer)


def _closed_early(case: Case, device: DeviceRow) -> ClosedGate | None:
    """Return the gate that is closed whatever the device looks like."""
    order, context = case.order, case.context
    closed = context.gates.time(order.devices[device.name]) if context.gates else None
    if closed is not None:
        return closed
    late, unlocked = too_late(order, context), lock_missing(order, context, device.name)
    if late or unlocked:
        return ClosedGate("not_after" if late else "lock", late or unlocked or "")
    return None


def _closed(case: Case, closed: ClosedGate) -> DeviceResult | RetryLater:
    """Wait for a gate that may open; else write down and tell that it kept the request from being sent."""
    gates = case.context.gates
    if closed.may_open and gates and case.lost is None:
        return RetryLater(closed.reason, gates.rules.wait_interval, "window_gate_timeout", gate=closed.gate)
    return case.not_sent(closed.message, closed.gate)


def _wanted(case: Case, device: DeviceRow, baseline: Baseline) -> Wanted:
    order, context = case.order, case.context
    deadline = context.clock.now() + context.zequenze.wire.endpoint.timeout
    return Wanted(
        server=context.zequenze.server,
        window_id=order.window_id,
        device_id=device.id,
        device=device.name,
        serial=device.serial,
        operation=order.operation,
        baseline=baseline.to_json(),
        send_deadline=deadline if order.not_after is None else min(deadline, order.not_after),
        busy_until=deadline + order.wait_timeout,
        resend=order.operation in REPEATABLE,
        attempt=order.attempt,
        lock_name=order.lock_name(device.name),
    )


def _transmit(
    case: Case, device: DeviceRow, row: Row, baseline: Baseline, observer: Observer
) -> DeviceResult | RetryLater:
    """Send the claimed request and go on from what became of it."""
    order = case.order
    note_without(order, case.context, device.name)
    case.sends += 1

    def guard() -> None:
        check_may_leave(order, case.context, row)
        case.maybe_sent = True

    try:
        accepted = case.context.zequenze.operate(device.name, order.operation, guard)
    except NoAnswer as error:
        baseline = dataclasses.replace(baseline, lost=str(error))
        case.move("unknown", sent=True, message=str(error), baseline=baseline.to_json())
        return _after_lost_answer(case, error, baseline, observer)
    except (Refused, NotSent) as error:
        return _after_refusal(case, error)
    except JournalError as error:
        if case.lost is None and not case.maybe_sent:
            # The guard could not read it, so nothing left; a claim that stayed open would look as if something had.
            with contextlib.suppress(JournalError):
                case.move("refused", message=f"{error} Nothing was sent.")
        raise
    baseline = dataclasses.replace(baseline, accepted=True, estimated=accepted.estimated)
    case.move("accepted", sent=True, execution_id=accepted.execution_id, baseline=baseline.to_json())
    if not order.wait:
        return case.result("accepted", message="accepted; not waited for.")
    return case.observe(baseline, observer)


def _after_lost_answer(
    case: Case, error: NoAnswer, baseline: Baseline, observer: Observer
) -> DeviceResult | RetryLater:
    """Observe; only a sync or reconf that left no trace is sent again, because repeating it converges."""
    if case.order.operation not in REPEATABLE:
        return case.observe(baseline, observer)
    # What shows up later may stem from any of the requests, so all of them are judged from the first one on.
    case.lost = case.lost or (baseline, observer)
    pause = max(error.retry_after or 0.0, case.order.wait_interval * 2.0 ** (case.sends - 1))
    return RetryLater(str(error), pause, "wait_timeout")


def _after_refusal(case: Case, error: Refused | NotSent) -> DeviceResult | RetryLater:
    """Write that nothing was executed, unless an earlier request of this task may have been."""
    waits = isinstance(error, Conflict)
    if case.lost is not None:
        case.move("unknown", sent=True, message=str(error))
    else:
        case.maybe_sent = False
        # While it is waited out, it is no failure yet; and what a gate kept back is none.
        settled = {"settled_at": None} if waits or isinstance(error, GateClosed) else {}
        case.move("refused", message=str(error), **settled)
    if isinstance(error, Conflict):
        return RetryLater(str(error), error.retry_after or case.order.wait_interval, gate="pending")
    return case.not_sent(str(error), error.closed.gate if isinstance(error, GateClosed) else None)


def _give_up(case: Case, device: DeviceRow, retry_later: RetryLater) -> DeviceResult | Row:
    """End the waiting: nothing was executed. A device that could not be asked counts as failed all the same."""
    message = f"{retry_later.text} Not started ({retry_later.patience} is over)."
    if case.lost is None:
        if retry_later.baseline is not None:
            claim = case.context.operations.claim(_wanted(case, device, retry_later.baseline), Limits())
            if claim.verdict == "known":
                return claim.row
            case.row = claim.row
        if case.row is not None:
            case.move("refused", message=message)
    return case.not_sent(message, retry_later.gate)
