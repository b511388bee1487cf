#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module plan_window; its logic is in module_utils/_planning/plan_window.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_window
short_description: Show what a maintenance window would do, and check that it was approved
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Says what a maintenance window would do to which device, in which order and why, or why a device is left alone. The
    plan is given as a table, as JSON and as Markdown.
  - Its digest stands for the window, the operations and the exact list of devices with their ids. Given back as
    O(approval), it makes the task fail when any of them has changed since, and the difference is shown.
  - Outside the window the next occurrence is planned, because an approval is for one occurrence. What was done already
    in the occurrence is planned as skipped, and does not change the digest.
  - Locks nothing and sends nothing. What the digest stands for is kept in the journal, so that a later run can show the
    difference.
  - Who works on a device, who holds it and whether it is up is how it looks now; it is looked at again before each
    operation.
options:
  window:
    description:
      - The keys of a window file that say when it is, as P(netfleet.maintenance.window_occurrence#filter) takes them.
    type: dict
    required: true
  at:
    description: An instant, ISO 8601 with offset, to plan for instead of now.
    type: str
  operations:
    description: What is done to each device, in this order.
    type: list
    elements: str
    choices: [reboot, factory, device_factory, sync, reconf]
    required: true
  batches:
    description: How many devices are maintained at a time, as counts or per cents of all. The last one repeats.
    type: list
    elements: str
    default: ["100%"]
  live_sessions:
    description:
      - What becomes of a device on which somebody works through PAM Core - the window waits for the end of the session,
        skips the device, or does not ask.
    type: str
    choices: [wait, skip, ignore]
    default: wait
  max_targets:
    description: How many devices the selection may hold. Without it there is no limit.
    type: int
  max_resets:
    description:
      - How many devices the selection may hold when O(operations) has V(factory) or V(device_factory). A selection with
        a protected device is refused then, whatever its size.
    type: int
    default: 5
  approval:
    description:
      - The digest of the plan that was approved. The task fails unless it is the digest of what would be done now.
    type: str
  approved_plan:
    description:
      - The file with the RV(plan) that O(approval) is the digest of, for a controller whose journal does not know it.
    type: path
  require_approval:
    description: Fail without O(approval).
    type: bool
    default: false
  json_file:
    description: A file to write the RV(plan) to.
    type: path
  markdown_file:
    description: A file to write RV(markdown) to.
    type: path
extends_documentation_fragment:
  - netfleet.maintenance.systems
  - netfleet.maintenance.journal
  - netfleet.maintenance.selection
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - In check mode the plan is not kept in the journal and no file is written.
  diff_mode:
    support: none
    details:
      - It changes nothing but the files it is asked to write.
  idempotent:
    support: full
requirements:
  - python-dateutil
  - icalendar
  - recurring-ical-events
seealso:
  - module: netfleet.maintenance.window_preflight
  - plugin: netfleet.maintenance.window_devices
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Plan tonight's change on one site
  netfleet.maintenance.plan_window:
    window:
      window_id: CHG0012345
    operations: [sync, reboot]
    devices: "{{ groups['site_LAX'] | netfleet.maintenance.window_devices(hostvars) }}"
    batches: [1, "10%", "30%"]
  run_once: true
  register: planned

- name: Show it
  ansible.builtin.debug:
    msg: "{{ planned.table.splitlines() }}"
  run_once: true

- name: Go on only if exactly this was approved
  netfleet.maintenance.plan_window:
    window:
      window_id: CHG0012345
    operations: [factory]
    devices: "{{ ['fra-cpe-01'] | netfleet.maintenance.window_devices(hostvars) }}"
    approval: "{{ window_approval }}"
    require_approval: true
  run_once: true
"""

RETURN = r"""
window_id:
  description: The occurrence that is planned.
  returned: success
  type: str
  sample: core-sbc-monthly@20261213T020000Z
state:
  description: How that occurrence stands - V(open), V(cutoff), V(frozen) or, for one that is still to come, V(closed).
  returned: success
  type: str
  sample: open
digest:
  description:
    - What stands for the window, the operations and the exact devices, to be given as O(approval). Null when a device
      is not exactly one in every system.
  returned: success
  type: str
  sample: 3f786850e387550fdab836ed7e6dc881de23001b8a2f1b2c3d4e5f60718293a4
approved:
  description: Whether O(approval) was given, and is for this.
  returned: success
  type: bool
  sample: false
table:
  description: The plan as text for a terminal.
  returned: success
  type: str
  sample: "Window CHG0012345: 2 devices: 1 to maintain, 1 to skip, in 1 batch"
markdown:
  description: The plan as Markdown, for a comment in a pull request.
  returned: success
  type: str
  sample: "## Plan of CHG0012345"
plan:
  description: The plan as data, and what O(approved_plan) is to hold.
  returned: success
  type: dict
  contains:
    window:
      description: The occurrence.
      type: str
      sample: CHG0012345
    reason:
      description: How the window stands, in one sentence.
      type: str
      sample: "open: CHG0012345 takes new work (UTC)"
    operations:
      description: What is done, in order.
      type: list
      elements: str
      sample: [sync, reboot]
    headline:
      description: What the plan comes to.
      type: str
      sample: "2 devices: 1 to maintain, 1 to skip, in 1 batch"
    digest:
      description: As RV(digest).
      type: str
      sample: 3f786850e387550fdab836ed7e6dc881de23001b8a2f1b2c3d4e5f60718293a4
    remarks:
      description: What is worth knowing about the plan as a whole.
      type: list
      elements: str
      sample: []
    steps:
      description: What becomes of each device, in the order of the run.
      type: list
      elements: dict
      contains:
        name:
          description: The inventory name.
          type: str
          sample: lax-sbc-01
        batch:
          description: The batch it belongs to, counted from 1.
          type: int
          sample: 1
        wave:
          description:
            - The wave it belongs to, counted from 1 over all batches. Without exclusive groups a batch is one wave.
          type: int
          sample: 1
        action:
          description: V(maintain), V(skip), or V(blocked) when it is not exactly one device in every system.
          type: str
          sample: maintain
        operations:
          description: What is still to be done, in order.
          type: list
          elements: str
          sample: [sync, reboot]
        why:
          description: Why so.
          type: str
          sample: due in this window
        notes:
          description: What may keep the device from being maintained.
          type: list
          elements: str
          sample: [down according to Zequenze Control]
        zequenze_name:
          description: The name in Zequenze Control.
          type: str
          sample: lax-sbc-01
        sdm_name:
          description: The name in Session Delivery Manager.
          type: str
          sample: lax-sbc-01
        zequenze_id:
          description: The id in Zequenze Control.
          type: str
          sample: "811"
        serial:
          description: The serial number according to Zequenze Control.
          type: str
          sample: ACME5F0A2C00001
        sdm_id:
          description: The id in Session Delivery Manager.
          type: str
          sample: ID41
        excluded:
          description: Whether the inventory keeps windows away from it, so that it is not part of the digest.
          type: bool
          sample: false
    approve:
      description: What the digest stands for, exactly.
      type: dict
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan_window import (
    plan_window_spec,
    run_plan_window,
)


def main() -> None:
    """Run the module."""
    run_module(run_plan_window, plan_window_spec())


if __name__ == "__main__":
    main()
