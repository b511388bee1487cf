# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time zones of one calendar: those it defines itself (VTIMEZONE), and those it names.

Each calendar has zones of its own: what another file calls by the same name is another zone.
"""

from __future__ import annotations

import bisect
import datetime as dt
import re
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.content_lines import Component
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.recurrence import (
    Budget,
    TooMuchError,
    read_recurrence,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.rule import RuleError
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import zone_named
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# Rules without an end are worked out for these years; outside of them the nearest offset counts.
_FIRST, _LAST = dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)

_STEPS_OF_AN_OBSERVANCE = 10

_EPOCH = dt.datetime(1970, 1, 1)

_LOCAL = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})", re.ASCII)

_OFFSET = re.compile(r"([+-])(\d{2})([0-5]\d)([0-5]\d)?", re.ASCII)


class Zone(t.Protocol):
    """What a time on the wall clock means."""

    def instant(self, local: dt.datetime) -> float:
        """Return the epoch seconds of a local time: the first of two, and as before the change in a gap (3.3.5)."""

    def is_skipped(self, local: dt.datetime) -> bool:
        """Whether the wall clock never shows a local time."""

    def local(self, instant: float) -> dt.datetime:
        """Return the local time, without offset, of epoch seconds; what lies outside of all calendars is their end."""


class Utc:
    """The zone without changes, which costs nothing."""

    def instant(self, local: dt.datetime) -> float:
        """Return the epoch seconds of a time."""
        return seconds(local)

    def is_skipped(self, local: dt.datetime) -> bool:
        """Return False: no time is skipped."""
        return False

    def local(self, instant: float) -> dt.datetime:
        """Return the time of epoch seconds."""
        try:
            return _EPOCH + dt.timedelta(seconds=instant)
        except OverflowError:
            return dt.datetime.max if instant > 0 else dt.datetime.min


UTC = Utc()


class KnownZone:
    """A zone of the machine's database."""

    def __init__(self, zone: zoneinfo.ZoneInfo) -> None:
        """Take the zone."""
        self._zone = zone

    def instant(self, local: dt.datetime) -> float:
        """Return the epoch seconds of a local time."""
        return seconds(local) - self._offset(local, 0)

    def is_skipped(self, local: dt.datetime) -> bool:
        """Whether the wall clock never shows a local time."""
        return self._offset(local, 1) > self._offset(local, 0)

    def local(self, instant: float) -> dt.datetime:
        """Return the local time of epoch seconds."""
        try:
            return dt.datetime.fromtimestamp(instant, self._zone).replace(tzinfo=None)
        except (OverflowError, ValueError):
            return dt.datetime.max if instant > 0 else dt.datetime.min

    def _offset(self, local: dt.datetime, fold: int) -> float:
        return (local.replace(tzinfo=self._zone, fold=fold).utcoffset() or dt.timedelta()).total_seconds()


class DefinedZone:
    """A zone that a VTIMEZONE defines: its changes in order, each with the offset that begins then."""

    def __init__(self, component: Component, budget: Budget) -> None:
        """Work the changes out. Raise ValueError for a definition that is not complete."""
        changes: list[tuple[float, int, int]] = []
        for observance in component.components:
            if observance.name not in ("STANDARD", "DAYLIGHT"):
                raise ValueError(f"has a {observance.name}")
            before, after = _offset(observance, "TZOFFSETFROM"), _offset(observance, "TZOFFSETTO")
            changes += [(seconds(local) - before, before, after) for local in _onsets(observance, before, budget)]
        if not changes:
            raise ValueError("has neither STANDARD nor DAYLIGHT")
        changes.sort()
        self._instants = [instant for instant, _before, _after in changes]
        self._offsets = [changes[0][1], *(after for _instant, _before, after in changes)]
        self._known = sorted(set(self._offsets))

    def instant(self, local: dt.datetime) -> float:
        """Return the epoch seconds of a local time."""
        time = seconds(local)
        meant = self._meant(time)
        return meant[0] if meant else time - self._at(time - self._known[-1])

    def is_skipped(self, local: dt.datetime) -> bool:
        """Whether the wall clock never shows a local time."""
        return not self._meant(seconds(local))

    def local(self, instant: float) -> dt.datetime:
        """Return the local time of epoch seconds."""
        try:
            return _EPOCH + dt.timedelta(seconds=instant + self._at(instant))
        except OverflowError:
            return dt.datetime.max if instant > 0 else dt.datetime.min

    def _meant(self, time: float) -> list[float]:
        return sorted(time - offset for offset in self._known if self._at(time - offset) == offset)

    def _at(self, instant: float) -> int:
        return self._offsets[bisect.bisect_right(self._instants, instant)]


