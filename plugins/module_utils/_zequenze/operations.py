# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations Zequenze Control has, by what they do to a device."""

from __future__ import annotations

import typing as t

OPERATIONS = ("reboot", "factory", "device_factory", "sync", "reconf")

RESTARTS = frozenset({"reboot", "factory", "device_factory"})

RESETS = frozenset({"factory", "device_factory"})

REPEATABLE = frozenset({"sync", "reconf"})

Operation = t.Literal["reboot", "factory", "device_factory", "sync", "reconf"]
