#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module operation_recovery; its logic is in module_utils/_operation/operation_recovery.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: operation_recovery
short_description: Settle the operations that a dead run left open, by looking for evidence
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Reads the journal for operations that were sent, or may have been, and whose end is not known. Each is compared with
    what the device was before, and becomes V(done), V(failed) or stays V(unknown).
  - Nothing is ever sent. Operations that a living run still waits for are left alone.
options:
  window_id:
    description:
      - Only the operations of this window.
    type: str
  ended_jobs:
    description:
      - Numbers of AWX jobs that are known to have ended, however they ended. Their runs count as dead at once.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  ended_workflow:
    description:
      - Number of an AWX workflow job whose jobs for windows have all ended, however they ended. Their runs count as
        dead at once.
    type: str
    version_added: 0.2.0
  wait_for_silence:
    description:
      - Wait until each run on another machine has given a new sign of life or counts as dead; see
        M(netfleet.maintenance.lock_recovery).
    type: bool
    default: false
    version_added: 0.2.0
  wait_timeout:
    description:
      - How many seconds to wait for evidence. V(0) looks once.
    type: float
    default: 0.0
  wait_interval:
    description:
      - Seconds between two looks.
    type: float
    default: 5.0
  concurrency:
    description:
      - How many devices are worked on at the same time, at most 128.
    type: int
    default: 16
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.zequenze
  - netfleet.maintenance.journal
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_zequenze
attributes:
  check_mode:
    support: partial
    details:
      - Says for each operation whether it would be looked at, and writes nothing to the journal. It does not look for
        evidence, so the outcome is not predicted.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.device_operation
  - module: netfleet.maintenance.lock_recovery
"""

EXAMPLES = r"""
- name: Find out what became of the reboots of a crashed run
  netfleet.maintenance.operation_recovery:
    window_id: CHG0012345
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
devices:
  description: What became of each operation; see M(netfleet.maintenance.device_operation) for the keys.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  sample:
    - name: lax-sbc-01
      id: "812"
      operation: reboot
      outcome: done
      changed: false
      sent: false
      evidence: ["the uptime started anew: 86400 s before, 41 s after"]
      execution_id: op_3f9c1a77be02
      message: ""
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operation_recovery import (
    operation_recovery_spec,
    run_operation_recovery,
)


def main() -> None:
    """Run the module."""
    run_module(run_operation_recovery, operation_recovery_spec())


if __name__ == "__main__":
    main()
