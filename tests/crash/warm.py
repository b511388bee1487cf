# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A warm parent for the driver: everything is imported once, and every run is a fork of it in a group of its own.

``python -m tests.crash.warm`` reads commands as JSON lines and answers each with one. ``start`` (a job) gives the
``pid`` of a run that waits at a gate, ``spawn`` (argv, environment, folder) that of a command; ``go`` (pid) opens the
gate; ``wait`` (pid, limit) gives the exit status of the controller, below zero for a signal, None when the limit is
over first; ``settle`` (pid, limit) waits until nobody of the group is left.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import signal
import sys
import tempfile
import time
import traceback
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import tls_context
from tests.crash import driver, steps
from tests.crash.steps import Job

PAUSE = 0.002
PR_SET_CHILD_SUBREAPER = 36


class Parent:
    """Forks runs and knows how they ended."""

    def __init__(self) -> None:
        """Start without any run."""
        self._gates: dict[int, int] = {}
        self._ended: dict[int, int] = {}

    def serve(self) -> None:
        """Answer commands until there are no more, then leave nobody behind."""
        signal.signal(signal.SIGCHLD, lambda _number, _frame: self._reap())
        for line in sys.stdin:
            answer = self._answer(**json.loads(line))
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        for pid in self._gates:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _answer(self, command: str, pid: int = 0, limit: float = 0.0, **more: t.Any) -> t.Any:
        if command == "start":
            job = Job.from_json(more["job"])
            return self._start(job.folder, lambda: driver.run(job))
        if command == "spawn":
            return self._start(more["folder"], lambda: _become(more["argv"], more["environment"], more["folder"]))
        if command == "go":
            os.close(self._gates[pid])
            return None
        if command == "wait":
            self._until(lambda: pid in self._ended, limit)
            return self._ended.get(pid)
        return self._until(lambda: not _group_lives(pid), limit)

    def _start(self, folder: str, run: t.Callable[[], int]) -> int:
        sys.stdout.flush()
        gate, key = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(key)
            for other in self._gates.values():
                with contextlib.suppress(OSError):
                    os.close(other)
            self._be_run(folder, run, gate)
        os.close(gate)
        self._gates[pid] = key
        # Process ids come again after a while.
        self._ended.pop(pid, None)
        return pid

    def _be_run(self, folder: str, run: t.Callable[[], int], gate: int) -> t.NoReturn:
        status = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            output = os.open(os.path.join(folder, "output"), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (output, 1), (output, 2)):
                os.dup2(source, target)
            os.read(gate, 1)
            os.close(gate)
            status = run()
        except KeyboardInterrupt:
            status = 128 + signal.SIGINT
        except Exception:
            traceback.print_exc()
            raise
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _until(self, met: t.Callable[[], bool], limit: float) -> bool:
        until = time.monotonic() + limit
        while not met():
            if time.monotonic() >= until:
                return False
            time.sleep(PAUSE)
        return True

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._ended[pid] = os.waitstatus_to_exitcode(status)


def _become(argv: list[str], environment: dict[str, str], folder: str) -> t.NoReturn:
    os.chdir(folder)
    os.execvpe(argv[0], argv, environment)


def _group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def adopt_orphans() -> None:
    """Become the parent of workers whose controller was killed, as the machine's first process would.

    Otherwise they would stay zombies where that one does not reap, and a zombie still looks alive.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def warm_up() -> None:
    """Do once what every worker would otherwise do for the first time: it saves half of a run's time."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job("http://127.0.0.1:9", f"{folder}/journal", folder, "device", "window", "warm")
        controller = driver.Controller(job)
        for step in (steps.SETTLE, steps.RUN):
            controller.carry_out(step)
    tls_context(True, None, None, None)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    adopt_orphans()
    warm_up()
    Parent().serve()
