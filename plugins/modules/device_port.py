#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module device_port; its logic is in module_utils/_operation/device_port.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_port
short_description: Find out whether a device answers on a TCP port
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Connects to a TCP port of a device from the control node, and hangs up at once.
  - A refused connection, and one that times out, mean that the device does not answer. Any other error is no answer
    and fails the task, for example a name that is not found or a network without a route. So a check that could not be
    made never looks like a device that is down, as it would with M(ansible.builtin.wait_for) and C(failed_when).
options:
  host:
    description:
      - Name or address of the device.
    type: str
    required: true
  port:
    description:
      - TCP port, from 1 to 65535.
    type: int
    required: true
  wait_timeout:
    description:
      - How many seconds to try before the device counts as not answering. The task ends at the first answer.
    type: float
    default: 10.0
extends_documentation_fragment:
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.device_info
  - module: netfleet.maintenance.device_health
"""

EXAMPLES = r"""
- name: Check whether SIP over TCP answers
  netfleet.maintenance.device_port:
    host: 192.0.2.11
    port: 5060
    wait_timeout: 3
  register: sip
"""

RETURN = r"""
answers:
  description: Whether the port accepted a connection.
  returned: success
  type: bool
  sample: false
state:
  description: How the port behaved.
  returned: success
  type: str
  choices: [open, refused, timed_out]
  sample: timed_out
msg:
  description: The same in words.
  returned: always
  type: str
  sample: 192.0.2.11 did not answer on port 5060 within 3 s.
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_port import (
    device_port_spec,
    run_device_port,
)


def main() -> None:
    """Run the module."""
    run_module(run_device_port, device_port_spec())


if __name__ == "__main__":
    main()
