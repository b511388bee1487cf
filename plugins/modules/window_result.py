#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_result; its logic is in module_utils/_window/window_result.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_result
short_description: Return what became of a host's device in the window of this run
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - M(netfleet.maintenance.window_run) works on all devices in one task. This module gives each host its own result
    afterwards, so that the recap, AWX and failed hosts tell the truth per device. It asks no system.
  - It works only as an action in the run that had the window, so not asynchronously and not on another machine.
options:
  name:
    description: Inventory name of the device; the name of the host by default.
    type: str
    required: true
  fail:
    description: Whether the host fails when its device could not be maintained.
    type: bool
    default: true
extends_documentation_fragment:
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
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
  - module: netfleet.maintenance.window_run
"""

EXAMPLES = r"""
- name: Fail the hosts whose devices could not be maintained
  netfleet.maintenance.window_result:
    name: "{{ inventory_hostname }}"
"""

RETURN = r"""
outcome:
  description: What became of the device, as M(netfleet.maintenance.window_run) returns it.
  returned: always, unless no window of this run has the device
  type: str
  sample: done
locked:
  description: Whether this run still has the device locked.
  returned: always, unless no window of this run has the device
  type: bool
  sample: false
locked_at:
  description: Since when the run had it locked, ISO 8601 in UTC; null when it did not.
  returned: always, unless no window of this run has the device
  type: str
  sample: "2026-11-21T02:00:11.042+00:00"
unlocked_at:
  description: When the run unlocked it; null when it did not.
  returned: always, unless no window of this run has the device
  type: str
  sample: "2026-11-21T02:03:40.817+00:00"
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_result import (
    run_window_result,
    window_result_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_result, window_result_spec())


if __name__ == "__main__":
    main()
