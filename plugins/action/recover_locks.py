# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action recover_locks: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.recover_locks import (
    recover_locks_spec,
    run_recover_locks,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.recover_locks on the controller."""

    spec = staticmethod(recover_locks_spec)
    core = staticmethod(run_recover_locks)
    host_option = None
