#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module journal_prune; its logic is in module_utils/_audit/journal_prune.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: journal_prune
short_description: Remove old windows from the journal
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Removes windows in which nothing has happened for a long time, all rows of a window or none.
  - A window stays, however old it is, while one of its devices may be locked, one of its operations is not settled, or
    it is paused or stopped. It also stays while it is the last success of a device, or came after that, because
    C(window_quarantine_after), C(window_min_interval) and M(netfleet.maintenance.fleet_history) count from there.
    And it stays until every audit trail that M(netfleet.maintenance.window_audit) writes has its events.
  - The journal keeps the id of a removed window and refuses to run it again, because it could not tell what was sent
    for it. It also keeps what M(netfleet.maintenance.audit_check) compares a trail with, and the counts that
    M(netfleet.maintenance.window_metrics) shows, so no counter becomes less.
  - None of the systems is asked. Windows may run at the same time.
  - The playbook C(journal_prune) uses this module.
options:
  days:
    description:
      - For how many days nothing must have happened in a window.
      - Removed windows are missing from M(netfleet.maintenance.fleet_history), and no report can be written of them.
    type: int
    default: 400
extends_documentation_fragment:
  - netfleet.maintenance.journal
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - Returns what would be removed.
  diff_mode:
    support: none
  idempotent:
    support: full
notes:
  - A SQLite file keeps its size, and later windows use the room that became free. C(sqlite3 FILE VACUUM) makes the file
    smaller, while no window runs. PostgreSQL gives the room free by itself.
seealso:
  - module: netfleet.maintenance.journal_info
  - module: netfleet.maintenance.window_audit
  - module: netfleet.maintenance.fleet_history
"""

EXAMPLES = r"""
- name: Show what would be removed
  netfleet.maintenance.journal_prune:
  check_mode: true
  register: __prune

- name: Remove windows in which nothing has happened for two years
  netfleet.maintenance.journal_prune:
    days: 730
"""

RETURN = r"""
journal:
  description: Where the journal is, without its password.
  returned: success
  type: str
  sample: /home/ops/.local/state/netfleet/journal.sqlite3
windows:
  description: The windows that were removed, or would be in check mode, oldest first.
  returned: success
  type: list
  elements: dict
  contains: &window
    window_id:
      description: Id of the window, or who held locks outside of windows.
      type: str
      sample: core@20250112T020000Z
    name:
      description: Name of the window; empty where none was recorded.
      type: str
      sample: core
    last_at:
      description: When something happened in it last, or when it closed.
      type: str
      sample: "2025-01-12T04:00:00.000+00:00"
    operations:
      description: How many operations it had.
      type: int
      sample: 400
    locks:
      description: How many locks it had.
      type: int
      sample: 200
    events:
      description: How many events it had.
      type: int
      sample: 3200
    reason:
      description: Why the window stays; empty where it does not.
      type: str
      sample: "reboot of 'lax-sbc-01' is not settled (unknown)"
kept:
  description: The windows of that age that stay, oldest first.
  returned: success
  type: list
  elements: dict
  contains: *window
msg:
  description: What was removed, and what stays and why.
  returned: success
  type: str
  sample: 12 windows that ended more than 400 days ago were removed from the journal /home/ops/journal.sqlite3.
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.journal_prune import (
    journal_prune_spec,
    run_journal_prune,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_journal_prune, journal_prune_spec())


if __name__ == "__main__":
    main()
