# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Freezes: the times of a calendar in which no new work starts."""

from __future__ import annotations

import collections
import dataclasses
import threading
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.calendar_zones import KnownZone, Zone
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.calendars import (
    MOST_STEPS,
    Calendar,
    Read,
    read_calendars,
    unreadable,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.events import Moment
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.recurrence import Budget

_DAY = 86400

_MOST_TIMES = 10_000

# Noon of 30 December 9999 in UTC: the last instant that every zone can still show.
_END_OF_TIME = 253402214400.0

_KEPT, _LONGEST_KEPT = 256, 2000


@dataclasses.dataclass(frozen=True)
class Freeze:
    """One time without new work, from ``start`` to before ``end`` (epoch seconds), and whose event it is."""

    start: float
    end: float
    summary: str
    path: str


_known: collections.OrderedDict[tuple[object, ...], t.Sequence[Freeze]] = collections.OrderedDict()

_lock = threading.Lock()


class Freezes:
    """The events of all calendars of a window, as they were when this was made."""

    def __init__(self, paths: t.Iterable[str], directory: str | None, zone: zoneinfo.ZoneInfo) -> None:
        """Read the calendars as :func:`read_calendars` does, and raise what it raises.

        Whole days, and times without a zone of their own, are meant in ``zone``.
        """
        self._calendars = read_calendars(paths, directory)
        self._zone = zone

    def between(self, start: float, end: float) -> list[Freeze]:
        """Return the freezes that have an instant in common with ``start`` to before ``end`` (epoch seconds), in order.

        Cancelled events are none; events marked as free time are, because holidays usually are so marked. Raise
        BadInput when it would take too long to work the events out.
        """
        budget = Budget(MOST_STEPS)
        found: list[Freeze] = []
        for read in self._calendars:
            try:
                freezes = self._of_days(read, int(start // _DAY), int(-(-end // _DAY)), budget)
            except ValueError as error:
                raise unreadable(read.path, error) from error
            found += [freeze for freeze in freezes if freeze.start < end and freeze.end > start]
        return sorted(found, key=lambda freeze: (freeze.start, freeze.end))

    def _of_days(self, read: Read, first: int, last: int, budget: Budget) -> t.Sequence[Freeze]:
        """Return the freezes of a file from one day to before another (days since 1970), from memory where possible."""
        key = (read.path, read.digest, self._zone.key, first, last)
        with _lock:
            known = _known.get(key)
        if known is None:
            here = KnownZone(self._zone)
            spans = (each for calendar in read.calendars for each in _spans(calendar, first, last, here, budget))
            known = [Freeze(start, min(end, _END_OF_TIME), summary, read.path) for start, end, summary in spans]
            with _lock:
                if len(known) <= _LONGEST_KEPT:
                    _known[key] = known
                if len(_known) > _KEPT:
                    _known.popitem(last=False)
        return known


def _spans(
    calendar: Calendar, first: int, last: int, here: Zone, budget: Budget
) -> t.Iterator[tuple[float, float, str]]:
    """Return start, end and summary of the times of a calendar that touch the days. Raise ValueError."""
    masters = collections.Counter(event.uid for event in calendar if event.replaces is None)
    replaced: dict[str, list[Moment]] = collections.defaultdict(list)
    for event in calendar:
        # Of which event it is a time is not certain when there is no UID, or two events have it: then both freeze.
        if event.replaces is not None and event.uid and masters[event.uid] == 1:
            replaced[event.uid].append(event.replaces)
    low, high = first * _DAY, last * _DAY
    number = 0
    for event in calendar:
        budget.spend()
        if event.cancelled:
            continue
        own = replaced[event.uid] if event.replaces is None else []
        for start, end in event.spans(low, high, here, own, budget):
            if start < high and end > low:
                number += 1
                if number > _MOST_TIMES:
                    raise ValueError(f"it has more than {_MOST_TIMES} times")
                yield start, end, event.summary