class Zones:
    """The zones of one calendar by name."""

    def __init__(self, calendar: Component, budget: Budget) -> None:
        """Take the calendar; a zone is worked out when it is asked for. Raise ValueError for one without a name."""
        self._budget = budget
        self._known: dict[str, Zone] = {}
        self._defined: dict[str, Component] = {}
        for component in calendar.components:
            if component.name == "VTIMEZONE":
                name = component.one("TZID")
                if name is None or not name.value.strip():
                    raise ValueError("it has a VTIMEZONE without a TZID")
                if self._defined.setdefault(name.value, component) != component:
                    raise ValueError(f"it defines the time zone {shown(name.value)} twice, and differently")

    def named(self, name: str) -> Zone:
        """Return the zone of a TZID. Raise ValueError for one that neither the calendar nor the machine knows."""
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name]

    def _found(self, name: str) -> Zone:
        if name in self._defined:
            try:
                return DefinedZone(self._defined[name], self._budget)
            except TooMuchError:
                raise
            except ValueError as error:
                raise ValueError(f"has the time zone {shown(name)}, whose VTIMEZONE {error}") from error
        try:
            return KnownZone(zone_named(_of_windows(name) or name, "TZID"))
        except BadInput as error:
            raise ValueError(f"has the unknown time zone {shown(name)}") from error


def seconds(local: dt.datetime) -> float:
    """Return the seconds from 1970 to a local time, as if it were UTC."""
    return (local - _EPOCH).total_seconds()


def _of_windows(name: str) -> str | None:
    """Return the IANA name of a zone that Windows knows by this name, as Unicode's CLDR has it."""
    if "/" in name or name.isupper():
        return None
    try:
        from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
    except ImportError:
        return None
    return WINDOWS_TO_OLSON.get(name)


def _onsets(observance: Component, before: int, budget: Budget) -> t.Iterator[dt.datetime]:
    """Return the local times at which an observance begins."""
    budget.spend(_STEPS_OF_AN_OBSERVANCE)
    start = _local(observance, "DTSTART")
    yield start
    for dates in observance.all("RDATE"):
        for text in dates.value.split(","):
            budget.spend()
            yield _read_local("RDATE", text)
    for each in observance.all("RRULE"):
        try:
            rule = read_recurrence(each.value, start, False, budget)
        except RuleError as error:
            raise ValueError(f"has an RRULE {shown(each.value)} that {error}") from error
        if rule.frequency not in ("YEARLY", "MONTHLY"):
            raise ValueError(f"has an RRULE {shown(each.value)} that is not yearly")
        until = None if rule.until is None else dt.datetime.strptime(f"{rule.until[:8]}235959", "%Y%m%d%H%M%S")
        if rule.until is not None and "T" in rule.until:
            until = dt.datetime.strptime(rule.until[:15], "%Y%m%dT%H%M%S")
            until += dt.timedelta(seconds=before) if rule.until.endswith("Z") else dt.timedelta()
        low = start if rule.count is not None else max(start, _FIRST)
        for number, local in enumerate(rule.between(low, min(until or _LAST, _LAST), budget)):
            if rule.count is not None and number >= rule.count:
                break
            yield local


def _local(observance: Component, name: str) -> dt.datetime:
    found = observance.one(name)
    if found is None:
        raise ValueError(f"has a {observance.name} without {name}")
    return _read_local(name, found.value)


def _read_local(name: str, text: str) -> dt.datetime:
    match = _LOCAL.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"has the {name} {shown(text)}, which is no local time")
    return dt.datetime(*map(int, match.groups()))  # type: ignore[arg-type]


def _offset(observance: Component, name: str) -> int:
    found = observance.one(name)
    match = _OFFSET.fullmatch(found.value.strip()) if found is not None else None
    if match is None:
        raise ValueError(f"has a {observance.name} without a valid {name}")
    size = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4] or 0)
    if size >= 86400:
        raise ValueError(f"has a {observance.name} without a valid {name}")
    return -size if match[1] == "-" else size
