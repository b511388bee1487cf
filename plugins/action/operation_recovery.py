# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action operation_recovery: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operation_recovery import (
    operation_recovery_spec,
    run_operation_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.operation_recovery on the controller."""

    spec = staticmethod(operation_recovery_spec)
    logic = staticmethod(run_operation_recovery)
    host_option = None
