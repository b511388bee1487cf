# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_operation: what the task asks for, checked as a whole, and its result.

What happens to one device is in ``operate.py``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso, parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import (
    gates_of,
    limits_options,
    record_of,
    recorded_device,
    senhasegura_option,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import memory
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    named,
    names_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operate import operate
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order, Outside
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outside import (
    LOCK,
    PARTNERS,
    excepted,
    own_holders,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import (
    OPERATIONS,
    RESETS,
    RESTARTS,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise


def device_operation_spec() -> Spec:
    """Return the options of device_operation."""
    shared = zequenze_options() + journal_options() + names_options() + limits_options() + senhasegura_option()
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
            "lock_wait_timeout": {"type": "float", "default": 0.0},
            "groups": {"type": "list", "elements": "raw"},
            "require_partners": {"type": "bool", "default": True},
            "lock_name": {"type": "list", "elements": "str"},
            "confirm": {"type": "list", "elements": "str"},
            "attempt": {"type": "int", "default": 1},
        },
        required_if=tuple(("operation", reset, ("window_id", "confirm")) for reset in sorted(RESETS)),
    )


def run_device_operation(task: Task) -> Result:
    """Carry out an operation on the named devices. Gives ``changed`` and ``devices``; raises MaintenanceError."""
    order = read_order(task.params)
    with journal_of(task) as journal:
        disrupts = order.operation in RESTARTS and not task.check_mode
        if disrupts and order.window_id is not None:
            memory.refuse_if_gone_back(journal)
        record = record_of(task, journal, order.window_id)
        if record is not None:
            order = agreed_order(order, record, task.params)
        zequenze = connect("zequenze", task.params, task.clock, task.store)
        context = Context(
            zequenze=zequenze,
            operations=Operations(journal),
            locks=Locks(journal),
            clock=task.clock,
            run_alive=task.run_alive,
            dry=task.check_mode,
            gates=gates_of(task, record, order.window_id, journal, after_lock=True),
            page_wise=PageWise(zequenze, task.clock, order.wait_interval),
        )
        results = for_each(list(order.devices), lambda name: operate(context, order, name), task.params["concurrency"])
        if disrupts:
            memory.remember(journal)
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
    operation = params["operation"]
    if operation in RESETS and sorted(params["confirm"]) != sorted(names):
        raise BadInput(
            f"{operation} erases devices: confirm must be exactly the list in name ({', '.join(map(shown, names))})."
        )
    if params["attempt"] < 1 or (params["attempt"] > 1 and (window_id is None or operation in RESETS)):
        raise BadInput("attempt goes with window_id; a factory reset is only sent again under a new window_id.")
    require_lock = params["require_lock"]
    if require_lock is None:
        require_lock = window_id is not None
    if require_lock and window_id is None:
        raise BadInput("require_lock needs window_id: it is the holder of the lock.")
    for option in ("max_in_flight", "max_failures"):
        if params[option] is not None and window_id is None:
            raise BadInput(f"{option} needs window_id: it is counted within a window.")
    if window_id is not None and (params["groups"] or not params["require_partners"]):
        raise BadInput("groups and require_partners are for a task without window_id; a window has groups of its own.")
    return Order(
        operation=operation,
        devices={
            name: RecordedDevice(name, name, lock_name, name) for name, lock_name in zip(names, lock_names, strict=True)
        },
        window_id=window_id,
        since=_instant(params, "since"),
        not_after=_instant(params, "not_after"),
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        wait_interval=params["wait_interval"],
        conflict_timeout=params["conflict_timeout"],
        require_lock=require_lock,
        attempt=params["attempt"],
        outside=_outside(params, names),
    )


def _outside(params: t.Mapping[str, t.Any], names: t.Sequence[str]) -> Outside | None:
    """Return what blocks devices where there is no window. Raise BadInput for partners that are none."""
    without = [LOCK] if params["require_lock"] is False else []
    if params["window_id"] is not None:
        # The window's own lock is left out on purpose: that is written down, and nothing else is checked here.
        return Outside(holders=[params["window_id"]], without=without) if without else None
    without += [] if params["require_partners"] else [PARTNERS]
    return Outside(own_holders(), _partners(params["groups"] or (), names), without, params["lock_wait_timeout"])


def _partners(groups: t.Sequence[object], names: t.Sequence[str]) -> dict[str, list[RecordedDevice]]:
    """Read the option ``groups``. Return the other members of each device's groups, by name. Raise BadInput."""
    found: dict[str, list[RecordedDevice]] = {}
    for group in groups:
        if not isinstance(group, (list, tuple)):
            raise BadInput(f"groups has {shown(str(group))}, and each group must be a list of its members.")
        members = [_member(each) for each in group]
        for name in {member.name for member in members} & set(names):
            found.setdefault(name, []).extend(member for member in members if member.name != name)
    return found


def _member(given: object) -> RecordedDevice:
    """Read one member of a group: its name, or a device as the filter window_devices gives it. Raise BadInput."""
    called: t.Any = given
    locked: t.Any = given
    if isinstance(given, t.Mapping):
        called = given.get("zequenze_name") or given.get("name")
        locked = given.get("sdm_name") or called
    if not all(isinstance(name, str) and name.strip() for name in (called, locked)):
        raise BadInput(f"groups has the member {shown(str(given))}, which is no name and no device of window_devices.")
    return RecordedDevice(called, called, locked, called)


def agreed_order(order: Order, record: WindowRecord, params: t.Mapping[str, t.Any]) -> Order:
    """Return the order with the devices as the window was agreed for them. Pure.

    Raises BadInput for an operation or a device that is not part of the window, and a reset that nobody approved.
    """
    if order.operation not in record.operations:
        raise BadInput(
            f"Window {record.window_id} was agreed for {', '.join(record.operations)}, not for {order.operation}. Use "
            "another window_id."
        )
    if order.operation in RESETS and not record.approval.get("digest"):
        raise BadInput(
            f"{order.operation} erases devices, and window {record.window_id} was not approved. Run window_plan and "
            "pass its digest as window_approval."
        )
    given = params["lock_name"] or [None] * len(order.devices)
    devices = {
        name: recorded_device(record, name=name, lock_name=lock_name)
        for name, lock_name in zip(order.devices, given, strict=True)
    }
    return dataclasses.replace(order, devices=devices, outside=excepted(record, order.outside))


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
