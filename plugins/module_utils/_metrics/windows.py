# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which occurrences of scheduled windows were due lately, and whether anything was run in them. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import DAY, Window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import FreezesBetween, look

# More than one occurrence an hour for as long as anybody looks back is no window of maintenance.
MOST_OCCURRENCES = 2000


@dataclasses.dataclass(frozen=True)
class Due:
    """An occurrence of a window: its id, when it closes (epoch seconds), and whether a freeze kept it shut at first."""

    id: str
    closes_at: float
    frozen: bool


@dataclasses.dataclass(frozen=True)
class Counted:
    """The occurrences of a window by what became of them, and when the newest missed one closed (epoch seconds)."""

    states: dict[str, int]
    missed_at: float | None = None


def due_since(window: Window, since: float, now: float, freezes_between: FreezesBetween) -> t.Iterator[Due]:
    """Return the occurrences that opened in (since, now], oldest first; a one-off without a beginning is never due."""
    at = since
    for _occurrence in range(MOST_OCCURRENCES):
        opens = look(window, at, freezes_between).next_opens_at
        if opens is None or opens > now:
            return
        occurrence = look(window, opens, freezes_between)
        closes = occurrence.closes_at if occurrence.closes_at is not None else opens + DAY
        yield Due(str(occurrence.id), closes, occurrence.state == "frozen")
        at = opens
    raise BadInput(f"window {window.name} has more than {MOST_OCCURRENCES} occurrences in the time looked back on.")


def counted(due: t.Iterable[Due], run: t.Collection[str], seen: float, now: float) -> Counted:
    """Count occurrences: all that were due, run (the journal shows something), missed, frozen, and open now.

    What closed before the window was first seen (epoch seconds), and was not run, was not due.
    """
    counts = {"due": 0, "run": 0, "missed": 0, "frozen": 0, "open": 0}
    missed_at = None
    for each in due:
        if each.closes_at <= seen and each.id not in run:
            continue
        counts["due"] += 1
        if each.id in run:
            counts["run"] += 1
        elif each.frozen:
            counts["frozen"] += 1
        elif each.closes_at <= now:
            counts["missed"] += 1
            missed_at = max(missed_at or 0.0, each.closes_at)
        else:
            counts["open"] += 1
    return Counted(counts, missed_at)
