# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action verify_audit: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.verify_audit import (
    run_verify_audit,
    verify_audit_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.verify_audit on the controller."""

    spec = staticmethod(verify_audit_spec)
    core = staticmethod(run_verify_audit)
    host_option = None
