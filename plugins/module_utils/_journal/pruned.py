# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a journal keeps of windows that were removed from it: their ids, and by what the audit trail knows them."""

from __future__ import annotations

import json
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.statements import Statement
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# The facts under which a journal keeps what is left of a window, and the number of the newest event that was removed.
PRUNED = "pruned window "


PRUNED_UNTIL = "pruned until"


# Asked before each operation.
_FACT = Statement(lambda: sa.select(schema.META).where(schema.META.c.key == sa.bindparam("of_key")))


class Left(t.NamedTuple):
    """What is left of a removed window.

    ``at`` says when it was removed (epoch seconds), ``ran`` whether anything can have been sent for it, ``events`` how
    many it had, and ``digest`` what these were.
    """

    at: float
    ran: bool
    events: int
    digest: str


def pruned_windows(journal: Journal) -> dict[str, Left]:
    """Return what is left of each removed window, by its id. Raise JournalError."""
    facts = journal.recall_all(PRUNED).items()
    return {key.removeprefix(PRUNED): Left(**json.loads(value)) for key, value in facts}


def refuse_pruned(connection: t.Any, window_id: str) -> None:
    """Raise BadInput for a window that ran and was removed: nobody could tell any more what was sent for it."""
    kept = _FACT.first(connection, of_key=PRUNED + window_id)
    left = None if kept is None else Left(**json.loads(kept["value"]))
    if left is not None and left.ran:
        raise BadInput(
            f"Window {shown(window_id)} ended long ago and was removed from the journal at {iso(left.at)}, so nobody "
            "can tell any more what was sent for it. Use another window_id. Nothing was sent."
        )
