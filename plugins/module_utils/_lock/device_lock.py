# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_lock: acquire and give back, with the journal as the memory and the server as the judge.

SDM cannot be asked who holds a lock (Oracle SDM sheet, section 6). So what is ours is what the journal shows as ours;
the intent is written before every request; and a lock is confirmed by acquiring it again, which is safe for its own
account.
"""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import note_locked
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import gates_of, gates_option
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import (
    FOUR_HOURS,
    LockKeeper,
    default_holder,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    from_environment,
    journal_options,
    named,
    names_options,
    oracle_sdm_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each


def device_lock_spec() -> Spec:
    """Give the options of device_lock."""
    shared = oracle_sdm_options() + journal_options() + names_options() + gates_option()
    return shared + Spec(
        {
            "device_id": {"type": "str"},
            "state": {"type": "str", "choices": ["locked", "unlocked"], "default": "locked"},
            "holder": {"type": "str", **from_environment("NETFLEET_HOLDER")},
            "wait_timeout": {"type": "float", "default": 0.0},
            "lease": {"type": "float", "default": FOUR_HOURS},
            "force": {"type": "bool", "default": False},
            "group": {"type": "str"},
            "max_in_flight": {"type": "int"},
            "max_failures": {"type": "int"},
        }
    )


def run_device_lock(task: Task) -> Result:
    """Lock or unlock the named devices. Gives ``changed`` and ``devices``; raises MaintenanceError for all of them."""
    params = task.params
    names = named(params)
    # Roles hand on what the inventory has, and that may be an empty text.
    device_id = params["device_id"] or None
    if device_id and len(names) != 1:
        raise BadInput("device_id goes with exactly one name.")
    with (
        Journal.open(params["journal"], task.clock, task.run, read_only_ok=params["state"] == "unlocked") as journal,
        OracleSdm.from_params(params, task.store) as sdm,
    ):
        keeper = LockKeeper(
            sdm,
            Locks(journal),
            holder=params["holder"] or default_holder(),
            lease=params["lease"],
            wait_timeout=params["wait_timeout"],
            clock=task.clock,
            run_alive=task.run_alive,
            dry=task.check_mode,
            gates=gates_of(task, params["holder"], journal, names) if params["state"] == "locked" else None,
            limits=Limits(params["max_in_flight"], params["max_failures"]),
            group=params["group"] or None,
        )

        def work(name: str) -> DeviceResult:
            if params["state"] == "locked":
                result = keeper.lock(name, device_id)
                if result.shown["state"] == "locked":
                    note_locked(name, task.store, task.clock)
                elif result.failed and "gate" not in result.shown and params["holder"] and not task.check_mode:
                    what, message = f"lock {result.shown['state']}", result.shown["message"]
                    note_failure(journal, params["holder"], name, what, message, server=sdm.server)
                return result
            return keeper.unlock(name, device_id, force=params["force"])

        return task_result(for_each(names, work, params["concurrency"]), diff=task.diff)
