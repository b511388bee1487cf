# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a series of uptimes says about a restart. Pure.

An uptime is a number that a platform shows: in a unit it does not name, sometimes repeated from an earlier reading
under a new date, 0 where it could not be read, starting again by itself where 32 bits end. So nothing is concluded from
one reading. Every unit in which the readings fit the time between them is a hypothesis, and only what follows under all
hypotheses that are left is a conclusion.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._text import duration
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import LogRow

# Units an uptime may be shown in, as counts per second. TR-181 and TR-098 say seconds.
UNITS = {"seconds": 1.0, "minutes": 1 / 60, "hundredths of a second": 100.0, "milliseconds": 1000.0}

# Uptimes come in whole numbers and are read a little before or after the clock; less than this (s) is no difference.
UPTIME_TOLERANCE = 2.5

# HTTP dates come in whole seconds.
DATE_STEP = 1.0

# A look that takes less (s) is a moment.
SHORT_LOOK = 1.0

# Where a counter starts again by itself: 31 or 32 bits, in any of the units (s).
WRAPS = tuple(2.0**bits / rate for bits in (31, 32) for rate in UNITS.values())

# Over how long (s) an uptime must be seen to count.
COUNTED_FOR = 2.0

# How many readings tell the unit for sure: between the first two, more may have been counted than between two looks.
SURE_READINGS = 3

# For how long (s) an uptime reads 0 at least before it is one that can never be read.
ZERO_FOR = 60.0

# How old a reading may be when the platform shows it (s): devices report once a day at least.
OLDEST_READING = 86400.0


@dataclasses.dataclass(frozen=True)
class Seen:
    """What one look at a device saw; None where the platform did not say.

    ``at`` is our wall clock (epoch seconds), ``steady`` our clock that never jumps (s, this process only), and
    ``server_at`` the platform's clock at the look. ``uptime`` is the number shown and ``uptime_read_at`` when the
    platform says it read it. ``log`` holds the log entries that came since the first look. ``took`` is how long it
    took (s), within which its uptime was read.
    """

    at: float
    device_id: str | None = None
    server_at: float | None = None
    up: bool | None = None
    pending: bool | None = None
    last_status_change: float | None = None
    uptime: float | None = None
    uptime_read_at: float | None = None
    log: tuple[LogRow, ...] = ()
    steady: float | None = dataclasses.field(default=None, compare=False)
    took: float = dataclasses.field(default=0.0, compare=False)


class Reading(t.NamedTuple):
    """A number that was not shown before: the look that showed it first, and the one before that showed another."""

    value: float
    look: Seen
    previous: Seen | None


@dataclasses.dataclass(frozen=True)
class Uptimes:
    """What the uptimes say: ``restarted`` after the first look (None: they cannot tell), and the sentence for it.

    ``fell`` tells that one was seen to fall as after a restart, which alone is no proof; ``readable`` that there is an
    uptime at all, ``speaks`` that it can be compared, or may be soon; and ``soon`` that a few seconds more may prove a
    restart.
    """

    restarted: bool | None = None
    text: str = ""
    fell: bool = False
    readable: bool = False
    speaks: bool = False
    soon: bool = False


def elapsed(first: Seen, second: Seen) -> tuple[float, float]:
    """Return the least and the most seconds that can lie between two looks.

    Our clocks and the platform's are all asked; where one of them stepped, they disagree and the range is wide. The
    wall clock counts only where nothing else is known. A look that took long may have been at its beginning or its end.
    """
    slack = max(0.0, first.took - SHORT_LOOK) + max(0.0, second.took - SHORT_LOOK)
    spans: list[tuple[float, float]] = []
    if first.server_at is not None and second.server_at is not None:
        passed = second.server_at - first.server_at
        spans.append((passed - DATE_STEP, passed + DATE_STEP))
    if first.steady is not None and second.steady is not None:
        spans.append((second.steady - first.steady,) * 2)
    if not spans:
        spans.append((second.at - first.at,) * 2)
    return min(least for least, _most in spans) - slack, max(most for _least, most in spans) + slack


