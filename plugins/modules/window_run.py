#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_run; its logic is in module_utils/_window/window_run.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_run
short_description: Take the devices of a maintenance window through lock, operations, proof and unlock
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Drives every device of a window by itself. It is locked in Oracle Session Delivery Manager, operated with proof in
    Zequenze Control, watched while it must stay up, and unlocked when its own way ends. Hundreds of devices may be
    under way at once, whatever the number of forks.
  - The window is the record that M(netfleet.maintenance.window_preflight) wrote to the journal. Its operations, canary,
    batches, soak, redundancy groups, limits and gates are obeyed without any option here. A device that waits for one
    of them is not locked meanwhile.
  - What the journal shows as done is not repeated. What an earlier run sent is observed and never sent again.
  - When the task fails as a whole, the devices that were begun are brought to their end and unlocked first.
options:
  window_id:
    description: ID of the window, as its record in the journal has it.
    type: str
    required: true
  name:
    description:
      - Inventory names of the devices, for a part of the window. Without it, all devices of the record.
      - A name that the record does not have is refused.
    type: list
    elements: str
    aliases: [names, device]
  steps:
    description:
      - The steps to take, for tasks of your own in between. With V(lock) alone the devices stay locked, and C(steps) of
        V(operations) and V(hold), and at last V(unlock), continue with those that are locked.
      - A device whose check failed (M(netfleet.maintenance.window_check)) is not operated.
    type: list
    elements: str
    choices: [lock, operations, hold, unlock]
    default: [lock, operations, hold, unlock]
  concurrency:
    description:
      - How many devices may be under way at once, within the limits of the window. At most 1000. Without it, 200, or as
        many as C(window_max_in_flight) allows where that is more.
    type: int
  fail_devices:
    description:
      - Whether the task fails when a device could not be maintained. Set it to V(false) where
        M(netfleet.maintenance.window_result) fails the hosts of these devices instead.
    type: bool
    default: true
extends_documentation_fragment:
  - netfleet.maintenance.systems
  - netfleet.maintenance.journal
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: partial
    details:
      - Reads and predicts. That another account holds a device can only be learned by locking it.
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.window_preflight
  - module: netfleet.maintenance.window_result
"""

EXAMPLES = r"""
- name: Run the whole window
  netfleet.maintenance.window_run:
    window_id: CHG0012345
  delegate_to: localhost
  run_once: true

- name: Lock a part of it, for tasks of your own
  netfleet.maintenance.window_run:
    window_id: CHG0012345
    name: [lax-sbc-01, lax-sbc-02]
    steps: [lock]
    concurrency: 50
  delegate_to: localhost
  run_once: true

- name: Unlock whatever the window has locked
  netfleet.maintenance.window_run:
    window_id: CHG0012345
    steps: [unlock]
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
devices:
  description: What became of each device, in the order of the record.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  contains:
    name:
      description: Inventory name of the device.
      type: str
      sample: lax-sbc-01
    outcome:
      description:
        - V(done) - every step succeeded.
        - V(skipped) - everything was done earlier in this window.
        - V(not_started) - a gate kept it back, C(stages) names the gate.
        - V(busy) - someone else holds it.
        - V(kept) - it stays locked for an operation that waits in the queue of Zequenze Control.
        - V(refused), V(failed), V(unknown) - as M(netfleet.maintenance.device_operation) returns them.
      type: str
      sample: done
    failed:
      description: Whether the device counts as failed. One that is protected or not managed does not.
      type: bool
      sample: false
    changed:
      description: Whether anything was sent to a system.
      type: bool
      sample: true
    message:
      description: What a person needs to know, empty when all is well.
      type: str
      sample: ""
    evidence:
      description: What proved the operations.
      type: list
      elements: str
      sample: ["uptime was 3 d 0 h before and is 42 s now"]
    locked_at:
      description: Since when this run had the device locked, ISO 8601 in UTC; null when it did not.
      type: str
      sample: "2026-11-21T02:00:11.042+00:00"
    unlocked_at:
      description: When this run unlocked it; null when it did not.
      type: str
      sample: "2026-11-21T02:03:40.817+00:00"
    stages:
      description:
        - Each step in order, with C(stage), C(outcome), C(changed), C(message), C(evidence), perhaps C(gate).
        - The outcome of C(unlock) is V(kept) where the device stays locked, see C(window_queued).
      type: list
      elements: dict
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_run import (
    run_window_run,
    window_run_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_run, window_run_spec())


if __name__ == "__main__":
    main()
