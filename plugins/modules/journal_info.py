#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module journal_info; its logic is in module_utils/_journal/journal_info.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: journal_info
short_description: Read the journal of locks and operations
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Returns the locks and operations that M(netfleet.maintenance.device_lock), M(netfleet.maintenance.device_operation)
    and M(netfleet.maintenance.window_run) recorded, and on request everything that happened, in order.
  - None of the systems is asked. A journal that does not exist is not made.
options:
  window_id:
    description:
      - Only what belongs to this maintenance window - its operations, and the locks held for it.
    type: str
  name:
    description:
      - Only these devices, by the names they were locked or operated under. One name or a list.
      - Here it is not filled in with the name of the host.
    type: list
    elements: str
    aliases: [names, device]
  holder:
    description:
      - Only this holder's locks, and the operations of the window of this name, because inside a window its id is the
        holder.
    type: str
  open:
    description:
      - Only locks that are, or may be, still ours and operations whose end is not known. Does not filter
        RV(events).
    type: bool
    default: false
  events:
    description:
      - Whether to read RV(events) too.
    type: bool
    default: false
  seen:
    description:
      - What an earlier job returned as RV(seen). Fails where the journal lacks it, as after a fail-over or from a copy.
    type: str
  limit:
    description:
      - How many rows of each kind to give at most, the newest ones.
    type: int
    default: 1000
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
  - module: netfleet.maintenance.device_lock
  - module: netfleet.maintenance.device_operation
"""

EXAMPLES = r"""
- name: Read what is still open
  netfleet.maintenance.journal_info:
    open: true
  run_once: true
  register: __journal

- name: Show the locks whose holder may be treated as dead
  ansible.builtin.debug:
    msg: "{{ __journal.locks | selectattr('lease_over') | map(attribute='device') }}"
  run_once: true

- name: Read what happened to a device in a window
  netfleet.maintenance.journal_info:
    window_id: CHG0012345
    name: lax-sbc-01
    events: true
"""

RETURN = r"""
journal:
  description: Where the journal is, without its password.
  returned: success
  type: str
  sample: /home/ops/.local/state/netfleet/journal.sqlite3
exists:
  description: Whether there is a journal at this place. If not, the lists are empty.
  returned: success
  type: bool
  sample: true
seen:
  description:
    - Which journal it is, and its newest event. A later job on another machine gives it to O(seen).
    - Missing as long as no window and no operation was recorded.
  returned: when something was recorded
  type: str
  sample: 0c9e0a3f7c5d4f1e9a55d0c1a1b2c3d4:1289:1796004312.482
truncated:
  description: Whether O(limit) left out older rows.
  returned: success
  type: bool
  sample: false
locks:
  description: Locks, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    server:
      description: Address of the Session Delivery Manager.
      type: str
      sample: https://sdm.example.com:8443
    device:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    device_id:
      description: The device's id on that server.
      type: str
      sample: ID41
    account:
      description: The account that took the lock.
      type: str
      sample: lockbot
    holder:
      description: Who it is, or was, held for.
      type: str
      sample: CHG0012345
    state:
      description:
        - V(taking) - asked for, the answer is not known; it may be locked.
        - V(held) - ours.
        - V(returning) - its return was asked for, the answer is not known; it may still be locked.
        - V(returned) - unlocked.
        - V(refused) - never ours.
        - V(lost) - was ours, and now another user has it or it was removed.
      type: str
      sample: held
    open:
      description: Whether the device is, or may be, locked by us.
      type: bool
      sample: true
    taken_at:
      description: When it was asked for, ISO 8601 in UTC like all instants here.
      type: str
      sample: "2026-11-21T02:00:11.042+00:00"
    confirmed_at:
      description: When the server confirmed it last; null if it never did.
      type: str
      sample: "2026-11-21T02:00:11.310+00:00"
    ended_at:
      description: When it ended; null while it is open.
      type: str
      sample: null
    lease:
      description: After how many seconds without a sign of life the holder may be treated as dead.
      type: float
      sample: 14400.0
    lease_ends_at:
      description: When that is, counted from the last confirmation.
      type: str
      sample: "2026-11-21T06:00:11.310+00:00"
    lease_over:
      description: Whether the lock is open and that has passed.
      type: bool
      sample: false
    sender:
      description: The machine and process that asked for it last.
      type: dict
      sample: {host: ops-01, pid: 4711}
    message:
      description: What the server said, or what a person needs to know.
      type: str
      sample: ""
operations:
  description: Operations, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    server:
      description: Address of Zequenze Control.
      type: str
      sample: https://control.zequenze.com/api/v1
    window_id:
      description: The window it belongs to; null for none.
      type: str
      sample: CHG0012345
    device:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    device_id:
      description: The device's id on that server.
      type: str
      sample: "812"
    serial:
      description: The device's serial number at that time.
      type: str
      sample: ZX81TEST0007
    operation:
      description: The operation.
      type: str
      sample: reboot
    attempt:
      description: The number of the attempt within the window.
      type: int
      sample: 1
    state:
      description:
        - V(sending) - written down right before it is sent.
        - V(accepted) - the platform took it, its end is not known.
        - V(unknown) - it may have been executed.
        - V(refused) - certainly not executed.
        - V(done) and V(failed) - settled.
      type: str
      sample: done
    sent:
      description: Whether the request left, or may have left.
      type: bool
      sample: true
    claimed_at:
      description: When it was written down.
      type: str
      sample: "2026-11-21T02:01:00.000+00:00"
    send_deadline:
      description: The instant after which it was not to be sent any more.
      type: str
      sample: "2026-11-21T02:01:30.000+00:00"
    sent_at:
      description: When it was sent.
      type: str
      sample: "2026-11-21T02:01:00.120+00:00"
    settled_at:
      description: When its end was known.
      type: str
      sample: "2026-11-21T02:02:14.000+00:00"
    evidence:
      description: What proved it.
      type: list
      elements: str
      sample: ["the uptime was 1 d 0 h before and is 41 s now"]
    execution_id:
      description: The platform's execution id.
      type: str
      sample: op_3f9c1a77be02
    sender:
      description: The machine and process that sent it.
      type: dict
      sample: {host: ops-01, pid: 4711}
    message:
      description: What a person needs to know.
      type: str
      sample: ""
events:
  description: What happened, oldest first. Empty without O(events).
  returned: success
  type: list
  elements: dict
  contains:
    at:
      description: When.
      type: str
      sample: "2026-11-21T02:00:11.042+00:00"
    kind:
      description: What.
      type: str
      sample: operation_claimed
    window_id:
      description: The window, or the holder of the lock.
      type: str
      sample: CHG0012345
    server:
      description: The address of the system.
      type: str
      sample: https://control.zequenze.com/api/v1
    device:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    device_id:
      description: The device's id on that server.
      type: str
      sample: "812"
    data:
      description: Details, different for each kind.
      type: dict
      sample: {operation: reboot}
    sender:
      description: The machine and process that wrote it.
      type: dict
      sample: {host: ops-01, pid: 4711}
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal_info import (
    journal_info_spec,
    run_journal_info,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module


def main() -> None:
    """Run the module."""
    run_module(run_journal_info, journal_info_spec())


if __name__ == "__main__":
    main()
