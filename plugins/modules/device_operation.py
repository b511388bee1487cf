#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module device_operation; its logic is in module_utils/_operation/device_operation.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: device_operation
short_description: Reboot, sync, reconfigure or reset devices through Zequenze Control, at most once per window
version_added: 0.1.0
author:
  - The netfleet.maintenance authors (@netfleet)
description:
  - Sends an operation to devices through Zequenze Control and waits for evidence that it happened.
  - Zequenze Control confirms an operation when it accepts it, not when it is done. So the device is compared with what
    it was right before - its uptime, its status, its log and its pending settings. Only evidence makes an outcome
    V(done).
  - With O(window_id), an operation is sent at most once per window, device and operation. A second run, a second
    controller or a retry finds the earlier one in the journal and reports or observes it.
  - When the answer to a reboot is lost, it is never sent again. The device is observed, and without evidence the
    outcome is V(unknown).
options:
  operation:
    description:
      - V(reboot) restarts the device and keeps its configuration.
      - V(sync) brings the device and the platform's settings into line.
      - V(reconf) applies the configuration again.
      - V(factory) and V(device_factory) reset the device to factory settings. Treat both as erasing everything. They
        need O(window_id) and O(confirm), and are never sent a second time by themselves.
    type: str
    required: true
    choices: [reboot, factory, device_factory, sync, reconf]
  window_id:
    description:
      - The maintenance window (or change) this belongs to. It is the idempotency key - within it, each operation is
        sent at most once to each device.
    type: str
  since:
    description:
      - An instant, ISO 8601 with offset. Devices for which there is evidence that the operation happened after it are
        skipped.
    type: str
  not_after:
    description:
      - An instant, ISO 8601 with offset, after which not a byte of the request leaves. It is checked right before
        sending.
    type: str
  wait:
    description:
      - Whether to wait for evidence. Without it the outcome is V(accepted).
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait for evidence, and for a free place under O(max_in_flight).
    type: float
    default: 600.0
  wait_interval:
    description:
      - Seconds between two looks.
    type: float
    default: 5.0
  conflict_timeout:
    description:
      - How many seconds to wait for a device that is offline or busy with another operation (409). V(0) does not wait.
    type: float
    default: 300.0
  require_lock:
    description:
      - Whether the journal must show the device locked for O(window_id) by M(netfleet.maintenance.device_lock). Checked
        right before sending.
      - Without O(window_id) no lock is needed, but a device that the journal shows locked for another holder is left
        alone, see O(lock_wait_timeout).
      - V(false) sends all the same, whoever has locked the device. This is written to the journal and the audit trail.
      - By default true when O(window_id) is set.
    type: bool
  lock_wait_timeout:
    description:
      - Without O(window_id), how many seconds to wait while another holder has the device locked, or a member of its
        group is not up. V(0) does not wait. The device is then refused.
    type: float
    default: 0.0
    version_added: 0.2.0
  groups:
    description:
      - Without O(window_id), redundancy groups of devices. Each is a list of its members, which are names in Zequenze
        Control or devices as the filter P(netfleet.maintenance.window_devices#filter) gives them.
      - Nothing is sent to a device while another member of its group is locked, down, unproven since its last restart,
        or cannot be read.
    type: list
    elements: raw
    version_added: 0.2.0
  require_partners:
    description:
      - Whether the other members of a device's group in O(groups) must be up. V(false) sends all the same, which is
        written to the journal and the audit trail.
    type: bool
    default: true
    version_added: 0.2.0
  lock_name:
    description:
      - The names under which the devices were locked, one for each in O(name), where they differ.
    type: list
    elements: str
  confirm:
    description:
      - The exact list of device names a person has confirmed. Required for V(factory) and V(device_factory).
    type: list
    elements: str
  attempt:
    description:
      - Number of the attempt. After an attempt that failed or whose outcome is unknown, a person who has looked at the
        device may ask for one more by raising it. It is written to the journal.
      - Devices whose operation is done are skipped, and those where it was accepted are observed, whatever the number,
        so a list of names may hold all of a window.
      - Not for V(factory) and V(device_factory), which need a new O(window_id).
    type: int
    default: 1
extends_documentation_fragment:
  - netfleet.maintenance.connection
  - netfleet.maintenance.zequenze
  - netfleet.maintenance.journal
  - netfleet.maintenance.names
  - netfleet.maintenance.gates
  - netfleet.maintenance.attributes
  - netfleet.maintenance.attributes.actiongroup_zequenze
attributes:
  check_mode:
    support: full
    details:
      - Reads the device and the journal and says what would be sent. Whether it would succeed cannot be predicted.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(window_id) an operation is sent once per window and device. With O(since) it is skipped when there is
        evidence that it happened.
      - With neither, every run sends the operation once more.
seealso:
  - module: netfleet.maintenance.device_lock
  - module: netfleet.maintenance.device_info
  - module: netfleet.maintenance.journal_info
"""

EXAMPLES = r"""
- name: Reboot every device of the play, once in this window
  netfleet.maintenance.device_operation:
    api_token: "{{ zequenze_token }}"
    operation: reboot
    window_id: CHG0012345
    not_after: "2026-12-13T03:40:00+00:00"

- name: Reboot a device outside of a window, only while its partner is up, and wait a minute for another's lock
  netfleet.maintenance.device_operation:
    name: lax-sbc-01
    operation: reboot
    groups:
      - [lax-sbc-01, lax-sbc-02]
    lock_wait_timeout: 60

- name: Sync two hundred devices in one task, thirty at a time
  netfleet.maintenance.device_operation:
    name: "{{ groups['site_LAX'] }}"
    operation: sync
    concurrency: 30
  run_once: true

- name: Reboot unless it was rebooted today
  netfleet.maintenance.device_operation:
    operation: reboot
    since: "2026-12-13T00:00:00+00:00"

- name: Reset one device to factory settings
  netfleet.maintenance.device_operation:
    name: lab-cpe-07
    operation: factory
    window_id: CHG0012346
    confirm: [lab-cpe-07]
"""

RETURN = r"""
devices:
  description: What happened to each device, in the order asked.
  returned: always, unless the task fails as a whole
  type: list
  elements: dict
  contains:
    name:
      description: The device's name.
      type: str
      sample: lax-sbc-01
    id:
      description: The device's id in Zequenze Control.
      type: str
      sample: "812"
    operation:
      description: The operation.
      type: str
      sample: reboot
    outcome:
      description:
        - V(done) - there is evidence that it happened.
        - V(accepted) - the platform took it; not waited for. In check mode, what would be sent.
        - V(skipped) - already done in this window, or after the given instant.
        - V(refused) - certainly not executed.
        - V(failed) - the system said it failed.
        - V(unknown) - it may have been executed, and there is no evidence. The message says what was seen since.
          Check the device.
      type: str
      sample: done
    changed:
      description: Whether this task changed, or may have changed, the device.
      type: bool
      sample: true
    sent:
      description: Whether this task put the request on the wire.
      type: bool
      sample: true
    evidence:
      description: What proved it, one sentence each.
      type: list
      elements: str
      sample: ["the uptime was 1 d 0 h before and is 41 s now"]
    execution_id:
      description: The platform's execution id, for its support only; null when it gave none.
      type: str
      sample: op_3f9c1a77be02
    message:
      description: What a person needs to know and what to do next, empty when all is well.
      type: str
      sample: ""
    queued:
      description:
        - Whether the platform still has the operation in its queue, so that it will be carried out later.
      returned: when it is queued, with V(unknown)
      type: bool
      sample: true
    gate:
      description:
        - What kept the request from being sent. One of V(window), V(cutoff), V(duration),
          V(freeze), V(calendar), V(protected), V(live_session), V(budget), V(cap), V(not_after), V(lock),
          V(device_up) and V(pending).
      returned: when a gate kept the request from being sent
      type: str
      sample: freeze
"""

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import run_module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_operation import (
    device_operation_spec,
    run_device_operation,
)


def main() -> None:
    """Run the module."""
    run_module(run_device_operation, device_operation_spec())


if __name__ == "__main__":
    main()
