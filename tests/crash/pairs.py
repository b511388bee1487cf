# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two faults: one in the first run, another in the rerun that was to repair it; then a third run, and the verdict."""

from __future__ import annotations

import dataclasses
import random
import time
import typing as t

from tests.crash.kill import AT_WRITING, FAULTS, Case, start_broken, was_reached
from tests.crash.lane import Lane
from tests.crash.matrix import WINDOW, Tried, ended_as
from tests.crash.points import AnyPoint
from tests.crash.verdict import Record
from tests.simulators.ledger import PHASES

MOST_REQUESTS = 36
MOST_TRIES = 6
"""Each halves the place in the rerun, so that the last one is at its beginning."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A case in the first run, and another one in its rerun."""

    first: Case
    second: Case

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.first}, then {self.second}"

    @property
    def unknowable(self) -> bool:
        """Whether nobody may be able to know what became of the reboot after one of the two."""
        return self.first.unknowable or self.second.unknowable

    def sooner(self) -> Pair:
        """Return the pair with the second place nearer to the beginning of the rerun."""
        place = t.cast("AnyPoint", self.second.point)
        nearer = dataclasses.replace(place, nth=max(1, place.nth // 2))
        return dataclasses.replace(self, second=dataclasses.replace(self.second, point=nearer))


def choose(all_cases: t.Sequence[Case], most: int, seed: int) -> list[Pair]:
    """Return random pairs: any case first, then any fault at any request of the rerun."""
    chooser = random.Random(seed)
    faults = [*FAULTS, *AT_WRITING]
    return [
        Pair(
            chooser.choice(all_cases),
            Case(AnyPoint(chooser.randint(1, MOST_REQUESTS), chooser.choice(PHASES)), chooser.choice(faults)),
        )
        for _ in range(most)
    ]


def attempt(lane: Lane, pair: Pair, reference: Record) -> Tried[Pair]:
    """Break a run, break its rerun, then run a third time and judge.

    Tried again while one of the two places is not reached: a rerun may be over before its place comes, so that is put
    nearer to the beginning.
    """
    started = time.monotonic()
    for _try in range(MOST_TRIES):
        tried = _attempt(lane, pair, reference, started)
        if tried.ended != "missed":
            break
        pair = pair.sooner()
    return tried


def _attempt(lane: Lane, pair: Pair, reference: Record, started: float) -> Tried[Pair]:
    lane.afresh()
    runs, reached = [], []
    for case in (pair.first, pair.second):
        runs.append(start_broken(lane, case, WINDOW).wait())
        if case.fault.group or case.fault.patient:
            runs[-1].settle()
        reached.append(was_reached(lane, runs[-1], case))
        lane.simulator.clear_faults()
        lane.simulator.call("DELETE", "signals")
    runs.append(lane.start(WINDOW).go().wait())
    for run in runs:
        run.settle()
    return ended_as(lane, pair, reference, runs, all(reached), time.monotonic() - started)
