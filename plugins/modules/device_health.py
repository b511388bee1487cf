#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module device_health; its logic is in module_utils/_operation/device_health.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_health
short_description: Wait until devices have stayed up for a while, according to Zequenze Control
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Looks at devices again and again until each has been up for O(hold) seconds in a row.
  - A look that shows the device down, a changed status, or an uptime that fell starts the time again. So a device in a
    boot loop is found although its outages are too short to be shown.
  - A platform that does not answer, refuses the connection or the token, limits the rate or shows a maintenance page is
    waited for within O(wait_timeout).
  - Fails for a device that does not stay up within O(wait_timeout), and says what interrupted it last.
  - It changes nothing on the device. With O(window_id) the hold is written to the journal. A device that does not stay
    up, or cannot be read, counts in the window's failure limit, and a second run does not hold a healthy device again.
options:
  hold:
    description:
      - How many seconds a device must stay up without interruption.
    type: float
    default: 30.0
  wait_timeout:
    description:
      - After how many seconds no further hold begins. One that has begun is finished.
    type: float
    default: 600.0
  wait_interval:
    description:
      - Seconds between two looks.
    type: float
    default: 5.0
  window_id:
    description:
      - The maintenance window this belongs to.
    type: str
  lock_name:
    description:
      - The name under which the device was locked, where it differs. For one device.
    type: str
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.zequenze
  - netfleet.maintenance.journal
  - netfleet.maintenance.names
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_zequenze
attributes:
  check_mode:
    support: full
    details:
      - Looks once and does not hold.
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.device_operation
  - module: netfleet.maintenance.device_info
"""

EXAMPLES = r"""
- name: Go on only when the device has been up for two minutes
  netfleet.maintenance.device_health:
    hold: 120
    wait_timeout: 900
"""

RETURN = r"""
devices:
  description: How each device did, in the order asked.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  contains:
    name:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    id:
      description: The device's id in Zequenze Control.
      type: str
      sample: "812"
    healthy:
      description: Whether it stayed up for as long as asked.
      type: bool
      sample: true
    held_for:
      description: For how many seconds in a row it was up at the end.
      type: float
      sample: 30.012
    changed:
      description: Always false.
      type: bool
      sample: false
    message:
      description: What a person needs to know, empty when all is well.
      type: str
      sample: ""
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_health import (
    device_health_spec,
    run_device_health,
)


def main() -> None:
    """Run the module."""
    run_module(run_device_health, device_health_spec())


if __name__ == "__main__":
    main()
