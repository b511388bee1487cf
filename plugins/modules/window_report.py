#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_report; its logic is in module_utils/_report/window_report.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_report
short_description: Write the report of a maintenance window
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Shows from the journal what happened to each device of a window - its timeline, the evidence for each outcome,
    what kept work back, and what is left to do by hand with the exact command.
  - Writes one HTML page that needs no network and no server, the same as JSON (the schema is
    C(roles/report/files/report.schema.json) in the collection), and a short Markdown text for a ticket or a chat.
  - With O(at_end), a run writes what it knows of its window to the journal when it starts. A report of that window that
    is written later takes the devices, operations, command and facts from there, whatever its own options say.
  - A window that the journal does not show is an error.
  - None of the systems is asked. The same journal gives the same files, so a file is only written when it differs.
options:
  window_id:
    description:
      - The window to report. Either this or O(window_name) is needed.
    type: str
  window_name:
    description:
      - The name of a recurring window, shown as the title. Without O(window_id), its newest occurrence in the journal
        is reported.
    type: str
  dest:
    description:
      - Folder for the files, made when it is not there. They are called by the window's id.
    type: path
    required: true
  formats:
    description:
      - Which files to write.
    type: list
    elements: str
    choices: [html, json, md]
    default: [html, json, md]
  timezone:
    description:
      - IANA time zone of the window. Times are shown in it and in UTC.
    type: str
    default: UTC
  live:
    description:
      - Whether the HTML report is kept up to date while the run of the window goes on. The page loads itself again and
        says how old it is; it needs no server. V(html) is then always one of the files.
      - Takes effect with O(at_end) only.
    type: bool
    default: false
  occurrence:
    description:
      - What the filter P(netfleet.maintenance.window_occurrence#filter) gave for the window, to show when it opened and
        closes.
    type: dict
    default: {}
  operations:
    description:
      - What the window wants done on each device, with V(hold) for the time it must stay up. A device on which one of
        these is missing is incomplete. Without it, what the journal shows on any device is expected on all.
    type: list
    elements: str
    default: []
  rerun_command:
    description:
      - The command that runs the window again, shown where that is what is left to do. When empty and with O(at_end),
        it is made of this run's inventory, variable files and variables that begin with C(window_).
    type: str
    default: ""
  facts:
    description:
      - What else an auditor asks, as names with values, for example who approved the window. With O(at_end), the window
        files and their Git commit, the addresses of the systems and the versions are added.
    type: dict
    default: {}
  at_end:
    description:
      - Write the report when this run of Ansible ends, well or not, instead of now. The last play of a playbook does
        not run when all devices of a batch failed.
      - A run that is killed outright (SIGKILL, power) does not get to it. Then the next run of the window writes the
        report, or the playbook C(report) does.
      - What goes wrong then is a warning. Without effect where the module runs outside of the controller process.
    type: bool
    default: false
extends_documentation_fragment:
  - netfleet.maintenance.journal
  - netfleet.maintenance.listed
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
  - module: netfleet.maintenance.window_audit
  - module: netfleet.maintenance.window_metrics
"""

EXAMPLES = r"""
- name: Report the newest occurrence of a window
  netfleet.maintenance.window_report:
    window_name: core-sbc-monthly
    timezone: Europe/London
    dest: /srv/reports
  register: __report
  run_once: true

- name: Have the report written whatever happens in this run
  netfleet.maintenance.window_report:
    window_id: CHG0012345
    dest: /srv/reports
    devices:
      - {name: lax-sbc-01, site: LAX, model: Acme Packet 4600}
    at_end: true
  run_once: true
"""

RETURN = r"""
files:
  description: The files by their format.
  returned: success, but for O(at_end=true)
  type: dict
  sample:
    html: /srv/reports/CHG0012345.html
    json: /srv/reports/CHG0012345.json
    md: /srv/reports/CHG0012345.md
window_id:
  description: The window that is reported.
  returned: success, but for O(at_end=true)
  type: str
  sample: CHG0012345
summary:
  description: The few values that fit a notification.
  returned: success, but for O(at_end=true)
  type: dict
  contains:
    verdict:
      description: >-
        V(done), V(attention), V(running), or V(nothing) when the window touched no device. A device that only its
        protection (C(maintenance_protected)) excludes needs no attention.
      type: str
      sample: attention
    headline:
      description: The same in a sentence.
      type: str
      sample: 28 of 30 devices done, 1 failed, 1 unknown. No lock is left.
    devices:
      description: How many devices the report shows.
      type: int
      sample: 30
    outcomes:
      description: How many of them ended how.
      type: dict
      sample: {failed: 1, unknown: 1, done: 28}
    locks_left:
      description: How many are, or may be, still locked by the window.
      type: int
      sample: 0
    started_at:
      description: When the window reached its first device, ISO 8601 in UTC.
      type: str
      sample: "2026-11-21T02:00:11.042+00:00"
    as_of:
      description: When the newest thing in the report happened.
      type: str
      sample: "2026-11-21T02:41:30.512+00:00"
msg:
  description: One sentence for a person, naming the files.
  returned: success
  type: str
  sample: 30 of 30 devices done. No lock is left. The report of window CHG0012345 is in /srv/reports/CHG0012345.html.
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import (
    run_window_report,
    window_report_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_report, window_report_spec())


if __name__ == "__main__":
    main()
