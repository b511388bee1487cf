# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting in device_operation: for evidence on the device, and for the process that is just sending."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import wait_until
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import is_dead
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import Verdict
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline, Observer
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Means, Order


class Watched(t.NamedTuple):
    """How watching ended: the last verdict, after how many seconds, and the last look that failed, if one did."""

    verdict: Verdict
    seconds: float
    problem: str | None


def glance(order: Order, baseline: Baseline, observer: Observer) -> Verdict:
    """Look once; a look that gets no answer shows nothing."""
    try:
        return observer.look(order.operation, baseline)
    except MaintenanceError:
        return Verdict(None)


def watch(order: Order, means: Means, baseline: Baseline, observer: Observer) -> Watched:
    """Look until there is a verdict or the wait timeout is over; looks that fail do not end it."""
    problems: list[str] = []

    def look() -> Verdict:
        try:
            return observer.look(order.operation, baseline)
        except MaintenanceError as error:
            problems.append(str(error))
            return Verdict(None)

    with observer.waiting(baseline):
        waited = wait_until(
            look,
            lambda verdict: verdict.state is not None,
            limit=order.wait_timeout if order.wait else 0.0,
            pause=order.wait_interval,
            clock=means.clock,
        )
    return Watched(waited.last_seen, waited.seconds, problems[-1] if problems else None)


def wait_for_sender(means: Means, row: Row) -> Row:
    """Wait until a claim in ``sending`` is settled by its sender, its deadline is over, or the sender is dead.

    Gives the row as it is then; one that nobody settled is unknown. Raises JournalError.
    """
    operations, clock = means.operations, means.clock
    while row["state"] == "sending" and not is_dead(row["sender"]) and clock.now() < row["send_deadline"]:
        clock.sleep(min(1.0, max(0.05, row["send_deadline"] - clock.now())))
        row = operations.by_id(row["id"])
    if row["state"] == "sending":
        # Between the last look and its end the sender may have written what became of the request.
        message = "its sender ended before it wrote down an answer; it may have been sent."
        row = operations.move(row, "unknown", only_from="sending", sent=True, message=message)
    return row
