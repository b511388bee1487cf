# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_check: a task of the user's own failed for a device, and that is the device's failure."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import (
    record_of,
    zequenze_option,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.checks import keep_from_lock, write_check
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_result import save_result


def window_check_spec() -> Spec:
    """Return the options of window_check."""
    shared = zequenze_option() + journal_options()
    return shared + Spec(
        {
            "window_id": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "reason": {"type": "str", "required": True},
            "before_lock": {"type": "bool", "default": False},
        }
    )


def run_window_check(task: Task) -> Result:
    """Write that the check of a device failed. Raise BadInput for a device that the window does not have."""
    params = task.params
    name = params["name"]
    message = f"check failed: {params['reason'].strip() or 'no message'}"
    if params["before_lock"]:
        if not task.check_mode:
            keep_from_lock(task.store, params["window_id"], name, message)
        return {"changed": False, "msg": message}
    with journal_of(task) as journal:
        record = record_of(task, journal, params["window_id"])
        device = None if record is None else record.device(name)
        if device is None:
            raise BadInput(f"Window {shown(params['window_id'])} has no device called {shown(name)}.")
        if not task.check_mode:
            server = connect("zequenze", params["zequenze"], task.clock, task.store).server
            write_check(Operations(journal), server, params["window_id"], device, "failed", message)
    stage = {"stage": "check", "outcome": "failed", "changed": False, "message": message, "evidence": []}
    failed = {"name": name, "outcome": "failed", "changed": False, "failed": True, "message": message}
    save_result(task.store, {**failed, "evidence": [], "locked_at": None, "unlocked_at": None, "stages": [stage]})
    return {"changed": False, "msg": message}
