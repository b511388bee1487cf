# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a window is broken at a point: by killing processes, or by what happens to the connection."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from tests.crash.lane import Lane, Run
from tests.crash.points import AnyPoint, Point, WirePoint, WritePoint
from tests.crash.steps import DIED, IMPATIENT, SIGN_OUT
from tests.simulators import Simulator


@dataclasses.dataclass(frozen=True)
class Fault:
    """One way to break a run.

    ``signal`` goes to the whole ``group``, to the ``worker`` alone, whose controller ends the run, or to the controller
    alone, which leaves its worker as a ghost; ``lost``
    means that the request is lost with it, otherwise the server carries it out. Without a signal, ``kind`` happens to
    the connection. ``patient`` reruns wait until the ghost has ended, others do not.
    """

    name: str
    context: str
    signal: str | None = None
    group: bool = True
    worker: bool = False
    lost: bool = False
    kind: str | None = None
    patient: bool = False

    @property
    def kills(self) -> bool:
        """Whether the run dies."""
        return self.signal is not None


FAULTS: tuple[Fault, ...] = (
    Fault("kill", "SIGKILL of the process group; the request in flight is carried out", "KILL"),
    Fault("ghost", "SIGKILL of the controller; its worker goes on beside the rerun", "KILL", group=False),
    Fault("reset", "the connection is reset", kind="reset"),
    Fault("stall", "the server is silent until the client gives up", kind="stall"),
)
"""What is done at every phase of every request."""

AT_WRITING: tuple[Fault, ...] = (
    Fault("kill-lost", "SIGKILL of the process group; the request in flight is lost", "KILL", lost=True),
    Fault("ghost-lost", "as ghost; the worker's request in flight is lost", "KILL", group=False, lost=True),
    Fault("ghost-first", "as ghost; the rerun waits for the worker's end", "KILL", group=False, patient=True),
)
"""What is done besides at requests that change something; for the others it makes no difference."""

WORKER = Fault("worker", "SIGKILL of the worker alone; its controller ends the run", "KILL", group=False, worker=True)
"""What is done besides wherever a worker writes: to the other system, or to the journal."""

REDUCED: tuple[Fault, ...] = (
    Fault("term", "SIGTERM of the process group", "TERM"),
    Fault("int", "SIGINT of the process group", "INT"),
    Fault("hup", "SIGHUP of the process group", "HUP"),
)
REDUCED_PHASES = ("after_headers", "after_effect", "after_answer")

BY_NAME = {fault.name: fault for fault in (*FAULTS, *AT_WRITING, WORKER, *REDUCED)}
AT_JOURNAL = tuple(BY_NAME[name] for name in ("kill", "ghost", "ghost-first", "worker"))


@dataclasses.dataclass(frozen=True)
class Case:
    """A fault at a point."""

    point: Point
    fault: Fault

    def __str__(self) -> str:
        """Return it as one line that names the place and the way."""
        return f"{self.fault.name} at {self.point.column} of {self.point.row}"

    @property
    def unknowable(self) -> bool:
        """Whether the reboot may be lost here without a trace, so that ``unknown`` is all there is to say (README.md).

        That is so right behind its claim, and on its way; of a place in a run whose requests are not known before, the
        request may be the reboot.
        """
        if isinstance(self.point, WritePoint):
            claim = self.point.at.step == "reboot" and "insert operations" in self.point.what
            return claim and self.point.column == "after_commit" and self._sender_dies
        if isinstance(self.point, WirePoint) and self.point.row != "reboot: PUT reboot":
            return False
        if self.fault.lost or not self.fault.kills:
            return self.point.column in ("P0", "P1", "P2")
        return self._sender_dies and self.point.column in ("P0", "P1")

    @property
    def _sender_dies(self) -> bool:
        return self.fault.kills and (self.fault.group or self.fault.worker)


def cases(points: t.Iterable[Point]) -> list[Case]:
    """Return every case there is at these points."""
    return [Case(point, fault) for point in points for fault in _faults_at(point)]


def _faults_at(point: Point) -> tuple[Fault, ...]:
    if isinstance(point, WritePoint):
        return AT_JOURNAL
    if isinstance(point, AnyPoint) or not point.writes:
        return FAULTS
    # The controller itself signs out.
    workers = () if point.step == SIGN_OUT else (WORKER,)
    return FAULTS + AT_WRITING + workers + (REDUCED if point.phase in REDUCED_PHASES else ())


def start_broken(lane: Lane, case: Case, window_id: str, **more: t.Any) -> Run:
    """Start a run that will break as the case says, and let it go."""
    if isinstance(case.point, WritePoint):
        die = "worker" if case.fault.worker else "group" if case.fault.group else "controller"
        more |= {"die_at": case.point.at, "die": die}
        return lane.start(window_id, **more).go()
    if case.fault.kind == "stall":
        more["call_timeout"] = IMPATIENT
    run = lane.start(window_id, **more)
    arm(lane.simulator, case.point, case.fault, run.pid)
    return run.go()


def arm(simulator: Simulator, point: WirePoint | AnyPoint, fault: Fault, pid: int) -> None:
    """Arm a fault at a wire point; ``pid`` is the controller and the number of its group."""
    target: dict[str, object] = {"method": point.method, "path": point.path, "phase": point.phase}
    if isinstance(point, WirePoint):
        target |= {"system": point.system, "path": f"^{re.escape(point.path)}$"}
    if fault.kills:
        then = "reset" if fault.lost else "answer"
        who = {"pid": pid, "group": fault.group, "children": fault.worker}
        simulator.signal(**target, **who, nth=point.nth, signal=fault.signal, then=then)
    else:
        simulator.fault(**target, kind=fault.kind, after=point.nth - 1)


def was_reached(lane: Lane, run: Run, case: Case) -> bool:
    """Whether the broken run came to the point at all: how often it looks depends on time."""
    if case.fault.worker:
        return run.status == DIED
    if isinstance(case.point, WritePoint):
        return run.status is not None and run.status < 0
    if case.fault.kills:
        return any(armed["sent"] for armed in lane.simulator.signals())
    return any(armed["used"] for armed in lane.simulator.call("GET", "faults")["faults"])
