#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module device_lock; its logic is in module_utils/_lock/device_lock.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_lock
short_description: Lock and unlock devices in Oracle Session Delivery Manager
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Locks devices in Oracle Session Delivery Manager (SDM) so that nobody else works on them, and unlocks them again.
  - SDM offers no way to read who holds a lock. So this module keeps a journal of the locks it took, and unlocks only
    what the journal shows as locked by the same O(holder). A lock is confirmed by acquiring it again, which SDM allows
    to the account that owns it.
  - The device stays locked until it is unlocked; SDM knows no expiry. The P(netfleet.maintenance.recover#role) role
    unlocks what a crashed run left locked.
options:
  device_id:
    description:
      - The device's id in SDM, for example V(ID41). With it the name is not looked up. Goes with exactly one O(name).
    type: str
  sdm_group_id:
    description:
      - Locks the device by its group in SDM, for an account that may lock groups. It is the ID of the network function,
        for example V(ID40), or of a group in it, for example V(ID40/ID55). Goes with exactly one O(name).
      - SDM locks every device of the group. So the group is locked for one of its devices at a time, and not while the
        journal shows another member locked.
      - Unlocking needs no group - the journal knows how the device was locked.
    type: str
    version_added: 0.2.0
  state:
    description:
      - V(locked) acquires the device. It fails if another user has locked it.
      - V(unlocked) unlocks it. It does nothing, and does not fail, when the journal shows no lock of this O(holder).
    type: str
    choices: [locked, unlocked]
    default: locked
  holder:
    description:
      - Who holds the lock for us. Inside a maintenance window this is the window's id.
      - When not set, the environment variable E(NETFLEET_HOLDER) is used, else C(login@controller), so that a lock
        taken in one run can be removed in the next.
      - Two holders exclude each other even when they share the SDM account.
    type: str
  wait_timeout:
    description:
      - How many seconds to wait for a device that is busy, or, when unlocking, to go on trying while the server does
        not answer. V(0) fails at once.
    type: float
    default: 0.0
  lease:
    description:
      - After how many seconds without a sign of life the holder may be treated as dead by the
        P(netfleet.maintenance.recover#role) role. The lock itself does not expire.
    type: float
    default: 14400.0
  force:
    description:
      - Unlock although the journal does not show the lock as this O(holder)'s. It is written to the journal.
      - Whatever SDM locks for another account stays locked; only a console user with the right to override can change
        that.
    type: bool
    default: false
  reason:
    description:
      - Why the row of the journal is closed although the device cannot be unlocked, for example because it was unlocked
        in the SDM console. Goes with O(force=true). It is written to the journal.
      - An Unlock is tried first. Whatever SDM answers, the journal then no longer shows the lock.
    type: str
    version_added: 0.2.0
  group:
    description:
      - A group of which never two devices may be locked at once, for example C(pam_site=LAX) or the name of a pair. As
        long as another device of the group is locked, by whatever run or controller, this one waits for
        O(wait_timeout). A recorded window has its own groups.
    type: str
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.oracle_sdm
  - netfleet.maintenance.journal
  - netfleet.maintenance.names
  - netfleet.maintenance.gates
  - netfleet.maintenance.partners
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_oracle_sdm
attributes:
  check_mode:
    support: partial
    details:
      - Predicts from the journal. That another account holds a device can only be learned by trying to lock it.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.device_lock_info
  - module: netfleet.maintenance.device_operation
"""

EXAMPLES = r"""
- name: Lock every device of the play for this change
  netfleet.maintenance.device_lock:
    api_url: https://sdm.example.com:8443
    username: lockbot
    password: "{{ sdm_password }}"
    holder: CHG0012345
    wait_timeout: 300

- name: Lock several devices in one task, ten at a time
  netfleet.maintenance.device_lock:
    name: [lax-sbc-01, lax-sbc-02, lon-sbc-01]
    holder: CHG0012345
    concurrency: 10
  run_once: true

- name: Lock one device of each site at a time
  netfleet.maintenance.device_lock:
    holder: CHG0012345
    group: "pam_site={{ pam_site }}"

- name: Unlock the devices
  netfleet.maintenance.device_lock:
    state: unlocked
    holder: CHG0012345
"""

RETURN = r"""
devices:
  description: What happened to each device, in the order asked.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  contains:
    name:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    device_id:
      description: The device's id in SDM.
      type: str
      sample: ID41
    state:
      description:
        - V(locked) - locked for this holder.
        - V(unlocked) - unlocked.
        - V(busy) - another user has locked it.
        - V(unknown) - nobody can tell, the message says why. Nothing was sent when a gate kept the device back.
      type: str
      sample: locked
    changed:
      description: Whether this task changed it.
      type: bool
      sample: true
    holder:
      description: Who holds the device according to the journal; null when nobody does.
      type: str
      sample: CHG0012345
    locked_at:
      description: Since when, ISO 8601 in UTC.
      type: str
      sample: "2026-11-21T02:00:11.042+00:00"
    message:
      description: What a person needs to know, empty when all is well.
      type: str
      sample: ""
    gate:
      description:
        - The gate of the window, of O(group) or of a limit that kept the device back.
        - V(window), V(cutoff), V(duration), V(freeze), V(protected) and a V(live_session) that is skipped do not fail
          the task. V(calendar), V(budget), V(canary), V(batch), V(cap), V(exclusive) and a V(live_session) that was
          waited for do.
      returned: when a gate kept the device back
      type: str
      sample: freeze
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.device_lock import (
    device_lock_spec,
    run_device_lock,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_device_lock, device_lock_spec())


if __name__ == "__main__":
    main()
