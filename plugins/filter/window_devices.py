# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter window_devices: hosts of the inventory as the devices of a window."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_devices
short_description: Give hosts of the inventory as the devices of a maintenance window
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes inventory names and gives what M(netfleet.maintenance.window_preflight) and
    M(netfleet.maintenance.plan_window) take as C(devices), in the same order.
  - The host variables that count are C(zequenze_name), C(sdm_name), C(sdm_device_id) and C(pam_hostname), by which the
    systems know the device, C(maintenance_managed) (default V(true)), C(maintenance_protected) (default V(false)) and
    C(maintenance_protected_reason).
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
    description: A host variable, such as C(pam_site). Two devices of one value belong to one exclusive group.
    type: str
positional: hostvars, exclusive_by
"""

EXAMPLES = r"""
- name: Show what a window on one site would do
  netfleet.maintenance.plan_window:
    window: {window_id: CHG0012345}
    operations: [sync]
    devices: "{{ groups['site_LAX'] | netfleet.maintenance.window_devices(hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The devices.
  type: list
  elements: dict
  sample:
    - {name: lax-sbc-01, managed: true, protected: true, protected_reason: Emergency calls}
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inert import inert

_NAMES = ("zequenze_name", "sdm_name", "sdm_device_id", "pam_hostname")


def window_devices(
    names: object, hostvars: t.Mapping[str, t.Mapping[str, t.Any]], exclusive_by: str | None = None
) -> list[dict[str, t.Any]]:
    """Give the hosts with these names as devices of a window.

    Raises AnsibleFilterError for no list, a host that is not in the inventory, one without the variable of exclusive
    groups, and a variable that is no yes or no.
    """
    if not isinstance(names, (list, tuple)):
        raise AnsibleFilterError("window_devices takes a list of inventory names.")
    # Names and reasons may come from outside.
    return inert([_device(str(name), hostvars, exclusive_by or None) for name in names])


def _device(name: str, hostvars: t.Mapping[str, t.Mapping[str, t.Any]], exclusive_by: str | None) -> dict[str, t.Any]:
    if name not in hostvars:
        raise AnsibleFilterError(f"The inventory has no host {name!r}.")
    variables = hostvars[name]
    device: dict[str, t.Any] = {"name": name}
    for option in _NAMES:
        if variables.get(option):
            device[option] = str(variables[option])
    if exclusive_by is not None:
        if variables.get(exclusive_by) in (None, ""):
            raise AnsibleFilterError(f"Host {name!r} has no {exclusive_by}, by which exclusive groups are told apart.")
        device["group"] = f"{exclusive_by}={variables[exclusive_by]}"
    device["managed"] = _flag(name, variables, "maintenance_managed", True)
    device["protected"] = _flag(name, variables, "maintenance_protected", False)
    if variables.get("maintenance_protected_reason"):
        device["protected_reason"] = str(variables["maintenance_protected_reason"])
    return device


def _flag(name: str, variables: t.Mapping[str, t.Any], variable: str, otherwise: bool) -> bool:
    """Give a yes or no; what cannot be read must not count as either."""
    try:
        return bool(boolean(variables.get(variable, otherwise)))
    except TypeError:
        raise AnsibleFilterError(f"{variable} of host {name!r} must be true or false.") from None


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Give the filters of this file by name."""
        return {"window_devices": window_devices}
