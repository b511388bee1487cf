# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices that a window has not maintained, and why, by its record and what the journal shows of it.

A device that the window leaves alone by its own rules (protected, not managed) is not left; one that a system does not
know is.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import (
    THROUGH_STATES,
    window_failures,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import GATE_EVENT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
)

# So many devices of one reason are named in a sentence.
_NAMED = 5


@dataclasses.dataclass(frozen=True)
class Left:
    """A device that is not maintained, and why in a few words (``reboot failed``, ``not reached``)."""

    device: RecordedDevice
    why: str


def devices_left(journal: Journal, record: WindowRecord) -> list[Left]:
    """Return the devices that are not through all stages of the window, in its order. Raises JournalError."""
    failures = window_failures(journal, record.window_id)
    states, gates = _states(journal, record), _gates(journal, record)
    left = []
    for device in record.devices:
        if device.excluded is not None:
            if device.is_left_over:
                left.append(Left(device, device.excluded))
            continue
        steps = states.get(device.sdm_name, {})
        # A check of the user has its own row, and is no stage of the record.
        missing = [stage for stage in record.stages if steps.get(stage) not in THROUGH_STATES]
        wrong = [f"{step} {state}" for step, state in steps.items() if state not in THROUGH_STATES]
        if missing or wrong:
            gate = gates.get(device.sdm_name) or gates.get(device.zequenze_name)
            kept_back = f"closed gate: {gate}" if gate else ""
            why = next(filter(None, [*wrong, failures.get(device.sdm_name), kept_back]), None)
            left.append(Left(device, why or ("not reached" if not steps else f"{missing[0]} not started")))
    return left


def sentence(record: WindowRecord, left: t.Sequence[Left]) -> str:
    """Say how many devices are not maintained and why; empty when none is left."""
    if not left:
        return ""
    reasons: dict[str, list[str]] = collections.defaultdict(list)
    for each in left:
        reasons[each.why].append(each.device.name)
    parts = []
    for why, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        parts.append(f"{why}: {', '.join(names[:_NAMED])}{more}")
    total = sum(device.excluded is None or device.is_left_over for device in record.devices)
    devices = "1 device" if total == 1 else f"{total} devices"
    return f"{len(left)} of {devices} of window {record.window_id} not maintained. {'; '.join(parts)}."


def _states(journal: Journal, record: WindowRecord) -> dict[str, dict[str, str]]:
    """Return the state of each operation's newest attempt, by the name a device is locked under."""
    table = schema.OPERATIONS
    rows = journal.rows(
        sa.select(table.c.lock_name, table.c.operation, table.c.state)
        .where(table.c.window_id == record.window_id)
        .order_by(table.c.attempt, table.c.id)
    )
    states: dict[str, dict[str, str]] = {}
    for row in rows:
        states.setdefault(row["lock_name"], {})[row["operation"]] = row["state"]
    return states


def _gates(journal: Journal, record: WindowRecord) -> dict[str, str]:
    """Return the gate that kept a device back last, by the name it was called then."""
    table = schema.EVENTS
    rows = journal.rows(
        sa.select(table.c.device, table.c.data)
        .where(table.c.window_id == record.window_id, table.c.kind == GATE_EVENT)
        .order_by(table.c.id)
    )
    return {row["device"]: str(row["data"].get("gate")) for row in rows}
