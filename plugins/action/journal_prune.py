# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action journal_prune: the module of the same name, inside the controller process."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.journal_prune import (
    journal_prune_spec,
    run_journal_prune,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import InProcess


class ActionModule(InProcess):
    """Runs netfleet.maintenance.journal_prune on the controller."""

    spec = staticmethod(journal_prune_spec)
    logic = staticmethod(run_journal_prune)
    host_option = None
