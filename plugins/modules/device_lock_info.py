#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module device_lock_info; its logic is in module_utils/_lock/device_lock_info.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_lock_info
short_description: Read devices from Oracle Session Delivery Manager, with what the journal knows about their locks
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Returns what Oracle Session Delivery Manager (SDM) shows about the named devices, or about all that the account may
    see, and which of them the journal shows as locked by us.
  - SDM offers no way to read whether a device is locked, or by whom. So RV(devices[].state) comes from the journal
    alone, and is V(unknown) for every device that this collection has not locked.
  - The list of devices is read once, however many devices are asked for.
options:
  all:
    description:
      - Read all devices instead of named ones. Goes without O(name).
    type: bool
    default: false
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.oracle_sdm
  - netfleet.maintenance.journal
  - netfleet.maintenance.names
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_oracle_sdm
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
  - module: netfleet.maintenance.device_lock
  - module: netfleet.maintenance.journal_info
"""

EXAMPLES = r"""
- name: Read the devices SDM knows
  netfleet.maintenance.device_lock_info:
    api_url: https://sdm.example.com:8443
    username: lockbot
    password: "{{ sdm_password }}"
    all: true
  register: __locks

- name: Show what is locked by us, and by which window
  ansible.builtin.debug:
    msg: "{{ __locks.devices | selectattr('state', 'eq', 'locked') | items2dict('name', 'holder') }}"

- name: Show what a dead run may have left locked
  ansible.builtin.debug:
    msg: "{{ __locks.devices | selectattr('lease_over') | map(attribute='name') }}"
"""

RETURN = r"""
devices:
  description: The devices, in the order asked for, or in the order of SDM. What SDM does not say is null.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    found:
      description: Whether SDM shows a device of this name to the account.
      type: bool
      sample: true
    device_id:
      description: The device's id in SDM. Null when there is none, or more than one device of this name.
      type: str
      sample: ID41
    device_ids:
      description: The ids of all devices of this name. Give one of them to M(netfleet.maintenance.device_lock).
      type: list
      elements: str
      sample: [ID41]
    ip:
      description: The device's address. Null, like the fields below, when the name does not mean exactly one device.
      type: str
      sample: 192.0.2.44
    serial:
      description: The device's serial number.
      type: str
      sample: ZX81TEST0007
    platform:
      description: The device's hardware.
      type: str
      sample: Acme Packet 4600
    version:
      description: The software on the device.
      type: str
      sample: SCZ9.0.0
    reachable:
      description: Whether SDM reaches the device.
      type: bool
      sample: true
    manageable:
      description: Whether SDM can manage the device.
      type: bool
      sample: true
    nf:
      description: The network function the device belongs to.
      type: str
      sample: lax-core
    state:
      description:
        - V(locked) - the journal shows a lock of ours that SDM confirmed.
        - V(unlocked) - the last thing the journal shows is that we gave it back. Another user may have locked it since.
        - V(unknown) - neither, RV(devices[].message) says why.
      type: str
      sample: locked
    holder:
      description: Who holds the lock, or may hold it, according to the journal.
      type: str
      sample: CHG0012345
    locked_at:
      description: Since when, ISO 8601 in UTC.
      type: str
      sample: "2026-11-21T02:00:11.042+00:00"
    lease_ends_at:
      description: When the holder's lease ends, ISO 8601 in UTC.
      type: str
      sample: "2026-11-21T06:00:11.042+00:00"
    lease_over:
      description: Whether the lease has ended, so that the recover playbook may unlock the device.
      type: bool
      sample: false
    message:
      description: Why the state is not known, empty otherwise.
      type: str
      sample: ""
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.device_lock_info import (
    device_lock_info_spec,
    run_device_lock_info,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_device_lock_info, device_lock_info_spec())


if __name__ == "__main__":
    main()
