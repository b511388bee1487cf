# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plan_window: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan_window import (
    plan_window_spec,
    run_plan_window,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.plan_window on the controller."""

    spec = staticmethod(plan_window_spec)
    core = staticmethod(run_plan_window)
    host_option = None
