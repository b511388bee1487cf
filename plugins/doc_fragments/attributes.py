# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the attributes that modules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes shared by all modules, and one block per action group."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predicts changes without sending anything that changes a system.
  diff_mode:
    description: Returns details of what has changed, or would change in C(check_mode).
  idempotent:
    description: When run twice in a row outside of check mode, with the same arguments, the second run changes nothing.
"""

    ACTIONGROUP_ZEQUENZE = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/netfleet.maintenance.zequenze) or C(group/netfleet.maintenance.all) in C(module_defaults).
    support: full
    membership:
      - netfleet.maintenance.zequenze
      - netfleet.maintenance.all
"""

    ACTIONGROUP_ORACLE_SDM = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/netfleet.maintenance.oracle_sdm) or C(group/netfleet.maintenance.all) in
        C(module_defaults).
    support: full
    membership:
      - netfleet.maintenance.oracle_sdm
      - netfleet.maintenance.all
"""

    ACTIONGROUP_SENHASEGURA = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/netfleet.maintenance.senhasegura) or C(group/netfleet.maintenance.all) in
        C(module_defaults).
    support: full
    membership:
      - netfleet.maintenance.senhasegura
      - netfleet.maintenance.all
"""

    ACTIONGROUP_ALL = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/netfleet.maintenance.all) in C(module_defaults), for options that every module has which the play
        uses, such as C(journal). The groups of the systems have options for connections in common.
    support: full
    membership:
      - netfleet.maintenance.all
"""