def readings(before: Seen, looks: t.Sequence[Seen]) -> list[Reading]:
    """Return each number when it was shown first. 0 means "not read", a number that was shown before an old reading."""
    found: list[Reading] = []
    known: set[float] = set()
    previous: Seen | None = None
    for look in (before, *looks):
        if look.uptime and look.uptime not in known:
            known.add(look.uptime)
            found.append(Reading(look.uptime, look, previous))
        # One that shows no uptime says nothing about the age of the next.
        previous = look if look.uptime else previous
    return found


def read_uptimes(before: Seen, looks: t.Sequence[Seen]) -> Uptimes:
    """Return what the uptimes of the look before an operation and of the looks after it say about a restart."""
    found = readings(before, looks)
    last = looks[-1].uptime if looks else None
    lineage = _lineage(found)
    fell = bool(lineage) and lineage[0] is not found[0]
    if len(found) < 2:
        text = "the uptime reads 0, as one that could not be read" if last == 0 else ""
        if last and not before.uptime:
            text = f"the uptime is {_said(last)}, and is not known from before"
        elif last or (found and not text):
            text = f"the uptime has not been read again since: {_said(found[-1].value)}"
        readable = any(look.uptime is not None for look in (before, *looks))
        waits = readable and bool(looks) and elapsed(before, looks[-1])[0] < ZERO_FOR
        return Uptimes(text=text, readable=readable, speaks=bool(found) or waits)
    prior = found[found.index(lineage[0]) - 1] if fell else None
    after = lineage if fell else lineage[1:]
    units = _units(after)
    while not units and len(after) > 2:
        # An old reading at the beginning must not spoil the count for good.
        after = after[1:]
        units = _units(after)
    decided = {name: _decide(before, prior, after, rate) for name, rate in units.items()}
    earlier = found[0] if prior is None else prior
    uptimes = _conclude(earlier, "before" if fell or earlier.look is before else "at first", after, decided)
    if uptimes.restarted and not fell and earlier.look is not before:
        # Where it started from is not known, so its counter may have started again by itself.
        return dataclasses.replace(uptimes, restarted=None, fell=True)
    return uptimes


def has_fallen(before: Seen, looks: t.Sequence[Seen]) -> bool:
    """Whether the newest look shows an uptime that fell, and not because its counter started again by itself."""
    found = readings(before, looks)
    if len(found) < 2 or found[-1].look is not looks[-1] or found[-1].value >= found[-2].value:
        return False
    return not any(_wrapped(found[-2], found[-1], rate) for rate in UNITS.values())


def counted_age(looks: t.Sequence[Seen], seen: Seen) -> float | None:
    """Return for how many seconds a device is up by a look whose uptime was seen to count since one before it.

    The unit is the one that fits the time between the two, to the second; None when none does, or it may be minutes,
    which a few seconds do not show. Only our steady clock counts, so both looks are of this process.
    """
    for look in reversed(looks):
        if not look.uptime or not seen.uptime or look.steady is None or seen.steady is None:
            continue
        passed, grown = seen.steady - look.steady, seen.uptime - look.uptime
        if passed < COUNTED_FOR or grown < COUNTED_FOR:
            continue
        for rate in UNITS.values():
            if rate >= UNITS["seconds"] and abs(grown / rate - passed) <= 1.0:
                return seen.uptime / rate
    return None


def booted_at(looks: t.Sequence[Seen]) -> float | None:
    """Return the earliest instant (epoch seconds) at which the device booted, once its uptime is seen to count.

    None while it is not, or where it may be minutes that count.
    """
    found = readings(looks[0], looks[1:])
    # The first number may be old; later ones were seen to come.
    lineage = [reading for reading in _lineage(found) if reading.look is not looks[0]]
    units = list(_units(lineage).values()) if len(lineage) > 1 else []
    if not units or min(units) < UNITS["seconds"]:
        return None
    newest = lineage[-1]
    read_at = newest.look.uptime_read_at
    return min((newest.look.at if read_at is None else read_at) - newest.value / rate for rate in units)


