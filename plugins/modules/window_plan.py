#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_plan; its logic is in module_utils/_planning/window_plan.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_plan
short_description: Show what a maintenance window would do, and the digest that approves it
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Shows what a maintenance window would do to which device, in which order and why, or why a device is left alone. The
    plan is given as a table, as JSON and as Markdown.
  - Its digest stands for exactly this window - its times, operations, limits and task files, every device with its ids
    in its order and batch, and what is left alone. Passed as C(window_approval), it makes the run refuse anything else,
    and the difference is shown.
  - Outside the window the next occurrence is planned, because an approval is for one occurrence. What was done already
    in the occurrence is planned as skipped, and does not change the digest.
  - Locks nothing and sends nothing. What the digest stands for is kept in the journal, so that a later run can show the
    difference.
  - Live sessions, locks and whether a device is up are as they are now. They are checked again before each operation.
options:
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
  - icalendar, for calendars that name time zones as Windows does
seealso:
  - module: netfleet.maintenance.window_preflight
  - plugin: netfleet.maintenance.window_devices
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Plan tonight's change on one site
  netfleet.maintenance.window_plan:
    window:
      window_id: CHG0012345
      window_operations: [sync, reboot]
      window_batches: [1, "10%", "30%"]
    devices: "{{ groups['site_LAX'] | netfleet.maintenance.window_devices(hostvars) }}"
  run_once: true
  register: planned

- name: Show it
  ansible.builtin.debug:
    msg: "{{ planned.table.splitlines() }}"
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
    - What stands for exactly this window, to be passed as C(window_approval). Null when a device is not exactly one in
      every system.
  returned: success
  type: str
  sample: 3f786850e387550fdab836ed7e6dc881de23001b8a2f1b2c3d4e5f60718293a4
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
  description: The plan as data, which is what C(window_approved_plan) takes.
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
        group:
          description: Its redundancy group, null when it belongs to none.
          type: str
          sample: ha_pair=lax
        excluded:
          description: Whether the inventory keeps windows away from it, so that it is not part of the digest.
          type: bool
          sample: false
    approve:
      description: What the digest stands for, exactly.
      type: dict
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_plan import (
    run_window_plan,
    window_plan_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_plan, window_plan_spec())


if __name__ == "__main__":
    main()
