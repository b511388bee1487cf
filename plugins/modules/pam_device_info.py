#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module netfleet.maintenance.pam_device_info: documentation, specification and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pam_device_info
short_description: Reads devices from senhasegura PAM Core
version_added: 0.1.0
description:
  - Returns what senhasegura (Segura) PAM Core shows about the named devices, or about all that the credentials reach.
  - Named devices are looked up in the list of devices that the tasks of a run share, and then read one by one, so their
    fields are those of now. That a device is not there is only said after reading the list again. With O(all=true) or
    O(details=false) the list itself is read again.
  - Credentials are never read, because that would check them out.
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.senhasegura
  - netfleet.maintenance.names
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_senhasegura
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: full
options:
  all:
    description:
      - Reads every device that the credentials reach, instead of named ones.
      - Give either this or O(name).
    type: bool
    default: false
  details:
    description:
      - Whether domains, connectivities and session settings are read too, with one more call per device.
      - The default is V(true) for named devices and V(false) with O(all=true).
    type: bool
seealso:
  - module: netfleet.maintenance.pam_device
  - plugin: netfleet.maintenance.pam_devices
    plugin_type: inventory
author:
  - The netfleet.maintenance authors (@netfleet)
"""

EXAMPLES = r"""
- name: Look at devices in PAM
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/netfleet.maintenance.senhasegura:
      api_url: https://vault.example.com
      client_id: "{{ vault_client_id }}"
      client_secret: "{{ vault_client_secret }}"
  tasks:
    - name: Read two devices
      netfleet.maintenance.pam_device_info:
        name: [lax-sbc-01, lax-sbc-02]
      register: __pam

    - name: Show those that are not registered
      ansible.builtin.debug:
        msg: "{{ __pam.devices | rejectattr('found') | map(attribute='name') }}"

    - name: Read the whole registry, without details
      netfleet.maintenance.pam_device_info:
        all: true
      register: __registry
"""

RETURN = r"""
devices:
  description: The devices, in the order they were asked for, or in the order of the registry.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The name that was asked for.
      type: str
      sample: lax-sbc-01
    found:
      description: Whether PAM Core lists a device of this name. If it does not, RV(devices[].id) is none, and what
        comes after RV(devices[].hostname) is missing.
      type: bool
      sample: true
    id:
      description: The id that PAM Core gave the device. V(none) when it was not found.
      type: str
      sample: "2001"
    hostname:
      description: Name of the device.
      type: str
      sample: lax-sbc-01
    ip:
      description: Management address.
      type: str
      sample: 192.0.2.10
    model:
      description: Product.
      type: str
      sample: Acme Packet 4600
    type:
      description: Type of the device.
      type: str
      sample: SBC
    vendor:
      description: Manufacturer.
      type: str
      sample: Oracle
    site:
      description: Where the device is.
      type: str
      sample: LAX
    device_tags:
      description: Tags. Versions before 3.32 do not show them.
      type: list
      elements: str
      sample: [voice, core]
    device_domain:
      description: Domains. Only with O(details), as are the fields below; versions before 3.32 do not show them.
      type: list
      elements: str
      sample: [corp.example.com]
    connectivities:
      description: Ways to connect, each as C(PROTOCOL:PORT).
      type: list
      elements: str
      sample: ["SSH:22", "HTTPS:443"]
    session_remote_config:
      description: What proxy sessions fill in at login.
      type: str
      sample: ""
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_device_info import (
    pam_device_info_spec,
    run_pam_device_info,
)


def main() -> None:
    """Run the module."""
    run_module(run_pam_device_info, pam_device_info_spec())


if __name__ == "__main__":
    main()