def _conclude(earlier: Reading, when: str, after: t.Sequence[Reading], decided: t.Mapping[str, bool | None]) -> Uptimes:
    outcomes = set(decided.values())
    unit = "seconds" if "seconds" in decided or not decided else next(iter(decided))
    numbers = f"{_said(earlier.value, unit)} {when} and is {_said(after[-1].value, unit)} now"
    if unit != "seconds":
        numbers += f" (it counts in {unit})"
    newest = after[-1]
    said = Uptimes(readable=True, speaks=True)
    if not decided:
        return dataclasses.replace(said, text=f"the uptime was {numbers}, but does not count with the time")
    counted = len(after) > 1 and elapsed(after[0].look, newest.look)[0] >= COUNTED_FOR
    if outcomes == {True} and counted:
        return dataclasses.replace(said, restarted=True, text=f"the uptime was {numbers}")
    if outcomes == {False}:
        return dataclasses.replace(said, restarted=False, text=f"the uptime went on: it was {numbers}")
    likely = decided.get("seconds", next(iter(decided.values())))
    why = "has not been seen to count yet" if not counted else "cannot tell a restart from other causes"
    return dataclasses.replace(
        said,
        text=f"the uptime was {numbers}; it {why}",
        fell=after[0].value < earlier.value and likely is not False,
        soon=True in outcomes and (not counted or len(after) < SURE_READINGS),
    )


def _lineage(found: t.Sequence[Reading]) -> list[Reading]:
    """Return the newest readings that only grew."""
    first = max(0, len(found) - 1)
    while first and found[first - 1].value < found[first].value:
        first -= 1
    return list(found[first:])


def _units(lineage: t.Sequence[Reading]) -> dict[str, float]:
    # What was seen late at first is seen in time from then on.
    rest = lineage[1:] or lineage
    return {name: rate for name, rate in UNITS.items() if counts(lineage, rate) and counts(rest, rate)}


def counts(lineage: t.Sequence[Reading], rate: float) -> bool:
    """Whether readings grow with the time, at ``rate`` counts per second. One reading fits every rate.

    Devices that report now and then are seen up to one look late, so between two first sights half and twice the time
    may have been counted, and more where the look before the first was long ago.
    """
    first, last = lineage[0], lineage[-1]
    if first is last:
        return True
    least, most = elapsed(first.look, last.look)
    most = math.inf if first.previous is None else max(most * 2, elapsed(first.previous, last.look)[1])
    grown = last.value - first.value
    return max(0.0, least / 2 - 1.0) * rate - 1 <= grown <= (most + UPTIME_TOLERANCE) * rate + 1


def _decide(before: Seen, prior: Reading | None, after: t.Sequence[Reading], rate: float) -> bool | None:
    """Whether the device restarted after the first look, if the uptime counts at ``rate``; None when it cannot tell.

    ``prior`` is the last reading before the uptime fell, None when it did not.
    """
    first = after[0]
    if prior is not None and _wrapped(prior, first, rate):
        return None
    # By when it booted at the latest: a reading may be older than the look that showed it, never newer.
    latest = min(elapsed(before, each.look)[1] - each.value / rate for each in after)
    if latest < -UPTIME_TOLERANCE:
        return False
    earliest = max(_booted_after(before, each, rate, exact=prior is not None) for each in after)
    return True if earliest >= (-UPTIME_TOLERANCE if prior is not None else 0.0) else None


def _booted_after(before: Seen, reading: Reading, rate: float, *, exact: bool) -> float:
    """Return how many seconds after the first look the device booted at the earliest, as a reading has it.

    One that fell is as new as the look, or its date. One that did not fall may be old, and only the look before, which
    did not show it, says how old at most.
    """
    step = max(0.0, 1 / rate - 1.0)
    if not exact:
        return elapsed(before, reading.previous or before)[0] - reading.value / rate - step - 1.0
    collected = elapsed(before, reading.look)[0]
    if reading.look.uptime_read_at is not None and before.server_at is not None:
        collected = min(collected, reading.look.uptime_read_at - before.server_at)
    booted = collected - reading.value / rate - step
    if reading.previous is not None and reading.previous.uptime == reading.value - 1:
        # It was seen to tick, so the coarse count is exact at this moment.
        booted = max(booted, elapsed(before, reading.previous)[0] - reading.value / rate)
    return booted


def _wrapped(prior: Reading, first: Reading, rate: float) -> bool:
    """Whether the fall may be that of a counter that started again by itself."""
    least, most = elapsed(prior.look, first.look)
    fallen = (prior.value - first.value) / rate
    # The reading before may have been old, and the one after a little old too.
    return any(fallen + least - OLDEST_READING / 24 <= wrap <= fallen + most + OLDEST_READING for wrap in WRAPS)


def _said(value: float, unit: str = "seconds") -> str:
    return duration(value / UNITS[unit])
