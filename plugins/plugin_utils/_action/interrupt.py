# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first Ctrl-C of a run stops its windows as stop_window does; the second one ends the run as Ansible does.

Ansible gives up at once when it is interrupted: its workers are killed, and devices stay locked until the next run. So
the controller takes the first interrupt itself and writes to the journal that the window is stopped. Devices at work
are finished and unlocked, nothing new starts, and the run ends by itself. The stop ends with this run.

Before ansible-core 2.19 a terminal interrupts the workers too; they take no notice of the first time either.
"""

from __future__ import annotations

import os
import signal
import threading
import typing as t

from ansible.utils.display import Display

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.at_end import (
    LAST,
    defer,
    deferred,
    do_at_end,
)

# Should the run be killed before it ends its own stop, the stop ends by itself after so many seconds.
LONGEST_STOP = 3600.0

_DEED = "window_stop"

_controller = os.getpid()

_before: t.Any = None

_interrupted = False

display = Display()


def take_interrupts() -> None:
    """Take the first interrupt from now on. Does nothing in a worker, a second time, or outside of the main thread."""
    global _before
    if _before is not None or os.getpid() != _controller or threading.current_thread() is not threading.main_thread():
        return
    found = signal.getsignal(signal.SIGINT)
    # Who started the run has it ignore interrupts.
    if callable(found):
        _before = found
        signal.signal(signal.SIGINT, _interrupt)


def stop_on_interrupt(window_id: str, journal: str | None) -> None:
    """Note, in a worker, that an interrupt stops this window, and that the stop ends with the run."""
    defer(_DEED, {"window_id": window_id, "journal": journal}, LAST)


def _end_stop(task: Task) -> Result:
    """End, in the controller, the stop that an interrupt of this run wrote: the next run of the window may go on."""
    ended = False
    if _interrupted:
        with journal_of(task) as journal:
            ended = Controls(journal).end_of(task.params["window_id"], _reason())
    return {"changed": ended, "msg": ""}


do_at_end(_DEED, Spec({"window_id": {"type": "str"}}) + journal_options(), _end_stop)


def _interrupt(number: int, frame: t.Any) -> None:
    """Stop the windows of this run, or go on as before where there is none or this is the second time."""
    global _interrupted
    again, _interrupted = _interrupted, True
    if os.getpid() != _controller and not again:
        return
    stopped = [] if again else [window["window_id"] for window in _windows() if _stop(window)]
    if not stopped:
        signal.signal(signal.SIGINT, _before)
        _before(number, frame)
        return
    display.display(
        f"Interrupted: window {', '.join(stopped)} is stopped. Devices at work are finished and unlocked, nothing new "
        "starts, and the run then ends. Press Ctrl-C again to end it now; devices at work then stay locked until the "
        "window is run again, or the recover playbook.",
        color="yellow",
    )


def _windows() -> list[dict[str, t.Any]]:
    try:
        return [asked["params"] for asked in deferred(_DEED)]
    except (OSError, ValueError, LookupError):
        return []


def _stop(window: t.Mapping[str, t.Any]) -> bool:
    """Write the stop of a window; return whether that worked."""
    clock = Clock()
    try:
        with Journal.open(window["journal"], clock, _controller) as journal:
            Controls(journal).add("window_id", window["window_id"], "stopped", _reason(), clock.now() + LONGEST_STOP)
    except MaintenanceError as error:
        display.warning(f"Window {window['window_id']} cannot be stopped, so the run ends now: {error}")
        return False
    return True


def _reason() -> str:
    return f"interrupted with Ctrl-C (process {_controller})"
