# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that describe a window and its devices."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_planning/preparation.py``: ``window_options``."""

    DOCUMENTATION = r"""
options:
  window:
    description:
      - The variables of the window in one mapping, as in a window file - C(window_id), C(window_operations),
        C(window_batches), the limits and the times. A value that cannot be understood is refused by name, and so is a
        limit, a time, a group or a task file that is blank.
    type: dict
  fleet_size:
    description:
      - How many hosts the inventory has, which percentages in C(window_max_targets) and C(maintenance_max_in_flight)
        are of.
    type: int
  devices:
    description:
      - The devices of the window in the order of the inventory, as P(netfleet.maintenance.window_devices#filter)
        returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The inventory name of the device.
        type: str
        required: true
      zequenze_name:
        description: Its name in Zequenze Control, when that is another one.
        type: str
      sdm_name:
        description: Its name in Session Delivery Manager, when that is another one.
        type: str
      sdm_device_id:
        description: Its id in Session Delivery Manager, which is used instead of a name.
        type: str
      sdm_group_id:
        description:
          - The group in Session Delivery Manager that is locked instead of the device. It is the ID of the network
            function, such as V(ID40), or of a group in it, such as V(ID40/ID55).
        type: str
        version_added: 0.2.0
      pam_hostname:
        description: Its hostname in PAM Core, when that is another one.
        type: str
      group:
        description:
          - Its redundancy group. Work on it starts only while every other member is up and proven.
        type: str
      managed:
        description: Whether windows may work on it at all.
        type: bool
        default: true
      protected:
        description: Whether windows must leave it alone although it is managed.
        type: bool
        default: false
      protected_reason:
        description: Why it is protected.
        type: str
      sdm_lock:
        description:
          - Whether Session Delivery Manager manages the device. Otherwise the journal is its only lock.
        type: bool
        default: true
      expected_duration:
        description: How many seconds the device takes. It is not started when less time is left.
        type: float
      selected:
        description:
          - Whether the window maintains the device. Otherwise it is another member of a group, whose state counts.
        type: bool
        default: true
"""
