# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_operation: what the task asks for, checked as a whole, and its result.

What happens to one device is in ``_operation_run.py``.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso, parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import gates_of, gates_option
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits, Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    named,
    names_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_run import DeviceRun
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Means, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, RESETS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise


def device_operation_spec() -> Spec:
    """Give the options of device_operation."""
    shared = zequenze_options() + journal_options() + names_options() + gates_option()
    return shared + Spec(
        {
            "operation": {"type": "str", "required": True, "choices": list(OPERATIONS)},
            "window_id": {"type": "str"},
            "since": {"type": "str"},
            "not_after": {"type": "str"},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "float", "default": 600.0},
            "wait_interval": {"type": "float", "default": 5.0},
            "conflict_timeout": {"type": "float", "default": 300.0},
            "require_lock": {"type": "bool"},
            "lock_name": {"type": "list", "elements": "str"},
            "max_in_flight": {"type": "int"},
            "max_failures": {"type": "int"},
            "confirm": {"type": "list", "elements": "str"},
            "attempt": {"type": "int", "default": 1},
            "observe_only": {"type": "bool", "default": False},
        },
        required_if=tuple(("operation", reset, ("window_id", "confirm")) for reset in sorted(RESETS)),
    )


def run_device_operation(task: Task) -> Result:
    """Carry out an operation on the named devices. Gives ``changed`` and ``devices``; raises MaintenanceError."""
    order = read_order(task.params)
    with Journal.open(task.params["journal"], task.clock, task.run) as journal:
        zequenze = Zequenze.from_params(task.params)
        means = Means(
            zequenze=zequenze,
            operations=Operations(journal),
            locks=Locks(journal),
            clock=task.clock,
            run_alive=task.run_alive,
            dry=task.check_mode,
            gates=gates_of(task, order.window_id, journal, list(order.lock_names), order.lock_names),
            page_wise=PageWise(zequenze, task.clock, order.wait_interval),
        )
        results = for_each(
            list(order.lock_names), lambda name: DeviceRun(order, means, name).run(), task.params["concurrency"]
        )
        return task_result(results, diff=task.diff)


def read_order(params: t.Mapping[str, t.Any]) -> Order:
    """Check the options as a whole and give them as an order. Pure. Raises BadInput in one clear sentence."""
    names = named(params)
    window_id: str | None = params["window_id"]
    if window_id is not None and not window_id.strip():
        raise BadInput("window_id is empty.")
    lock_names: list[str] = params["lock_name"] or names
    if len(lock_names) != len(names):
        raise BadInput(
            f"lock_name has {len(lock_names)} entries for {len(names)} devices; give one for each, in order."
        )
    _check_numbers(params)
    operation = params["operation"]
    if operation in RESETS and sorted(params["confirm"]) != sorted(names):
        raise BadInput(
            f"{operation} erases devices: confirm must be exactly the list in name ({', '.join(map(shown, names))})."
        )
    if params["attempt"] < 1 or (params["attempt"] > 1 and (window_id is None or operation in RESETS)):
        raise BadInput("attempt goes with window_id; a factory reset is only sent again under a new window_id.")
    if params["observe_only"] and window_id is None:
        raise BadInput("observe_only needs window_id: without it nothing says what was sent.")
    require_lock = params["require_lock"]
    if require_lock is None:
        require_lock = window_id is not None
    if require_lock and window_id is None:
        raise BadInput("require_lock needs window_id: it is the holder of the lock.")
    for option in ("max_in_flight", "max_failures"):
        if params[option] is not None and window_id is None:
            raise BadInput(f"{option} needs window_id: it is counted within a window.")
    return Order(
        operation=operation,
        lock_names=dict(zip(names, lock_names, strict=True)),
        window_id=window_id,
        since=_instant(params, "since"),
        not_after=_instant(params, "not_after"),
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        wait_interval=params["wait_interval"],
        conflict_timeout=params["conflict_timeout"],
        require_lock=require_lock,
        attempt=params["attempt"],
        observe_only=params["observe_only"],
        limits=Limits(params["max_in_flight"], params["max_failures"]),
    )


def _instant(params: t.Mapping[str, t.Any], option: str) -> float | None:
    if params[option] is None:
        return None
    try:
        instant = parse_instant(params[option])
        # Instants at the very ends of the calendar can be read and not be written again.
        iso(instant)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput(f"{option} is not an ISO 8601 instant with an offset: {error}.") from error
    return instant


def _check_numbers(params: t.Mapping[str, t.Any]) -> None:
    """Raise BadInput for times and counts that would wait for ever, never pause, or never start anything."""
    for option in ("wait_timeout", "wait_interval", "conflict_timeout"):
        if not 0 <= params[option] < math.inf:
            raise BadInput(f"{option} must be a number of seconds, 0 or more.")
    if params["wait_interval"] == 0:
        raise BadInput("wait_interval must be more than 0 seconds.")
    for option, least in (("max_in_flight", 1), ("max_failures", 0), ("concurrency", 1)):
        if params[option] is not None and params[option] < least:
            raise BadInput(f"{option} must be at least {least}.")
