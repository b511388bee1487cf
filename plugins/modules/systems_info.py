#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module systems_info; its logic is in module_utils/_doctor/systems_info.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: systems_info
short_description: Check what will work with these systems, before the first window
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Looks at the three systems, a sample of their devices and the journal, and gives one verdict for each thing that a
    window needs. Each line says what was found, what that means for a window, and the cure.
  - The verdicts are V(works), V(works with limits) and V(will not work).
  - For each system it checks whether it can be reached, the end of its certificate, the sign-in, what the credentials
    may do as far as that can be seen, the dialect of the API and the clock.
  - Over a sample of devices it checks whether the device log, an uptime, the status and pending settings can be read,
    and which proofs follow from that for a sync, a reboot and a reset.
  - It compares the names of the devices over the systems, reads the live sessions, and shows where the journal is, how
    old it is, and the versions of everything.
  - It only reads, unless O(device) or O(probe_writes) is set. A finding is no failure of the task.
options:
  device:
    description:
      - One device of Session Delivery Manager to lock and unlock, by its name there. Choose one of a laboratory.
      - Shows what the system answers to a repeated Lock and to a repeated Unlock, which is not documented. The journal
        keeps it. In check mode the device is left alone.
    type: str
  html_file:
    description: A file to write the page to.
    type: path
  json_file:
    description: A file to write the checks to.
    type: path
  probe_writes:
    description:
      - Whether PAM Core is asked for the right to write, with a request that changes nothing, as
        M(netfleet.maintenance.window_preflight) does. Zequenze Control is always asked, with C(OPTIONS). Session
        Delivery Manager cannot be asked; see O(device).
    type: bool
    default: false
  sample:
    description: How many devices are looked at for the proofs.
    type: int
    default: 5
extends_documentation_fragment:
  - netfleet.maintenance.systems
  - netfleet.maintenance.journal
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - In check mode no file is written, and the device of O(device) is left alone.
  diff_mode:
    support: N/A
    details:
      - It changes nothing but the files it is asked to write.
  idempotent:
    support: N/A
    details:
      - It shows how things are now. With O(device) every run locks and unlocks that device.
seealso:
  - module: netfleet.maintenance.window_preflight
"""

EXAMPLES = r"""
- name: Check the systems, with credentials from the environment
  netfleet.maintenance.systems_info:
    sample: 10
  run_once: true
  register: found

- name: Show the table
  ansible.builtin.debug:
    msg: "{{ found.table.splitlines() }}"
  run_once: true

- name: Learn on a device of the laboratory how locks behave
  netfleet.maintenance.systems_info:
    device: lab-cpe-07
    html_file: systems.html
  run_once: true
"""

RETURN = r"""
verdict:
  description: The worst verdict of all checks.
  returned: success
  type: str
  sample: works with limits
checks:
  description: Every line.
  returned: success
  type: list
  elements: dict
  contains:
    system:
      description:
        - What the check is about. V(zequenze), V(oracle_sdm), V(senhasegura), V(together), V(journal) or V(versions).
      type: str
    check:
      description: What was looked at.
      type: str
    verdict:
      description: V(works), V(works with limits) or V(will not work).
      type: str
    found:
      description: What was found.
      type: str
    meaning:
      description: What it means for a window.
      type: str
    cure:
      description: What to do, empty when there is nothing to do.
      type: str
  sample:
    - system: zequenze
      check: device log
      verdict: will not work
      found: "Zequenze Control answered 403 about the device log."
      meaning: Every operation is refused, after its device was locked.
      cure: Give the token of Zequenze Control (ZEQUENZE_TOKEN) the right to read the device log.
table:
  description: The lines as a table for each system, at most 100 columns wide.
  returned: success
  type: str
names:
  description: How many names stand for one device in each system (C(agree)), and how often each has the others.
  returned: success
  type: dict
  sample: {agree: 29, differ: [{name: lax-sbc-02, zequenze: 1, oracle_sdm: 0, senhasegura: 1}]}
sample:
  description: The devices that were looked at.
  returned: success
  type: list
  elements: str
  sample: [lax-sbc-01, fra-cpe-01]
learned:
  description: What Session Delivery Manager answers to a repetition; null where it could not be learned.
  returned: when O(device) is set
  type: dict
  contains:
    device:
      description: The device that was locked and unlocked.
      type: str
    repeats_lock:
      description: Whether a Lock by the owner of the lock is accepted.
      type: bool
    repeats_unlock:
      description: Whether an Unlock of a free device is accepted.
      type: bool
    counts_locks:
      description:
        - Whether a device takes as many Unlocks as Locks. An SDM that accepts both repetitions does not show it.
      type: bool
  sample: {device: lab-cpe-07, repeats_lock: true, repeats_unlock: false, counts_locks: false}
msg:
  description: How many checks have which verdict.
  returned: success
  type: str
  sample: "30 checks: 27 work, 3 with limits, 0 will not work."
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.systems_info import (
    run_systems_info,
    systems_info_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_systems_info, systems_info_spec())


if __name__ == "__main__":
    main()
