# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the journal that change nothing, not even make it."""

from __future__ import annotations

import dataclasses
import re
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import IN_FLIGHT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.statements import Statement
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_of

# The kinds of the events that say that a gate blocked a device, and that a window was refused as a whole.
GATE_EVENT = "gate_blocked"
REFUSED_WINDOW = "window_refused"


def _is_it(column: t.Any) -> t.Any:
    elsewhere = sa.select(schema.WINDOW_DEVICES.c.sdm_name).where(
        schema.WINDOW_DEVICES.c.zequenze_name == sa.bindparam("of_zequenze_name")
    )
    return sa.or_(
        column == sa.bindparam("of_sdm_name"), column == sa.bindparam("of_zequenze_name"), column.in_(elsewhere)
    )


_OPEN_LOCKS = Statement(
    lambda: (
        sa.select(schema.LOCKS)
        .where(
            schema.OPEN_LOCK,
            sa.or_(
                _is_it(schema.LOCKS.c.device),
                schema.LOCKS.c.id.in_(
                    sa.select(schema.LOCK_MEMBERS.c.lock_id).where(_is_it(schema.LOCK_MEMBERS.c.device))
                ),
            ),
        )
        .order_by(schema.LOCKS.c.id)
    )
)


@dataclasses.dataclass(frozen=True)
class Filter:
    """Which rows are meant; None means any.

    ``windows`` are window ids, all of which must fit: the window of an operation is the holder of a lock. ``names`` are
    names of devices; ``open`` is open locks and operations whose end is not known; ``limit`` keeps the newest rows.
    """

    windows: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None
    open: bool = False
    limit: int | None = None


def locks(journal: Journal, wanted: Filter) -> list[Row]:
    """Return lock rows, oldest first. Raises JournalError."""
    table = schema.LOCKS
    state = schema.OPEN_LOCK
    return _select(journal, wanted, table, table.c.holder, state if wanted.open else None)


def operations(journal: Journal, wanted: Filter) -> list[Row]:
    """Return operation rows, oldest first. Raises JournalError."""
    table = schema.OPERATIONS
    state = table.c.state.in_(IN_FLIGHT)
    return _select(journal, wanted, table, table.c.window_id, state if wanted.open else None)


def events(journal: Journal, wanted: Filter) -> list[Row]:
    """Return what happened, oldest first; nothing of it is open. Raises JournalError."""
    table = schema.EVENTS
    return _select(journal, wanted, table, table.c.window_id, None)


def span(journal: Journal) -> tuple[float | None, float | None]:
    """Return when the first and the last thing happened (epoch seconds), None for nothing. Raises JournalError."""
    at = schema.EVENTS.c.at
    (row,) = journal.rows(sa.select(sa.func.min(at).label("first"), sa.func.max(at).label("last")))
    return row["first"], row["last"]


def kept_back(journal: Journal, window_id: str, since: float) -> list[Row]:
    """Return the events of gates that kept a window's devices back since an instant (epoch seconds), oldest first.

    Raises JournalError.
    """
    table = schema.EVENTS
    wanted = (table.c.window_id == window_id, table.c.kind == GATE_EVENT, table.c.at >= since)
    return journal.rows(sa.select(table).where(*wanted).order_by(table.c.id))


def operation_states(journal: Journal, window_id: str, devices: t.Sequence[str] | None = None) -> list[Row]:
    """Return what progress is read from of each operation of a window, oldest first. Raises JournalError.

    ``devices`` (the names they are locked under) are those that are asked about, all without it.
    """
    table = schema.OPERATIONS
    names = ("lock_name", "operation", "state", "busy_until", "settled_at", "queued")
    columns = [table.c[name] for name in names]
    wanted = sa.and_(table.c.window_id == window_id, _among(table.c.lock_name, devices))
    return journal.rows(sa.select(*columns).where(wanted).order_by(table.c.attempt))


def lock_states(journal: Journal, window_id: str, devices: t.Sequence[str] | None = None) -> list[Row]:
    """Return device, state and instants of a window's locks, of these devices or all. Raises JournalError."""
    table = schema.LOCKS
    columns = (table.c.device, table.c.state, table.c.taken_at, table.c.confirmed_at, table.c.ended_at)
    return journal.rows(sa.select(*columns).where(table.c.holder == window_id, _among(table.c.device, devices)))


