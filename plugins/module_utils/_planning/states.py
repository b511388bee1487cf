# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the systems, PAM's live sessions and the journal show of the devices of a window when it is planned."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.alerts import alerts_on
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import THROUGH_STATES
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import IN_FLIGHT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import (
    names_in_session,
    names_of_device,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import State
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import Clients
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Identity


def read_states(
    task: Task, clients: Clients, record: WindowRecord, identities: t.Sequence[Identity]
) -> tuple[dict[str, State], list[str]]:
    """Return what is known about every device by its inventory name, and remarks. Raises JournalError."""
    users, remarks = _users(clients, record, identities)
    alerts, more = _alerts(task, record)
    remarks += more
    states = {}
    memory = _Memory(task, clients, record.window_id)
    for identity in identities:
        done, unsettled = memory.operations(identity)
        row, name = identity.one("zequenze"), identity.target.name
        states[name] = State(
            up=row.up if row else None,
            pending=row.pending if row else None,
            done=done,
            open=unsettled,
            locked_by=memory.locked_by(identity),
            users=users.get(name, ()),
            alerts=alerts.get(name, ()),
        )
    return states, remarks


def _alerts(task: Task, record: WindowRecord) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return the firing alerts by the device that they keep back, and what is to be said where that is unknown."""
    found = {}
    try:
        for device in record.maintained if record.rules.alerts is not None else ():
            concerns = alerts_on(device, record, task.store, task.clock)
            found[device.name] = tuple(map(str, concerns))
    except MaintenanceError as error:
        return {}, [f"Firing alerts are not known: {error}"]
    return found, []


def _users(
    clients: Clients, record: WindowRecord, identities: t.Sequence[Identity]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return who is logged in to which target through PAM now, and what is to be said when that is not known."""
    if record.rules.live_sessions == "ignore":
        return {}, []
    if clients.senhasegura is None:
        return {}, ["Live sessions are not known: senhasegura PAM Core is not asked."]
    try:
        sessions = clients.senhasegura.live_sessions()
    except MaintenanceError as error:
        return {}, [f"Live sessions are not known: {error}"]
    by_host: dict[str, list[str]] = {}
    for session in sessions:
        for host in names_in_session(session["device"]):
            by_host.setdefault(host, []).append(session["user"] or "an unknown user")
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

    def __init__(self, task: Task, clients: Clients, window_id: str) -> None:
        """Read the journal. Raises JournalError."""
        self._window_id = window_id
        self._operations: dict[str, list[t.Mapping[str, t.Any]]] = {}
        self._locks: dict[str, str] = {}
        journal = existing_journal_of(task)
        if journal is None:
            return
        with journal:
            for row in reading.operations(journal, reading.Filter(windows=(window_id,))):
                if clients.zequenze is not None and row["server"] == clients.zequenze.server:
                    self._operations.setdefault(row["device_id"], []).append(row)
            for row in reading.locks(journal, reading.Filter(open=True)):
                if clients.oracle_sdm is not None and row["server"] == clients.oracle_sdm.server:
                    self._locks[row["device_id"]] = row["holder"]

    def operations(self, identity: Identity) -> tuple[frozenset[str], frozenset[str]]:
        """Return which operations are done on a device in this window, and which were sent with an unknown end."""
        row = identity.one("zequenze")
        rows = self._operations.get(row.id, []) if row is not None else []
        newest = {entry["operation"]: entry["state"] for entry in rows}
        done = frozenset(operation for operation, state in newest.items() if state in THROUGH_STATES)
        return done, frozenset(operation for operation, state in newest.items() if state in IN_FLIGHT)

    def locked_by(self, identity: Identity) -> str | None:
        """Return the other holder whose lock of a device is open, None when there is none."""
        row = identity.one("oracle_sdm")
        holder = self._locks.get(row.id) if row is not None else None
        return None if holder == self._window_id else holder
