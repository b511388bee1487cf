# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of operation_recovery: settle what a dead run sent, by looking for evidence; nothing is ever sent."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import (
    NOTHING_ENDED,
    Ended,
    is_alive,
    run_lives,
    same_run,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operate import settle
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, Operation


def operation_recovery_spec() -> Spec:
    """Return the options of operation_recovery."""
    shared = zequenze_options() + journal_options()
    return shared + Spec(
        {
            "window_id": {"type": "str"},
            "ended_jobs": {"type": "list", "elements": "str", "default": []},
            "ended_workflow": {"type": "str"},
            "wait_for_silence": {"type": "bool", "default": False},
            "wait_timeout": {"type": "float", "default": 0.0},
            "wait_interval": {"type": "float", "default": 5.0},
            "concurrency": {"type": "int", "default": 16},
        }
    )


def run_operation_recovery(task: Task) -> Result:
    """Settle abandoned operations. Gives ``devices``; raises MaintenanceError when nothing can be looked at at all."""
    params = task.params
    zequenze = connect("zequenze", params, task.clock, task.store)
    with journal_of(task) as journal:
        operations = Operations(journal)
        locks = Locks(journal, Ended(params["ended_jobs"], params["ended_workflow"]))
        context = Context(zequenze, operations, locks, task.clock, task.run_alive, task.check_mode)
        if params["wait_for_silence"] and not task.check_mode:
            locks.wait_out_silence(lambda row: params["window_id"] in (None, row["holder"]))
        held = locks.all_open()
        unsettled = operations.all_of(params["window_id"], unsettled=True)
        here = [row for row in unsettled if row["server"] == zequenze.server and row["operation"] in OPERATIONS]
        now = task.clock.now()

        def is_left(row: Row) -> bool:
            if not at_work(row, journal.sender, now, locks.ended):
                return True
            # A run on another machine waits for nothing any more once its locks are silent.
            return run_lives(row["sender"]) is None and locks.run_is_silent(row["sender"], held)

        rows = [row for row in here if is_left(row)]

        def settled(row: Row) -> DeviceResult:
            order = Order(
                operation=t.cast(Operation, row["operation"]),
                devices={row["device"]: RecordedDevice(*[row["device"]] * 4)},
                window_id=row["window_id"],
                wait_timeout=params["wait_timeout"],
                wait_interval=params["wait_interval"],
                observe_only=True,
            )
            found = settle(context, order, row)
            # An outcome that stays unknown is no failure of the recovery: it is what there is to know.
            return DeviceResult(found.shown, False, found.before, found.after)

        return task_result(for_each(rows, settled, params["concurrency"]), diff=task.diff)


def at_work(row: Row, sender: t.Mapping[str, t.Any], now: float, ended: Ended = NOTHING_ENDED) -> bool:
    """Whether another run that still lives is waiting for an operation: its process lives, or its time is not over."""
    return not same_run(row["sender"], sender) and is_alive(row, now, ended)
