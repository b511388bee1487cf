# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action that runs a module of awx.awx, unchanged, inside Ansible's worker instead of in a process of its own.

The same code with the same arguments, faster. The tests put it beside the modules for all runs but one.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import typing as t

from ansible.module_utils import basic
from ansible.plugins.action import ActionBase

# Imported here for all the workers that the controller process forks.
importlib.import_module("ansible_collections.awx.awx.plugins.module_utils.controller_api")


class ActionModule(ActionBase):
    """Runs the module that the task names."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task; see Ansible's ActionBase. Gives what the module printed."""
        name = self._task.resolved_action.rsplit(".", 1)[-1]
        module = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{name}")
        arguments = {**self._task.args, "_ansible_check_mode": self._task.check_mode}
        # Where AnsibleModule looks for what a real process is given on its standard input. The second one is of newer
        # cores.
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            module.main()
        return dict(json.loads(printed.getvalue()))
