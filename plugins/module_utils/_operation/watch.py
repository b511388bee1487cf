# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting in device_operation: for evidence on the device, and for the process that is just sending."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import wait_until
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import is_dead
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import Verdict
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline, Observer
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import COUNTED_FOR

# How often one looks again for an uptime that has not been seen to count.
MORE_LOOKS = 2

# Uptimes count in seconds: one that is all that is missing is not looked for again before it can have changed (s).
NEXT_SECOND = 1.1


class Watched(t.NamedTuple):
    """How watching ended: the last verdict, after how many seconds, and why the last look failed, if it did."""

    verdict: Verdict
    seconds: float
    problem: str | None


def glance(order: Order, baseline: Baseline, observer: Observer) -> Verdict:
    """Look once; a look that gets no answer shows nothing."""
    try:
        return observer.look(order.operation, baseline)
    except MaintenanceError:
        return Verdict(None)


def watch(order: Order, context: Context, baseline: Baseline, observer: Observer) -> Watched:
    """Look until there is a verdict or the wait timeout is over; looks that fail do not end it.

    Where only an uptime is left to be seen counting at the end, that is waited for.
    """
    problems: list[str] = []
    last = Verdict(None)

    def look() -> Verdict:
        nonlocal last
        try:
            last = observer.look(order.operation, baseline)
            problems.clear()
        except MaintenanceError as error:
            problems[:] = [str(error)]
        return last

    def pause() -> float:
        usual = order.wait_interval if context.page_wise is None else context.page_wise.pause()
        return max(usual, NEXT_SECOND) if last.soon else usual

    patience = order.wait_timeout if order.wait else 0.0
    with observer.waiting(baseline), context.zequenze.wire.patient(patience):
        waited = wait_until(
            look,
            lambda verdict: verdict.state is not None,
            limit=patience,
            pause=pause,
            clock=context.clock,
        )
        for _look in range(MORE_LOOKS):
            if last.soon:
                context.clock.sleep(COUNTED_FOR + 1.0)
                waited = dataclasses.replace(waited, last_seen=look())
    return Watched(waited.last_seen, waited.seconds, problems[-1] if problems else None)


def wait_for_process(context: Context, row: Row) -> Row:
    """Wait until a claim in ``sending`` is settled by its sender, its deadline is over, or the sender is dead.

    Return the row as it is then; one that nobody settled is unknown. Raise JournalError.
    """
    operations, clock = context.operations, context.clock
    while row["state"] == "sending" and not is_dead(row["sender"]) and clock.now() < row["send_deadline"]:
        clock.sleep(min(1.0, max(0.05, row["send_deadline"] - clock.now())))
        row = operations.by_id(row["id"])
    if row["state"] == "sending":
        # Between the last look and its end the sender may have written what became of the request.
        message = "The process that sent it ended before it wrote down an answer."
        baseline = {**row["baseline"], "lost": message} if row["baseline"] else row["baseline"]
        row = operations.move(row, "unknown", only_from="sending", sent=True, message=message, baseline=baseline)
    return row
