#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module recover_locks; its logic is in module_utils/_lock/recover_locks.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: recover_locks
short_description: Give back the locks that a dead run left in Oracle Session Delivery Manager
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Reads the journal for locks that are still open, and gives those back that nobody works with any more.
  - A lock is given back when its lease is over, or when it belongs to the window named here, and no run that still
    lives is at work with it. On the same machine a run lives as long as its process; one on another machine counts as
    alive for 300 seconds after its last sign of life.
  - An operation that was sent and is not settled keeps its lock for as long as it may take. Run
    M(netfleet.maintenance.recover_operations) first.
  - Fails when such a lock cannot be given back, and names it.
options:
  window_id:
    description:
      - The window that is being run again. Its locks are given back without waiting for the lease.
    type: str
  window_name:
    description:
      - The recurring window that is being run again. The same for the locks of all its occurrences.
    type: str
  wait_timeout:
    description:
      - How many seconds to go on trying while the server does not answer.
    type: float
    default: 60.0
  lost_journal:
    description:
      - The journal is lost, so nothing says what is ours. Unlock the devices in O(name) that the account may unlock. It
        is written to the journal. Other programs that share the account lose their locks too.
    type: bool
    default: false
  name:
    description:
      - The devices to unlock with O(lost_journal), by their name in SDM.
    type: list
    elements: str
    aliases: [names, device]
  concurrency:
    description:
      - How many devices are worked on at the same time, at most 128.
    type: int
    default: 16
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.oracle_sdm
  - netfleet.maintenance.journal
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_oracle_sdm
attributes:
  check_mode:
    support: partial
    details:
      - Says from the journal which locks would be given back and which are kept, and sends no Unlock. Whether SDM
        would accept it can only be learned by sending it.
      - With O(lost_journal) every named device that SDM knows is shown as changed, because SDM cannot be asked which
        are locked.
      - M(netfleet.maintenance.recover_operations) settles nothing in check mode, so a lock that is kept for an
        operation under way may be given back by a real run of both.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.device_lock
  - module: netfleet.maintenance.recover_operations
"""

EXAMPLES = r"""
- name: Give back what a crashed run left
  netfleet.maintenance.recover_locks:
  delegate_to: localhost
  run_once: true

- name: The journal is gone, unlock what this account holds on these devices
  netfleet.maintenance.recover_locks:
    lost_journal: true
    name: "{{ groups['site_LAX'] }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
devices:
  description: What was given back, or could not be; see M(netfleet.maintenance.device_lock) for the keys.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  sample:
    - name: lax-sbc-01
      device_id: ID41
      state: unlocked
      changed: true
      holder: null
      locked_at: null
      message: ""
kept:
  description: Open locks that were left alone, because their holder may still be at work.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  sample:
    - name: lon-sbc-01
      device_id: ID44
      holder: CHG0012399
      locked_at: "2026-11-21T02:00:11.042+00:00"
      lease: 14400.0
      reason: its run is still at work
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.recover_locks import (
    recover_locks_spec,
    run_recover_locks,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_recover_locks, recover_locks_spec())


if __name__ == "__main__":
    main()
