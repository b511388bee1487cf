# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows that ended long ago are removed from the journal, all rows of a window or none.

What later windows depend on stays: what is open or not settled, and of each device the windows since its last success
and those of its last proven operations. Of a removed window the journal keeps its id, so that the window is not run
again, and what the audit trail and the metrics need.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso, parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import since_last_success
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import IN_FLIGHT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import PRUNED, PRUNED_UNTIL
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.totals import PRUNED_TOTALS, Totals
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

PRUNED_EVENT = "window_pruned"


@dataclasses.dataclass
class Ended:
    """A window that something in the journal belongs to, when it was last heard of, and why it stays (empty: may go).

    ``agreed`` says whether it has a record, ``at`` is epoch seconds, and ``last_event`` the number of its newest event.
    """

    window_id: str
    name: str = ""
    agreed: bool = False
    at: float = 0.0
    events: int = 0
    operations: int = 0
    locks: int = 0
    last_event: int = 0
    why_kept: str = ""

    @property
    def ran(self) -> bool:
        """Whether anything can have been sent for it: not where it was only refused, or only locked."""
        return self.agreed or self.operations > 0

    def seen(self, *instants: float | None) -> None:
        """Take in when something happened in it; None for what never did."""
        self.at = max(self.at, *(instant for instant in instants if instant is not None), 0.0)


def ended_before(journal: Journal, instant: float) -> list[Ended]:
    """Return the windows in which nothing happened since an instant (epoch seconds), oldest first. Raise JournalError.

    A lock that a person holds under a login belongs to no window.
    """
    windows = _windows(journal)
    old = {name: window for name, window in windows.items() if window.at < instant}
    needed = _needed(journal)
    for window_id, window in old.items():
        control = Controls(journal).in_force(window_id)
        if control is not None and control.scope == "window_id":
            window.why_kept = window.why_kept or f"it is {control.state}"
        window.why_kept = window.why_kept or needed.get(window_id, "")
    return sorted(old.values(), key=lambda window: (window.at, window.window_id))


def _windows(journal: Journal) -> dict[str, Ended]:
    """Return every window of the journal, with what is open in it as why it stays."""
    found: dict[str, Ended] = {}
    windows, events, operations, locks = schema.WINDOWS, schema.EVENTS, schema.OPERATIONS, schema.LOCKS

    def of(window_id: str) -> Ended:
        return found.setdefault(window_id, Ended(window_id))

    for row in journal.rows(sa.select(windows.c.window_id, windows.c.name, windows.c.occurrence, windows.c.written_at)):
        of(row["window_id"]).name, of(row["window_id"]).agreed = row["name"], True
        closes = (row["occurrence"] or {}).get("closes_at")
        of(row["window_id"]).seen(row["written_at"], parse_instant(closes) if closes else None)
    newest = sa.func.max(events.c.at).label("at")
    counted = (sa.func.count().label("number"), sa.func.max(events.c.id).label("last"))
    for row in journal.rows(sa.select(events.c.window_id, newest, *counted).group_by(events.c.window_id)):
        if row["window_id"]:
            of(row["window_id"]).seen(row["at"])
            of(row["window_id"]).events, of(row["window_id"]).last_event = row["number"], row["last"]
    at = (sa.func.max(operations.c.claimed_at).label("began"), sa.func.max(operations.c.settled_at).label("ended"))
    number = sa.func.count().label("number")
    for row in journal.rows(sa.select(operations.c.window_id, number, *at).group_by(operations.c.window_id)):
        if row["window_id"]:
            of(row["window_id"]).operations = row["number"]
            of(row["window_id"]).seen(row["began"], row["ended"])
    columns = (operations.c.window_id, operations.c.device, operations.c.operation, operations.c.state)
    unsettled = (operations.c.window_id.is_not(None), operations.c.state.in_(IN_FLIGHT))
    for row in journal.rows(sa.select(*columns).where(*unsettled)):
        why = f"{row['operation']} of {shown(row['device'])} is not settled ({row['state']})"
        of(row["window_id"]).why_kept = why
    persons = sa.select(schema.LOGIN_LOCKS.c.lock_id)
    at = (sa.func.max(locks.c.taken_at).label("began"), sa.func.max(locks.c.ended_at).label("ended"))
    windows_only = locks.c.id.not_in(persons)
    for row in journal.rows(sa.select(locks.c.holder, number, *at).where(windows_only).group_by(locks.c.holder)):
        of(row["holder"]).locks = row["number"]
        of(row["holder"]).seen(row["began"], row["ended"])
    for row in journal.rows(sa.select(locks.c.holder, locks.c.device).where(windows_only, schema.OPEN_LOCK)):
        of(row["holder"]).why_kept = f"{shown(row['device'])} is still locked"
    for row in journal.rows(sa.select(locks.c.holder).where(locks.c.id.in_(persons)).distinct()):
        found.pop(row["holder"], None)
    return found


