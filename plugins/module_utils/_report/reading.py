# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the journal to a window's report: which window is meant, its rows, and who still works on it."""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The face names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import Sender, run_lives, same_run
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import Alive, Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Asked, Report, build


def newest_occurrence(journal: Journal, window_name: str) -> str | None:
    """Give the id of the newest occurrence of a recurring window that left a trace, or None. Raises JournalError."""
    table = schema.EVENTS
    rows = journal.rows(
        sa.select(table.c.window_id)
        .where(table.c.window_id.startswith(f"{window_name}@", autoescape=True))
        .order_by(table.c.id.desc())
        .limit(1)
    )
    return rows[0]["window_id"] if rows else None


def report_of(journal: Journal, asked: Asked, ended: Sender | None = None) -> Report:
    """Read a window's rows and build its report; ``ended`` is a run that still lives and does nothing more.

    Raises JournalError, and BadInput for a time zone nobody knows.
    """
    window = reading.Filter(windows=(asked.window_id,))
    return build(
        asked,
        reading.locks(journal, window),
        reading.operations(journal, window),
        reading.events(journal, window),
        still_alive(journal, ended),
    )


def still_alive(journal: Journal, ended: Sender | None = None) -> Alive:
    """Give the question whether a run that still lives works with a row.

    A run on another machine cannot be seen: it counts as alive as long as its own row says it may be.
    """
    now = journal.clock.now()

    def alive(row: Row) -> bool:
        if ended is not None and same_run(row["sender"], ended):
            return False
        lives = run_lives(row["sender"])
        until: t.Any = row.get("busy_until") or row.get("alive_until") or 0.0
        return bool(until > now) if lives is None else lives

    return alive
