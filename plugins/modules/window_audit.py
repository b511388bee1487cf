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
  - Adds the journal's events to a file of JSON Lines from which no byte is ever removed. Each line says who (the login
    on the controller by its user id, and the AWX job and launching user inside of AWX), what, when in UTC, in which
    window, on which device, which request, and its outcome. What only the environment claims, such as E(SUDO_USER) or
    AWX's variables outside of AWX, stands under C(claimed).
  - Each line holds the hash of its own text and of the line before. The journal stores the last hash, so that lines
    removed at the end show as well.
  - Before anything is written, the chain is checked and compared with the journal. A trail that does not hold, has a
    gap, belongs to another journal, was cut or is gone is not continued.
  - Whoever can write both the journal and the trail can forge both. To notice that, keep RV(last_hash) where they
    cannot write, with O(anchor_command), or sign the trail with O(signing_key), and pass them to
    M(netfleet.maintenance.audit_check).
options:
  path:
    description:
      - The trail, created if it does not exist. A symbolic link is refused.
    type: path
    required: true
  window_id:
    description:
      - Only the events of this window. A trail is of one window, or of everything.
    type: str
  anchor_command:
    description:
      - Command that keeps the last hash elsewhere, for example one that writes it to a log server. Runs after events
        were added, with the hash as its last argument, without a shell, for up to 60 seconds.
    type: str
  signing_key:
    description:
      - Private SSH key that signs the trail, with C(ssh-keygen -Y sign) and the namespace C(netfleet-audit). The
        signature is written to the file with C(.sig) after the trail's name. The key must not need a passphrase.
    type: path
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
  - module: netfleet.maintenance.audit_check
  - module: netfleet.maintenance.journal_info
"""

EXAMPLES = r"""
- name: Continue the audit trail
  netfleet.maintenance.window_audit:
    path: /var/log/netfleet/audit.jsonl
  run_once: true

- name: Sign it, and keep its last hash in the system log
  netfleet.maintenance.window_audit:
    path: /var/log/netfleet/audit.jsonl
    signing_key: ~/.ssh/audit_ed25519
    anchor_command: logger -t netfleet-audit
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
  sample: >-
    42 events added to the audit trail /var/log/netfleet/audit.jsonl. Its last hash is
    3f5e6f3a0c7bb2a2f0cdd3bd0c1b4d3ad2a1a9a4d3e4b1c5f6a7b8c9d0e1f2a3.
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
