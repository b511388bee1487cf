# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_preflight: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_preflight import (
    run_window_preflight,
    window_preflight_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.window_preflight on the controller."""

    spec = staticmethod(window_preflight_spec)
    logic = staticmethod(run_window_preflight)
    host_option = None
