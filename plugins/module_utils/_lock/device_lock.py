# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_lock: lock and unlock, with the journal as the memory and the server as the judge.

SDM cannot be asked who holds a lock (docs/apis/oracle_sdm.md, 6). So what is ours is what the journal shows as ours;
the intent is written before every request; and a lock is confirmed by acquiring it again, which is safe for its own
account.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import note_locked
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import (
    gates_of,
    limits_options,
    read_limits,
    record_of,
    recorded_lock,
    senhasegura_option,
    zequenze_option,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.heartbeat import ensure_heartbeat
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import NO_LIMITS
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import default_holder
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.journal_only import JournalOnly
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import (
    FOUR_HOURS,
    LockKeeper,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.returning import unlock
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.taking import busy_elsewhere, lock
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
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_lock, shown


def device_lock_spec() -> Spec:
    """Return the options of device_lock."""
    shared = oracle_sdm_options() + journal_options() + names_options() + limits_options()
    shared = shared + senhasegura_option() + zequenze_option()
    return shared + Spec(
        {
            "device_id": {"type": "str"},
            "sdm_group_id": {"type": "str"},
            "state": {"type": "str", "choices": ["locked", "unlocked"], "default": "locked"},
            "holder": {"type": "str", **from_environment("NETFLEET_HOLDER")},
            "wait_timeout": {"type": "float", "default": 0.0},
            "lease": {"type": "float", "default": FOUR_HOURS},
            "force": {"type": "bool", "default": False},
            "reason": {"type": "str"},
            "group": {"type": "str"},
        }
    )


def run_device_lock(task: Task) -> Result:
    """Lock or unlock the named devices. Gives ``changed`` and ``devices``; raises MaintenanceError for all of them."""
    params = task.params
    names = named(params)
    reason = (params["reason"] or "").strip()
    if params["reason"] is not None and not (reason and params["force"]):
        raise BadInput("reason needs a text, and force=true: it closes a lock that cannot be unlocked.")
    given = params["holder"]
    # Whoever sets NETFLEET_HOLDER is a person too: only a window is named in the task.
    login = not given or given == os.environ.get("NETFLEET_HOLDER")
    holder = given or default_holder()
    counted = holder if given or read_limits(params) != NO_LIMITS else None
    if params["state"] == "locked" and not task.check_mode:
        ensure_heartbeat(task.store, params["journal"], task.run)
    # Roles hand on what the inventory has, and that may be an empty text.
    device_id = params["device_id"] or None
    if device_id and len(names) != 1:
        raise BadInput("device_id goes with exactly one name.")
    lock_id = _group(params, names) or device_id
    with (
        journal_of(task, read_only_ok=params["state"] == "unlocked") as journal,
        connect("oracle_sdm", params, task.clock, task.store) as sdm,
    ):
        locking = params["state"] == "locked"
        record = record_of(task, journal, holder) if locking else None
        if locking:
            devices = {name: recorded_lock(record, name=name) for name in names}
        gates = gates_of(task, record, holder, journal) if locking else None
        locks = Locks(journal)

        def keeper_of(server: OracleSdm | JournalOnly) -> LockKeeper:
            return LockKeeper(
                server,
                locks,
                holder=holder,
                lease=params["lease"],
                wait_timeout=params["wait_timeout"],
                clock=task.clock,
                run_alive=task.run_alive,
                dry=task.check_mode,
                gates=gates,
                group=params["group"] or None,
                alone=record is None or record.rules.require_partners,
                login=login,
                reason=reason,
            )

        keeper, without_sdm = keeper_of(sdm), keeper_of(JournalOnly())

        def work(name: str) -> DeviceResult:
            if not locking:
                journal_only = bool(locks.open_by_name(JournalOnly.server, name))
                keeper_used = without_sdm if journal_only else keeper
                force = params["force"]
                return unlock(keeper_used, name, lock_id if force else device_id, force=force)
            taker, elsewhere = (keeper, JournalOnly.server) if devices[name].sdm_lock else (without_sdm, sdm.server)
            result = busy_elsewhere(taker, name, elsewhere) or lock(taker, name, lock_id, devices[name])
            if result.shown["state"] == "locked":
                note_locked(name, record, task.store, task.clock)
            elif result.failed and "gate" not in result.shown and counted and not task.check_mode:
                what, message = f"lock {result.shown['state']}", result.shown["message"]
                note_failure(journal, counted, name, what, message, server=sdm.server)
            return result

        return task_result(for_each(names, work, params["concurrency"]), diff=task.diff)


def _group(params: t.Mapping[str, t.Any], names: t.Sequence[str]) -> str | None:
    """Return what stands for the lock of the group in the option ``sdm_group_id``, None without. Raise BadInput."""
    given = params["sdm_group_id"]
    if not given:
        return None
    found = group_lock(given)
    if found is None or params["device_id"] or len(names) != 1:
        raise BadInput(
            f"sdm_group_id {shown(given)} goes with exactly one name and no device_id, and must be the ID of a network "
            "function, such as ID40, or of a group in it, such as ID40/ID55."
        )
    return found
