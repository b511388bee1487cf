# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action recover_operations: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.recover_operations import (
    recover_operations_spec,
    run_recover_operations,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.recover_operations on the controller."""

    spec = staticmethod(recover_operations_spec)
    core = staticmethod(run_recover_operations)
    host_option = None
