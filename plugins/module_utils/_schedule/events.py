# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of a calendar: when each freezes. What is not certain is refused by name, never read in some way.

The refusals are listed in the guide to windows. Where RFC 5545 leaves two readings, both freeze.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.calendar_zones import (
    UTC,
    Zone,
    Zones,
    seconds,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.content_lines import Component, Property
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.recurrence import (
    Budget,
    Recurrence,
    TooMuchError,
    read_recurrence,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

_TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "STATUS", "SEQUENCE")

# Other properties of an event, of which some look like one of these.
_OTHERS = frozenset(
    (
        "ATTACH",
        "ATTENDEE",
        "CATEGORIES",
        "CLASS",
        "COLOR",
        "COMMENT",
        "CONFERENCE",
        "CONTACT",
        "CREATED",
        "DESCRIPTION",
        "DTSTAMP",
        "GEO",
        "IMAGE",
        "LAST-MODIFIED",
        "LOCATION",
        "ORGANIZER",
        "PRIORITY",
        "RELATED-TO",
        "REQUEST-STATUS",
        "RESOURCES",
        "SUMMARY",
        "TRANSP",
        "UID",
        "URL",
    )
)

_KNOWN = frozenset(_TIMES)

# Components that are no freeze, beside or inside of events.
_OTHER_COMPONENTS = frozenset(("VTIMEZONE", "VALARM", "VTODO", "VJOURNAL"))

_OTHERS_OF_EVENTS = frozenset(("VALARM", "PARTICIPANT", "VLOCATION", "VRESOURCE"))

_STEPS_OF_AN_EVENT, _STEPS_OF_A_NAME = 15, 30

_PARTS_OF_RULES = ("FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST")

_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?", re.ASCII | re.IGNORECASE)

_LENGTH = re.compile(
    r"([+-]?)P(?:(\d{1,5})W|(?=\d|T\d)(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?)",
    re.ASCII | re.IGNORECASE,
)

_DAY = dt.timedelta(days=1)


class Moment(t.NamedTuple):
    """A time as it stands in a calendar: ``zone`` is None for one that is meant in the window's zone."""

    local: dt.datetime
    whole_day: bool
    zone: Zone | None

    def at(self, here: Zone) -> float:
        """Return the epoch seconds, where ``here`` is the window's zone."""
        return (self.zone or here).instant(self.local)


class Length(t.NamedTuple):
    """How long something lasts: days of the calendar, then seconds that really pass."""

    days: int
    seconds: float

    def after(self, local: dt.datetime, zone: Zone) -> float:
        """Return the epoch seconds at which something ends that begins at this local time."""
        try:
            return zone.instant(local + self.days * _DAY) + self.seconds
        except OverflowError:
            return seconds(dt.datetime.max)


class Period(t.NamedTuple):
    """A further time of an event, with an end of its own."""

    start: Moment
    end: Moment | Length


@dataclasses.dataclass
class Event:
    """One VEVENT. ``replaces`` is the RECURRENCE-ID; ``length`` None for one that ends at ``end``."""

    uid: str
    sequence: int
    summary: str
    cancelled: bool
    start: Moment
    end: Moment | None
    length: Length | None
    replaces: Moment | None
    rules: list[Recurrence]
    excluded_by: list[Recurrence]
    added: list[Moment | Period]
    excluded: list[Moment]

    def version(self) -> tuple[object, ...]:
        """Return what all versions of an event have in common: the UID, and which of its times this one replaces."""
        replaces = self.replaces
        return (self.uid, replaces and (replaces.at(UTC), replaces.whole_day, replaces.zone is None))

    def spans(
        self, low: float, high: float, here: Zone, replaced: t.Collection[Moment], budget: Budget
    ) -> t.Iterator[tuple[float, float]]:
        """Return the times of the event that may touch ``low`` to ``high``, as epoch seconds of start and end.

        ``replaced`` are the RECURRENCE-IDs of the events that stand for some of its times.
        """
        out = [*self.excluded, *replaced]
        gone = {each.at(here) for each in out if not each.whole_day or self.start.whole_day}
        days = {each.local.date() for each in out if each.whole_day and not self.start.whole_day}
        zone = self.start.zone or here
        length = self._length(here)
        for added in self.added:
            budget.spend()
            begins = added.start if isinstance(added, Period) else added
            if begins.at(here) not in gone and begins.local.date() not in days:
                yield begins.at(here), self._end_of(added, length, here)
        longest = length.days * 86400 + length.seconds + 2 * 86400
        from_local, to_local = zone.local(low - longest), zone.local(high + 86400)
        for rule in self.excluded_by:
            gone |= {zone.instant(local) for local in self._starts(rule, from_local, to_local, here, budget)}
        first = [self.start.local] if from_local <= self.start.local <= to_local else []
        starts = [self._starts(rule, from_local, to_local, here, budget) for rule in self.rules]
        for local in {*first, *(local for found in starts for local in found)}:
            start = zone.instant(local)
            if start not in gone and local.date() not in days:
                yield start, length.after(local, zone)

    def _length(self, here: Zone) -> Length:
        """Return how long each time of the event lasts: with DTEND exactly as long as the first (RFC 5545, 3.8.5.3)."""
        if self.length is not None:
            return self.length
        end = self.end or self.start
        if self.start.whole_day:
            return Length((end.local - self.start.local).days, 0)
        return Length(0, end.at(here) - self.start.at(here))

    def _end_of(self, added: Moment | Period, length: Length, here: Zone) -> float:
        if not isinstance(added, Period):
            return length.after(added.local, added.zone or here)
        if isinstance(added.end, Length):
            return added.end.after(added.start.local, added.start.zone or here)
        return added.end.at(here)

    def _starts(
        self, rule: Recurrence, low: dt.datetime, high: dt.datetime, here: Zone, budget: Budget
    ) -> t.Iterator[dt.datetime]:
        """Return the local starts of a rule in a time. What the clocks skip is no time of it, and is read all the same.

        RFC 5545 says both: such a time is not counted (3.3.10), and it means the time before the change (3.3.5).
        """
        zone = self.start.zone or here
        left = rule.count
        for local in rule.between(low if left is None else rule.start, high, budget):
            if rule.until is not None and _is_after(local, rule, zone, zoned=self.start.zone is not None):
                return
            if left is not None:
                if left <= 0:
                    return
                left -= 0 if not rule.whole_days and zone.is_skipped(local) else 1
            if local >= low:
                yield local


def _is_after(local: dt.datetime, rule: Recurrence, zone: Zone, *, zoned: bool) -> bool:
    """Whether a local time comes after the rule's UNTIL; ``zoned`` is whether DTSTART has a zone.

    An UNTIL that is not of the kind of DTSTART, which it has to be, is read both ways, and the later one counts.
    """
    until = _moment_of(str(rule.until))
    by_day = until.whole_day or rule.whole_days
    by_digits = local.date() > until.local.date() if by_day else local > until.local
    if until.zone is None:
        return by_digits
    by_instant = zone.instant(local) > until.zone.instant(until.local)
    return by_instant and (by_digits or (zoned and not rule.whole_days))


def read_events(calendar: Component, budget: Budget) -> list[Event]:
    """Return the events of a VCALENDAR, of several versions of one only the newest. Raise ValueError."""
    _check_calendar(calendar)
    zones = Zones(calendar, budget)
    default = calendar.one("X-WR-TIMEZONE")
    usual = zones.named(default.value.strip()) if default is not None and default.value.strip() else None
    events = []
    for component in calendar.components:
        if component.name != "VEVENT" and component.name not in _OTHER_COMPONENTS and not _is_own(component.name):
            raise ValueError(f"it holds a {component.name[:40]}, and only a VEVENT can be a freeze")
        _check_nested(component)
        if component.name == "VEVENT":
            try:
                events.append(_Reader(component, zones, usual, budget).event())
            except TooMuchError:
                raise
            except ValueError as error:
                raise ValueError(f"the VEVENT {shown(component.text('SUMMARY'))} {error}") from error
    return _newest(events)


def _check_calendar(calendar: Component) -> None:
    for name, wanted in (("VERSION", ("2.0",)), ("CALSCALE", ("GREGORIAN",)), ("METHOD", ("PUBLISH", "REQUEST"))):
        found = calendar.one(name)
        if found is not None and found.value.strip().upper() not in wanted:
            raise ValueError(f"it has the {name} {shown(found.value)}, not {' or '.join(wanted)}")


def _is_own(name: str) -> bool:
    """Whether a name is one that a program made up for itself."""
    return name.startswith("X-")


def _check_nested(component: Component) -> None:
    """Raise for an event inside of something else, where no program would look for it."""
    # What a zone is made of is judged when a time is in this zone.
    zone = component.name == "VTIMEZONE"
    for inner in component.components:
        known = inner.name in _OTHER_COMPONENTS | _OTHERS_OF_EVENTS or _is_own(inner.name)
        if not known and not (zone and inner.name not in ("VEVENT", "VCALENDAR")):
            raise ValueError(f"it holds a {inner.name[:40]} inside a {component.name[:40]}")
        _check_nested(inner)


def _newest(events: list[Event]) -> list[Event]:
    """Return the events without older versions, which have the UID and RECURRENCE-ID of another and a lower SEQUENCE.

    Equal ones of equal SEQUENCE are an error of the calendar. All are kept, so all freeze.
    """
    newest: dict[tuple[object, ...], int] = {}
    for event in events:
        newest[event.version()] = max(event.sequence, newest.get(event.version(), 0))
    return [event for event in events if not event.uid or event.sequence == newest[event.version()]]


class _Reader:
    """Reads one VEVENT. Raises ValueError with the second half of a sentence about it."""

    def __init__(self, component: Component, zones: Zones, usual: Zone | None, budget: Budget) -> None:
        """Take the component and the zones of its calendar; ``usual`` is that of X-WR-TIMEZONE."""
        self._component = component
        self._zones = zones
        self._usual = usual
        self._budget = budget

    def event(self) -> Event:
        """Return the event."""
        self._budget.spend(_STEPS_OF_AN_EVENT)
        self._check_names()
        component = self._component
        start = self._single("DTSTART")
        if start is None:
            raise ValueError("has no DTSTART")
        replaces, uid = self._single("RECURRENCE-ID"), component.one("UID")
        status, sequence = component.one("STATUS"), component.one("SEQUENCE")
        cancelled = status is not None and status.value.strip().upper() == "CANCELLED"
        rules, excluded_by = self._rules("RRULE", start), self._rules("EXRULE", start)
        if replaces is not None and (rules or component.all("RDATE")):
            raise ValueError("has a RECURRENCE-ID and recurs")
        recurrence_id = component.one("RECURRENCE-ID")
        if recurrence_id is not None and recurrence_id.parameter("RANGE") is not None:
            raise ValueError("has a RECURRENCE-ID with a RANGE: write an event of its own from then on")
        if sequence is not None and not re.fullmatch(r"\d{1,9}", sequence.value.strip(), re.ASCII):
            raise ValueError("has a SEQUENCE that is no number")
        end, length = self._end(start)
        return Event(
            uid=uid.value.strip() if uid is not None else "",
            sequence=int(sequence.value) if sequence is not None else 0,
            summary=component.text("SUMMARY"),
            cancelled=cancelled,
            start=start,
            end=end,
            length=length,
            replaces=replaces,
            rules=rules,
            excluded_by=excluded_by,
            added=[self._of_the_kind(each, start) for each in self._several("RDATE")],
            excluded=[each.start if isinstance(each, Period) else each for each in self._several("EXDATE")],
        )

    def _check_names(self) -> None:
        """Raise for a property that was meant to be one about time: no program would look at it."""
        unknown = self._component.properties.keys() - _OTHERS - _KNOWN
        for name in unknown:
            if _is_own(name):
                continue
            self._budget.spend(_STEPS_OF_A_NAME)
            if name in _PARTS_OF_RULES or name.startswith("BY"):
                raise ValueError(f"has {name} as a line of its own: it belongs into the RRULE")
            near = difflib.get_close_matches(name, _TIMES, 1, 0.8)
            if near:
                raise ValueError(f"has the unknown property {name}: did you mean {near[0]}?")

    def _end(self, start: Moment) -> tuple[Moment | None, Length | None]:
        end, duration = self._single("DTEND"), self._component.one("DURATION")
        if end is not None and duration is not None:
            raise ValueError("has both DTEND and DURATION")
        if duration is not None:
            length = _length_of(duration.name, duration.value)
            if start.whole_day and length.seconds:
                raise ValueError("begins with a day and has a DURATION that is not in days")
            long_enough = length > (0, 0)
            return None, self._checked(length, long_enough)
        if end is None:
            # RFC 5545, 3.6.1: a day lasts the day, a time ends at once.
            return None, self._checked(Length(1, 0), start.whole_day)
        if end.whole_day == start.whole_day and (end.zone is None) != (start.zone is None):
            raise ValueError("has a zone in only one of DTSTART and DTEND")
        here = UTC
        longer = end.whole_day == start.whole_day and end.at(here) > start.at(here)
        return self._checked(end, longer), None

    def _checked(self, value: t.Any, long_enough: bool) -> t.Any:
        if not long_enough:
            raise ValueError("does not end after its start")
        return value

    def _rules(self, name: str, start: Moment) -> list[Recurrence]:
        rules = []
        for each in self._component.all(name):
            self._budget.spend()
            try:
                rule = read_recurrence(each.value, start.local, start.whole_day, self._budget)
                zone, zoned = start.zone or UTC, start.zone is not None
                if rule.until is not None and _is_after(start.local, rule, zone, zoned=zoned):
                    raise ValueError("has an UNTIL before its DTSTART")
            except TooMuchError:
                raise
            except ValueError as error:
                raise ValueError(f"has the {name} {shown(each.value)}, which {error}") from error
            rules.append(rule)
        return rules

    def _single(self, name: str) -> Moment | None:
        found = self._component.one(name)
        if found is None:
            return None
        kind = (found.parameter("VALUE") or "").upper()
        if kind not in ("", "DATE", "DATE-TIME"):
            raise ValueError(f"has a {name} with VALUE={kind}")
        return self._moment(found, found.value, kind)

    def _several(self, name: str) -> t.Iterator[Moment | Period]:
        for found in self._component.all(name):
            kind = (found.parameter("VALUE") or "").upper()
            if kind not in ("", "DATE", "DATE-TIME", "PERIOD"):
                raise ValueError(f"has a {name} with VALUE={kind}")
            for text in found.value.split(","):
                self._budget.spend()
                if (kind == "PERIOD") != ("/" in text):
                    raise ValueError(f"has a {name} that is not iCalendar ({shown(text)})")
                yield self._period(found, text) if kind == "PERIOD" else self._moment(found, text, kind)

    def _period(self, found: Property, text: str) -> Period:
        begins, _slash, ends = text.partition("/")
        start = self._moment(found, begins, "DATE-TIME")
        end = _length_of(found.name, ends) if "P" in ends.upper() else self._moment(found, ends, "DATE-TIME")
        long_enough = end > (0, 0) if isinstance(end, Length) else end.at(UTC) > start.at(UTC)
        return Period(start, self._checked(end, long_enough))

    def _of_the_kind(self, added: Moment | Period, start: Moment) -> Moment | Period:
        if isinstance(added, Moment) and added.whole_day != start.whole_day:
            raise ValueError("has an RDATE that is a day where DTSTART is a time, or a time where it is a day")
        return added

    def _moment(self, found: Property, text: str, kind: str) -> Moment:
        """Read a time, in the zone that its TZID names."""
        name = found.parameter("TZID")
        try:
            moment = _moment_of(text.strip())
        except ValueError as error:
            raise ValueError(f"has a {found.name} that is not iCalendar ({shown(text)})") from error
        if kind and moment.whole_day != (kind == "DATE"):
            raise ValueError(f"has a {found.name} that is no {kind} ({shown(text)})")
        if name is not None and moment.whole_day:
            raise ValueError(f"has a {found.name} that is a day and has a TZID")
        if name is not None and moment.zone is not None:
            raise ValueError(f"has a {found.name} with a TZID and a Z, which is UTC")
        if name is not None:
            return moment._replace(zone=self._zones.named(name))
        if self._usual is not None and not moment.whole_day:
            # Programs that write X-WR-TIMEZONE mean all their times to recur there, those in UTC as well.
            local = moment.local if moment.zone is None else self._usual.local(moment.zone.instant(moment.local))
            return moment._replace(local=local, zone=self._usual)
        return moment


def _moment_of(text: str) -> Moment:
    """Read 20261224, 20261224T180000 or 20261224T180000Z. Raise ValueError for anything else."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if match[4] is None:
        return Moment(dt.datetime(year, month, day), True, None)
    # RFC 5545, 3.3.12: who knows no leap seconds takes one for the second before it.
    second = 59 if match[6] == "60" else int(match[6])
    return Moment(dt.datetime(year, month, day, int(match[4]), int(match[5]), second), False, UTC if match[7] else None)


def _length_of(name: str, text: str) -> Length:
    match = _LENGTH.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"has a {name} that is not iCalendar ({shown(text)})")
    sign = -1 if match[1] == "-" else 1
    weeks, days, hours, minutes, rest = (int(each or 0) for each in match.groups()[1:])
    return Length(sign * (weeks * 7 + days), sign * (hours * 3600 + minutes * 60 + rest))
