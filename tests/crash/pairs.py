# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two faults: one in the first run, another in the rerun that was to repair it; then a third run, and the verdict."""

from __future__ import annotations

import dataclasses
import random
import time
import typing as t

from tests.crash.kill import AT_WRITING, FAULTS, Case, start_broken
from tests.crash.lane import Lane
from tests.crash.matrix import WINDOW, Tried, ended_as
from tests.crash.points import AnyPoint
from tests.crash.verdict import Record
from tests.simulators.ledger import PHASES

MOST_REQUESTS = 36


@dataclasses.dataclass(frozen=True)
class Pair:
    """A case in the first run, and another one in its rerun."""

    first: Case
    second: Case

    def __str__(self) -> str:
        """Give it as one line."""
        return f"{self.first}, then {self.second}"


def choose(all_cases: t.Sequence[Case], most: int, seed: int) -> list[Pair]:
    """Give random pairs: any case first, then any fault at any request of the rerun."""
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
    """Break a run, break its rerun, then run a third time and judge. Not to reach the second point is no fault."""
    started = time.monotonic()
    lane.afresh()
    runs = []
    for case in (pair.first, pair.second):
        runs.append(start_broken(lane, case, WINDOW).wait())
        if case.fault.group or case.fault.patient:
            runs[-1].settle()
        lane.simulator.clear_faults()
    runs.append(lane.start(WINDOW).go().wait())
    for run in runs:
        run.settle()
    return ended_as(lane, pair, reference, runs, True, time.monotonic() - started)
