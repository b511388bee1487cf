# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_report: the module of the same name, inside the controller process."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.known import write_known
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.live import ask_live
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import (
    run_window_report,
    window_report_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.at_end import AtEnd
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.command_line import window_command
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_facts import run_facts


def _begin(task: Task) -> None:
    """Write what the run knows of its window, and the first live page where one is wished."""
    write_known(task)
    ask_live(task)


class ActionModule(AtEnd):
    """Runs netfleet.maintenance.window_report on the controller."""

    spec = staticmethod(window_report_spec)
    logic = staticmethod(run_window_report)
    begin = staticmethod(_begin)

    def _arguments(self, spec: Spec, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the task's arguments; the run of a window itself adds its command and the facts for an auditor."""
        arguments = super()._arguments(spec, task_vars)
        if boolean(arguments.get("at_end"), strict=False):
            if not arguments.get("rerun_command"):
                arguments["rerun_command"] = window_command()
            arguments["facts"] = {**run_facts(), **(arguments.get("facts") or {})}
        return arguments
