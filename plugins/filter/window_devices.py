# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter window_devices: hosts of the inventory as the devices of a window."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_devices
short_description: Build the device list of a maintenance window from inventory hosts
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes inventory names and returns what M(netfleet.maintenance.window_preflight) and
    M(netfleet.maintenance.window_plan) take as C(devices).
  - These host variables count. C(zequenze_name), C(sdm_name), C(sdm_device_id) and C(pam_hostname) are what the systems
    call the device; a blank one counts as left out, and the inventory name is used. C(sdm_group_id) is the group in
    Session Delivery Manager that is locked instead of the device. C(maintenance_protected) (default
    V(false)), C(maintenance_managed) (default V(true)) and C(maintenance_lock) (default V(true)) may be written in
    every way YAML users write yes and no. C(maintenance_protected_reason) is text, C(window_expected_duration) a
    number of seconds.
  - A value that cannot be read is refused, with the host and the variable.
options:
  _input:
    description: The inventory names.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, which is what Ansible calls C(hostvars).
    type: dict
    required: true
  exclusive_by:
    description:
      - A host variable, such as C(ha_pair). Hosts of one value belong to one redundancy group; a host without the
        variable belongs to none. The other members of these groups are added, marked with C(selected) false.
    type: str
  order_by:
    description:
      - >-
        What puts the devices in order. A host variable, ascending; a mapping of host variables to lists of their
        values, such as C({ha_role: [standby, active]}); or a list of inventory groups. Without it the order is kept.
    type: raw
positional: hostvars, exclusive_by, order_by
"""

EXAMPLES = r"""
- name: Show what a window on one site would do
  netfleet.maintenance.window_plan:
    window: {window_id: CHG0012345, window_operations: [sync]}
    devices: "{{ groups['site_LAX'] | netfleet.maintenance.window_devices(hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The devices.
  type: list
  elements: dict
  sample:
    - name: lax-sbc-01
      zequenze_name: lax-sbc-01
      sdm_name: LAX-SBC-01
      pam_hostname: lax-sbc-01
      group: ha_pair=lax
      managed: true
      protected: true
      protected_reason: Emergency calls
      sdm_lock: true
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.host_variables import (
    OrderBy,
    read_devices,
)
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted


def window_devices(
    names: object,
    hostvars: t.Mapping[str, t.Mapping[str, t.Any]],
    exclusive_by: str | None = None,
    order_by: OrderBy = None,
) -> list[dict[str, t.Any]]:
    """Return the hosts with these names as devices of a window.

    Raises AnsibleFilterError for no list, a host that is not in the inventory, and a variable that cannot be read.
    """
    if not isinstance(names, (list, tuple)):
        raise AnsibleFilterError("window_devices takes a list of inventory names.")
    try:
        devices = read_devices([str(name) for name in names], hostvars, exclusive_by, order_by)
    except BadInput as error:
        raise AnsibleFilterError(str(error)) from None
    # Names and reasons may come from outside.
    return untrusted(devices)


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"window_devices": window_devices}
