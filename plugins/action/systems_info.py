# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action systems_info: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.systems_info import (
    run_systems_info,
    systems_info_spec,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.systems_info on the controller."""

    spec = staticmethod(systems_info_spec)
    logic = staticmethod(run_systems_info)
    host_option = None
