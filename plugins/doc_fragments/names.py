# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that name devices."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_options.names_options``."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - The devices, by the exact name the system knows them under. One name or a list.
      - In a task that runs on the controller (the usual case) it may be left out and is the inventory name of the host
        then.
    type: list
    elements: str
    aliases: [names, device]
  concurrency:
    description:
      - How many of the named devices are worked on at the same time, at most 128.
    type: int
    default: 16
"""
