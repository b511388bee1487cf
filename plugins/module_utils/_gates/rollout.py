# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canary, batches and soak: what of a window must be over before a batch starts. Pure.

The engine asks for the devices it plans, and every lock and request asks again by what the journal shows then.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import NOTHING, Progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord

# So many devices are named in a message.
_NAMED = 3


def batch_closed(
    record: WindowRecord,
    batch: int,
    progress: t.Mapping[str, Progress],
    is_coming: t.Callable[[RecordedDevice], bool],
    now: float,
) -> ClosedGate | None:
    """Return the gate that keeps a batch (0 is the canary's) from starting at an instant, None when it may. Pure.

    ``progress`` is by the names that devices are locked under; at least the canaries' and the previous batch's.
    ``is_coming`` says of a device that a run has not ended with it, so that it is worth waiting for.
    """
    if batch == 0:
        return None
    closed = _canary(record, progress, is_coming)
    if closed is not None:
        return closed
    before = record.in_batch(batch - 1)
    coming = [device.name for device in before if is_coming(device)]
    if coming:
        return ClosedGate("batch", f"the previous batch is not over: {_named(coming)}.", may_open=True)
    told = {device.name: progress.get(device.sdm_name, NOTHING) for device in before}
    wrong = [
        f"{name}: {found.problem or f'kept back ({found.kept_back})'}"
        for name, found in told.items()
        if found.problem or found.kept_back
    ]
    if wrong and not any(found.is_through(record.stages) for found in told.values()):
        return ClosedGate("batch", f"no device of the previous batch completed: {_named(wrong)}.")
    ended = max((found.ended_at for found in told.values() if found.ended_at), default=None)
    until = None if ended is None else ended + record.rules.soak
    if until is not None and now < until:
        return ClosedGate("soak", f"the previous batch is soaking until {iso(until)}.", may_open=True, until=until)
    return None


def _canary(
    record: WindowRecord, progress: t.Mapping[str, Progress], is_coming: t.Callable[[RecordedDevice], bool]
) -> ClosedGate | None:
    told = {device.name: progress.get(device.sdm_name, NOTHING) for device in record.canaries}
    left = [device for device in record.canaries if not told[device.name].is_through(record.stages)]
    coming = [device.name for device in left if is_coming(device)]
    if coming:
        return ClosedGate("canary", f"the canary is not through: {_named(coming)}.", may_open=True)
    if left:
        missing = [f"{device.name}: {told[device.name].missing(record.stages)}" for device in left]
        return ClosedGate("canary", f"the canary has not completed window {record.window_id}: {_named(missing)}.")
    return None


def _named(problems: t.Sequence[str]) -> str:
    more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    return ", ".join(problems[:_NAMED]) + more
