# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a window stands at an instant, and how that is said."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freeze
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown


@dataclasses.dataclass(frozen=True)
class Occurrence:
    """A window as it stands at an instant; instants are epoch seconds.

    ``state`` is open, cutoff (no new work any more), closed or frozen (within the window, and a freeze is on). A closed
    schedule has no id and no bounds; a one-off keeps its own. ``cutoff_at`` and ``closes_at`` are None when nothing
    ends a one-off, ``next_opens_at`` when there is no further occurrence. ``no_work_from`` is the cut-off or the start
    of a freeze, whichever comes first, and ``remaining`` the whole seconds until then: 0 when no new work may start,
    None when nothing limits it. ``freeze`` is the freeze that matters: the one that is on, that ends new work before
    the cut-off, or that will be on when the window opens next.
    """

    name: str
    zone: zoneinfo.ZoneInfo
    state: str
    id: str | None = None
    opens_at: float | None = None
    cutoff_at: float | None = None
    closes_at: float | None = None
    next_opens_at: float | None = None
    no_work_from: float | None = None
    remaining: int | None = 0
    freeze: Freeze | None = None


def fits(occurrence: Occurrence, at: float, seconds: float) -> bool:
    """Say whether work that takes ``seconds`` may start at ``at`` (epoch seconds) and ends before new work must stop.

    ``occurrence`` is how the window stood at ``at``, or a moment before.
    """
    if occurrence.state in ("closed", "frozen"):
        return False
    if occurrence.no_work_from is None:
        return True
    return at < occurrence.no_work_from and at + seconds <= occurrence.no_work_from


def as_result(occurrence: Occurrence) -> dict[str, t.Any]:
    """Return an occurrence as plain values; instants are ISO 8601 with the offset of the window's zone."""
    return {
        "id": occurrence.id,
        "name": occurrence.name,
        "state": occurrence.state,
        "opens_at": local_iso(occurrence.opens_at, occurrence.zone),
        "cutoff_at": local_iso(occurrence.cutoff_at, occurrence.zone),
        "closes_at": local_iso(occurrence.closes_at, occurrence.zone),
        "next_opens_at": local_iso(occurrence.next_opens_at, occurrence.zone),
        "remaining": occurrence.remaining,
        "reason": reason(occurrence),
    }


def reason(occurrence: Occurrence) -> str:
    """Return one sentence that says how the window stands and what comes next."""

    def at(instant: float | None) -> str | None:
        return local_iso(instant, occurrence.zone)

    closes = f" and closes at {at(occurrence.closes_at)}" if occurrence.closes_at is not None else ""
    freeze = "" if occurrence.freeze is None else f"the freeze {shown(occurrence.freeze.summary)}"
    if occurrence.freeze is not None and occurrence.state in ("frozen", "closed"):
        freeze = f"{freeze} until {at(occurrence.freeze.end)} in {occurrence.freeze.path!r}"
    if occurrence.state == "frozen":
        text = f"takes no new work because of {freeze}"
    elif occurrence.state == "cutoff":
        text = f"takes no new work since {at(occurrence.cutoff_at)}{closes}"
    elif occurrence.state == "open" and occurrence.no_work_from is None:
        text = "takes new work and has no end of its own"
    elif occurrence.state == "open":
        because = f", when {freeze} begins," if freeze else ""
        text = f"takes new work until {at(occurrence.no_work_from)}{because}{closes}"
    elif occurrence.next_opens_at is not None:
        text = f"opens next at {at(occurrence.next_opens_at)}" + (f", into {freeze}" if freeze else "")
    elif occurrence.closes_at is not None:
        text = f"closed at {at(occurrence.closes_at)} and does not open again"
    else:
        text = "does not open again"
    return f"{occurrence.state}: {occurrence.name} {text} ({occurrence.zone.key})"


def local_iso(instant: float | None, zone: zoneinfo.ZoneInfo) -> str | None:
    """Write epoch seconds as ISO 8601, to the second, with the offset that ``zone`` has then; None stays None."""
    return None if instant is None else dt.datetime.fromtimestamp(instant, zone).isoformat(timespec="seconds")
