# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that a window could not maintain: they count against its limit of failures, whatever the cause.

Mostly the row of an operation tells it. Where there is none, because the lock was refused or the device could not even
be read, a row of its own does; it counts until the device is locked for the window after all. Devices are called by the
names they are locked under.
"""

from __future__ import annotations

import contextlib
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal

FAILURE_EVENT = "device_failed"

# An operation in one of these states has failed; what is refused and not settled is waited for.
FAILED_STATES = ("failed", "unknown", "refused")

# A sync that was accepted and never proven, where the window says to go on.
UNPROVEN = "unproven"

# After an operation in one of these states the window goes on with the device, and does not repeat it.
THROUGH_STATES = frozenset({"done", UNPROVEN})


def note_failure(
    journal: Journal,
    window_id: str,
    device: str,
    what: str,
    message: str,
    *,
    server: str | None = None,
    operation: str | None = None,
    called: str | None = None,
) -> None:
    """Write down that a window could not maintain a device although no operation's row says so.

    ``what`` says it in two words (``lock busy``) and ``message`` in full; ``called`` is the device's name on ``server``
    where that is another. Raises nothing when it cannot be written: the device's result says so all the same.
    """
    table = schema.FAILURES
    row = {"window_id": window_id, "device": device, "at": journal.clock.now(), "what": what}
    about = {"window_id": window_id, "server": server, "device": called or device}
    data = {} if operation is None else {"operation": operation}

    def work(connection: t.Any) -> None:
        connection.execute(table.delete().where(table.c.window_id == window_id, table.c.device == device))
        connection.execute(table.insert(), row)
        journal.add_event(connection, FAILURE_EVENT, about, what=what, message=message, **data)

    with contextlib.suppress(JournalError):
        journal.write(work)


def failed_devices(window_id: str, other_than: str) -> t.Any:
    """Return the select of a window's devices that have failed, without one of them."""
    operations, failures = schema.OPERATIONS, schema.FAILURES
    state = operations.c.state
    by_operation = sa.select(operations.c.lock_name).where(
        operations.c.window_id == window_id,
        operations.c.lock_name != other_than,
        state.in_(FAILED_STATES),
        sa.or_(state != "refused", operations.c.settled_at.is_not(None)),
    )
    by_itself = sa.select(failures.c.device).where(failures.c.device != other_than, *_stands(window_id))
    return by_operation.union(by_itself)


def failures_of(journal: Journal, window_id: str, devices: t.Sequence[str] | None = None) -> dict[str, str]:
    """Return what stood in the way of these devices (``lock busy``), of all without them, where something still does.

    Raise JournalError.
    """
    table = schema.FAILURES
    wanted = _stands(window_id) if devices is None else (table.c.device.in_(devices), *_stands(window_id))
    rows = journal.rows(sa.select(table.c.device, table.c.what).where(*wanted))
    return {row["device"]: row["what"] for row in rows}


def window_failures(journal: Journal, window_id: str) -> dict[str, str]:
    """Return what stands in the way of a window's devices (``lock busy``). Raises JournalError."""
    table = schema.FAILURES
    rows = journal.rows(sa.select(table.c.device, table.c.what).where(*_stands(window_id)))
    return {row["device"]: row["what"] for row in rows}


def _stands(window_id: str) -> tuple[t.Any, ...]:
    """Return the conditions of a failure that counts: of this window, and the device was not locked for it since."""
    table, locks = schema.FAILURES, schema.LOCKS
    locked_since = sa.exists().where(
        locks.c.holder == window_id, locks.c.device == table.c.device, locks.c.confirmed_at > table.c.at
    )
    return (table.c.window_id == window_id, ~locked_since)
