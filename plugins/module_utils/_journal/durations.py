# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long operations took, by model, from what the journal holds of windows."""

from __future__ import annotations

import collections
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal

# So many of the newest operations are looked at; older ones tell little about tonight.
NEWEST = 5000


class Taken(t.NamedTuple):
    """Seconds that operations took, newest first, by (model, operation); ``estimated`` is what the platform said."""

    proven: t.Mapping[tuple[str, str], t.Sequence[float]]
    estimated: t.Mapping[str, float]


def model_of(shown: t.Mapping[str, t.Any]) -> str:
    """Return the model of a device as far as the systems show one, else its platform, else an empty text."""
    return str(shown.get("model") or shown.get("platform") or "")


def taken(journal: Journal) -> Taken:
    """Return how long the newest proven operations took, from claim to proof. Raises JournalError.

    The hold is left out: how long it lasts is agreed. The model is what the window of the operation had on record.
    """
    table, devices = schema.OPERATIONS, schema.WINDOW_DEVICES
    rows = journal.rows(
        sa.select(
            table.c.window_id,
            table.c.lock_name,
            table.c.operation,
            table.c.state,
            table.c.claimed_at,
            table.c.settled_at,
            table.c.baseline,
        )
        .where(table.c.window_id.is_not(None), table.c.sent.is_(True))
        .order_by(table.c.id.desc())
        .limit(NEWEST)
    )
    windows = sorted({row["window_id"] for row in rows})
    models: dict[tuple[str, str], str] = {}
    for start in range(0, len(windows), 500):
        end = start + 500
        chosen = windows[start:end]
        known = journal.rows(
            sa.select(devices.c.window_id, devices.c.sdm_name, devices.c.shown).where(devices.c.window_id.in_(chosen))
        )
        models |= {(row["window_id"], row["sdm_name"]): model_of(row["shown"] or {}) for row in known}
    proven: dict[tuple[str, str], list[float]] = collections.defaultdict(list)
    estimated: dict[str, float] = {}
    for row in rows:
        if row["state"] == "done" and row["settled_at"] is not None:
            model = models.get((row["window_id"], row["lock_name"]), "")
            proven[model, row["operation"]].append(max(0.0, row["settled_at"] - row["claimed_at"]))
        said = (row["baseline"] or {}).get("estimated")
        if said is not None:
            estimated.setdefault(row["operation"], float(said))
    return Taken(proven, estimated)
