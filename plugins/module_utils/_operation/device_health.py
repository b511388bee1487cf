# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_health: a device is healthy when it stays up for a while without interruption.

Inside a window the hold is written to the journal like an operation, so that a device that came back but does not stay
counts against the limit of failures, and a rerun does not hold again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    JournalError,
    MaintenanceError,
    NotFound,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import HOLD, Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    named,
    names_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.hold import Look, failed, hold_up
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import seen_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import Seen
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import duration
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow


def device_health_spec() -> Spec:
    """Return the options of device_health."""
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
    """Hold the named devices. Return ``devices``, never ``changed``; raise MaintenanceError for all of them."""
    params = task.params
    zequenze = connect("zequenze", params, task.clock, task.store)
    with journal_of(task) as journal:
        operations = Operations(journal)
        page_wise = PageWise(zequenze, task.clock, params["wait_interval"])
        names = named(params)
        return task_result(
            for_each(
                names, lambda name: hold_device(zequenze, operations, name, task, page_wise), params["concurrency"]
            ),
            diff=False,
        )


def hold_device(
    zequenze: Zequenze, operations: Operations, name: str, task: Task, page_wise: PageWise | None = None
) -> DeviceResult:
    """Hold one device (its name in Zequenze Control), and write it to the journal when it belongs to a window.

    The task's params say ``hold``, ``wait_timeout``, ``wait_interval``, ``window_id`` and ``lock_name``. Safe for
    several threads; ``page_wise`` lets devices that are held at once share their looks. Never raises MaintenanceError:
    whatever ends the hold settles its row, or is noted, so that the device counts in the failure limit and frees its
    place of the cap.
    """
    window_id = task.params["window_id"]
    row: list[Row] = []
    try:
        return _hold(zequenze, operations, name, task, page_wise, row)
    except MaintenanceError as error:
        message = str(error)
        with contextlib.suppress(JournalError):
            if row:
                operations.move(row[0], "failed", message=message)
            elif window_id and not task.check_mode:
                lock_name = task.params["lock_name"] or name
                note_failure(
                    operations.journal,
                    window_id,
                    lock_name,
                    "hold failed",
                    message,
                    server=zequenze.server,
                    operation=HOLD,
                    called=name,
                )
        return _result(name, None, False, 0.0, message)


def _hold(
    zequenze: Zequenze,
    operations: Operations,
    name: str,
    task: Task,
    page_wise: PageWise | None,
    claimed: list[Row],
) -> DeviceResult:
    params, window_id = task.params, task.params["window_id"]
    limit, hold, began = params["wait_timeout"], params["hold"], task.clock.monotonic()
    device = _first_look(zequenze, name, task, page_wise)
    earlier = operations.earlier(zequenze.server, window_id, device.id, name, HOLD) if window_id else None
    if earlier is not None and earlier["state"] == "done":
        held = f"It stayed up in window {window_id} already, until {iso(earlier['settled_at'])}."
        return _result(name, device.id, device.up is True, 0.0, held)
    if task.check_mode:
        return _result(name, device.id, device.up is True, 0.0, "Not held in check mode.", failed=False)
    if window_id:
        lock_name = params["lock_name"] or name
        claimed.append(_claim(zequenze, operations, device, window_id, lock_name, limit + hold, task.clock))
    waiting = page_wise.waiting_for(device.id, task.clock.now()) if page_wise else contextlib.nullcontext()
    left = max(0.0, limit - (task.clock.monotonic() - began))
    last: dict[str, t.Any] = {}
    with waiting, zequenze.wire.patient(left + hold):
        look = _noting(looking(zequenze, name, task.clock, page_wise), last)
        held_for, reason = hold_up(look, hold, left, params["wait_interval"], task.clock)
    healthy = held_for >= hold
    message = "" if healthy else failed(hold, limit, reason)
    if claimed:
        state: t.Literal["done", "failed"] = "done" if healthy else "failed"
        evidence = [f"up for {duration(held_for)}"] if healthy else []
        operations.move(claimed[0], state, message=message, evidence=evidence)
    result = _result(name, device.id, healthy, held_for, message)
    return dataclasses.replace(result, after=last)


def _noting(look: Look, last: dict[str, t.Any]) -> Look:
    """Return a look that keeps what it shows in ``last``: ``up``, and the newest ``uptime`` (seconds)."""

    def noted(with_uptime: bool) -> Seen:
        seen = look(with_uptime)
        last["up"] = seen.up
        if seen.uptime is not None:
            last["uptime"] = seen.uptime
        return seen

    return noted


def _first_look(zequenze: Zequenze, name: str, task: Task, page_wise: PageWise | None) -> DeviceRow:
    """Read the device; a system that is away, or refuses, is waited for. Raise MaintenanceError when the time is over.

    Outside of a window an unknown device is an error at once.
    """
    params, clock = task.params, task.clock
    started = clock.monotonic()
    while True:
        try:
            return _read(zequenze, name, page_wise, None)
        except BadInput:
            raise
        except MaintenanceError as error:
            unknown = isinstance(error, NotFound) and not params["window_id"]
            if unknown or task.check_mode or clock.monotonic() - started >= params["wait_timeout"]:
                raise
        clock.sleep(params["wait_interval"])


def looking(zequenze: Zequenze, name: str, clock: Clock, page_wise: PageWise | None = None) -> Look:
    """Return what looks at a device, with the task's other devices where those look too."""
    looked_at: list[float] = []

    def look(with_uptime: bool) -> Seen:
        newer_than = looked_at[-1] if looked_at else None
        row = _read(zequenze, name, page_wise, newer_than)
        looked_at[:] = [clock.monotonic()]
        uptime = zequenze.uptime(name) if with_uptime and row.up is True else None
        return seen_of(clock, row, uptime)

    return look


def _read(zequenze: Zequenze, name: str, page_wise: PageWise | None, newer_than: float | None) -> DeviceRow:
    if page_wise is None:
        return zequenze.device(name)
    return page_wise.device_now(name) if newer_than is None else page_wise.device(name, newer_than)


def _claim(
    zequenze: Zequenze,
    operations: Operations,
    device: DeviceRow,
    window_id: str,
    lock_name: str,
    limit: float,
    clock: Clock,
) -> Row:
    """Write to the journal that the hold begins; an earlier hold of the window that failed is tried again."""
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
