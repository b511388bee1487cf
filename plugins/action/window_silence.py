# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_silence: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.window_silence import (
    run_window_silence,
    window_silence_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.window_silence on the controller."""

    spec = staticmethod(window_silence_spec)
    logic = staticmethod(run_window_silence)
    host_option = None
