# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operation on one device: read, plan, claim, send once, observe. Never raises; the result says what happened.

The order of things is what keeps the promises: the claim is on disk before the request leaves, the guard runs right
before the first byte, and after a lost answer the device is observed instead of asked again.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    Conflict,
    MaintenanceError,
    NoAnswer,
    NotSent,
    Refused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rules import Shut
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import Verdict
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.guards import (
    GateShut,
    check_may_leave,
    lock_missing,
    too_late,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline, Observer
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import (
    Means,
    Obstacle,
    Order,
    not_ready,
    plan,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.since import happened_since
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.watch import (
    glance,
    wait_for_sender,
    watch,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import REPEATABLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow

Outcome = t.Literal["done", "accepted", "skipped", "refused", "failed", "unknown"]


FAILURES = frozenset({"refused", "failed", "unknown"})


_NO_PROOF = "brought no proof."


_PROBLEM = "Last problem:"


_WHAT_TO_DO = "Check the device, then run again with the same window_id: it will be observed, not sent again."


# How often a sync or reconf whose answer was lost is sent, each time after a look that shows no trace of it.
MOST_SENDS = 3


class DeviceRun:
    """Carries out an order on one device; made for one use."""

    def __init__(self, order: Order, means: Means, name: str) -> None:
        """Take the order, what to carry it out with, and the device's name."""
        self._order = order
        self._means = means
        self._name = name
        self._device_id: str | None = None
        self._row: Row | None = None
        self._maybe_sent = False
        self._sends = 0
        self._lost: tuple[Baseline, Observer] | None = None

    def run(self) -> DeviceResult:
        """Carry the order out and give the result."""
        try:
            device = self._means.zequenze.device(self._name)
            self._device_id = device.id
            return self._run(device)
        except MaintenanceError as error:
            if self._maybe_sent:
                return self._result("unknown", message=f"{self._order.operation} may have been executed. {error}")
            self._note_failure(error)
            return self._result("refused", message=str(error))

    def _note_failure(self, error: MaintenanceError) -> None:
        """Let the device use up the window's failure budget although no claim tells of it; the result says why."""
        order, zequenze = self._order, self._means.zequenze
        if order.window_id is None or order.observe_only or self._means.dry:
            return
        note_failure(
            self._means.operations.journal,
            order.window_id,
            order.lock_names[self._name],
            f"{order.operation} refused",
            str(error),
            server=zequenze.server,
            operation=order.operation,
            called=self._name,
        )

    def settle(self, row: Row) -> DeviceResult:
        """Settle an attempt that a journal row tells of, by observation only, and give the result."""
        try:
            device = self._means.zequenze.device(self._name)
            self._device_id = device.id
            self._refuse_another(device, row)
            return self._resume(device, row)
        except MaintenanceError as error:
            return self._result("unknown", message=f"{self._order.operation} cannot be settled now. {error}")

    def _run(self, device: DeviceRow) -> DeviceResult:
        order, means = self._order, self._means
        earlier = self._earlier(device)
        step = plan(earlier, order.operation, order.attempt)
        if earlier is not None and step != "send":
            self._row = earlier
            return self._resume(device, earlier)
        if order.observe_only:
            return self._nothing_to_observe()
        if order.since is not None:
            proof = happened_since(means.zequenze, means.operations, device, order.operation, order.since, means.clock)
            if proof:
                return self._result("skipped", evidence=[proof], message=f"it happened after {iso(order.since)}.")
        if means.dry:
            return self._predict(device)
        return self._send(device)

    def _earlier(self, device: DeviceRow) -> Row | None:
        """Give this window's earlier attempt on the device, by id or by name.

        Raises Refused when the device was replaced since the window did anything to it.
        """
        window_id = self._order.window_id
        if window_id is None:
            return None
        rows = self._means.operations.of_device(self._means.zequenze.server, window_id, device.id, device.name)
        row = next((each for each in rows if each["operation"] == self._order.operation), None)
        for each in rows:
            # A reset may have given it another id; its serial number stays.
            if each is row or (each["serial"] and device.serial):
                self._refuse_another(device, each)
        return row

    @staticmethod
    def _refuse_another(device: DeviceRow, row: Row) -> None:
        """Raise Refused when the device is not the one an earlier attempt was about."""
        told = ("serial number", row["serial"], device.serial) if row["serial"] and device.serial else ()
        what, was, is_now = told or ("id", row["device_id"], device.id)
        if was != is_now:
            raise Refused(
                f"device {device.name} is another one now: its {what} was {was} earlier in window {row['window_id']} "
                f"and is {is_now}. Check the device, then use a new window_id. Nothing was sent.",
                status=200,
            )

    def _predict(self, device: DeviceRow) -> DeviceResult:
        message = f"{self._order.operation} would be sent."
        if lock_missing(self._order, self._means, device.name):
            message += f" Device {self._order.lock_names[device.name]} has to be locked by its window first."
        return self._result("accepted", changed=True, message=message)

    def _send(self, device: DeviceRow) -> DeviceResult:
        """Try to claim and send, again after a pause while there is an obstacle that may go away."""
        order, clock = self._order, self._means.clock
        limits = {
            "conflict_timeout": clock.monotonic() + order.conflict_timeout,
            "wait_timeout": clock.monotonic() + order.wait_timeout,
            "gates.timeout": clock.monotonic() + (self._means.gates.rules.timeout if self._means.gates else 0.0),
        }
        while True:
            tried = self._try(device)
            if isinstance(tried, DeviceResult):
                return tried
            crowded = True
            while crowded:
                if clock.monotonic() + tried.pause > limits[tried.patience]:
                    return self._give_up(device, tried)
                clock.sleep(tried.pause)
                crowded = self._is_crowded(device, tried)
            device = self._again(device)

    def _is_crowded(self, device: DeviceRow, obstacle: Obstacle) -> bool:
        """Whether the cap still keeps a device waiting, as the journal alone can tell: nothing is asked for that."""
        order = self._order
        if obstacle.gate != "cap" or self._shut_early(device) is not None:
            return False
        return self._means.operations.is_full(str(order.window_id), device.id, order.limits)

    def _try(self, device: DeviceRow) -> DeviceResult | Obstacle:
        """Look, claim and send, once. Gives the result, or why nothing was executed this time."""
        order = self._order
        if self._lost is not None:
            trace = glance(order, *self._lost)
            if trace.state is not None:
                return self._settle(trace)
            if trace.queued or self._sends >= MOST_SENDS:
                return self._observe(*self._lost)
        shut = self._shut_early(device)
        if shut is not None:
            return self._kept_back(shut)
        observer = self._observer()
        baseline = observer.baseline(device, order.operation)
        reason = not_ready(device, baseline)
        if reason:
            gate = "device_up" if device.up is False else "pending"
            return Obstacle(reason, order.wait_interval, baseline=baseline, gate=gate)
        shut = self._means.gates.before_request(device.name) if self._means.gates else None
        if shut is not None:
            return self._kept_back(shut)
        claim = self._means.operations.claim(self._wanted(device, baseline), order.limits)
        if claim.verdict == "known":
            return self._resume(device, claim.row)
        if claim.verdict == "over_budget":
            text = (
                f"{claim.count} other devices of window {order.window_id} have failed, more than "
                f"max_failures ({order.limits.max_failures}) allows."
            )
            return self._kept_back(Shut("budget", text))
        if claim.verdict == "over_cap":
            message = (
                f"{claim.count} other devices of window {order.window_id} are in flight, as many as max_in_flight "
                f"({order.limits.max_in_flight}) allows."
            )
            return Obstacle(message, order.wait_interval, "wait_timeout", gate="cap")
        return self._transmit(device, claim.row, baseline, observer)

    def _shut_early(self, device: DeviceRow) -> Shut | None:
        """Give the gate that is shut whatever the device looks like."""
        order, means = self._order, self._means
        shut = means.gates.time() if means.gates else None
        if shut is not None:
            return shut
        late, unlocked = too_late(order, means), lock_missing(order, means, device.name)
        if late or unlocked:
            return Shut("not_after" if late else "lock", late or unlocked or "")
        return None

    def _kept_back(self, shut: Shut) -> DeviceResult | Obstacle:
        """Wait for a gate that may open; else write down and tell that it kept the request from being sent."""
        if shut.may_open and self._means.gates and self._lost is None:
            rules = self._means.gates.rules
            return Obstacle(shut.reason, rules.interval, "gates.timeout", gate=shut.gate)
        return self._not_sent(shut.message, shut.gate)

    def _wanted(self, device: DeviceRow, baseline: Baseline) -> Wanted:
        order, now = self._order, self._means.clock.now()
        deadline = now + self._means.zequenze.wire.endpoint.timeout
        return Wanted(
            server=self._means.zequenze.server,
            window_id=order.window_id,
            device_id=device.id,
            device=device.name,
            serial=device.serial,
            operation=order.operation,
            baseline=baseline.kept(),
            send_deadline=deadline if order.not_after is None else min(deadline, order.not_after),
            busy_until=deadline + order.wait_timeout,
            resend=order.operation in REPEATABLE,
            attempt=order.attempt,
            lock_name=order.lock_names[device.name],
        )

    def _transmit(self, device: DeviceRow, row: Row, baseline: Baseline, observer: Observer) -> DeviceResult | Obstacle:
        """Send the claimed request and go on from what became of it."""
        order, operations = self._order, self._means.operations
        self._row = row
        self._sends += 1

        def guard() -> None:
            check_may_leave(order, self._means, row)
            self._maybe_sent = True

        try:
            accepted = self._means.zequenze.operate(device.name, order.operation, guard)
        except NoAnswer as error:
            self._row = operations.move(row, "unknown", sent=True, message=str(error))
            return self._after_lost_answer(error, baseline, observer)
        except (Refused, NotSent) as error:
            return self._after_refusal(error, row)
        self._row = operations.move(row, "accepted", sent=True, execution_id=accepted.execution_id)
        if not order.wait:
            return self._result("accepted", message="accepted; not waited for.")
        return self._observe(baseline, observer)

    def _after_lost_answer(self, error: NoAnswer, baseline: Baseline, observer: Observer) -> DeviceResult | Obstacle:
        """Observe; only a sync or reconf that left no trace is sent again, because repeating it converges."""
        if self._order.operation not in REPEATABLE:
            return self._observe(baseline, observer)
        # What shows up later may stem from any of the requests, so all of them are judged from the first one on.
        self._lost = self._lost or (baseline, observer)
        pause = max(error.retry_after or 0.0, self._order.wait_interval * 2.0 ** (self._sends - 1))
        return Obstacle(str(error), pause, "wait_timeout")

    def _after_refusal(self, error: Refused | NotSent, row: Row) -> DeviceResult | Obstacle:
        """Write that nothing was executed, unless an earlier request of this task may have been."""
        operations = self._means.operations
        waits = isinstance(error, Conflict)
        if self._lost is not None:
            self._row = operations.move(row, "unknown", sent=True, message=str(error))
        else:
            self._maybe_sent = False
            # While it is waited out, it is no failure yet; and what a gate kept back is none.
            settled = {"settled_at": None} if waits or isinstance(error, GateShut) else {}
            self._row = operations.move(row, "refused", message=str(error), **settled)
        if isinstance(error, Conflict):
            return Obstacle(str(error), error.retry_after or self._order.wait_interval, gate="pending")
        return self._not_sent(str(error), error.shut.gate if isinstance(error, GateShut) else None)

    def _give_up(self, device: DeviceRow, obstacle: Obstacle) -> DeviceResult:
        """End the waiting: nothing was executed. A device that could not be asked counts as failed all the same."""
        operations = self._means.operations
        message = f"{obstacle.text} Not started ({obstacle.patience} is over)."
        if self._lost is None:
            if obstacle.baseline is not None:
                claim = operations.claim(self._wanted(device, obstacle.baseline), Limits())
                if claim.verdict == "known":
                    return self._resume(device, claim.row)
                self._row = claim.row
            if self._row is not None:
                self._row = operations.move(self._row, "refused", message=message)
        return self._not_sent(message, obstacle.gate)

    def _not_sent(self, message: str, gate: str | None = None) -> DeviceResult:
        """Give the result of a request that did not leave; an earlier one of this task may have been executed."""
        if self._lost:
            return self._observe(*self._lost)
        if gate is not None and self._means.gates is not None:
            self._means.gates.note(
                gate, message, self._name, server=self._means.zequenze.server, operation=self._order.operation
            )
        return self._result("refused", message=message, gate=gate)

    def _resume(self, device: DeviceRow, row: Row) -> DeviceResult:
        """Go on from an earlier attempt: what was sent, or may have been, is observed and not sent again."""
        order = self._order
        if not self._means.dry:
            row = wait_for_sender(self._means, row)
        self._row = row
        step = plan(row, order.operation, order.attempt)
        if step == "skip":
            message = f"already done in window {order.window_id} at {iso(row['settled_at'])}; not sent again."
            return self._result("skipped", evidence=row["evidence"], message=message)
        if step == "report":
            message = f"{row['message']} It was sent in window {order.window_id} and is not sent again."
            return self._result("failed", evidence=row["evidence"], message=message)
        if self._means.dry:
            message = "sent earlier in this window; it would be observed, not sent again."
            return self._result("skipped", message=message)
        if step == "send":
            return self._nothing_to_observe() if order.observe_only else self._send(self._again(device))
        observer, baseline = self._observer(), Baseline.read(row["baseline"])
        if order.operation in REPEATABLE and row["state"] == "unknown" and not order.observe_only:
            self._maybe_sent, self._lost = True, (baseline, observer)
            return self._send(self._again(device))
        self._maybe_sent = True
        return self._observe(baseline, observer)

    def _nothing_to_observe(self) -> DeviceResult:
        return self._result(
            "skipped", message=f"nothing was sent in window {self._order.window_id}; nothing to observe."
        )

    def _observe(self, baseline: Baseline, observer: Observer) -> DeviceResult:
        """Look until there is a verdict or the wait timeout is over."""
        watched = watch(self._order, self._means, baseline, observer)
        if watched.verdict.state is not None:
            return self._settle(watched.verdict)
        row = t.cast("Row", self._row)
        problem = f"{_PROBLEM} {watched.problem} " if watched.problem else ""
        # Of an earlier watch only what happened is told again, not that it brought no proof either.
        happened = row["message"].rpartition(_NO_PROOF)[2].partition(_WHAT_TO_DO)[0].partition(_PROBLEM)[0]
        message = (
            f"{self._order.operation} was sent and may have been executed, {watched.seconds:.0f} s {_NO_PROOF} "
            f"{happened} {problem}{_WHAT_TO_DO}"
        )
        # Waited for as long as agreed: from now on the device is not under way, and its lock is not kept for it.
        given_up: dict[str, t.Any] = {"busy_until": self._means.clock.now()} if self._order.wait_timeout else {}
        self._row = self._means.operations.move(row, "unknown", message=" ".join(message.split()), **given_up)
        return self._result("unknown", message=self._row["message"])

    def _settle(self, verdict: Verdict) -> DeviceResult:
        """Write the verdict and give the result."""
        row, evidence = t.cast("Row", self._row), list(verdict.evidence)
        message = f"{self._order.operation} failed: {'; '.join(evidence)}." if verdict.state == "failed" else ""
        state: t.Literal["done", "failed"] = "failed" if verdict.state == "failed" else "done"
        self._row = self._means.operations.move(row, state, evidence=evidence, message=message)
        return self._result(state, evidence=evidence, message=message)

    def _observer(self) -> Observer:
        return Observer(self._means.zequenze, self._means.clock, self._means.page_wise)

    def _again(self, device: DeviceRow) -> DeviceRow:
        """Read the device anew right before the next try. Raises Refused when it is another device now."""
        row = self._means.zequenze.device(device.name)
        if (row.id, row.serial) != (device.id, device.serial):
            raise Refused(
                f"device {device.name} is another one now (id {device.id} became {row.id}, serial number "
                f"{device.serial} became {row.serial}).",
                status=200,
            )
        return row

    def _result(
        self,
        outcome: Outcome,
        *,
        evidence: t.Sequence[str] = (),
        message: str = "",
        changed: bool | None = None,
        gate: str | None = None,
    ) -> DeviceResult:
        """Build the device's result; ``sent`` tells whether this task put the request on the wire."""
        row = self._row
        sent = bool(self._sends and (self._maybe_sent or (row and row["sent"])))
        shown = {
            "name": self._name,
            "id": self._device_id,
            "operation": self._order.operation,
            "outcome": outcome,
            "changed": sent if changed is None else changed,
            "sent": sent,
            "evidence": list(evidence),
            "execution_id": row["execution_id"] if row else None,
            "message": message,
        }
        if gate is not None:
            shown["gate"] = gate
        return DeviceResult(shown, outcome in FAILURES, before={}, after={self._order.operation: outcome})
