#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module device_info; its logic is in module_utils/_operation/device_info.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_info
short_description: Read devices from Zequenze Control, with their queued operations
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Returns what Zequenze Control shows about the named devices, or about all that the token reaches.
  - It only reads. No device is contacted for it.
  - A device that is not there is no failure. One that cannot be read fails the task, because no answer does not mean
    that it is not there.
options:
  all:
    description:
      - Read all devices instead of named ones. Goes without O(name).
    type: bool
    default: false
  operations:
    description:
      - Whether queued operations are read too, with one more call per device.
      - The default is V(true) for named devices and V(false) with O(all=true).
    type: bool
  uptime:
    description:
      - Whether the uptime is read too, with one more call per device.
    type: bool
    default: false
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.zequenze
  - netfleet.maintenance.names
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_zequenze
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
  - module: netfleet.maintenance.device_operation
  - module: netfleet.maintenance.device_lock_info
"""

EXAMPLES = r"""
- name: Read every device of the play
  netfleet.maintenance.device_info:
    api_token: "{{ zequenze_token }}"
  register: __device

- name: Go on only where nothing waits to be done
  ansible.builtin.assert:
    that:
      - __device.devices[0].status == 'up'
      - __device.devices[0].pending_operations | length == 0

- name: Read the whole fleet in one task
  netfleet.maintenance.device_info:
    api_token: "{{ zequenze_token }}"
    all: true
  run_once: true
  register: __fleet

- name: Show what is offline
  ansible.builtin.debug:
    msg: "{{ __fleet.devices | selectattr('status', 'eq', 'down') | map(attribute='name') }}"
  run_once: true
"""

RETURN = r"""
devices:
  description:
    - The devices, in the order asked for, or in the platform's order.
    - What the platform does not say is null.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    found:
      description:
        - Whether there is a device of this name. If not, RV(devices[].status) is V(unknown) and the rest is null.
        - The platform does not tell devices that do not exist from those that the token may not see.
      type: bool
      sample: true
    id:
      description: The device's id.
      type: str
      sample: "812"
    serial:
      description: The device's serial number.
      type: str
      sample: ZX81TEST0007
    status:
      description: One of V(up), V(down) and V(unknown).
      type: str
      sample: up
    last_status_change:
      description: When the status changed last, ISO 8601 in UTC.
      type: str
      sample: "2026-11-20T22:10:00.000+00:00"
    pending_settings:
      description: Whether settings wait to be applied on the device.
      type: bool
      sample: false
    ip:
      description: The device's address.
      type: str
      sample: 192.0.2.44
    type:
      description: The id of the device's type.
      type: str
      sample: "3"
    organization:
      description: The id of the organization the device belongs to.
      type: str
      sample: "5"
    uptime:
      description:
        - Seconds since the device was started, as the platform read it last. Only with O(uptime=true), and only where
          the device's profile shows it; null otherwise.
      type: int
      sample: 86400
    pending_operations:
      description:
        - Operations that are queued and not applied yet, however old. Null when they were not read, see
          O(operations).
      type: list
      elements: dict
      contains:
        id:
          description: The id of the entry in the device log.
          type: str
          sample: "990121"
        action:
          description: What the log calls it.
          type: str
          sample: command
        at:
          description: When it was queued, ISO 8601 in UTC.
          type: str
          sample: "2026-11-21T02:00:10.000+00:00"
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_info import (
    device_info_spec,
    run_device_info,
)


def main() -> None:
    """Run the module."""
    run_module(run_device_info, device_info_spec())


if __name__ == "__main__":
    main()
