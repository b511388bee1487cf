#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_audit; its logic is in module_utils/_audit/window_audit.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_audit
short_description: Continue the audit trail of what was done
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Adds the journal's events to a file of JSON Lines that is only ever added to. Each line says who (login on the
    controller, AWX job and launching user where there are any), what, when in UTC, in which window, on which device,
    which request, and its outcome.
  - Each line holds a hash of itself and of the line before, so that a line that is changed, taken out or put in
    shows. Keep RV(last_hash) elsewhere to notice lines that are cut off at the end, or let
    M(netfleet.maintenance.verify_audit) compare with the journal.
  - A trail that does not hold is not continued.
options:
  path:
    description:
      - The trail, made when it is not there.
    type: path
    required: true
  window_id:
    description:
      - Only the events of this window. A trail is of one window, or of everything.
    type: str
  at_end:
    description:
      - Do it when this run of Ansible ends, however it ends, instead of now. What goes wrong then is a warning. Without
        effect where the module runs outside of the controller process.
    type: bool
    default: false
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
  - module: netfleet.maintenance.verify_audit
  - module: netfleet.maintenance.journal_info
"""

EXAMPLES = r"""
- name: Continue the audit trail
  netfleet.maintenance.window_audit:
    path: /var/log/netfleet/audit.jsonl
  register: __trail
  run_once: true

- name: Keep its last hash where whoever may write the trail may not
  ansible.builtin.debug:
    msg: "{{ __trail.last_hash }}"
  run_once: true
"""

RETURN = r"""
path:
  description: The trail.
  returned: success, but for O(at_end=true)
  type: str
  sample: /var/log/netfleet/audit.jsonl
added:
  description: How many events were added.
  returned: success, but for O(at_end=true)
  type: int
  sample: 42
records:
  description: How many events the trail holds now.
  returned: success, but for O(at_end=true)
  type: int
  sample: 4711
last_hash:
  description: The hash of its last line.
  returned: success, but for O(at_end=true)
  type: str
  sample: 3f5e6f3a0c7bb2a2f0cdd3bd0c1b4d3ad2a1a9a4d3e4b1c5f6a7b8c9d0e1f2a3
msg:
  description: One sentence for a person.
  returned: success
  type: str
  sample: 42 events were added to the audit trail /var/log/netfleet/audit.jsonl.
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.window_audit import (
    run_window_audit,
    window_audit_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_window_audit, window_audit_spec())


if __name__ == "__main__":
    main()
