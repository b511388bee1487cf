# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a task: opened as its options say, to write or only to look."""

from __future__ import annotations

import os

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import file_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.preparation import NoJournal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task


def journal_of(task: Task, *, newer_ok: bool = False, read_only_ok: bool = False) -> Journal:
    """Return the open journal of a task, made when it is not there. Raise as :meth:`Journal.open` does."""
    return Journal.open(
        task.params["journal"],
        task.clock,
        task.run,
        newer_ok=newer_ok,
        read_only_ok=read_only_ok,
        patience=task.params.get("journal_patience"),
    )


def existing_journal_of(task: Task) -> Journal | None:
    """Return the open journal of a task to read; None when nothing was ever written there. Raise JournalError."""
    return open_existing(task.params["journal"], task.clock, patience=task.params.get("journal_patience"))


def open_existing(place: str | None, clock: Clock, *, patience: float | None = None) -> Journal | None:
    """Open the journal at a path or database URL (None: the usual path); None when nothing was ever written there.

    Raise JournalError as :meth:`Journal.open` does.
    """
    path = file_of(place or default_path())
    if path is not None and not os.path.exists(path):
        return None
    try:
        return Journal.open(place, clock, make=False, read_only_ok=True, patience=patience)
    except NoJournal:
        return None