def _needed(journal: Journal) -> dict[str, str]:
    """Return why windows are needed however old they are, by their ids. Raise JournalError."""
    # Which windows a device failed in, one after the other, is counted back to the one it was done in.
    since = since_last_success(journal)
    needed = {window_id: f"{shown(device)} has no newer success" for window_id, device in since.items()}
    table = schema.OPERATIONS
    # What a device did last, and when each operation was last proven: gates and window_min_interval ask for it.
    for of_each, wanted in (
        ((table.c.server, table.c.device_id), sa.true()),
        ((table.c.server, table.c.device_id, table.c.operation), table.c.state == "done"),
        ((table.c.server, table.c.device), sa.and_(table.c.serial.is_not(None), table.c.serial != "")),
    ):
        newest = sa.select(sa.func.max(table.c.id)).where(wanted).group_by(*of_each)
        columns = (table.c.window_id, table.c.device, table.c.operation)
        for row in journal.rows(sa.select(*columns).where(table.c.id.in_(newest), table.c.window_id.is_not(None))):
            needed.setdefault(row["window_id"], f"{shown(row['device'])} has no newer {row['operation']}")
    return needed


def prune(journal: Journal, window: Ended, digest: t.Callable[[t.Sequence[Row]], str]) -> bool:
    """Remove all rows of a window in one transaction; return False for one in which something happened meanwhile.

    ``digest`` returns what the audit trail later knows the removed events by. Raise JournalError.
    """
    events, operations, locks, meta = schema.EVENTS, schema.OPERATIONS, schema.LOCKS, schema.META
    own = window.window_id

    def rows(connection: t.Any, table: t.Any, condition: t.Any) -> list[Row]:
        return [
            dict(row) for row in connection.execute(sa.select(table).where(condition).order_by(table.c.id)).mappings()
        ]

    def recalled(connection: t.Any, key: str) -> str | None:
        return t.cast("str | None", connection.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar())

    def replaced(connection: t.Any, key: str, value: str) -> None:
        connection.execute(meta.delete().where(meta.c.key == key))
        connection.execute(meta.insert().values(key=key, value=value))

    with journal.writing() as connection:
        gone = rows(connection, events, events.c.window_id == own)
        if len(gone) != window.events:
            return False
        mine = locks.c.holder == own
        totals = Totals.of(
            gone, rows(connection, operations, operations.c.window_id == own), rows(connection, locks, mine)
        )
        replaced(connection, PRUNED_TOTALS, (Totals.from_text(recalled(connection, PRUNED_TOTALS)) + totals).to_text())
        until = max(int(recalled(connection, PRUNED_UNTIL) or 0), window.last_event)
        replaced(connection, PRUNED_UNTIL, str(until))
        left = {"at": journal.clock.now(), "ran": window.ran, "events": len(gone), "digest": digest(gone)}
        replaced(connection, PRUNED + own, json.dumps(left))
        approval = connection.execute(
            sa.select(schema.WINDOWS.c.approval).where(schema.WINDOWS.c.window_id == own)
        ).scalar()
        # What its report was told, and what its approval stands for: a digest is of one window.
        facts = [f"report {own}", f"plan {(approval or {}).get('digest')}"]
        for table in (schema.LOCK_GROUPS, schema.LOGIN_LOCKS, schema.LOCK_MEMBERS):
            connection.execute(table.delete().where(table.c.lock_id.in_(sa.select(locks.c.id).where(mine))))
        connection.execute(locks.delete().where(mine))
        for table in (operations, schema.FAILURES, schema.WINDOW_DEVICES, schema.WINDOWS, events):
            connection.execute(table.delete().where(table.c.window_id == own))
        controls = schema.CONTROLS
        connection.execute(controls.delete().where(controls.c.scope == "window_id", controls.c.target == own))
        connection.execute(meta.delete().where(meta.c.key.in_(facts)))
        journal.add_event(connection, PRUNED_EVENT, {}, window=own, last_at=iso(window.at), **left)
    return True
