# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a worker whose controller is gone, whatever it is computing.

A killed controller leaves its workers: they go on with their task, and nobody reads its result. What they send is
guarded separately: no request leaves for a run that is over. This ends what has no end.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

# Seconds a worker has to write down what it was told before it ends.
GRACE = 5.0

_LOOK_EVERY = 1.0

_watched = 0


def end_with_run() -> None:
    """Have this worker end within seconds of its controller. Do nothing in the controller itself, or a second time."""
    global _watched
    controller = multiprocessing.parent_process()
    if controller is None or controller.pid is None or _watched == os.getpid():
        return
    _watched = os.getpid()
    threading.Thread(target=_watch, args=(controller.pid,), daemon=True, name="netfleet watchdog").start()


def _watch(controller: int) -> None:
    while os.getppid() == controller:
        time.sleep(_LOOK_EVERY)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)
