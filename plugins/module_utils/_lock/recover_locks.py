# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of recover_locks: give back what a dead run left locked, and nothing that somebody still works with.

A lock is abandoned when its lease is over, or when it belongs to the window that is being rerun, and in both cases no
run that still lives is at work with it and none of its operations is still under way.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import lease_over
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import (
    FOUR_HOURS,
    LockKeeper,
    default_holder,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    oracle_sdm_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each


def recover_locks_spec() -> Spec:
    """Give the options of recover_locks."""
    shared = oracle_sdm_options() + journal_options()
    return shared + Spec(
        {
            "window_id": {"type": "str"},
            "window_name": {"type": "str"},
            "wait_timeout": {"type": "float", "default": 60.0},
            "lost_journal": {"type": "bool", "default": False},
            "name": {"type": "list", "elements": "str", "aliases": ["names", "device"]},
            "concurrency": {"type": "int", "default": 16},
        },
        required_if=(("lost_journal", True, ("name",)),),
    )


def run_recover_locks(task: Task) -> Result:
    """Give abandoned locks back. Gives ``devices`` and ``kept``; raises MaintenanceError for all of them."""
    params = task.params
    if params["name"] and not params["lost_journal"]:
        raise BadInput("name goes with lost_journal; otherwise the journal says what is to be given back.")
    with (
        Journal.open(params["journal"], task.clock, task.run, newer_ok=True, read_only_ok=True) as journal,
        OracleSdm.from_params(params, task.store) as sdm,
    ):
        locks, operations = Locks(journal), Operations(journal)
        rows = locks.all_open(sdm.server)
        reasons = {row["id"]: why_kept(locks, operations, row, task.clock.now(), params) for row in rows}
        abandoned = [row for row in rows if reasons[row["id"]] is None]

        def give_back(row: Row) -> DeviceResult:
            return _keeper(sdm, locks, row["holder"], task).unlock(row["device"], row["device_id"])

        results = for_each(abandoned, give_back, params["concurrency"])
        if params["lost_journal"]:
            known = {row["device"] for row in rows}
            names = [name for name in params["name"] if name not in known]
            keeper = _keeper(sdm, locks, default_holder(), task)
            results += for_each(names, lambda name: keeper.unlock(name, force=True), params["concurrency"])
        result = task_result([_must_be_free(each) for each in results], diff=task.diff)
        result["kept"] = [_kept(row, reason) for row in rows if (reason := reasons[row["id"]])]
        return result


def why_kept(locks: Locks, operations: Operations, row: Row, now: float, params: t.Mapping[str, t.Any]) -> str | None:
    """Say why a lock row is not to be given back by somebody else than the run that took it; None when it is.

    An operation that was sent and is not settled keeps its lock for as long as it may take: given back, the device
    could be somebody else's when the reboot goes off.
    """
    if locks.run_is_alive(row):
        return "its run is still at work"
    holder: str = row["holder"]
    name = params["window_name"]
    rerun = holder == params["window_id"] or (bool(name) and holder.startswith(f"{name}@"))
    if not rerun and not lease_over(row, now):
        return "its lease is not over"
    operation = operations.in_flight_under(holder, row["device"])
    if operation is not None:
        return f"its {operation['operation']} may still go off until {iso(operation['busy_until'])}"
    return None


def _keeper(sdm: OracleSdm, locks: Locks, holder: str, task: Task) -> LockKeeper:
    return LockKeeper(
        sdm,
        locks,
        holder=holder,
        lease=FOUR_HOURS,
        wait_timeout=task.params["wait_timeout"],
        clock=task.clock,
        run_alive=task.run_alive,
        dry=task.check_mode,
    )


def _must_be_free(result: DeviceResult) -> DeviceResult:
    """Whatever is neither unlocked nor somebody else's now is still on our hands."""
    ours = result.shown["state"] in ("locked", "unknown")
    return DeviceResult(result.shown, result.failed or ours, result.before, result.after)


def _kept(row: Row, reason: str) -> dict[str, t.Any]:
    return {
        "name": row["device"],
        "device_id": row["device_id"],
        "holder": row["holder"],
        "locked_at": iso(row["taken_at"]),
        "lease": row["lease"],
        "reason": reason,
    }
