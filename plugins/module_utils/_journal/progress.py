# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the devices of a window are, read from the journal in a few queries for all of them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import (
    FAILED_STATES,
    THROUGH_STATES,
    failures_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import IN_FLIGHT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import is_queued
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import (
    closed_gates,
    lock_states,
    operation_states,
)

# The user's own verdict on a device: a task of theirs that failed while the window had it.
CHECK = "check"

# A device that one of these kept back was not left out by choice: something went wrong before it.
WRONG_GATES = ("batch", "budget", "canary")


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far one device is in the window, by the journal.

    ``states`` maps each operation (the hold and a check of the user's included) to its newest state; a check that
    failed before the device was locked again is ``again``, because it is run once more. ``locked`` tells
    that a lock of the window is open on it, ``in_flight`` that an operation is under way. ``problem`` says what went
    wrong with it (``reboot failed``), None when nothing did; ``queued`` are the operations that the platform had in its
    queue at the last look; ``kept_back`` names the gate that kept it back because of what went wrong with others.
    ``ended_at`` is when its last step ended (epoch seconds).
    """

    states: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    locked: bool = False
    in_flight: bool = False
    problem: str | None = None
    kept_back: str | None = None
    ended_at: float | None = None
    queued: frozenset[str] = frozenset()

    def is_through(self, stages: t.Sequence[str]) -> bool:
        """Return whether all stages are done (a sync may be unproven), and no check of the user's failed."""
        through = all(self.states.get(stage) in THROUGH_STATES for stage in stages)
        return through and self.states.get(CHECK, "done") == "done"

    def is_begun(self) -> bool:
        """Return whether the window is at work on the device, so that no rule keeps it from going on."""
        return self.locked or self.in_flight

    def missing(self, stages: t.Sequence[str]) -> str:
        """Say what keeps the device from being through."""
        if self.problem:
            return self.problem
        stage = next((stage for stage in stages if self.states.get(stage) not in THROUGH_STATES), CHECK)
        return f"{stage} {self.states.get(stage, 'not started')}"


NOTHING = Progress()


def read_progress(
    journal: Journal, window_id: str, ours: t.Collection[str] = (), names: t.Sequence[str] | None = None
) -> dict[str, Progress]:
    """Return how far each device of a window is that was touched, by the name it is locked under.

    ``names`` are the devices that are asked about, all without it. What kept ``ours`` back in an earlier run does not
    count, because this run tries them again. Raise JournalError.
    """
    now = journal.clock.now()
    states: dict[str, dict[str, str]] = {}
    problems: dict[str, str] = {}
    ended: dict[str, float] = {}
    checked: dict[str, float] = {}
    flying: set[str] = set()
    queued: dict[str, set[str]] = {}
    for row in operation_states(journal, window_id, names):
        name, state = row["lock_name"], row["state"]
        states.setdefault(name, {})[row["operation"]] = state
        if state in IN_FLIGHT and row["busy_until"] > now:
            flying.add(name)
        waits = queued.setdefault(name, set())
        waits.discard(row["operation"])
        if is_queued(row):
            waits.add(row["operation"])
        if row["operation"] == CHECK:
            checked[name] = row["settled_at"] or 0.0
        if row["settled_at"]:
            ended[name] = max(ended.get(name, 0.0), row["settled_at"])
        if state in FAILED_STATES and (state != "refused" or row["settled_at"]):
            problems[name] = f"{row['operation']} {state}"
        elif problems.get(name, "").startswith(f"{row['operation']} "):
            del problems[name]
    locked: set[str] = set()
    for row in lock_states(journal, window_id, names):
        name = row["device"]
        if row["state"] in schema.OPEN_LOCK_STATES:
            locked.add(name)
            if states.get(name, {}).get(CHECK) == "failed" and row["taken_at"] > checked.get(name, 0.0):
                states[name][CHECK] = "again"
        if row["ended_at"] and row["confirmed_at"]:
            ended[name] = max(ended.get(name, 0.0), row["ended_at"])
    for name, what in failures_of(journal, window_id, names).items():
        problems.setdefault(name, what)
    closed = closed_gates(journal, window_id, names)
    kept_back = {name: gate for name, gate in closed if gate in WRONG_GATES and name not in ours}
    touched = {*states, *problems, *ended, *locked, *kept_back}
    return {
        name: Progress(
            states=states.get(name, {}),
            locked=name in locked,
            in_flight=name in flying,
            problem=problems.get(name),
            kept_back=kept_back.get(name),
            ended_at=ended.get(name),
            queued=frozenset(queued.get(name, ())),
        )
        for name in touched
    }
