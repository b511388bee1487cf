# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action netfleet.maintenance.pam_device: the module's specification and logic, on the controller."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_device import (
    pam_device_spec,
    run_pam_device,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.pam_device on the controller."""

    spec = staticmethod(pam_device_spec)
    logic = staticmethod(run_pam_device)
    host_option = "hostname"
