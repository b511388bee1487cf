#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module lock_recovery; its logic is in module_utils/_lock/lock_recovery.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lock_recovery
short_description: Unlock the devices that a dead run left locked in Oracle Session Delivery Manager
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Reads the open locks of the journal, and unlocks the devices that are no longer in use.
  - The lock of a window is abandoned when its run is dead. On the same machine (host, boot and PID namespace) the
    process tells. A run on another machine gives signs of life as long as its controller process lives, and counts as
    dead after a silence of 300 seconds. E(NETFLEET_JOURNAL_SILENCE) writes another number of seconds into the journal,
    for all controllers. The run of an AWX job is dead when the job is named in O(ended_jobs), or belongs to
    O(ended_workflow).
  - A lock that no window holds, because a person took it with M(netfleet.maintenance.device_lock) alone, is abandoned
    when its run is dead and its lease is over. With O(window_id) or O(window_name), so are those of other windows.
  - An operation that was sent and is not settled keeps its lock for as long as it may take. Run
    M(netfleet.maintenance.operation_recovery) first.
  - Fails when a device cannot be unlocked, and names it. RV(summary) says in one line what was unlocked and what is
    kept.
options:
  window_id:
    description:
      - The window that is recovered, or run again. With O(strict), anything of it that is kept is a failure.
    type: str
  window_name:
    description:
      - The recurring window that is recovered, or run again, with all its occurrences.
    type: str
  ended_jobs:
    description:
      - Numbers of AWX jobs that are known to have ended, however they ended. Their runs count as dead at once.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  ended_workflow:
    description:
      - Number of an AWX workflow job whose jobs for windows have all ended, however they ended. Their runs count as
        dead at once.
    type: str
    version_added: 0.2.0
  wait_for_silence:
    description:
      - Wait until each run on another machine has given a new sign of life or counts as dead. A living run gives one
        within a sixth of the silence; a dead one takes the whole silence.
      - For a job that follows a window. If the window was closed, the journal need not know it.
    type: bool
    default: false
    version_added: 0.2.0
  strict:
    description:
      - Fail when a lock is kept that a person may expect to be returned, when a device that was locked is gone from
        SDM, and when the journal knows no window O(window_id) or O(window_name).
    type: bool
    default: false
    version_added: 0.2.0
  wait_timeout:
    description:
      - How many seconds to keep trying while the server does not answer.
    type: float
    default: 60.0
  lost_journal:
    description:
      - The journal is lost, so nothing says which locks are ours. Unlock the devices in O(name) that the account may
        unlock, unless the journal shows that a living run uses them. It is written to the journal. Other programs that
        share the account lose their locks too.
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
      - Predicts from the journal which devices would be unlocked and which locks are kept, and sends no Unlock. Whether
        SDM would accept it can only be learned by sending it.
      - With O(lost_journal) every named device that SDM knows is shown as changed, because SDM cannot be asked which
        are locked.
      - M(netfleet.maintenance.operation_recovery) settles nothing in check mode, so a lock that is kept for an
        operation under way may be returned by a real run of both.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.device_lock
  - module: netfleet.maintenance.operation_recovery
"""

EXAMPLES = r"""
- name: Unlock what a crashed run left locked
  netfleet.maintenance.lock_recovery:
  delegate_to: localhost
  run_once: true

- name: The journal is gone, unlock what this account holds on these devices
  netfleet.maintenance.lock_recovery:
    lost_journal: true
    name: "{{ groups['site_LAX'] }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
devices:
  description: The devices that were unlocked, or could not be; see M(netfleet.maintenance.device_lock) for the keys.
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
  description:
    - Open locks that were left alone, because they may still be in use. RV(ignore:until) is when that ends, null while
      the run lives; RV(ignore:command) is what to run then.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  sample:
    - name: lon-sbc-01
      device_id: ID44
      holder: CHG0012399
      locked_at: "2026-11-21T02:00:11.042+00:00"
      lease: 14400.0
      reason: Its reboot may still go off until 2026-11-21T02:14:11.042+00:00.
      until: "2026-11-21T02:14:11.042+00:00"
      command: ansible-playbook netfleet.maintenance.recover
summary:
  description: One line about what was unlocked, what was not, and what is kept until when.
  returned: always, unless the task fails as a whole
  type: str
  sample: "Unlocked: 2 devices (lax-sbc-01, lax-sbc-02). Kept: none."
  version_added: 0.2.0
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.lock_recovery import (
    lock_recovery_spec,
    run_lock_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_lock_recovery, lock_recovery_spec())


if __name__ == "__main__":
    main()
