#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module fleet_history; its logic is in module_utils/_report/fleet_history.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_history
short_description: Show how maintenance of a fleet went over a period
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Shows success rates and durations by device, model, site and operation, devices that failed in several windows,
    devices that are due, and how a window compares with the occurrence before it.
  - Reads the journal alone. Model and site are those that the registry, or Oracle SDM, showed when the window was
    agreed.
options:
  days:
    description:
      - Length of the period until now, in days.
    type: int
    default: 90
  due_days:
    description:
      - A device is due that was not maintained in this many days. Devices of the last 400 days, or of this many, count.
    type: int
    default: 90
  min_failed:
    description:
      - In how many windows of the period a device must have failed to be listed for that.
    type: int
    default: 2
  window_id:
    description:
      - A window to compare with the one of the same name before it.
    type: str
  window_name:
    description:
      - Only the occurrences of this window count.
    type: str
  dest:
    description:
      - Folder for the files C(history.html), C(history.json) and C(history.txt). Without it, none is written.
    type: path
  formats:
    description:
      - Which files are written to O(dest).
    type: list
    elements: str
    choices: [html, json, txt]
    default: [html, json, txt]
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
    support: partial
    details:
      - The period ends now, so the files differ each time.
seealso:
  - module: netfleet.maintenance.window_report
  - module: netfleet.maintenance.device_release
"""

EXAMPLES = r"""
- name: Show how the last year went
  netfleet.maintenance.fleet_history:
    days: 365
    dest: history

- name: Show the occurrences of one window, and the devices that failed in any of them
  netfleet.maintenance.fleet_history:
    window_name: core-sbc-monthly
    min_failed: 1
"""

RETURN = r"""
history:
  description: The history as data, also in C(history.json).
  returned: success
  type: dict
  contains:
    since:
      description: Begin of the period, ISO 8601.
      type: str
    until:
      description: End of the period, ISO 8601.
      type: str
    windows:
      description: Number of windows in the period.
      type: int
    devices:
      description: Number of devices in them.
      type: int
    success_ratio:
      description: Of the devices that were begun, the part that was maintained; null when none was begun.
      type: float
    by_device:
      description: For each device C(windows), C(done), C(failed), C(left), C(success_ratio) and C(seconds) on average.
      type: list
      elements: dict
    by_model:
      description: The same values for each model.
      type: list
      elements: dict
    by_site:
      description: The same values for each site.
      type: list
      elements: dict
    by_operation:
      description: For each operation C(done), C(unproven), C(failed), C(success_ratio), C(seconds) and C(longest).
      type: list
      elements: dict
    failed_often:
      description: Devices that failed in several windows, with C(failed), C(in_a_row), C(windows) and C(why).
      type: list
      elements: dict
    comparison:
      description: How O(window_id) compares with C(previous), or null.
      type: dict
    due:
      description: Devices that are due, with C(last_done_at).
      type: list
      elements: dict
table:
  description: The history as lines of text, at most 20 rows of each table.
  returned: success
  type: list
  elements: str
files:
  description: The files by format.
  returned: success
  type: dict
  sample: {html: history/history.html, json: history/history.json, txt: history/history.txt}
msg:
  description: The history in a sentence.
  returned: success
  type: str
  sample: "2026-10-01 to 2026-12-30: 3 windows of 12 devices, 97% of the devices maintained."
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.fleet_history import (
    fleet_history_spec,
    run_fleet_history,
)


def main() -> None:
    """Run the module."""
    run_module(run_fleet_history, fleet_history_spec())


if __name__ == "__main__":
    main()
