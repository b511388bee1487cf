# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the systems, PAM's live sessions and the journal show of the devices of a window when it is planned."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError, NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import IN_FLIGHT
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import (
    names_in_session,
    names_of_device,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import Order, State
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.survey import survey
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import Doors
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Identity, Target, identify


def read_states(task: Task, doors: Doors, order: Order, targets: list[Target]) -> tuple[list[State], list[str]]:
    """Give what is known about every device. Raises NoAnswer when a system that is needed cannot be read."""
    seen = survey(doors)
    if seen.failures:
        raise NoAnswer(" ".join(seen.failures.values()))
    identities = identify(targets, seen.lists)
    users, remarks = _users(doors, order, identities)
    states = []
    with_journal = _Memory(task, doors, order.window_id)
    for identity in identities:
        done, unsettled = with_journal.operations(identity)
        states.append(
            State(identity, done, unsettled, with_journal.locked_by(identity), users.get(identity.target.name, ()))
        )
    return states, remarks


def _users(
    doors: Doors, order: Order, identities: t.Sequence[Identity]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Give who works on which target through PAM now, and what is to be said when that is not known."""
    if order.live_sessions == "ignore":
        return {}, []
    if doors.senhasegura is None:
        return {}, ["Live sessions are not known: senhasegura PAM Core is not asked."]
    try:
        sessions = doors.senhasegura.live_sessions()
    except MaintenanceError as error:
        return {}, [f"Live sessions are not known: {error}"]
    by_host: dict[str, list[str]] = {}
    for session in sessions:
        for host in names_in_session(session["device"]):
            by_host.setdefault(host, []).append(session["user"] or "somebody")
    users = {}
    for identity in identities:
        row = identity.one("senhasegura")
        if row is not None:
            names = names_of_device({"hostname": row.name, "ip": row.ip or ""})
            found = sorted({user for name in names for user in by_host.get(name, [])})
            users[identity.target.name] = tuple(found)
    return users, []


class _Memory:
    """What the journal holds about a window and about the locks of others; nothing when there is no journal."""

    def __init__(self, task: Task, doors: Doors, window_id: str) -> None:
        """Read the journal. Raises JournalError."""
        self._window_id = window_id
        self._operations: dict[str, list[t.Mapping[str, t.Any]]] = {}
        self._locks: dict[str, str] = {}
        journal = reading.open_existing(task.params["journal"], task.clock)
        if journal is None:
            return
        with journal:
            for row in reading.operations(journal, reading.Filter(windows=(window_id,))):
                if doors.zequenze is not None and row["server"] == doors.zequenze.server:
                    self._operations.setdefault(row["device_id"], []).append(row)
            for row in reading.locks(journal, reading.Filter(open=True)):
                if doors.oracle_sdm is not None and row["server"] == doors.oracle_sdm.server:
                    self._locks[row["device_id"]] = row["holder"]

    def operations(self, identity: Identity) -> tuple[frozenset[str], frozenset[str]]:
        """Give which operations are done on a device in this window, and which were sent with an unknown end."""
        row = identity.one("zequenze")
        rows = self._operations.get(row.id, []) if row is not None else []
        newest = {entry["operation"]: entry["state"] for entry in rows}
        done = frozenset(operation for operation, state in newest.items() if state == "done")
        return done, frozenset(operation for operation, state in newest.items() if state in IN_FLIGHT)

    def locked_by(self, identity: Identity) -> str | None:
        """Give the other holder whose lock of a device is open, None when there is none."""
        row = identity.one("oracle_sdm")
        holder = self._locks.get(row.id) if row is not None else None
        return None if holder == self._window_id else holder
