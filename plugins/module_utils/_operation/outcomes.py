# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of an order on one device: observed, written to the journal, and told as a result."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import UNPROVEN, note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import Verdict
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline, Observer
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.watch import Watched, watch
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import duration

Outcome = t.Literal["done", "accepted", "skipped", "refused", "failed", "unknown"]

FAILURES = frozenset({"refused", "failed", "unknown"})


@dataclasses.dataclass
class Case:
    """An order on one device (``name``), and what this task did about it so far.

    ``row`` is the journal's row of the attempt, ``sends`` how often a request was put on the wire, ``maybe_sent``
    whether one may have been executed. ``lost`` is what to judge by once an answer was lost: what was seen before the
    first request, and the observer.
    """

    order: Order
    context: Context
    name: str
    device_id: str | None = None
    row: Row | None = None
    sends: int = 0
    maybe_sent: bool = False
    lost: tuple[Baseline, Observer] | None = None

    def observer(self) -> Observer:
        """Return an observer for this device's wait."""
        return Observer(self.context.zequenze, self.context.clock, self.context.page_wise)

    def move(self, state: t.Any, **changes: t.Any) -> None:
        """Write the row's next state. Raise JournalError."""
        self.row = self.context.operations.move(t.cast("Row", self.row), state, **changes)

    def observe(self, baseline: Baseline, observer: Observer) -> DeviceResult:
        """Look until there is a verdict or the wait timeout is over, and return the result."""
        watched = watch(self.order, self.context, baseline, observer)
        if watched.verdict.state is not None:
            return self.settle(watched.verdict)
        if self._goes_on(baseline, watched.verdict):
            message = unproven(self.order, watched)
            self.move(UNPROVEN, message=message, queued=False)
            return self.result("accepted", message=message)
        message = not_confirmed(self.order, baseline, watched)
        # Waited for as long as agreed: from now on the device is not under way, and its lock is not kept for it.
        given_up: dict[str, t.Any] = {"busy_until": self.context.clock.now()} if self.order.wait_timeout else {}
        self.move("unknown", message=message, queued=watched.verdict.queued, **given_up)
        return self.result("unknown", message=message)

    def _goes_on(self, baseline: Baseline, verdict: Verdict) -> bool:
        """Whether the window goes on although nothing proves its sync.

        Only after a sync that the platform is known to have taken and not to have in its queue: what is queued is still
        to come, and what was lost may never have arrived.
        """
        gates = self.context.gates
        agreed = gates is not None and gates.rules.unproven_sync == "go_on"
        return agreed and self.order.operation == "sync" and baseline.accepted and not verdict.queued

    def settle(self, verdict: Verdict) -> DeviceResult:
        """Write a verdict and return the result."""
        evidence = list(verdict.evidence)
        message = f"{self.order.operation} failed: {'; '.join(evidence)}." if verdict.state == "failed" else ""
        state: t.Literal["done", "failed"] = "failed" if verdict.state == "failed" else "done"
        self.move(state, evidence=evidence, message=message, queued=False)
        return self.result(state, evidence=evidence, message=message)

    def not_sent(self, message: str, gate: str | None = None) -> DeviceResult:
        """Return the result of a request that did not leave; an earlier one of this task may have been executed."""
        if self.lost:
            return self.observe(*self.lost)
        if gate is not None and self.context.gates is not None:
            self.context.gates.note(
                gate, message, self.name, server=self.context.zequenze.server, operation=self.order.operation
            )
        return self.result("refused", message=message, gate=gate)

    def note_failure(self, message: str) -> None:
        """Count the device against the window's limit of failures although it has no claim; the result says why."""
        order, zequenze = self.order, self.context.zequenze
        if order.window_id is None or order.observe_only or self.context.dry:
            return
        note_failure(
            self.context.operations.journal,
            order.window_id,
            order.lock_name(self.name),
            f"{order.operation} refused",
            message,
            server=zequenze.server,
            operation=order.operation,
            called=self.name,
        )

    def result(
        self,
        outcome: Outcome,
        *,
        evidence: t.Sequence[str] = (),
        message: str = "",
        changed: bool | None = None,
        gate: str | None = None,
    ) -> DeviceResult:
        """Return the device's result; ``sent`` tells whether this task put the request on the wire."""
        row = self.row
        sent = bool(self.sends and (self.maybe_sent or (row and row["sent"])))
        shown = {
            "name": self.name,
            "id": self.device_id,
            "operation": self.order.operation,
            "outcome": outcome,
            "changed": sent if changed is None else changed,
            "sent": sent,
            "evidence": list(evidence),
            "execution_id": row["execution_id"] if row else None,
            "message": message,
        }
        if gate is not None:
            shown["gate"] = gate
        if outcome == "unknown" and row and row["queued"]:
            shown["queued"] = True
        return DeviceResult(shown, outcome in FAILURES, before={}, after={self.order.operation: outcome})


def unproven(order: Order, watched: Watched) -> str:
    """Say that a sync was accepted and not proven, and why, and that the window goes on. Pure."""
    said = [f"{order.operation} accepted, not proven within {duration(watched.seconds)}."]
    if watched.verdict.doubts:
        said.append(f"Seen since: {'; '.join(watched.verdict.doubts)}.")
    if watched.problem:
        said.append(f"Last problem: {watched.problem}")
    said.append("The window goes on (window_unproven_sync).")
    return " ".join(said)


def not_confirmed(order: Order, baseline: Baseline, watched: Watched) -> str:
    """Say what is known of a request without evidence, what speaks for and against it, and what to do. Pure."""
    operation, verdict = order.operation, watched.verdict
    if verdict.queued:
        said = [
            f"{operation} is queued at Zequenze Control and will still be carried out; "
            f"this had not happened after {duration(watched.seconds)}."
        ]
    else:
        sent = "sent" if baseline.accepted else "may have been sent"
        said = [f"{operation} {sent}, but not confirmed within {duration(watched.seconds)}."]
    if baseline.lost:
        said.append(f"Its answer was lost: {baseline.lost}")
    if verdict.doubts:
        said.append(f"Seen since: {'; '.join(verdict.doubts)}.")
    if watched.problem:
        # That a look was not sent says nothing about the operation.
        said.append(f"Last problem: {watched.problem.replace(', nothing was sent', '')}")
    said.append("Check the device.")
    if order.window_id is not None:
        said.append("Run again with the same window_id to look for confirmation; nothing is sent again.")
    elif verdict.queued:
        said.append(f"Do not send {operation} again before the queue at Zequenze Control is empty.")
    return " ".join(said)
