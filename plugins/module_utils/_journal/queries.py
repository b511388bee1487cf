# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the journal that change nothing, not even make it."""

from __future__ import annotations

import dataclasses
import os
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The face names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import file_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import (
    Journal,
    NoJournal,
    Row,
    default_path,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import IN_FLIGHT

# The kinds of the events that tell that a gate kept a device back, and that a window was refused as a whole.
GATE_EVENT = "gate_blocked"


REFUSED_WINDOW = "window_refused"


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


def open_existing(place: str | None, clock: Clock) -> Journal | None:
    """Open the journal at a path or database URL (None: the usual path); None when nothing was ever written there.

    Raises JournalError as :meth:`Journal.open` does.
    """
    path = file_of(place or default_path())
    if path is not None and not os.path.exists(path):
        return None
    try:
        return Journal.open(place, clock, make=False, read_only_ok=True)
    except NoJournal:
        return None


def locks(journal: Journal, wanted: Filter) -> list[Row]:
    """Give lock rows, oldest first. Raises JournalError."""
    table = schema.LOCKS
    state = table.c.state.in_(schema.OPEN_LOCK_STATES)
    return _select(journal, wanted, table, table.c.holder, state if wanted.open else None)


def operations(journal: Journal, wanted: Filter) -> list[Row]:
    """Give operation rows, oldest first. Raises JournalError."""
    table = schema.OPERATIONS
    state = table.c.state.in_(IN_FLIGHT)
    return _select(journal, wanted, table, table.c.window_id, state if wanted.open else None)


def events(journal: Journal, wanted: Filter) -> list[Row]:
    """Give what happened, oldest first; nothing of it is open. Raises JournalError."""
    table = schema.EVENTS
    return _select(journal, wanted, table, table.c.window_id, None)


def kept_back(journal: Journal, window_id: str, since: float) -> list[Row]:
    """Give the events of gates that kept a window's devices back since an instant (epoch seconds), oldest first.

    Raises JournalError.
    """
    table = schema.EVENTS
    wanted = (table.c.window_id == window_id, table.c.kind == GATE_EVENT, table.c.at >= since)
    return journal.rows(sa.select(table).where(*wanted).order_by(table.c.id))


def newest_locks(journal: Journal, server: str) -> list[Row]:
    """Give the newest lock row of every device of a server: an open one is always the newest. Raises JournalError."""
    table = schema.LOCKS
    newest = sa.select(sa.func.max(table.c.id)).where(table.c.server == server).group_by(table.c.device_id)
    return journal.rows(sa.select(table).where(table.c.id.in_(newest)).order_by(table.c.id))


def lease_ends_at(lock: t.Mapping[str, t.Any]) -> float:
    """Give when a lock's lease ends (epoch seconds), counted from its newest sign of life."""
    return float(max(lock["taken_at"], lock["confirmed_at"] or 0.0) + lock["lease"])


def is_open(lock: t.Mapping[str, t.Any]) -> bool:
    """Whether a lock row stands for a device that is, or may be, locked by us."""
    return lock["state"] in schema.OPEN_LOCK_STATES


def lease_over(lock: t.Mapping[str, t.Any], now: float) -> bool:
    """Whether a lock is open although its lease has ended, so that its holder may be treated as dead."""
    return is_open(lock) and now >= lease_ends_at(lock)


def _select(journal: Journal, wanted: Filter, table: t.Any, window: t.Any, state: t.Any) -> list[Row]:
    """Give the newest rows that fit, in the order in which they were written."""
    statement = sa.select(table).where(*(window == name for name in wanted.windows))
    if wanted.names is not None:
        statement = statement.where(table.c.device.in_(wanted.names))
    if state is not None:
        statement = statement.where(state)
    statement = statement.order_by(table.c.id.desc())
    if wanted.limit is not None:
        statement = statement.limit(wanted.limit)
    return journal.rows(statement)[::-1]
