#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module netfleet.maintenance.pam_session_info: documentation, specification and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pam_session_info
short_description: Tells who is working on which device through senhasegura PAM Core
version_added: 0.1.0
description:
  - Returns the live privileged sessions through senhasegura (Segura) PAM Core by device, so that nobody's device is
    rebooted under their hands.
  - A session belongs to a device when it mentions the device's hostname or its management address. Live means that the
    session has no end.
  - The sessions are always read again. On a large appliance that may take minutes, so O(timeout) may have to be raised.
    The hostnames and addresses come from the list of devices that the tasks of a run share.
  - It is a gate, and fails rather than open without knowing - for a name that PAM Core does not list, and for a live
    session that does not say which device it is on.
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
      - Returns every device that the credentials reach, with or without sessions, instead of named ones.
      - Give either this or O(name).
    type: bool
    default: false
seealso:
  - module: netfleet.maintenance.pam_device_info
author:
  - The netfleet.maintenance authors (@netfleet)
"""

EXAMPLES = r"""
- name: Wait until nobody works on the devices
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/netfleet.maintenance.senhasegura:
      api_url: https://vault.example.com
      client_id: "{{ vault_client_id }}"
      client_secret: "{{ vault_client_secret }}"
  tasks:
    - name: Look until there are no live sessions
      netfleet.maintenance.pam_session_info:
        name: [lax-sbc-01, lax-sbc-02]
      register: __sessions
      until: __sessions.devices | map(attribute='live') | sum == 0
      retries: 60
      delay: 30

    - name: Read all live sessions
      netfleet.maintenance.pam_session_info:
        all: true
      register: __all_sessions
"""

RETURN = r"""
devices:
  description:
    - The devices, in the order they were asked for, or in the order of the registry. With O(all=true), sessions on
      something that the registry does not list come last, under the name that they mention.
  type: list
  elements: dict
  returned: success, and for a name that is not listed
  contains:
    name:
      description: The name that was asked for.
      type: str
      sample: lax-sbc-01
    id:
      description: The id of the device. V(none) when PAM Core lists no such device.
      type: str
      sample: "2001"
    live:
      description: Number of live sessions. V(none) when PAM Core lists no such device.
      type: int
      sample: 1
    sessions:
      description: The live sessions.
      type: list
      elements: dict
      contains:
        id:
          description: Number of the session.
          type: str
          sample: "5001"
        session_id:
          description: The longer name of the session.
          type: str
          sample: 9f86d081884c7d65
        user:
          description: Who works.
          type: str
          sample: jdoe
        origin_ip:
          description: From where.
          type: str
          sample: 192.0.2.200
        credential:
          description: As whom.
          type: str
          sample: admin
        device:
          description: On what, as PAM Core writes it.
          type: str
          sample: lax-sbc-01:22
        protocol:
          description: With which protocol.
          type: str
          sample: SSH
        start:
          description: Since when, as PAM Core writes it.
          type: str
          sample: "2026-11-21 02:10:00"
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_session_info import (
    pam_session_info_spec,
    run_pam_session_info,
)


def main() -> None:
    """Run the module."""
    run_module(run_pam_session_info, pam_session_info_spec())


if __name__ == "__main__":
    main()
