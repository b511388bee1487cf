#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_control; its logic is in module_utils/_window/control.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_control
short_description: Pause, stop or resume maintenance windows
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Writes to the journal that windows are paused or stopped, or ends that. Every controller that shares the journal
    reads it before it locks a device and before it sends a request.
  - A device that is at work is finished and unlocked. A paused run waits, up to its gate timeout, and then ends with
    the remaining devices not started. A stopped run ends as soon as its devices at work are finished.
  - Works before the window opens, too. None of the systems is asked, and no device is touched.
  - The playbooks C(pause_window), C(stop_window) and C(resume_window) use this module.
options:
  window_id:
    description:
      - One window, by its id, for example a change number or C(core-sbc-monthly@20270110T020000Z).
      - Give exactly one of O(window_id), O(window_name) and O(all).
    type: str
  window_name:
    description:
      - Every occurrence of the recurring window of this name, until it is resumed or O(until) is over.
      - Give exactly one of O(window_id), O(window_name) and O(all).
    type: str
  all:
    description:
      - Every window of this journal.
      - With O(state=running) this ends a pause or stop of every window; one of a single window stays in force.
      - Give exactly one of O(window_id), O(window_name) and O(all).
    type: bool
    default: false
  state:
    description:
      - V(paused) starts nothing new until the window is resumed. V(stopped) also ends the runs at work.
      - V(running) resumes the window.
    type: str
    choices: [paused, stopped, running]
    required: true
  reason:
    description:
      - Why, in a few words. The gates, the report and the audit trail show it.
      - Required with O(state=paused) and O(state=stopped).
    type: str
    default: ''
  until:
    description:
      - Instant at which the pause or stop ends by itself, ISO 8601 with offset. Without it, it ends when it is resumed.
    type: str
    aliases: [expires_at]
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
  - module: netfleet.maintenance.window_report
"""

EXAMPLES = r"""
- name: Pause tonight's window while the provider looks at an alarm
  netfleet.maintenance.window_control:
    window_id: CHG0012345
    state: paused
    reason: The provider is looking at an alarm in LAX.

- name: Stop everything for two hours
  netfleet.maintenance.window_control:
    all: true
    state: stopped
    reason: Major incident 4711
    until: "2035-01-14T04:00:00+00:00"

- name: Resume the window
  netfleet.maintenance.window_control:
    window_id: CHG0012345
    state: running
"""

RETURN = r"""
in_force:
  description: Every pause and stop that is in force in this journal now, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    state:
      description: What was asked for, V(paused) or V(stopped).
      type: str
    scope:
      description: What it applies to, V(window_id), V(window_name) or V(all).
      type: str
    target:
      description: The window id or name, empty for every window.
      type: str
    reason:
      description: Why.
      type: str
    by:
      description: Login and host of the person who asked for it.
      type: str
    at:
      description: When, ISO 8601.
      type: str
    until:
      description: When it ends by itself, ISO 8601, or null.
      type: str
  sample:
    - {state: paused, scope: window_id, target: CHG0012345, reason: Alarm in LAX, by: alice on control1,
       at: "2035-01-14T02:10:00.000+00:00", until: null}
msg:
  description: What is in force now and how to end it.
  returned: success
  type: str
  sample: >-
    Window CHG0012345 is paused. Devices at work are finished and unlocked; nothing new starts.
    To resume: ansible-playbook netfleet.maintenance.resume_window -e window_id=CHG0012345
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.control import (
    run_window_control,
    window_control_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_control, window_control_spec())


if __name__ == "__main__":
    main()
