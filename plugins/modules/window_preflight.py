#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_preflight; its logic is in module_utils/_planning/window_preflight.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_preflight
short_description: Find everything that would stop a maintenance window before it starts
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Looks, before the first lock, whether a maintenance window can be carried out, and reports every problem in one
    failure instead of one per run.
  - The systems answer and accept the credentials. Their clocks agree with the controller's.
  - Every device has exactly one record in each system, no two devices are the same one, and no name has a twin that
    differs in case, blanks or Unicode form only. Where the systems disagree, what each of them has stands side by side.
  - The journal can be written, and the selection is not larger than agreed.
  - Whether the credentials may write is asked with requests that change nothing. Zequenze Control is sent C(OPTIONS),
    and PAM Core a device without any of the fields it must have. A refusal that the vendor documents is a problem; that
    nobody objects is no proof, so it stays a remark. Session Delivery Manager has no such request - the first lock of
    the window, the canary's, tells whether the account may lock.
  - With O(window), it writes the record of the window to the journal when nothing is wrong, in one transaction and
    before the first lock. Everything after it reads what was agreed from there, by the window's id. Run again, it
    replaces the record.
  - With O(window), it looks at the device log and the uptime of up to three devices. A log that the token may not read
    is a problem, because every operation would be refused after its device was locked. What else cannot be proven for
    sure stands in RV(unproven).
  - The given C(window_approval) must be the digest of exactly this record. A factory reset needs one.
  - Locks nothing and sends no operation. In check mode it does not ask about writing and does not write to the journal.
options:
  check_approval:
    description:
      - Whether C(window_approval) is checked and a factory reset refused without it. With V(false) nothing is recorded,
        as for a plan.
    type: bool
    default: true
  max_clock_skew:
    description: By how many seconds the clock of a system may differ from the controller's.
    type: float
    default: 30.0
  writes:
    description:
      - The systems whose credentials are asked whether they may write. A window only reads PAM Core, so credentials
        that may read are enough there; add V(senhasegura) before devices are registered, as the playbook
        C(deploy_devices) does.
    type: list
    elements: str
    choices: [zequenze, oracle_sdm, senhasegura]
    default: [zequenze, oracle_sdm]
  listed_in:
    description:
      - The systems that must have every device already. Without it, all that are asked. Of the others only the
        credentials, the clock and the permission to write are looked at, as before devices are registered there.
    type: list
    elements: str
    choices: [zequenze, oracle_sdm, senhasegura]
extends_documentation_fragment:
  - netfleet.maintenance.systems
  - netfleet.maintenance.journal
  - netfleet.maintenance.selection
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.window_plan
"""

EXAMPLES = r"""
- name: See that tonight's window can be carried out, with credentials from the environment
  netfleet.maintenance.window_preflight:
    window:
      window_id: CHG0012345
      window_operations: [sync, reboot]
      window_batches: [1, "10%", "30%"]
      window_max_failures: 2
      window_max_targets: 200
    devices: "{{ groups['site_LAX'] | netfleet.maintenance.window_devices(hostvars) }}"
  run_once: true

- name: See that devices may be registered too
  netfleet.maintenance.window_preflight:
    devices: "{{ groups['site_LAX'] | netfleet.maintenance.window_devices(hostvars) }}"
    systems: [zequenze, oracle_sdm, senhasegura]
    writes: [zequenze, oracle_sdm, senhasegura]
    zequenze:
      api_token: "{{ zequenze_token }}"
    oracle_sdm:
      api_url: https://sdm.example.com:8443
      username: lockbot
      password: "{{ sdm_password }}"
    senhasegura:
      api_url: https://vault.example.com
      client_id: "{{ pam_client_id }}"
      client_secret: "{{ pam_client_secret }}"
  run_once: true
"""

RETURN = r"""
window_id:
  description: The id of the window that was recorded, or would be in check mode.
  returned: when O(window) is given, is open and nothing is wrong
  type: str
  sample: CHG0012345
digest:
  description: The digest of the record, which stands for exactly this window.
  returned: when O(window) is given, is open and nothing is wrong
  type: str
  sample: 3f786850e387550fdab836ed7e6dc881de23001b8a2f1b2c3d4e5f60718293a4
approved:
  description: Whether C(window_approval) was given, and is for this.
  returned: when O(window) is given, is open and nothing is wrong
  type: bool
  sample: false
waves:
  description:
    - The inventory names of the devices that may be maintained at once, in the order of the run. Devices that the
      window leaves alone come with the last.
  returned: when O(window) is given, is open and nothing is wrong
  type: list
  elements: list
  sample: [[lax-sbc-01], [lax-sbc-02, lon-sbc-01]]
problems:
  description: What has to be put right, one sentence each. The task fails when there is any.
  returned: always, unless the task fails as a whole
  type: list
  elements: str
  sample:
    - >-
      lax-sbc-02: Oracle SDM has no such device. Zequenze Control: 'lax-sbc-02' (id 812, address 198.51.100.2) |
      Oracle SDM: no 'lax-sbc-02'
remarks:
  description: What is worth knowing and stops nobody.
  returned: always, unless the task fails as a whole
  type: list
  elements: str
  sample: [Oracle SDM does not say in advance whether these credentials may write.]
unproven:
  description:
    - For each operation of the window that cannot be proven for sure, what was found, what it means and the cure. It is
      looked at with O(window) only.
  returned: always, unless the task fails as a whole
  type: list
  elements: str
  sample:
    - >-
      reboot: Uptime: 0 of 3 devices. Without an uptime, an applied entry in the device log proves it; the log shows
      commands here.
systems:
  description: What was learned about each system that was asked, under the name of its options.
  returned: always, unless the task fails as a whole
  type: dict
  contains:
    reached:
      description: Whether its list of devices could be read with these credentials.
      type: bool
      sample: true
    clock_ahead:
      description:
        - By how many seconds its clock is ahead at least, negative when it is behind. Null when it does not show it.
      type: float
      sample: 0.0
    writes:
      description:
        - Whether the credentials may write, as far as it says - V(allowed), V(refused), V(unknown) or V(not asked).
      type: str
      sample: unknown
  sample: {zequenze: {reached: true, clock_ahead: 0.0, writes: unknown}}
devices:
  description: Every device that the window works on, and what each system has for it.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  contains:
    name:
      description: The inventory name.
      type: str
      sample: lax-sbc-01
    zequenze:
      description: The records of that name in Zequenze Control, each with C(id), C(name), C(ip) and C(serial).
      type: list
      elements: dict
    oracle_sdm:
      description: The records in Session Delivery Manager, likewise.
      type: list
      elements: dict
    senhasegura:
      description: The records in PAM Core, likewise.
      type: list
      elements: dict
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_preflight import (
    run_window_preflight,
    window_preflight_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_preflight, window_preflight_spec())


if __name__ == "__main__":
    main()
