# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that says what the inventory knows of devices the journal only knows by name."""

from __future__ import annotations


class ModuleDocFragment:
    """Option of ``_window_report.listed_options``."""

    DOCUMENTATION = r"""
options:
  devices:
    description:
      - What the inventory knows of the devices. The journal only has the names the systems know them by.
      - Devices that are listed here and were never touched are reported too.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The device's name in the inventory.
        type: str
        required: true
      site:
        description: Where it stands.
        type: str
      model:
        description: What it is.
        type: str
      type:
        description: Its kind, such as V(SBC).
        type: str
      sdm_name:
        description: Its name in Oracle Session Delivery Manager, where that is another.
        type: str
      zequenze_name:
        description: Its name in Zequenze Control, where that is another.
        type: str
"""
