# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker whose controller was killed ends by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action import watchdog

CONTROLLER = """
import multiprocessing, sys, time
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action import watchdog
watchdog.GRACE, watchdog._LOOK_EVERY = 0.3, 0.1
def work():
    watchdog.end_with_run()
    watchdog.end_with_run()
    while True:
        sum(range(1000))
worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
print(worker.pid, flush=True)
time.sleep(600)
"""


def lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_worker_that_computes_without_end_ends_with_its_controller() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CONTROLLER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as controller:
        assert controller.stdout is not None
        worker = int(controller.stdout.readline())
        try:
            time.sleep(1)
            assert lives(worker)
            controller.kill()
            deadline = time.monotonic() + 60
            while lives(worker) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not lives(worker)
        finally:
            if lives(worker):
                os.kill(worker, signal.SIGKILL)


def test_the_controller_itself_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_watched", 0)
    watchdog.end_with_run()
    assert watchdog._watched == 0
