# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_run: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_run import (
    run_window_run,
    window_run_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.interrupt import (
    stop_on_interrupt,
    take_interrupts,
)

# Ansible imports this in the controller process, before it forks the worker of the task.
take_interrupts()


class ActionModule(InProcess):
    """Runs netfleet.maintenance.window_run on the controller."""

    spec = staticmethod(window_run_spec)
    logic = staticmethod(run_window_run)
    host_option = None


def _run(task: Task) -> Result:
    """Run the module; an interrupt stops its window from now on.

    Here and not from the result, where the password in a journal's address is masked.
    """
    if not task.check_mode:
        stop_on_interrupt(task.params["window_id"], task.params["journal"])
    return run_window_run(task)


ActionModule.logic = staticmethod(_run)
