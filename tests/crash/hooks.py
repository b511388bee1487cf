# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is put around the product's libraries inside a worker: marked requests, and death at a chosen journal write.

The product's own code is left as it is: the hooks sit in SQLAlchemy and in the transport's front door.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import resource
import signal
import threading
import time
import typing as t
from pathlib import Path

import sqlalchemy.engine
import sqlalchemy.engine.default

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import statements
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.steps import DeviceSteps
from tests.crash.steps import PAUSING, RELEASE, RUN, STEP_NAMES, Job

MARK = "crash-bench"
TRACE = "commits.jsonl"
DEATH_LIMIT = 5.0
LONGEST_PAUSE = 60.0

Said = t.Callable[[dict[str, t.Any]], None]


class Place:
    """Where a worker is: its step, and within window_run the stage of the device."""

    def __init__(self, step: str) -> None:
        """Start in a step."""
        self.name = step


def install(job: Job, step: str, controller: int, say: Said) -> None:
    """Put all hooks in, in a worker that carries out a step for a controller (its process id).

    ``say`` writes down what a stage said.
    """
    place = Place(step)
    _mark(job, place)
    _Commits(job, place, controller).listen()
    _fill_disk(job, step)
    if step == RUN.name:
        _follow(job, place, controller, say)


def mark_requests(job: Job, step: str) -> None:
    """Have every request say in its User-Agent which run and step it belongs to; the simulators write it down."""
    _mark(job, Place(step))


def _mark(job: Job, place: Place) -> None:
    exchange = HttpTransport.exchange

    def marked(self: HttpTransport, request: t.Any, **rest: t.Any) -> t.Any:
        mark = {"User-Agent": f"{MARK} {job.label} {job.window_id} {place.name}"}
        return exchange(self, dataclasses.replace(request, headers={**request.headers, **mark}), **rest)

    HttpTransport.exchange = marked  # type: ignore[method-assign]


def _fill_disk(job: Job, place: str) -> None:
    if job.full_from is not None and STEP_NAMES.index(place) >= STEP_NAMES.index(job.full_from):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def pause(job: Job) -> None:
    """Say that the run pauses, and wait until it is let go on."""
    Path(job.folder, PAUSING).touch()
    release, until = Path(job.folder, RELEASE), time.monotonic() + LONGEST_PAUSE
    while not release.exists() and time.monotonic() < until:
        time.sleep(0.01)


def _follow(job: Job, place: Place, controller: int, say: Said) -> None:
    """Let the stages of a device be places of their own, with what the job wants to happen before them."""
    attempt: dict[str, t.Any] = {"attempt": job.attempt}

    def begin(steps: t.Any, stage: str) -> None:
        place.name = stage
        if stage == job.pause_before:
            pause(job)
        _fill_disk(job, stage)
        if stage == "reboot":
            late = {} if job.cutoff is None else {"not_after": time.time() + job.ahead + job.cutoff}
            steps._orders[stage] = dataclasses.replace(steps._orders[stage], **attempt, **late)

    def end(stage: str, result: t.Any) -> None:
        place.name = RUN.name
        if isinstance(result, Stage) and os.getppid() == controller:
            device = {"operation": stage, "outcome": result.outcome, "evidence": list(result.evidence)}
            told = {"failed": result.failed, "devices": [{**device, "message": result.message}]}
            # The worker's disk may be the full one.
            with contextlib.suppress(OSError):
                say({"step": stage, "result": told})

    def wrap(method: str) -> None:
        inner = getattr(DeviceSteps, method)

        def stage_of(self: DeviceSteps, device: t.Any, *operation: str, **rest: t.Any) -> t.Any:
            stage = operation[0] if operation else method
            begin(self, stage)
            result = inner(self, device, *operation, **rest)
            end(stage, result)
            return result

        setattr(DeviceSteps, method, stage_of)

    for method in ("lock", "confirm", "operate", "hold", "unlock"):
        wrap(method)


class _Commits:
    """Counts the step's write transactions, writes them down, and dies at the chosen one."""

    def __init__(self, job: Job, place: Place, controller: int) -> None:
        self._job = job
        self._place = place
        self._controller = controller
        self._counts: dict[str, int] = {}
        self._tables: list[str] = []

    @property
    def _begun(self) -> int:
        return self._counts.get(self._place.name, 0)

    def listen(self) -> None:
        """Put the hooks in."""
        engine = sqlalchemy.engine.Engine
        sqlalchemy.event.listen(engine, "before_cursor_execute", self._executes)
        sqlalchemy.event.listen(engine, "commit", self._commits)
        commit: t.Any = sqlalchemy.engine.default.DefaultDialect.do_commit

        def do_commit(dialect: t.Any, connection: t.Any) -> None:
            commit(dialect, connection)
            self._trace()
            self._reach("after_commit")

        sqlalchemy.engine.default.DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
        run = statements._Compiled.run

        def traced(compiled: t.Any, connection: t.Any, values: t.Any) -> t.Any:
            self._executes(None, None, compiled._text)
            return run(compiled, connection, values)

        statements._Compiled.run = traced  # type: ignore[method-assign, assignment]

    def _executes(self, _connection: t.Any, _cursor: t.Any, statement: str, *_rest: t.Any) -> None:
        words = statement.split()
        if words[0] == "BEGIN":
            self._counts[self._place.name] = self._begun + 1
            self._tables = []
            self._reach("before_write")
        elif words[0] in ("INSERT", "UPDATE", "DELETE", "CREATE"):
            self._tables.append(" ".join(words[:3]))

    def _commits(self, _connection: t.Any) -> None:
        self._reach("before_commit")

    def _trace(self) -> None:
        line = {"step": self._place.name, "nth": self._begun, "writes": self._tables}
        with open(os.path.join(self._job.folder, TRACE), "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _reach(self, when: str) -> None:
        point = self._job.die_at
        if point is None or (point.step, point.nth, point.when) != (self._place.name, self._begun, when):
            return
        if self._job.die == "worker":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._job.die == "stop":
            os.kill(self._controller, signal.SIGSTOP)
            # Of a process with threads, another one may be told to stop first: this one would get into its transaction.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
            return
        if self._job.die != "controller":
            os.killpg(os.getpgid(0), signal.SIGKILL)
            return
        os.kill(self._controller, signal.SIGKILL)
        until = time.monotonic() + DEATH_LIMIT
        while os.getppid() == self._controller and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(self._job.linger)
