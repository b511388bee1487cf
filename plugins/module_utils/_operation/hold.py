# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching that a device stays up: looks at its status and uptime, and what interrupts a hold."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import SHORTEST_PAUSE, Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import (
    UPTIME_TOLERANCE,
    Seen,
    counted_age,
    has_fallen,
    read_uptimes,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import duration

# Uneven pauses, as shares of the usual one: a device that restarts in step with the looks would look the same always.
_UNEVEN = (0.8, 1.2)

# For how many seconds before its end a hold watches the uptime count.
_COUNTED_WITHIN = 10.0

# Looks at the device; with the uptime too, if asked for. Raises MaintenanceError.
Look = t.Callable[[bool], Seen]


class Held(t.NamedTuple):
    """How a hold ended: for how many seconds in a row the device was up, and what interrupted it last."""

    seconds: float
    reason: str


def hold_up(look: Look, hold: float, limit: float, pause: float, clock: Clock) -> Held:
    """Look until a device has been up for ``hold`` seconds in a row, or ``limit`` seconds are over without a start.

    A look without an answer starts the time again, whatever the reason: a system that is away, or refuses for a while,
    says nothing about the device. Raise BadInput for a name that cannot be asked for.
    """
    started, reason = clock.monotonic(), ""
    looks: list[Seen] = []
    for share in itertools.cycle(_UNEVEN):
        began = _at(looks[0]) if looks else None
        now = clock.monotonic()
        # The uptime tells at the beginning what to compare with, and towards the end whether it went on and counts.
        ends_soon = began is not None and began + hold - now <= max(_COUNTED_WITHIN, 2 * pause * max(_UNEVEN))
        try:
            seen = look(ends_soon or not any(each.uptime for each in looks))
        except BadInput:
            raise
        except MaintenanceError as error:
            looks, reason = [], str(error)
        else:
            interrupted = interruption(looks, seen)
            if interrupted:
                reason = interrupted
                looks = [seen] if seen.up is True else []
            else:
                looks.append(seen)
        now = clock.monotonic()
        if looks and now - _at(looks[0]) >= hold:
            return Held(now - _at(looks[0]), reason)
        # A hold that has begun may go on past the limit; a new one may not begin.
        if now - started >= limit and (not looks or _at(looks[0]) - started > limit):
            return Held(0.0, reason)
        rest = _at(looks[0]) + hold - now if looks else pause
        clock.sleep(max(SHORTEST_PAUSE, min(pause * share if looks else pause, rest)))
    raise AssertionError("unreachable: the loop has no other end")


def interruption(looks: t.Sequence[Seen], seen: Seen) -> str:
    """Return what interrupts a hold at a look, given the looks since it began; empty when nothing does. Pure."""
    if seen.up is not True:
        return "it is down" if seen.up is False else "its status is not shown"
    if not looks:
        return ""
    if seen.last_status_change != looks[-1].last_status_change:
        return f"its status changed at {iso(seen.last_status_change)}"
    before, later = looks[0], [*looks[1:], seen]
    if has_fallen(before, later):
        values = [each.uptime for each in looks if each.uptime]
        return f"it restarted: its uptime was {values[-1]:.0f} and is {seen.uptime or 0:.0f}"
    uptimes = read_uptimes(before, later)
    if uptimes.restarted:
        return f"it restarted: {uptimes.text}"
    # A counter that started again by itself is younger than its device.
    age = counted_age(looks, seen) if max(each.uptime or 0.0 for each in looks) <= (seen.uptime or 0.0) else None
    if age is not None and age + UPTIME_TOLERANCE < _at(seen) - _at(before):
        return f"it restarted: it has been watched for longer than it is up ({duration(age)})"
    return ""


def failed(hold: float, limit: float, reason: str) -> str:
    """Say that a device did not stay up, and why. Pure."""
    return (
        f"The device did not stay up for {duration(hold)} within {duration(limit)}: {reason or 'it was not seen up'}."
    )


def _at(seen: Seen) -> float:
    return seen.steady or 0.0
