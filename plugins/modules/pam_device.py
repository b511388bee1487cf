#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module netfleet.maintenance.pam_device: documentation, specification and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pam_device
short_description: Registers a device in senhasegura PAM Core, changes it, or deactivates it
version_added: 0.1.0
description:
  - Brings one device of the registry of senhasegura (Segura) PAM Core into a described state.
  - It reads the device, compares it with what is asked, sends the full record only when something differs, and reads it
    back. A field that did not take makes the task fail.
  - Devices are identified by O(hostname), which the API can neither change nor look up - the module reads the list of
    devices. That list is read once per run, is shared by all tasks of the run that use the same credentials, is kept up
    to date with what these tasks write, and is read again after five minutes or when it proves to be outdated. What the
    module compares with is always read from the device itself.
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.senhasegura
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_senhasegura
attributes:
  check_mode:
    support: full
    details:
      - Whether a device is active cannot be read, so what O(activate) would do is not predicted.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  hostname:
    description:
      - Name of the device in PAM Core, exactly as it is there.
      - A name that differs from a listed one in case or blanks only is refused, because PAM Core may take both for the
        same device.
      - In a task that runs on the controller (the usual case) it may be left out and is the inventory name of the host
        then.
    type: str
    required: true
  ip:
    description:
      - Management address - an IP address, a host name or a URL.
      - Needed to create a device. This and every option below is left alone when it is not given.
    type: str
  model:
    description:
      - Product. Needed to create a device. PAM Core adds a model it does not know to its catalogue for good, so mind
        the spelling; the same goes for O(type), O(vendor) and O(site). All four are compared exactly.
    type: str
  type:
    description:
      - Type of the device. Needed to create a device.
    type: str
  vendor:
    description:
      - Manufacturer. Needed to create a device.
    type: str
  site:
    description:
      - Where the device is. Needed to create a device.
    type: str
  device_domain:
    description:
      - Domains of the device. Each must be registered in PAM Core. An empty list takes all away.
      - Compared as a set, in any case. A name without a dot is taken for the short form of a domain that begins with
        it.
    type: list
    elements: str
  device_tags:
    description:
      - Tags of the device. An empty list takes all away.
      - Compared as a set, exactly.
    type: list
    elements: str
  connectivities:
    description:
      - Ways to connect to the device, each as C(PROTOCOL:PORT), for example V(SSH:22). An empty list takes all away.
      - Compared as a set; protocols in any case.
    type: list
    elements: str
  session_remote_config:
    description:
      - What proxy sessions fill in at login, as C(CONNECTIVITY:EXPECTED EXPRESSION:FILL VALUE). An empty text clears
        it.
      - PAM Core shows this text to everybody who may read the device, and so does this module. Put no password into it.
    type: str
  state:
    description:
      - With V(present) the device is registered with the given fields.
      - With V(absent) the device is deactivated, and with it B(all of its credentials are suspended). They stay so when
        the device is activated again. PAM Core has no way to delete a device.
      - With V(absent), a device that is not listed is left alone, and nothing is sent. PAM Core lists neither devices
        out of reach of the credentials' authorization nor, on most versions, inactive ones.
    type: str
    choices: [present, absent]
    default: present
  activate:
    description:
      - Whether the device is activated too, with O(state=present).
      - V(auto) activates a device that was written and had not been listed, because it may have existed inactive.
      - V(always) makes sure that the device is active, at the price of one more call per run. A device that is inactive
        and not listed needs no more than its O(hostname) then.
      - V(never) leaves that alone.
    type: str
    choices: [auto, always, never]
    default: auto
seealso:
  - module: netfleet.maintenance.pam_device_info
  - plugin: netfleet.maintenance.pam_devices
    plugin_type: inventory
author:
  - The netfleet.maintenance authors (@netfleet)
"""

EXAMPLES = r"""
- name: Register the session border controllers
  hosts: sbc
  gather_facts: false
  module_defaults:
    group/netfleet.maintenance.senhasegura:
      api_url: https://vault.example.com
      client_id: "{{ vault_client_id }}"
      client_secret: "{{ vault_client_secret }}"
  tasks:
    - name: Register the device under its inventory name
      netfleet.maintenance.pam_device:
        ip: 192.0.2.10
        model: Acme Packet 4600
        type: SBC
        vendor: Oracle
        site: LAX
        device_domain: [corp.example.com]
        device_tags: [voice, core]
        connectivities: ["SSH:22", "HTTPS:443"]

    - name: Change the tags only
      netfleet.maintenance.pam_device:
        hostname: lax-sbc-01
        device_tags: [voice, core, canary]

    - name: Take all domains away
      netfleet.maintenance.pam_device:
        hostname: lax-sbc-01
        device_domain: []

    - name: Deactivate a device and suspend its credentials
      netfleet.maintenance.pam_device:
        hostname: lax-sbc-09
        state: absent
"""

RETURN = r"""
action:
  description:
    - What was done, or would be done in check mode.
    - V(activated) also stands for a device that was not listed and turned out to exist inactive; it was written too.
  type: str
  returned: success
  choices: [none, created, updated, activated, deactivated]
  sample: updated
device:
  description:
    - The device as PAM Core shows it now; in check mode as it would be; the last that was seen of it when it was
      deactivated; empty when O(state=absent) found nothing.
    - Versions before 3.32 do not show the last four fields.
  type: dict
  returned: success
  contains:
    id:
      description: The id that PAM Core gave the device. V(none) in check mode when the device would be created.
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
    device_domain:
      description: Domains.
      type: list
      elements: str
      sample: [corp.example.com]
    device_tags:
      description: Tags.
      type: list
      elements: str
      sample: [voice, core]
    connectivities:
      description: Ways to connect, each as C(PROTOCOL:PORT).
      type: list
      elements: str
      sample: ["SSH:22", "HTTPS:443"]
    session_remote_config:
      description: What proxy sessions fill in at login.
      type: str
      sample: ""
kind:
  description:
    - Why the task failed, for programs. Among others V(refused) (PAM Core said no), V(no_answer) (nobody knows whether
      it was executed), V(not_taken) (accepted, but a field has another value), V(bad_input) (nothing was sent).
  type: str
  returned: failure
  sample: refused
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.pam_device import (
    pam_device_spec,
    run_pam_device,
)


def main() -> None:
    """Run the module."""
    run_module(run_pam_device, pam_device_spec())


if __name__ == "__main__":
    main()
