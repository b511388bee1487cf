#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_refusal; its logic is in module_utils/_planning/window_refusal.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_refusal
short_description: Write down why a maintenance window was not started
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Writes to the journal that a window was refused as a whole, and why, so that the report of the window and its audit
    trail tell it too. The playbook C(maintenance_window) does this when something stops it before its first device.
  - What was written down last is not written down again, so a window that cron starts every few minutes and that is
    refused every time is reported once.
  - None of the systems is asked, and no device is touched. A journal that cannot be written is a warning, because the
    reason is about to be said anyway.
options:
  window_id:
    description:
      - The window that was refused.
    type: str
    required: true
  reason:
    description:
      - Why, in words for a person.
    type: str
    required: true
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
- name: Write down why the window is not started tonight
  netfleet.maintenance.window_refusal:
    window_id: CHG0012345
    reason: Nobody is on call.
"""

RETURN = r"""
written:
  description: Whether it is in the journal now; in check mode, whether it would be.
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_refusal import (
    run_window_refusal,
    window_refusal_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_refusal, window_refusal_spec())


if __name__ == "__main__":
    main()