def closed_gates(journal: Journal, window_id: str, devices: t.Sequence[str] | None = None) -> list[tuple[str, str]]:
    """Return device and gate of each event in which a gate blocked a device, of these or all of the window's.

    Raises JournalError.
    """
    table = schema.EVENTS
    wanted = (table.c.window_id == window_id, table.c.kind == GATE_EVENT, _among(table.c.device, devices))
    rows = journal.rows(sa.select(table.c.device, table.c.data).where(*wanted))
    return [(row["device"], str(row["data"].get("gate"))) for row in rows]


def _among(column: t.Any, names: t.Sequence[str] | None) -> t.Any:
    return sa.true() if names is None else column.in_(names)


def restarts_of(journal: Journal, device: RecordedDevice, restarts: t.Iterable[str]) -> list[Row]:
    """Return window and end of each of these operations that a device has proven, newest first. Raises JournalError."""
    table = schema.OPERATIONS
    wanted = (_about(device), table.c.operation.in_(sorted(restarts)), table.c.state == "done")
    statement = sa.select(table.c.window_id, table.c.settled_at).where(*wanted)
    return journal.rows(statement.order_by(table.c.settled_at.desc()))


def unproven_operation(journal: Journal, device: RecordedDevice, disruptive: t.Iterable[str]) -> Row | None:
    """Return the newest of these operations whose end is not known or not good, unless something later was proven.

    Raises JournalError.
    """
    table = schema.OPERATIONS
    wanted = sa.or_(table.c.state == "done", table.c.operation.in_(sorted(disruptive)))
    statement = sa.select(table).where(_about(device), wanted, table.c.state != "refused")
    newest = journal.first(statement.order_by(table.c.claimed_at.desc(), table.c.id.desc()))
    return newest if newest is not None and newest["state"] != "done" else None


def open_lock_of(journal: Journal, device: RecordedDevice) -> Row | None:
    """Return an open lock of a device, whatever it was called when it was locked, or None. Raises JournalError."""
    table = schema.LOCKS
    about = sa.or_(table.c.device == device.sdm_name, table.c.device_id == _own_id(device))
    return journal.first(sa.select(table).where(about, schema.OPEN_LOCK))


def other_lock(journal: Journal, device: RecordedDevice, ours: t.Collection[str]) -> Row | None:
    """Return an open lock on a device of a holder that is not among ``ours``, None if there is none.

    The device may be locked under its name in Session Delivery Manager as any window of the journal knows it, alone or
    by its group there. Raise JournalError.
    """
    rows = journal.read(
        lambda connection: _OPEN_LOCKS.rows(
            connection, of_sdm_name=device.sdm_name, of_zequenze_name=device.zequenze_name
        )
    )
    return next((row for row in rows if row["holder"] not in ours), None)


def last_serials(journal: Journal, server: str) -> dict[str, tuple[str, str | None]]:
    """Return by device the serial number that the newest operation on it saw, and its window. Raise JournalError."""
    table = schema.OPERATIONS
    of_server = sa.and_(table.c.server == server, table.c.serial.is_not(None), table.c.serial != "")
    newest = sa.select(sa.func.max(table.c.id)).where(of_server).group_by(table.c.device)
    rows = journal.rows(sa.select(table.c.device, table.c.serial, table.c.window_id).where(table.c.id.in_(newest)))
    return {row["device"]: (row["serial"], row["window_id"]) for row in rows}


def _own_id(device: RecordedDevice) -> str:
    """Return the id that a device alone is locked by: the lock of a group does not tell which member it is for."""
    return "" if device.sdm_id is None or group_of(device.sdm_id) else device.sdm_id


def last_refusal(journal: Journal, window_id: str) -> str | None:
    """Return why a window was last refused as a whole, None if it never was. Raises JournalError."""
    table = schema.EVENTS
    last = sa.select(table.c.data).where(table.c.window_id == window_id, table.c.kind == REFUSED_WINDOW)
    rows = journal.rows(last.order_by(table.c.id.desc()).limit(1))
    return rows[0]["data"].get("message") if rows else None


def newest_windows(journal: Journal, most: int) -> list[str]:
    """Return the ids of the windows with the newest events in the journal, newest first. Raises JournalError."""
    table = schema.EVENTS
    named = sa.select(table.c.window_id).where(table.c.window_id.is_not(None), table.c.window_id != "")
    newest = named.group_by(table.c.window_id).order_by(sa.func.max(table.c.id).desc())
    return [row["window_id"] for row in journal.rows(newest.limit(most))]


