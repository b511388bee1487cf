#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module audit_check; its logic is in module_utils/_audit/audit_check.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_check
short_description: Check an audit trail against its own chain and the journal
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Reads a trail that M(netfleet.maintenance.window_audit) wrote, follows its chain of hashes, and compares it with the
    journal and with the last hash that the journal stored.
  - Fails when a line was changed, removed or inserted, also at the end, when an event is missing from the trail or the
    journal, when they differ, and when the trail is of another journal. The message names the lines. Events that are
    only newer than the trail are no fault.
  - A trail and a journal that were forged alike are found only with O(last_hash) or O(allowed_signers).
options:
  path:
    description:
      - The trail.
    type: path
    required: true
  window_id:
    description:
      - The window that the trail is of. Leave it out for a trail of all windows.
    type: str
  last_hash:
    description:
      - A hash that was kept elsewhere when the trail was continued. The trail must still hold it.
    type: str
  allowed_signers:
    description:
      - File with the keys that may sign the trail, as C(ssh-keygen -Y verify) reads it. Needs O(signer).
    type: path
  signer:
    description:
      - Identity in O(allowed_signers) that must have signed the trail as it is now.
    type: str
  use_journal:
    description:
      - Whether to compare with the journal. Without it only the chain is checked.
    type: bool
    default: true
extends_documentation_fragment:
  - netfleet.maintenance.journal
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.window_audit
"""

EXAMPLES = r"""
- name: Check the audit trail
  netfleet.maintenance.audit_check:
    path: /var/log/netfleet/audit.jsonl
    last_hash: 3f5e6f3a0c7bb2a2f0cdd3bd0c1b4d3ad2a1a9a4d3e4b1c5f6a7b8c9d0e1f2a3
  run_once: true
"""

RETURN = r"""
verified:
  description: Whether nothing is wrong.
  returned: when the trail could be read
  type: bool
  sample: true
path:
  description: The trail.
  returned: when the trail could be read
  type: str
  sample: /var/log/netfleet/audit.jsonl
records:
  description: How many events it holds.
  returned: when the trail could be read
  type: int
  sample: 4711
not_exported:
  description: How many events of the journal are newer than the trail.
  returned: when the trail could be read
  type: int
  sample: 0
last_hash:
  description: The hash of its last line.
  returned: when the trail could be read
  type: str
  sample: 3f5e6f3a0c7bb2a2f0cdd3bd0c1b4d3ad2a1a9a4d3e4b1c5f6a7b8c9d0e1f2a3
problems:
  description: What is wrong.
  returned: when the trail could be read
  type: list
  elements: dict
  contains:
    line:
      description: The line of the trail.
      type: int
      sample: 12
    problem:
      description: What is wrong with it.
      type: str
      sample: "its hash does not fit what it says: it was changed"
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.audit_check import (
    audit_check_spec,
    run_audit_check,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_audit_check, audit_check_spec())


if __name__ == "__main__":
    main()
