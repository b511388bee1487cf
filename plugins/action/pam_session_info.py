# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action netfleet.maintenance.pam_session_info: the module's specification and logic, on the controller."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_session_info import (
    pam_session_info_spec,
    run_pam_session_info,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.pam_session_info on the controller."""

    spec = staticmethod(pam_session_info_spec)
    logic = staticmethod(run_pam_session_info)
