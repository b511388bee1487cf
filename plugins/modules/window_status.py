#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_status; its logic is in module_utils/_report/window_status.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_status
short_description: Show how maintenance windows stand now
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Shows the stage, lock, holder and last operation of each device of a window, as the journal has them.
  - None of the systems is asked.
options:
  window_id:
    description:
      - The window to show. Without it, every window with an open lock or an unsettled operation is shown. A window that
        the journal does not show is an error.
    type: str
  timezone:
    description:
      - IANA time zone of the times in the table.
    type: str
    default: UTC
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
  - module: netfleet.maintenance.journal_info
  - module: netfleet.maintenance.window_report
"""

EXAMPLES = r"""
- name: Read every window with something open
  netfleet.maintenance.window_status:
  register: status
  run_once: true

- name: Show the table
  ansible.builtin.debug:
    msg: "{{ status.table }}"
  run_once: true
"""

RETURN = r"""
windows:
  description: The windows.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The window.
      type: str
      sample: CHG0012345
    headline:
      description: How it stands, in one sentence.
      type: str
      sample: 1 of 2 devices done, 1 in progress. 1 device is still locked.
    devices:
      description: Its devices, those that need attention first.
      type: list
      elements: dict
      contains:
        name:
          description: The device.
          type: str
          sample: lax-sbc-01
        stage:
          description: What happens to it now, or how it ended.
          type: str
          sample: reboot sent
        holder:
          description: The window that holds its lock; empty when we hold none.
          type: str
          sample: CHG0012345
        since:
          description: When it was locked, or when the last thing happened to it (ISO 8601).
          type: str
          sample: "2026-11-21T02:00:05.123+00:00"
        operation:
          description: The last operation; empty when there was none.
          type: str
          sample: reboot
        outcome:
          description: How that operation stands.
          type: str
          sample: running
table:
  description: The same as lines of at most 80 columns.
  returned: success
  type: list
  elements: str
  sample:
    - "Window CHG0012345: 1 of 2 devices done, 1 in progress. 1 device is still locked."
msg:
  description: The first line of the table.
  returned: always
  type: str
  sample: No window has a lock or an unsettled operation.
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_status import (
    run_window_status,
    window_status_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_status, window_status_spec())


if __name__ == "__main__":
    main()
