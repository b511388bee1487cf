# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scenes are made of: their windows, a run that dies, and the verdict."""

from __future__ import annotations

import dataclasses
import signal
import typing as t

from tests.crash import verdict
from tests.crash.kill import BY_NAME, Case, start_broken
from tests.crash.lane import Lane, LaneError, Run
from tests.crash.points import AnyPoint

OURS, OTHER = "CHG1", "CHG-OTHER"
ELSEWHERE = "elsewhere.example.net"
LATER = 400.0
"""Seconds: longer than a run on another machine may be silent and still count as alive."""

SYNC = AnyPoint(1, "", "PUT", "_operation/")
REBOOT = AnyPoint(2, "", "PUT", "_operation/")

Scene = t.Callable[[Lane, "str | None"], list[str]]


def killed(lane: Lane, window_id: str, fault: str, point: AnyPoint, **more: t.Any) -> Run:
    """Run a window that is broken at a request, after its effect or, if it is lost, before."""
    phase = "before_effect" if BY_NAME[fault].lost else "after_effect"
    case = Case(dataclasses.replace(point, phase=phase), BY_NAME[fault])
    run = start_broken(lane, case, window_id, **more).wait().settle()
    if run.status != -signal.SIGKILL:
        raise LaneError(f"the run was to be killed and ended with {run.status}")
    return run


def judged(lane: Lane, runs: t.Sequence[Run]) -> list[str]:
    """Return the promises that were broken, when all that is under way has come to its end."""
    seen = verdict.record(lane, lane.device, runs)
    problems = verdict.broken_promises(seen, [OURS, OTHER]) + verdict.left_behind(seen)
    return problems + [f"{run.label} printed: {run.output()[-500:]}" for run in runs if run.output()]


def must(holds: bool, otherwise: str) -> list[str]:
    """Return a problem, unless something holds."""
    return [] if holds else [otherwise]
