# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting is a function of a look, a predicate and a clock."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
import typing as t

Seen = t.TypeVar("Seen")

# A pause of nothing would ask a server as fast as it answers.
SHORTEST_PAUSE = 0.01


class Clock:
    """Time as the rest of the collection sees it; tests put a virtual one in its place."""

    def monotonic(self) -> float:
        """Return seconds that never jump, for durations and deadlines."""
        return time.monotonic()

    def now(self) -> float:
        """Return the wall clock as epoch seconds, for instants that are written down or compared with a window."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Do nothing for ``seconds``."""
        time.sleep(seconds)


@dataclasses.dataclass(frozen=True)
class Waited(t.Generic[Seen]):
    """How a wait ended: whether the predicate held, what was seen last and after how many seconds."""

    ready: bool
    last_seen: Seen
    seconds: float


def wait_until(
    look: t.Callable[[], Seen],
    ready: t.Callable[[Seen], bool],
    *,
    limit: float,
    pause: float | t.Callable[[], float],
    clock: Clock,
) -> Waited[Seen]:
    """Look until ``ready`` holds or ``limit`` seconds are over; the first look is immediate, the last one at the limit.

    Takes a ``look`` without side effects, a predicate over what it gives, the limit and the pause between looks in
    seconds, or what says how long the next one is. Gives a :class:`Waited`; never raises by itself, so whatever
    ``look`` raises comes through.
    """
    started = clock.monotonic()
    while True:
        seen = look()
        passed = clock.monotonic() - started
        if ready(seen) or passed >= limit:
            return Waited(ready(seen), seen, passed)
        rest = pause() if callable(pause) else pause
        clock.sleep(max(SHORTEST_PAUSE, min(rest, limit - passed)))


def iso(instant: float | None) -> str | None:
    """Write epoch seconds as ISO 8601 in UTC with offset, to the millisecond; None stays None."""
    if instant is None:
        return None
    return dt.datetime.fromtimestamp(instant, tz=dt.timezone.utc).isoformat(timespec="milliseconds")


def parse_instant(text: str) -> float:
    """Read an ISO 8601 instant with an offset (or ``Z``) and give epoch seconds.

    Raises ValueError for anything else; an instant without an offset is refused because its zone would be a guess.
    """
    value = dt.datetime.fromisoformat(_python310_form(text.strip()))
    if value.tzinfo is None:
        raise ValueError("the offset is missing (write for example 2026-11-21T02:00:00+00:00)")
    return value.timestamp()


def _python310_form(text: str) -> str:
    """Rewrite what Python 3.10's ``fromisoformat`` cannot read: a ``Z``, and fractions that are not 3 or 6 digits."""
    if text[-1:] in ("Z", "z"):
        text = text[:-1] + "+00:00"
    head, dot, rest = text.partition(".")
    if dot:
        offset = rest.lstrip("0123456789")
        digits = rest.removesuffix(offset)
        text = f"{head}.{digits[:6]:0<6}{offset}"
    return text
