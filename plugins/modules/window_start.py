#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module window_start; its logic is in module_utils/_window/window_start.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: window_start
short_description: Begin a run of a maintenance window, and say at its end how it went
version_added: 0.2.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Checks in the journal whether another run is at work on the window for the same devices.
  - As an action, it also has the controller process do two things when the run ends, however its plays went. Devices
    that this run left locked, because a worker died, are unlocked with the connections that the environment has.
    Three things are said - the result, the locks and the next command.
options:
  window_id:
    description: ID of the window, or of its occurrence.
    type: str
    required: true
  name:
    description: Inventory names of the devices.
    type: list
    elements: str
    required: true
    aliases: [names, device]
  state:
    description: State of the window, as P(netfleet.maintenance.window_occurrence#filter) returns it.
    type: str
    default: open
  reason:
    description: Why the window is in that state, likewise. It is said at the end when the window is not open.
    type: str
    default: ""
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
      - This module does not change a system.
  idempotent:
    support: full
seealso:
  - module: netfleet.maintenance.window_run
"""

EXAMPLES = r"""
- name: Begin the window
  netfleet.maintenance.window_start:
    window_id: CHG0012345
    name: [lax-sbc-01, lax-sbc-02]
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
at_work:
  description: The run that is at work on the window for all of these devices; empty when there is none.
  returned: always, unless the task fails
  type: str
  sample: ""
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_start import (
    run_window_start,
    window_start_spec,
)


def main() -> None:
    """Run the module."""
    run_module(run_window_start, window_start_spec())


if __name__ == "__main__":
    main()
