# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action audit_check: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.audit_check import (
    audit_check_spec,
    run_audit_check,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.audit_check on the controller."""

    spec = staticmethod(audit_check_spec)
    logic = staticmethod(run_audit_check)
    host_option = None
