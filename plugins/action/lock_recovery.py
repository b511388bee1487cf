# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action lock_recovery: the module of the same name, inside the controller process."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.lock_recovery import (
    lock_recovery_spec,
    run_lock_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.leftovers import clear_leftovers


class ActionModule(InProcess):
    """Runs netfleet.maintenance.lock_recovery on the controller."""

    spec = staticmethod(lock_recovery_spec)
    logic = staticmethod(run_lock_recovery)
    host_option = None

    def _in_process(self, spec: Spec, arguments: dict[str, t.Any]) -> Result:
        """Run the module's work, then remove what killed runs left on this machine."""
        result = super()._in_process(spec, arguments)
        problems = [] if self._task.check_mode else clear_leftovers()
        if problems:
            result["warnings"] = [*result.get("warnings", ()), *problems]
        return result
