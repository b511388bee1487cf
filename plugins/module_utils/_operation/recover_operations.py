# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of recover_operations: settle what a dead run sent, by looking for evidence; nothing is ever sent."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits, Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import run_lives, same_run
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_run import DeviceRun
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Means, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, Operation


def recover_operations_spec() -> Spec:
    """Give the options of recover_operations."""
    shared = zequenze_options() + journal_options()
    return shared + Spec(
        {
            "window_id": {"type": "str"},
            "wait_timeout": {"type": "float", "default": 0.0},
            "wait_interval": {"type": "float", "default": 5.0},
            "concurrency": {"type": "int", "default": 16},
        }
    )


def run_recover_operations(task: Task) -> Result:
    """Settle abandoned operations. Gives ``devices``; raises MaintenanceError when nothing can be looked at at all."""
    params = task.params
    zequenze = Zequenze.from_params(params)
    with Journal.open(params["journal"], task.clock, task.run) as journal:
        operations = Operations(journal)
        means = Means(zequenze, operations, Locks(journal), task.clock, task.run_alive, task.check_mode)
        unsettled = operations.all_of(params["window_id"], unsettled=True)
        here = [row for row in unsettled if row["server"] == zequenze.server and row["operation"] in OPERATIONS]
        rows = [row for row in here if not at_work(row, journal.sender, task.clock.now())]

        def settle(row: Row) -> DeviceResult:
            order = Order(
                operation=t.cast(Operation, row["operation"]),
                lock_names={row["device"]: row["device"]},
                limits=Limits(),
                window_id=row["window_id"],
                wait_timeout=params["wait_timeout"],
                wait_interval=params["wait_interval"],
                observe_only=True,
            )
            settled = DeviceRun(order, means, row["device"]).settle(row)
            # An outcome that stays unknown is no failure of the recovery: it is what there is to know.
            return DeviceResult(settled.shown, False, settled.before, settled.after)

        return task_result(for_each(rows, settle, params["concurrency"]), diff=task.diff)


def at_work(row: Row, sender: t.Mapping[str, t.Any], now: float) -> bool:
    """Whether another run that still lives is waiting for an operation: its process lives, or its time is not over."""
    if same_run(row["sender"], sender):
        return False
    lives = run_lives(row["sender"])
    return bool(row["busy_until"] and row["busy_until"] > now) if lives is None else lives
