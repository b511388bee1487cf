# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the journal to a window's report: which window is meant, its rows, and who still works on it."""

from __future__ import annotations

import dataclasses

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import earlier_occurrences
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import Process, is_alive, same_run
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import Alive, Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Asked, Report, build

# So many occurrences are shown beside a window.
MOST_EARLIER = 6


def report_of(journal: Journal, asked: Asked, ended: Process | None = None) -> Report:
    """Read a window's rows and build its report; ``ended`` is a run that still lives and does nothing more.

    Raises JournalError, and BadInput for a time zone nobody knows.
    """
    window = reading.Filter(windows=(asked.window_id,))
    events = reading.events(journal, window)
    instants = [event["at"] for event in events]
    # A window that was never touched shows what holds it now.
    span = (min(instants), max(instants)) if instants else (journal.clock.now(),) * 2
    report = build(
        asked,
        reading.locks(journal, window),
        reading.operations(journal, window),
        events,
        still_alive(journal, ended),
        Controls(journal).history(asked.window_id, asked.name, *span),
    )
    earlier = earlier_occurrences(journal, asked.window_id, asked.name, MOST_EARLIER)
    return dataclasses.replace(report, earlier=tuple(earlier))


def still_alive(journal: Journal, ended: Process | None = None) -> Alive:
    """Return the question whether a run that still lives works with a row.

    A run on another machine cannot be seen: it counts as alive as long as its own row says it may be.
    """
    now = journal.clock.now()

    def alive(row: Row) -> bool:
        return not (ended is not None and same_run(row["sender"], ended)) and is_alive(row, now)

    return alive
