# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says about one device: its locks, its steps, and the one word that sums them up. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import THROUGH_STATES, UNPROVEN
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import JOURNAL_ONLY
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import is_queued
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import is_open, lease_ends_at
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.seen import changes
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import UNKNOWN
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS

Row = t.Mapping[str, t.Any]

Alive = t.Callable[[Row], bool]

HOLD = "hold"

# Worst first: the order in which a reader wants to see them.
OUTCOMES = ("failed", "unknown", "refused", "incomplete", "not_started", "running", "unproven", "done")

# Steps in the order a window takes them; others come between.
_ORDER = {"sync": 0, "reconf": 1, "reboot": 2, "device_factory": 3, "factory": 4, HOLD: 9}


@dataclasses.dataclass(frozen=True)
class Step:
    """One operation of the window on the device; instants are epoch seconds.

    ``state`` is done, failed, refused, unknown, running, unproven (a sync that was accepted, and the window went on) or
    incomplete (a hold that was broken off). ``tries`` counts how often it was begun, ``first_at`` is the first of them;
    ``last_at`` is when it was last written about. ``queued`` tells that the platform still had it in its queue then,
    and will carry it out.
    """

    operation: str
    state: str
    attempt: int
    tries: int
    first_at: float
    sent: bool
    sent_at: float | None
    settled_at: float | None
    last_at: float
    evidence: tuple[str, ...]
    message: str
    execution_id: str | None
    queued: bool = False

    @property
    def begun_at(self) -> float:
        """When the work itself began: the request was sent, or the hold began."""
        return self.sent_at if self.sent_at is not None else self.first_at


@dataclasses.dataclass(frozen=True)
class Lock:
    """One time the window had, or asked for, the device's lock; ``tries`` counts equal refusals in a row.

    ``in_sdm`` is false where the journal is the only lock.
    """

    state: str
    open: bool
    asked_at: float
    held_at: float | None
    ended_at: float | None
    lease_ends_at: float
    message: str
    tries: int = 1
    in_sdm: bool = True


@dataclasses.dataclass(frozen=True)
class Gate:
    """Something that kept a step from starting, as the journal tells it."""

    at: float
    gate: str
    message: str


@dataclasses.dataclass(frozen=True)
class DeviceReport:
    """Everything the report says about one device; ``before`` and ``after`` are what the systems showed of it."""

    name: str
    site: str
    model: str
    type: str
    outcome: str
    locked: bool
    steps: tuple[Step, ...]
    locks: tuple[Lock, ...]
    gates: tuple[Gate, ...]
    batch: int = 0
    excluded: str = ""
    group: str = ""
    before: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    after: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def changes(self) -> tuple[str, ...]:
        """Return a sentence, without a full stop, for each thing that differs from before the window."""
        return tuple(change.sentence for change in changes(self.before, self.after))

    @property
    def is_protected(self) -> bool:
        """Whether the window left the device alone because it is protected or not managed."""
        untouched = not self.steps and not self.locks and not self.excluded.startswith(UNKNOWN)
        return untouched and (bool(self.excluded) or {gate.gate for gate in self.gates} == {"protected"})

    @property
    def queued(self) -> bool:
        """Whether the platform has an operation of the window in its queue, and will still carry it out."""
        return any(step.queued for step in self.steps)

    @property
    def started_at(self) -> float | None:
        """When the window first reached the device."""
        begun = [lock.asked_at for lock in self.locks] + [step.first_at for step in self.steps]
        return min(begun, default=None)

    @property
    def ended_at(self) -> float | None:
        """When the last known thing happened to it."""
        ends = [lock.ended_at or lock.held_at or lock.asked_at for lock in self.locks]
        ends += [step.settled_at or step.last_at for step in self.steps]
        return max(ends, default=None)


def step_of(row: Row, events: t.Sequence[Row], alive: Alive) -> Step:
    """Build a step from its operation row and the events about it."""
    claims = [event["at"] for event in events if event["kind"] == "operation_claimed"]
    return Step(
        operation=row["operation"],
        state=_step_state(row, alive),
        attempt=row["attempt"],
        tries=max(1, len(claims)),
        first_at=min([row["claimed_at"], *claims]),
        sent=bool(row["sent"]),
        sent_at=row["sent_at"],
        settled_at=row["settled_at"],
        last_at=max([row["claimed_at"], row["sent_at"] or 0.0, *(event["at"] for event in events)]),
        evidence=tuple(str(text) for text in row["evidence"]),
        message=row["message"],
        execution_id=row["execution_id"],
        queued=is_queued(row),
    )


def _step_state(row: Row, alive: Alive) -> str:
    state: str = row["state"]
    if state in ("sending", "accepted"):
        if alive(row):
            return "running"
        # A hold sends nothing, so one that was broken off leaves no doubt behind.
        return "incomplete" if row["operation"] == HOLD else "unknown"
    return state


def lock_of(row: Row, held: t.Sequence[Row]) -> Lock:
    """Build a lock from its row and the events that confirmed it, oldest first; the row keeps only the last one."""
    first_held = min((event["at"] for event in held), default=row["confirmed_at"])
    return Lock(
        state=row["state"],
        open=is_open(row),
        asked_at=row["taken_at"],
        held_at=first_held,
        ended_at=row["ended_at"],
        lease_ends_at=lease_ends_at(row),
        message=row["message"],
        in_sdm=row["server"] != JOURNAL_ONLY,
    )


def folded(locks: t.Sequence[Lock]) -> tuple[Lock, ...]:
    """Return the locks with refusals in a row (a busy device that was waited for) told once."""
    told: list[Lock] = []
    for lock in locks:
        last = told[-1] if told else None
        if last is not None and (last.state, lock.state) == ("refused", "refused"):
            told[-1] = dataclasses.replace(lock, asked_at=last.asked_at, tries=last.tries + 1)
        else:
            told.append(lock)
    return tuple(told)


def in_order(steps: t.Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps in the order a window takes them."""
    return tuple(sorted(steps, key=lambda step: (_ORDER.get(step.operation, 5), step.operation, step.attempt)))


def outcome_of(
    steps: t.Sequence[Step], locks: t.Sequence[Lock], expected: t.Sequence[str], at_work: bool, blocked: bool
) -> str:
    """Sum a device up in one of OUTCOMES; ``expected`` are the operations the window wants done on it."""
    newest = {step.operation: step.state for step in steps}
    states = set(newest.values())
    for worst in ("unknown", "failed"):
        if worst in states:
            return worst
    if "running" in states or at_work:
        return "running"
    if steps and all(newest.get(operation) in THROUGH_STATES for operation in expected):
        return UNPROVEN if UNPROVEN in states else "done"
    if "refused" in states or blocked or (locks and locks[-1].state in ("refused", "lost")):
        return "refused"
    return "incomplete" if steps or any(lock.held_at is not None for lock in locks) else "not_started"


def may_send_again(step: Step) -> bool:
    """Whether running the window again sends this step again; a restart that was sent never is."""
    return step.state == "refused" or step.operation not in RESTARTS
