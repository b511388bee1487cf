# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action window_audit: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.window_audit import (
    run_window_audit,
    window_audit_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.at_end import AtEnd


class ActionModule(AtEnd):
    """Runs netfleet.maintenance.window_audit on the controller."""

    spec = staticmethod(window_audit_spec)
    logic = staticmethod(run_window_audit)
