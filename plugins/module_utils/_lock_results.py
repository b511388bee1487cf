# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of one device that is locked or unlocked."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._device_results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._waiting import iso


def lock_result(
    name: str,
    device_id: str | None,
    state: str,
    row: t.Mapping[str, t.Any] | None,
    *,
    changed: bool = False,
    message: str = "",
    before: t.Mapping[str, t.Any] | None = None,
    gate: str | None = None,
) -> DeviceResult:
    """Build the result of one device; ``row`` is the journal row that holds now, ``before`` the one that held."""
    holder = row["holder"] if row else None
    shown_item = {
        "name": name,
        "device_id": device_id,
        "state": state,
        "changed": changed,
        "holder": holder,
        "locked_at": iso(row.get("taken_at")) if row else None,
        "message": message,
    }
    if gate is not None:
        shown_item["gate"] = gate
    was = {"state": "locked", "holder": before["holder"]} if before else {"state": "unlocked", "holder": None}
    return DeviceResult(shown_item, before=was, after={"state": state, "holder": holder})


def lock_failed(name: str, device_id: str | None, state: str, message: str) -> DeviceResult:
    """Build the result of a device that failed in a state, with the message why."""
    return DeviceResult(lock_result(name, device_id, state, None, message=message).shown, failed=True)
