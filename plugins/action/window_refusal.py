# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_refusal: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_refusal import (
    run_window_refusal,
    window_refusal_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.window_refusal on the controller."""

    spec = staticmethod(window_refusal_spec)
    logic = staticmethod(run_window_refusal)
    host_option = None
