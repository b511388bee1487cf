# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_health: a device is healthy when it stays up for a while without interruption.

Inside a window the hold is written to the journal like an operation, so that a device that came back but does not stay
counts in the failure budget, and a rerun does not hold again.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError, NoAnswer, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import (
    HOLD,
    Limits,
    Operations,
    Wanted,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    named,
    names_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow


def device_health_spec() -> Spec:
    """Give the options of device_health."""
    shared = zequenze_options() + journal_options() + names_options()
    return shared + Spec(
        {
            "hold": {"type": "float", "default": 30.0},
            "wait_timeout": {"type": "float", "default": 600.0},
            "wait_interval": {"type": "float", "default": 5.0},
            "window_id": {"type": "str"},
            "lock_name": {"type": "str"},
        }
    )


def run_device_health(task: Task) -> Result:
    """Hold the named devices. Gives ``devices``, never ``changed``; raises MaintenanceError for all of them."""
    params = task.params
    zequenze = Zequenze.from_params(params)
    with Journal.open(params["journal"], task.clock, task.run) as journal:
        operations = Operations(journal)

        def work(name: str) -> DeviceResult:
            try:
                return _one(zequenze, operations, name, task)
            except MaintenanceError as error:
                return _result(name, None, False, 0.0, str(error))

        return task_result(for_each(named(params), work, params["concurrency"]), diff=False)


def _one(zequenze: Zequenze, operations: Operations, name: str, task: Task) -> DeviceResult:
    """Hold one device, and write it down when it belongs to a window."""
    params, window_id = task.params, task.params["window_id"]
    device = zequenze.device(name)
    earlier = operations.earlier(zequenze.server, window_id, device.id, name, HOLD) if window_id else None
    if earlier is not None and earlier["state"] == "done":
        held = f"held in window {window_id} already, until {iso(earlier['settled_at'])}."
        return _result(name, device.id, device.up is True, 0.0, held)
    if task.check_mode:
        return _result(name, device.id, device.up is True, 0.0, "not held in check mode.", failed=False)
    limit, hold = params["wait_timeout"], params["hold"]
    row: Row | None = None
    if window_id:
        row = _claim(zequenze, operations, device, window_id, params["lock_name"] or name, limit, task.clock)
    held_for, problem = hold_up(zequenze, name, hold, limit, params["wait_interval"], task.clock)
    healthy = held_for >= hold
    message = "" if healthy else f"did not stay up for {hold:.0f} s within {limit:.0f} s. {problem}"
    if row is not None:
        state: t.Literal["done", "failed"] = "done" if healthy else "failed"
        operations.move(row, state, message=message, evidence=[f"up for {held_for:.0f} s"] if healthy else [])
    return _result(name, device.id, healthy, held_for, message)


def hold_up(zequenze: Zequenze, name: str, hold: float, limit: float, pause: float, clock: Clock) -> tuple[float, str]:
    """Look until a device has been up for ``hold`` seconds in a row, or ``limit`` seconds are over without a start.

    A look that shows it down, a status change between two looks, or no answer starts the time anew. Gives the seconds
    it was up in a row at the end, and the last thing that was wrong.
    """
    started = clock.monotonic()
    since: float | None = None
    changed_at: float | None = None
    problem = ""
    while True:
        try:
            device = zequenze.device(name)
        except (NotFound, NoAnswer) as error:
            since, problem = None, str(error)
        else:
            if device.up is not True:
                since, problem = None, "It is down." if device.up is False else "Its status is not shown."
            elif since is None or device.last_status_change != changed_at:
                since, changed_at = clock.monotonic(), device.last_status_change
        now = clock.monotonic()
        if since is not None and now - since >= hold:
            return now - since, problem
        # A hold that has begun may go on past the limit; a new one may not begin.
        if now - started >= limit and (since is None or since - started > limit):
            return 0.0, problem
        clock.sleep(pause if since is None else max(0.01, min(pause, since + hold - now)))


def _claim(
    zequenze: Zequenze,
    operations: Operations,
    device: DeviceRow,
    window_id: str,
    lock_name: str,
    limit: float,
    clock: Clock,
) -> Row:
    """Write down that the hold begins; an earlier hold of the window that failed is tried again."""
    wanted = Wanted(
        server=zequenze.server,
        window_id=window_id,
        device_id=device.id,
        device=device.name,
        serial=device.serial,
        operation=HOLD,
        baseline={},
        send_deadline=clock.now(),
        busy_until=clock.now() + limit,
        resend=True,
        lock_name=lock_name,
    )
    return operations.claim(wanted, Limits()).row


def _result(
    name: str, device_id: str | None, healthy: bool, held_for: float, message: str, *, failed: bool | None = None
) -> DeviceResult:
    shown = {
        "name": name,
        "id": device_id,
        "healthy": healthy,
        "held_for": round(held_for, 3),
        "changed": False,
        "message": message,
    }
    return DeviceResult(shown, failed=not healthy if failed is None else failed)
