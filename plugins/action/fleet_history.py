# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action fleet_history: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.fleet_history import (
    fleet_history_spec,
    run_fleet_history,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.fleet_history on the controller."""

    spec = staticmethod(fleet_history_spec)
    logic = staticmethod(run_fleet_history)
    host_option = None
