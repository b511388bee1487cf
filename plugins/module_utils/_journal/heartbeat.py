# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heartbeat of a run: as long as the Ansible controller process lives, the locks of its run show a sign of life.

Other machines cannot look whether the run lives. So a tiny process beside it renews ``alive_until`` of its open locks,
whatever the run does meanwhile: hooks, gates, holds. It is forked by the first task that locks a device, holds nothing
open, and ends within a second of the controller.
"""

from __future__ import annotations

import os
import time
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import SIGNS_PER_SILENCE, Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import (
    Process,
    run_lives,
    this_process,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store

# How often (seconds) the controller is looked at.
LOOK_EVERY = 1.0

# The numbers of files that are closed where a process cannot list its own.
_MOST_FILES = 4096

# A process's own open files, each named by its number.
_OPEN_FILES = "/proc/self/fd"


def ensure_heartbeat(store: Store, place: str | None, run: int | None) -> None:
    """Start the heartbeat of a run for the journal at ``place``, unless the run has one.

    ``run`` is the process id of the controller, None in a module that runs by itself and needs none. Call it before the
    journal is opened and before any thread is started. Never raises: without it the locks still count as alive for the
    journal's silence.
    """
    if run is None or not store.shared or run == os.getpid():
        return
    key = f"heartbeat {place}"
    try:
        with store.locked(key):
            known = store.load(key)
            if known is not None and run_lives(known) is True:
                return
            child = _start(place, run)
            store.save(key, {**this_process(child)})
    except OSError:
        return


def _start(place: str | None, run: int) -> int:
    """Fork the heartbeat as nobody's child. Returns its process id; raises OSError."""
    answer, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            grandchild = os.fork()
            if grandchild == 0:
                os.close(tell)
                _become(place, run)
            else:
                os.write(tell, str(grandchild).encode())
        finally:
            os._exit(0)
    os.close(tell)
    with open(answer, encoding="ascii") as file:
        started = int(file.read())
    os.waitpid(child, 0)
    return started


def _become(place: str | None, run: int) -> t.NoReturn:
    """Be the heartbeat: hold on to nothing of the worker this was forked from."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        _close_others()
        beat(place, run, lambda process: run_lives(process) is True)
    finally:
        os._exit(0)


def _close_others() -> None:
    """Close every file but input, output and errors."""
    try:
        numbers = [int(name) for name in os.listdir(_OPEN_FILES)]
    except OSError:
        numbers = []
    os.closerange(3, max(numbers, default=_MOST_FILES) + 1)


def beat(
    place: str | None,
    run: int,
    lives: t.Callable[[Process], bool],
    sleep: t.Callable[[float], None] = time.sleep,
    clock: Clock | None = None,
) -> None:
    """Renew a run's sign of life for as long as ``lives`` says it of its identity. Faults are tried again."""
    clock = clock or Clock()
    controller = this_process(run)
    due = clock.monotonic()
    while lives(controller):
        if clock.monotonic() >= due:
            due = clock.monotonic() + give_sign(place, run, clock)
        sleep(LOOK_EVERY)


def give_sign(place: str | None, run: int, clock: Clock) -> float:
    """Renew the locks of a run once. Returns after how many seconds that is due again."""
    try:
        with Journal.open(place, clock, run, newer_ok=True) as journal:
            Locks(journal).keep_alive()
            return journal.silence / SIGNS_PER_SILENCE
    except MaintenanceError:
        # Nobody is there to be told. The next sign may succeed.
        return LOOK_EVERY
