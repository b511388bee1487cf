# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Freezes: the times of a calendar in which no new work starts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.calendars import read_calendars, unreadable
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import first_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

try:
    import recurring_ical_events  # type: ignore[import-untyped]
except ImportError:
    # The face names the missing library before anything here is used.
    pass
if t.TYPE_CHECKING:
    import icalendar


_DAY = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Freeze:
    """One time without new work, from ``start`` to before ``end`` (epoch seconds), and whose event it is."""

    start: float
    end: float
    summary: str
    path: str


class Freezes:
    """The events of all calendars of a window, as they were when this was made."""

    def __init__(self, paths: t.Iterable[str], directory: str | None, zone: zoneinfo.ZoneInfo) -> None:
        """Read the calendars as :func:`read_calendars` does, and raise what it raises.

        Whole days, and times without a zone of their own, are meant in ``zone``.
        """
        self._calendars = read_calendars(paths, directory)
        self._zone = zone

    def between(self, start: float, end: float) -> list[Freeze]:
        """Give the freezes that have an instant in common with ``start`` to before ``end`` (epoch seconds), in order.

        Cancelled events are none; events marked as free time are, because holidays usually are so marked. Raises
        BadInput when the recurrence of an event cannot be worked out.
        """
        found: list[Freeze] = []
        for path, calendar in self._calendars:
            try:
                found += self._events(path, calendar, start, end)
            except Exception as error:
                # The library raises whatever the broken content leads it to.
                raise unreadable(path, error) from error
        return sorted(found, key=lambda freeze: (freeze.start, freeze.end))

    def _events(self, path: str, calendar: icalendar.Component, start: float, end: float) -> t.Iterator[Freeze]:
        # The library compares in local time, so it is asked for a day more on each side.
        first = dt.datetime.fromtimestamp(start, self._zone) - _DAY
        last = dt.datetime.fromtimestamp(end, self._zone) + _DAY
        for event in recurring_ical_events.of(calendar, components=["VEVENT"]).between(first, last):
            if str(event.get("STATUS", "")).upper() == "CANCELLED":
                continue
            freeze = Freeze(
                start=self._instant(event["DTSTART"].dt),
                end=self._instant(event["DTEND"].dt),
                summary=str(event.get("SUMMARY", "")),
                path=path,
            )
            if freeze.end <= freeze.start:
                raise ValueError(f"the VEVENT {shown(freeze.summary)} has no length")
            if freeze.start < end and freeze.end > start:
                yield freeze

    def _instant(self, time: dt.date) -> float:
        """Give epoch seconds for a day, which begins in the window's zone, or for a time with or without a zone."""
        if not isinstance(time, dt.datetime):
            return first_instant(dt.datetime(time.year, time.month, time.day), self._zone)
        if time.tzinfo is None:
            return first_instant(time, self._zone)
        return time.timestamp()
