#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module device_release; its logic is in module_utils/_planning/device_release.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_release
short_description: Release devices from quarantine
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Writes to the journal that devices take part in maintenance windows again. C(window_quarantine_after) leaves them
    alone because they failed in several windows in a row. Failures before the release do not count any more.
  - None of the systems is asked, and no device is touched.
  - The playbook C(release_device) uses this module.
options:
  name:
    description:
      - Inventory names of the devices.
    type: list
    elements: str
    required: true
    aliases: [names, device]
  reason:
    description:
      - Why, in a few words. The journal and the audit trail keep it, with who released the devices.
    type: str
    required: true
extends_documentation_fragment:
  - netfleet.maintenance.journal
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
  - module: netfleet.maintenance.window_preflight
  - module: netfleet.maintenance.window_plan
"""

EXAMPLES = r"""
- name: Let the device take part again
  netfleet.maintenance.device_release:
    name: lax-sbc-01
    reason: The power supply was replaced.
"""

RETURN = r"""
devices:
  description: The devices, in the order asked.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Inventory name.
      type: str
      sample: lax-sbc-01
    failed_windows:
      description: The windows in which it had failed one after the other.
      type: list
      elements: str
      sample: [CHG0012345, CHG0012346]
    changed:
      description: Whether there was anything to release it from.
      type: bool
      sample: true
msg:
  description: Which devices were released.
  returned: success
  type: str
  sample: "Released: 'lax-sbc-01'."
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.device_release import (
    device_release_spec,
    run_device_release,
)


def main() -> None:
    """Run the module."""
    run_module(run_device_release, device_release_spec())


if __name__ == "__main__":
    main()
