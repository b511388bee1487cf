# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_start: the module of the same name, and what it has the controller do when the run ends."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.lock_recovery import (
    lock_recovery_spec,
    run_lock_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Logic, Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operation_recovery import (
    operation_recovery_spec,
    run_operation_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.ending import (
    ending_spec,
    is_ours,
    run_ending,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_start import (
    run_window_start,
    window_start_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.at_end import (
    FIRST,
    LAST,
    defer,
    do_at_end,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.command_line import window_command
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.signals import end_in_good_order

# Seconds between two looks for the evidence of what is still in flight.
LOOK_INTERVAL = 2.0


def _unlock_left(task: Task) -> Result:
    """Unlock what this run left locked, because its worker died or its plays ended early.

    The connections are those of the environment, so that no credential is kept for the end of the run. Everything is
    done one after the other: Python starts no thread any more when it ends.
    """
    journal = existing_journal_of(task)
    if journal is None:
        return {"changed": False, "msg": ""}
    window_id = task.params["window_id"]
    common = {"journal": task.params["journal"], "window_id": window_id, "concurrency": 1}
    with journal:
        if not is_ours(journal, window_id, task.run):
            return {"changed": False, "msg": ""}
        while True:
            settled = _recover(task, operation_recovery_spec(), run_operation_recovery, common)
            # Each of them is in flight until its evidence is there or its time is over, so this ends.
            if not any(progress.in_flight for progress in read_progress(journal, window_id).values()):
                break
            task.clock.sleep(LOOK_INTERVAL)
    if settled.get("failed"):
        task.warn(settled["msg"])
    result = _recover(task, lock_recovery_spec(), run_lock_recovery, common)
    names = [device["name"] for device in result.get("devices", ()) if device["state"] == "unlocked"]
    result["msg"] = result.get("msg") or f"Unlocked what this run left: {', '.join(names) or 'nothing'}."
    return result


def _recover(task: Task, spec: Spec, logic: Logic, options: dict[str, t.Any]) -> Result:
    validation = ArgumentSpecValidator(**spec.rules()).validate(options)
    if validation.error_messages:
        return {"failed": True, "changed": False, "msg": "; ".join(validation.error_messages)}
    own = Task(params=validation.validated_parameters, warn=task.warn, store=task.store, run=task.run)
    return carry_out(logic, spec, own)


# This file is imported once, in the controller.
end_in_good_order()
do_at_end("window_unlock", ending_spec(), _unlock_left)
do_at_end("window", ending_spec(), run_ending)


class ActionModule(InProcess):
    """Runs netfleet.maintenance.window_start on the controller."""

    spec = staticmethod(window_start_spec)
    logic = staticmethod(run_window_start)
    host_option = None


def _start(task: Task) -> Result:
    """Run the module, and defer what the end of the run has to do.

    Here and not from the result, where the password in a journal's address is masked.
    """
    result = run_window_start(task)
    if not result.get("failed"):
        ending = {key: task.params[key] for key in ("window_id", "journal", "state", "reason")} | {
            "command": window_command(),
            "check_mode": task.check_mode,
            "at_work": result["at_work"],
        }
        defer("window", ending, LAST)
        if not ending["at_work"] and not ending["check_mode"]:
            defer("window_unlock", ending, FIRST)
    return result


ActionModule.logic = staticmethod(_start)