def newest_occurrence(journal: Journal, window_name: str) -> str | None:
    """Return the id of the newest occurrence of a recurring window that has events, or None. Raises JournalError."""
    table = schema.EVENTS
    # Not only by its beginning: the holder of a lock outside of windows may be called core@host.
    name = re.sub(r"([/%_])", r"/\1", window_name)
    rows = journal.rows(
        sa.select(table.c.window_id)
        .where(table.c.window_id.like(f"{name}@________T______Z", escape="/"))
        .order_by(table.c.id.desc())
        .limit(1)
    )
    return rows[0]["window_id"] if rows else None


def first_events(journal: Journal) -> list[tuple[str | None, float]]:
    """Return each window id and the instant of its first event (epoch seconds). Raises JournalError."""
    table = schema.EVENTS
    rows = journal.rows(sa.select(table.c.window_id, sa.func.min(table.c.at).label("at")).group_by(table.c.window_id))
    return [(row["window_id"], row["at"]) for row in rows]


def events_of(journal: Journal, kinds: t.Iterable[str]) -> list[Row]:
    """Return kind, instant and data of all events of these kinds, oldest first. Raises JournalError."""
    table = schema.EVENTS
    columns = (table.c.kind, table.c.at, table.c.data)
    return journal.rows(sa.select(*columns).where(table.c.kind.in_(sorted(kinds))).order_by(table.c.id))


def run_windows(journal: Journal) -> set[str]:
    """Return the ids of all windows with an event other than being refused. Raises JournalError."""
    table = schema.EVENTS
    rows = journal.rows(sa.select(table.c.window_id).where(table.c.kind != REFUSED_WINDOW).distinct())
    return {str(row["window_id"]) for row in rows}


def known_windows(journal: Journal) -> set[str]:
    """Return the ids of all windows and the holders of all locks that the journal has seen. Raises JournalError."""
    columns = (
        schema.WINDOWS.c.window_id,
        schema.EVENTS.c.window_id,
        schema.LOCKS.c.holder,
        schema.OPERATIONS.c.window_id,
    )
    rows = journal.rows(sa.union(*(sa.select(column.label("known")) for column in columns)))
    return {row["known"] for row in rows if row["known"] is not None}


def automated_holders(journal: Journal) -> set[str]:
    """Return the ids of the windows that have a record or an operation: a program holds their locks, not a person.

    Raises JournalError.
    """
    columns = (schema.WINDOWS.c.window_id, schema.OPERATIONS.c.window_id)
    rows = journal.rows(sa.union(*(sa.select(column.label("known")) for column in columns)))
    return {row["known"] for row in rows if row["known"] is not None}


def newest_locks(journal: Journal, server: str) -> list[Row]:
    """Return the newest lock row of every device of a server: an open one is always the newest. Raises JournalError."""
    table = schema.LOCKS
    newest = sa.select(sa.func.max(table.c.id)).where(table.c.server == server).group_by(table.c.device_id)
    return journal.rows(sa.select(table).where(table.c.id.in_(newest)).order_by(table.c.id))


def lease_ends_at(lock: t.Mapping[str, t.Any]) -> float:
    """Return when a lock's lease ends (epoch seconds), counted from its newest sign of life."""
    return float(max(lock["taken_at"], lock["confirmed_at"] or 0.0) + lock["lease"])


def is_open(lock: t.Mapping[str, t.Any]) -> bool:
    """Whether a lock row stands for a device that is, or may be, locked by us."""
    return lock["state"] in schema.OPEN_LOCK_STATES


def lease_over(lock: t.Mapping[str, t.Any], now: float) -> bool:
    """Whether a lock is open although its lease has ended, so that its holder may be treated as dead."""
    return is_open(lock) and now >= lease_ends_at(lock)


def _about(device: RecordedDevice) -> t.Any:
    """Return the condition of an operation's row that is about a device, whatever it was called then."""
    table = schema.OPERATIONS
    known = [table.c.device == device.zequenze_name, table.c.lock_name == device.sdm_name]
    return sa.or_(*known, table.c.device_id == device.zequenze_id) if device.zequenze_id else sa.or_(*known)


def _select(journal: Journal, wanted: Filter, table: t.Any, window: t.Any, state: t.Any) -> list[Row]:
    """Return the newest rows that fit, in the order in which they were written."""
    statement = sa.select(table).where(*(window == name for name in wanted.windows))
    if wanted.names is not None:
        statement = statement.where(table.c.device.in_(wanted.names))
    if state is not None:
        statement = statement.where(state)
    statement = statement.order_by(table.c.id.desc())
    if wanted.limit is not None:
        statement = statement.limit(wanted.limit)
    return journal.rows(statement)[::-1]
