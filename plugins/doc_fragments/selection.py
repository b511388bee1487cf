# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that holds the devices of a window."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_window_devices.targets_options``."""

    DOCUMENTATION = r"""
options:
  devices:
    description:
      - The devices of the window in the order of the inventory, as P(netfleet.maintenance.window_devices#filter) gives
        them.
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
      pam_hostname:
        description: Its hostname in PAM Core, when that is another one.
        type: str
      group:
        description: The exclusive group it belongs to, of which no two devices are taken at once.
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
        description: Why it is protected, for the people who wonder.
        type: str
"""
