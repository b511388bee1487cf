# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case one after the other: break a run, run again, judge; and the table of what held."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from tests.crash import story, verdict
from tests.crash.kill import Case, cases, start_broken, was_reached
from tests.crash.lane import Lane, LaneError, Run
from tests.crash.points import MOMENTS, wire_points, write_points
from tests.crash.verdict import Record

WINDOW = "CHG1"
MOST_TRIES = 3
HOURS_LATER = 5 * 3600.0
"""Seconds: every lease is over by then."""


class Breaking(t.Protocol):
    """What a run is put through; ``unknowable`` says whether nobody may be able to know what became of the reboot."""

    @property
    def unknowable(self) -> bool:
        """Whether an outcome may truthfully be ``unknown``."""


Tested = t.TypeVar("Tested", bound=Breaking)


@dataclasses.dataclass(frozen=True)
class Tried(t.Generic[Tested]):
    """How a case ended: ``held`` (as undisturbed, or a truthful ``unknown``), broken, or never reached."""

    case: Tested
    ended: t.Literal["held", "unknown", "broken", "missed"]
    problems: list[str]
    seconds: float


@dataclasses.dataclass(frozen=True)
class Undisturbed:
    """The run everything is compared with, and the cases it has."""

    record: Record
    cases: list[Case]


def undisturbed(lane: Lane) -> Undisturbed:
    """Run a window without any fault. Raises LaneError when it is not as it should be."""
    lane.afresh()
    run = lane.start(WINDOW).go().wait().settle()
    seen = verdict.record(lane, lane.device, [run])
    problems = [*verdict.broken_promises(seen, [WINDOW]), *verdict.left_behind(seen)]
    problems += verdict.differs(seen, seen, WINDOW, run)
    if problems or run.output():
        raise LaneError(f"the undisturbed run failed: {problems} {run.output()}")
    return Undisturbed(seen, cases([*wire_points(seen.requests), *write_points(run.commits())]))


def attempt(lane: Lane, case: Case, reference: Record, mutant: str | None = None) -> Tried[Case]:
    """Try a case, again while its point is not reached: the number of looks depends on time."""
    started = time.monotonic()
    for _try in range(MOST_TRIES):
        tried = _attempt(lane, case, reference, mutant, started)
        if tried.ended != "missed":
            break
    return tried


def is_for_recovery(case: Case) -> bool:
    """Whether a case is one of the deaths that are left to the scheduled recovery: every second phase is enough."""
    if case.fault.name == "kill":
        return case.point.column in ("P1", "P3", "P5", *MOMENTS)
    return case.fault.name == "kill-lost" and case.point.column == "P2"


def leave_to_recovery(lane: Lane, case: Case) -> Tried[Case]:
    """Try a case after which nobody runs the window again: hours later the scheduled recovery, alone, cleans up."""
    started = time.monotonic()
    for _try in range(MOST_TRIES):
        lane.afresh()
        broken = start_broken(lane, case, WINDOW).wait().settle()
        reached = was_reached(lane, broken, case)
        lane.simulator.advance(HOURS_LATER)
        sweep = lane.start(WINDOW, play="sweep", ahead=HOURS_LATER).go().wait().settle()
        if reached:
            break
    seen = verdict.record(lane, lane.device, [broken, sweep])
    problems = [*verdict.broken_promises(seen, [WINDOW]), *verdict.left_behind(seen)]
    problems += [f"{run.label} printed: {run.output()[-500:]}" for run in (broken, sweep) if run.output()]
    if sweep.status != 0:
        problems.append(f"the recovery ended with {sweep.status}")
    return _ended_as(lane, case, seen, [broken, sweep], problems, reached, time.monotonic() - started)


def _attempt(lane: Lane, case: Case, reference: Record, mutant: str | None, started: float) -> Tried[Case]:
    lane.afresh()
    broken = start_broken(lane, case, WINDOW, mutant=mutant).wait()
    if case.fault.group or case.fault.patient:
        broken.settle()
    reached = was_reached(lane, broken, case)
    rerun = lane.start(WINDOW, mutant=mutant).go().wait().settle()
    broken.settle()
    return ended_as(lane, case, reference, [broken, rerun], reached, time.monotonic() - started, mutant)


def ended_as(
    lane: Lane,
    case: Tested,
    reference: Record,
    runs: t.Sequence[Run],
    reached: bool,
    seconds: float,
    mutant: str | None = None,
) -> Tried[Tested]:
    """Judge a case after its last run."""
    seen = verdict.record(lane, lane.device, runs)
    problems = judge(seen, reference, runs)
    return _ended_as(lane, case, seen, runs, problems, reached, seconds, mutant)


def _ended_as(
    lane: Lane,
    case: Tested,
    seen: Record,
    runs: t.Sequence[Run],
    problems: list[str],
    reached: bool,
    seconds: float,
    mutant: str | None = None,
) -> Tried[Tested]:
    ended: t.Literal["held", "unknown", "broken", "missed"] = "held" if reached else "missed"
    unknown = verdict.is_lost_reboot(seen, WINDOW)
    if unknown and not case.unknowable:
        problems = [*problems, "the reboot was lost where nothing of it can be"]
    if problems:
        ended = "broken"
        if mutant is None:
            problems.append(f"see {story.keep(f'{case}: {problems}', lane, seen, runs)}")
    elif reached and unknown:
        ended = "unknown"
    return Tried(case, ended, problems, seconds)


def judge(seen: Record, reference: Record, runs: t.Sequence[Run]) -> list[str]:
    """Return everything that is wrong after the last of the runs, which were all for one window."""
    problems = [*verdict.broken_promises(seen, [WINDOW]), *verdict.left_behind(seen)]
    problems += verdict.differs(seen, reference, WINDOW, runs[-1])
    return problems + [f"{run.label} printed: {run.output()[-500:]}" for run in runs if run.output()]
