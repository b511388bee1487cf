# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What device_operation is asked for, and the pure decisions it takes on the way."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import (
    Limits,
    Operations,
    is_further_attempt,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import REPEATABLE, Operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow

Step = t.Literal["send", "skip", "observe", "report"]


@dataclasses.dataclass(frozen=True)
class Order:
    """What is asked for, for all devices of a task.

    ``attempt`` above 1 is a person's wish to send again what failed or is unknown; ``observe_only`` settles what was
    sent earlier and sends nothing. ``lock_names`` maps each device to the name it was locked under; times are seconds,
    ``since`` and ``not_after`` epoch seconds.
    """

    operation: Operation
    lock_names: t.Mapping[str, str]
    limits: Limits
    window_id: str | None = None
    since: float | None = None
    not_after: float | None = None
    wait: bool = True
    wait_timeout: float = 600.0
    wait_interval: float = 5.0
    conflict_timeout: float = 300.0
    require_lock: bool = False
    attempt: int = 1
    observe_only: bool = False


@dataclasses.dataclass(frozen=True)
class Means:
    """What an order is carried out with: the door, the journal, the clock, whether it is only a rehearsal, the gates.

    Only observing needs no gates; ``page_wise`` is there when several devices are waited for at once.
    """

    zequenze: Zequenze
    operations: Operations
    locks: Locks
    clock: Clock
    run_alive: t.Callable[[], bool] = lambda: True
    dry: bool = False
    gates: Gates | None = None
    page_wise: PageWise | None = None


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """Why nothing was sent this time, and how many seconds to wait before the next try.

    ``patience`` names the option that limits the waiting; ``baseline`` is what was seen of a device that is not asked;
    ``gate`` is the gate that kept the device back, if one did.
    """

    text: str
    pause: float
    patience: t.Literal["conflict_timeout", "wait_timeout", "gates.timeout"] = "conflict_timeout"
    baseline: Baseline | None = None
    gate: str | None = None


def plan(earlier: Row | None, operation: str, attempt: int = 1) -> Step:
    """Decide from the journal what is left to do for a device within its window. Pure.

    What was sent is never sent again, except a sync or reconf that failed (repeating those converges), or when a person
    asked for a further attempt at what failed or is unknown.
    """
    if earlier is None or earlier["state"] == "refused" or is_further_attempt(earlier, attempt):
        return "send"
    if earlier["state"] == "done":
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
