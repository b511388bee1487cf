# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter awx_schedule: the schedule of a maintenance window in the form that AWX takes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_schedule
short_description: Write the schedule of a maintenance window as AWX takes it
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Takes the definition of a maintenance window, as it stands in a window file, and gives what the option C(rrule) of
    M(awx.awx.schedule) wants, which is a C(DTSTART) with the time zone and one C(RRULE) or more.
  - AWX and Automation Platform read less than RFC 5545. Numbers before weekdays are rewritten with C(BYSETPOS), into
    several rules where it must be, and C(INTERVAL) and the time of the day are always written.
  - The schedule starts the job when the window opens. Whether the window is open is still judged by the playbook, also
    when AWX starts the job late. A start in the hour that the clocks skip is left out by AWX.
options:
  _input:
    description:
      - The keys of a window file, see P(netfleet.maintenance.window_occurrence#filter).
    type: dict
    required: true
seealso:
  - plugin: netfleet.maintenance.window_occurrence
    plugin_type: filter
requirements:
  - python-dateutil
  - tzdata, where the system has no time zone database
"""

EXAMPLES = r"""
- name: Start the workflow when the window opens
  awx.awx.schedule:
    name: core-sbc-monthly
    unified_job_template: core-sbc-monthly
    rrule: "{{ window | netfleet.maintenance.awx_schedule }}"
  vars:
    window: "{{ lookup('ansible.builtin.file', 'windows/core.yml') | from_yaml }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: The schedule, empty for a window that happens once and is open now.
  type: str
  sample: >-
    DTSTART;TZID=Europe/London:20260101T000000
    RRULE:FREQ=MONTHLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0;BYSETPOS=2;INTERVAL=1;BYSECOND=0
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._libraries import missing_libraries
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule import awx as _awx_schedule
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.watchdog import end_with_run


def awx_schedule(definition: object) -> str:
    """Return the schedule of the window with this definition.

    Raises AnsibleFilterError for a definition that cannot be understood or that AWX cannot be told, and without the
    libraries.
    """
    end_with_run()
    missing = missing_libraries(["dateutil"])
    if missing:
        raise AnsibleFilterError(missing)
    try:
        return _awx_schedule.awx_schedule(definition)
    except MaintenanceError as error:
        # Ansible adds the text of a cause to the message, which says it all already.
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Names the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"awx_schedule": awx_schedule}
