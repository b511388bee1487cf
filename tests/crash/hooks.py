# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is put around the product's libraries inside a worker: marked requests, and death at a chosen journal write.

The product's own code is left as it is: the hooks sit in SQLAlchemy and in the transport's front door.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import signal
import time
import typing as t

import sqlalchemy.engine
import sqlalchemy.engine.default

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from tests.crash.steps import STEP_NAMES, Job

MARK = "crash-bench"
TRACE = "commits.jsonl"
DEATH_LIMIT = 5.0


def install(job: Job, step: str, controller: int) -> None:
    """Put all hooks in, in a worker that carries out a step for a controller (its process id)."""
    mark_requests(job, step)
    _Commits(job, step, controller).listen()
    if job.full_from is not None and STEP_NAMES.index(step) >= STEP_NAMES.index(job.full_from):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def mark_requests(job: Job, step: str) -> None:
    """Have every request say in its User-Agent which run and step it belongs to; the simulators write it down."""
    exchange = HttpTransport.exchange
    mark = {"User-Agent": f"{MARK} {job.label} {job.window_id} {step}"}

    def marked(self: HttpTransport, request: t.Any, **rest: t.Any) -> t.Any:
        return exchange(self, dataclasses.replace(request, headers={**request.headers, **mark}), **rest)

    HttpTransport.exchange = marked  # type: ignore[method-assign]


class _Commits:
    """Counts the step's write transactions, writes them down, and dies at the chosen one."""

    def __init__(self, job: Job, step: str, controller: int) -> None:
        self._job = job
        self._step = step
        self._controller = controller
        self._begun = 0
        self._tables: list[str] = []

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

    def _executes(self, _connection: t.Any, _cursor: t.Any, statement: str, *_rest: t.Any) -> None:
        words = statement.split()
        if words[0] == "BEGIN":
            self._begun += 1
            self._tables = []
            self._reach("before_write")
        elif words[0] in ("INSERT", "UPDATE", "DELETE", "CREATE"):
            self._tables.append(" ".join(words[:3]))

    def _commits(self, _connection: t.Any) -> None:
        self._reach("before_commit")

    def _trace(self) -> None:
        line = {"step": self._step, "nth": self._begun, "writes": self._tables}
        with open(os.path.join(self._job.folder, TRACE), "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _reach(self, when: str) -> None:
        point = self._job.die_at
        if point is None or (point.step, point.nth, point.when) != (self._step, self._begun, when):
            return
        if self._job.die != "controller":
            os.killpg(os.getpgid(0), signal.SIGSTOP if self._job.die == "stop" else signal.SIGKILL)
            return
        os.kill(self._controller, signal.SIGKILL)
        until = time.monotonic() + DEATH_LIMIT
        while os.getppid() == self._controller and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(self._job.linger)
