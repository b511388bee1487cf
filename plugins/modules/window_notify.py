#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_notify; its logic is in module_utils/_notify/window_notify.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_notify
short_description: Tell people and systems about a maintenance window
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Runs files of Ansible tasks, each in an C(ansible-playbook) of its own (the playbook C(netfleet.maintenance.notify))
    with a time limit. They find what is to be told in the variable C(notification).
  - C(notification) has C(moment), C(window), C(summary), C(to_do), C(attention) (devices that are not done, at most
    50) and C(files); their contents are those of the JSON report of M(netfleet.maintenance.window_report).
  - Each hook is called once when a window has started, and once for each new end. An end is new when the outcome of a
    device, or what is left to do, differs from what was reported before. The journal remembers what was reported. So a
    window that cron starts every five minutes is reported twice, unless something happens.
  - It never fails, because no maintenance depends on it. A hook that hangs or fails is a warning, and the hooks after
    it are called all the same.
  - Examples for a webhook, a chat and e-mail are in C(examples/notifications) of the source.
options:
  window_id:
    description:
      - ID of the window.
    type: str
    required: true
  hooks:
    description:
      - Files of tasks.
    type: list
    elements: path
    required: true
  moment:
    description:
      - What happened to the window. For V(started) the hooks run beside the window, which does not wait for them.
    type: str
    choices: [started, ended]
    default: ended
  operations:
    description:
      - What the window wants done on each device, as in M(netfleet.maintenance.window_report).
    type: list
    elements: str
    default: []
  files:
    description:
      - Files to name in the notification. By default those of the window's report, if this run wrote it.
    type: dict
    default: {}
  timeout:
    description:
      - Seconds each hook may take.
    type: float
    default: 30.0
  at_end:
    description:
      - Do it when this run of Ansible ends, however it ends, instead of now. Without effect where the module runs
        outside of the controller process.
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
    details:
      - A hook that failed is called again by the next run.
seealso:
  - module: netfleet.maintenance.window_report
"""

EXAMPLES = r"""
- name: Tell the chat how the window went, whatever happens in this run
  netfleet.maintenance.window_notify:
    window_id: CHG0012345
    hooks: [notifications/chat.yml, notifications/email.yml]
    at_end: true
  run_once: true
"""

RETURN = r"""
told:
  description: How many hooks were told now; for O(moment=started), how many were started.
  returned: always
  type: int
  sample: 2
msg:
  description: One sentence for a person.
  returned: always
  type: str
  sample: 2 of 2 hooks were told.
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.window_notify import (
    run_window_notify,
    window_notify_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_notify, window_notify_spec())


if __name__ == "__main__":
    main()
