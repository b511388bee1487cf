# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the other devices of a window stand, according to the journal: whatever run, batch or controller took them on.

Devices are called by the names they are locked under.
"""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The face names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import (
    FAILED_STATES,
    count_failed_others,
    failures_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import (
    count_devices,
    counts_as_flying,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import GATE_EVENT

# A device that one of these kept back was not left out by choice: the batch before it, or the fleet, went wrong.
_WRONG_GATES = ("batch", "budget", "canary")


# So many devices are named in a message.
_NAMED = 3


class Standing:
    """Questions about the devices of one window; each raises JournalError when the journal cannot be read."""

    def __init__(self, journal: Journal, window_id: str) -> None:
        """Take the open journal and the window."""
        self._journal = journal
        self._window_id = window_id

    def failed_others(self, name: str) -> int:
        """Count the devices but this one that have failed."""
        with self._journal.reading() as connection:
            return count_failed_others(connection, self._window_id, name)

    def in_flight_others(self, name: str) -> int:
        """Count the devices but this one that are in flight."""
        table = schema.OPERATIONS
        others = (table.c.window_id == self._window_id, table.c.lock_name != name)
        with self._journal.reading() as connection:
            return count_devices(connection, *others, counts_as_flying(self._journal.clock.now()))

    def not_through(self, names: t.Sequence[str], operations: t.Sequence[str]) -> str | None:
        """Say which of these devices has not been through all operations, and what became of it; None if all have."""
        if not names:
            return None
        states = self._states(names)
        problems = [self._problem(name, states.get(name, {}), operations) for name in names]
        return _told([problem for problem in problems if problem])

    def none_through(self, names: t.Sequence[str], operations: t.Sequence[str]) -> str | None:
        """Say what went wrong when something did and none of these devices has been through; None otherwise."""
        if not names:
            return None
        states = self._states(names)
        if any(not self._problem(name, states.get(name, {}), operations) for name in names):
            return None
        wrong = {
            name: f"{name}: {operation} {state}"
            for name, steps in states.items()
            for operation, state in steps.items()
            if state in FAILED_STATES
        }
        for name, what in failures_of(self._journal, self._window_id, names).items():
            wrong.setdefault(name, f"{name}: {what}")
        for name, gate in self._kept_back(names):
            wrong.setdefault(name, f"{name}: kept back ({gate})")
        return _told(list(wrong.values()))

    def ended_at(self, names: t.Sequence[str]) -> float | None:
        """Give when the last of these devices was done with (epoch seconds), None when none was begun."""
        operations, locks = schema.OPERATIONS, schema.LOCKS
        with self._journal.reading() as connection:
            instants = [
                connection.execute(
                    sa.select(sa.func.max(operations.c.settled_at)).where(
                        operations.c.window_id == self._window_id, operations.c.lock_name.in_(names)
                    )
                ).scalar(),
                connection.execute(
                    sa.select(sa.func.max(locks.c.ended_at)).where(
                        locks.c.holder == self._window_id, locks.c.device.in_(names), locks.c.state == "returned"
                    )
                ).scalar(),
            ]
        return max((float(instant) for instant in instants if instant is not None), default=None)

    def _states(self, names: t.Sequence[str]) -> dict[str, dict[str, str]]:
        """Give the state of each operation's newest attempt, by device."""
        table = schema.OPERATIONS
        rows = self._journal.rows(
            sa.select(table.c.lock_name, table.c.operation, table.c.state)
            .where(table.c.window_id == self._window_id, table.c.lock_name.in_(names))
            .order_by(table.c.attempt)
        )
        states: dict[str, dict[str, str]] = {}
        for row in rows:
            states.setdefault(row["lock_name"], {})[row["operation"]] = row["state"]
        return states

    @staticmethod
    def _problem(name: str, states: t.Mapping[str, str], operations: t.Sequence[str]) -> str | None:
        for operation in operations:
            if states.get(operation) != "done":
                return f"{name}: {operation} {states.get(operation, 'not started')}"
        return None

    def _kept_back(self, names: t.Sequence[str]) -> list[tuple[str, str]]:
        table = schema.EVENTS
        rows = self._journal.rows(
            sa.select(table.c.device, table.c.data).where(
                table.c.window_id == self._window_id, table.c.device.in_(names), table.c.kind == GATE_EVENT
            )
        )
        gates = [(row["device"], str(row["data"].get("gate"))) for row in rows]
        return [(device, gate) for device, gate in gates if gate in _WRONG_GATES]


def _told(problems: t.Sequence[str]) -> str | None:
    """Join a few problems to one text; None when there is none."""
    if not problems:
        return None
    more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    return ", ".join(problems[:_NAMED]) + more
