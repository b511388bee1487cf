#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_check; its logic is in module_utils/_window/window_check.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_check
short_description: Count a failed task of your own as the device's failure in its maintenance window
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - The playbook C(maintenance_window) calls it when a task of C(window_check_device), C(window_before_device) or
    C(window_after_device) fails for a host.
  - The device then counts as failed, with the operation C(check) in the journal, for the canary, the batches, the
    failure limit, the report and the exit code. Nothing more is sent to it in this run, and it is unlocked.
  - The next run of the window runs the checks again, and repeats no operation that is done.
options:
  window_id:
    description: ID of the window, as its record in the journal has it.
    type: str
    required: true
  name:
    description: Inventory name of the device; the name of the host by default.
    type: str
    required: true
  reason:
    description: What the failed task said.
    type: str
    required: true
  before_lock:
    description:
      - Whether the check ran before the lock. Then the device is not locked by this run, with the gate C(check) as the
        reason, and M(netfleet.maintenance.window_run) writes that to the journal.
    type: bool
    default: false
extends_documentation_fragment:
  - netfleet.maintenance.partners
  - netfleet.maintenance.journal
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing.
  diff_mode:
    support: N/A
    details:
      - This module does not change a system.
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.window_run
"""

EXAMPLES = r"""
- name: Record that the device failed a check
  netfleet.maintenance.window_check:
    name: lax-sbc-01
    window_id: CHG0012345
    reason: no answer to SIP OPTIONS
  run_once: true
"""

RETURN = r"""
msg:
  description: What was written.
  returned: always
  type: str
  sample: "check failed: no answer to SIP OPTIONS"
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_check import (
    run_window_check,
    window_check_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_check, window_check_spec())


if __name__ == "__main__":
    main()
