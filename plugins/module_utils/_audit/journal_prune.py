# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logic of journal_prune: removes windows from the journal that ended long ago and that nothing needs any more."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit import anchors
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import events_digest
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.window_audit import open_journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.memory import refuse_if_gone_back, remember
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruning import Ended, ended_before, prune
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

DAY = 86400.0


# So many windows that stay are named in the message.
MOST_NAMED = 5


def journal_prune_spec() -> Spec:
    """Return the options of journal_prune."""
    return journal_options() + Spec({"days": {"type": "int", "default": 400}})


def run_journal_prune(task: Task) -> Result:
    """Remove windows. Return ``windows``, ``kept`` and ``changed``. Raise BadInput, JournalError."""
    days = task.params["days"]
    if days < 1:
        raise BadInput("days must be at least 1.")
    with open_journal(task) as journal:
        refuse_if_gone_back(journal)
        ended = ended_before(journal, task.clock.now() - days * DAY)
        _keep_for_trails(journal, ended)
        gone = [window for window in ended if not window.why_kept]
        kept = [window for window in ended if window.why_kept]
        if not task.check_mode:
            gone = [window for window in gone if prune(journal, window, events_digest)]
            if gone:
                remember(journal)
    return {
        "changed": bool(gone),
        "journal": journal.place,
        "windows": [_told(window) for window in gone],
        "kept": [_told(window) for window in kept],
        "msg": _sentence(journal.place, days, gone, kept, "would be" if task.check_mode else "were"),
    }


def _keep_for_trails(journal: Journal, ended: t.Iterable[Ended]) -> None:
    """Keep what an audit trail does not have yet. Raise JournalError."""
    unfinished = anchors.unfinished(journal)
    for window in ended:
        path = unfinished(window.window_id, window.last_event)
        if path is not None and not window.why_kept:
            window.why_kept = f"the audit trail {path} does not have its events yet; continue it with window_audit"


def _told(window: Ended) -> dict[str, t.Any]:
    return {
        "window_id": window.window_id,
        "name": window.name,
        "last_at": iso(window.at),
        "operations": window.operations,
        "locks": window.locks,
        "events": window.events,
        "reason": window.why_kept,
    }


def _sentence(place: str, days: int, gone: t.Sequence[Ended], kept: t.Sequence[Ended], verb: str) -> str:
    age = f"ended more than {days} day{'s' if days > 1 else ''} ago"
    if not gone and not kept:
        return f"No window in the journal {place} {age}."
    number = f"{len(gone)} window{'' if len(gone) == 1 else 's'}"
    said = f"{number} that {age} {verb} removed from the journal {place}."
    if len(gone) == 1:
        said = said.replace(" were removed", " was removed")
    if kept:
        named = "; ".join(f"{shown(window.window_id)}: {window.why_kept}" for window in kept[:MOST_NAMED])
        more = f"; and {len(kept) - MOST_NAMED} more" if len(kept) > MOST_NAMED else ""
        said += f" {len(kept)} of that age stay{'s' if len(kept) == 1 else ''} ({named}{more})."
    return said
