# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_report: the module of the same name, inside the controller process."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import (
    run_window_report,
    window_report_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.at_end import AtEnd
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.command_line import window_command


class ActionModule(AtEnd):
    """Runs netfleet.maintenance.window_report on the controller."""

    spec = staticmethod(window_report_spec)
    core = staticmethod(run_window_report)

    def _arguments(self, spec: Spec, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Give the task's arguments; the command that runs the window again is this one's."""
        arguments = super()._arguments(spec, task_vars)
        if not arguments.get("rerun_command"):
            arguments["rerun_command"] = window_command()
        return arguments
