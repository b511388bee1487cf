# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_metrics: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.window_metrics import (
    run_window_metrics,
    window_metrics_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.at_end import AtEnd


class ActionModule(AtEnd):
    """Runs netfleet.maintenance.window_metrics on the controller."""

    spec = staticmethod(window_metrics_spec)
    logic = staticmethod(run_window_metrics)
