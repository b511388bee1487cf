# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices of a window may start now: canary, batches, soak, groups, cap and failure limit. Pure functions.

The rules stand in the window's record. What was done so far is a :class:`Progress` per device, whoever did it; a device
that waits for a rule costs nothing meanwhile.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rollout import batch_closed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import NOTHING, Progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord


@dataclasses.dataclass(frozen=True)
class Situation:
    """A window at one moment.

    ``progress`` is by the names that devices are locked under; a device without an entry was not touched. ``waiting``
    are the devices of this run that are still to come (inventory names, in order) and ``at_work`` those it is at work
    on. ``resting`` are waiting devices whose own gate is checked again later. ``places`` is how many more may be taken
    on, None for any number.
    """

    record: WindowRecord
    progress: t.Mapping[str, Progress]
    waiting: t.Sequence[str]
    at_work: t.Collection[str]
    now: float
    places: int | None = None
    resting: t.Mapping[str, ClosedGate] = dataclasses.field(default_factory=dict)

    def of(self, device: RecordedDevice) -> Progress:
        """Return how far a device is."""
        return self.progress.get(device.sdm_name, NOTHING)

    def is_coming(self, device: RecordedDevice) -> bool:
        """Return whether no run has ended with a device, so that it is worth waiting for."""
        return device.name in self._ours or self.of(device).is_begun()

    @functools.cached_property
    def _ours(self) -> frozenset[str]:
        return frozenset({*self.waiting, *self.at_work})


@dataclasses.dataclass(frozen=True)
class Plan:
    """What may happen now: devices to start, and those that cannot be started at all, with the gate that is closed.

    ``held_up`` says why the others wait, and ``wake_at`` (epoch seconds) when time alone changes that.
    """

    start: tuple[RecordedDevice, ...] = ()
    closed: t.Mapping[str, ClosedGate] = dataclasses.field(default_factory=dict)
    held_up: t.Mapping[str, ClosedGate] = dataclasses.field(default_factory=dict)
    wake_at: float | None = None


def plan(situation: Situation) -> Plan:
    """Return what may start at this moment, and what never will.

    It is asked each time that a device ends, so the devices that wait for a place are looked at no further than the
    first of them.
    """
    record, limit = situation.record, situation.record.rules.max_in_flight
    flying = {name for name, progress in situation.progress.items() if progress.in_flight}
    failed = {name for name, progress in situation.progress.items() if progress.problem}
    at_work = {device.sdm_name for name in situation.at_work if (device := record.device(name)) is not None}
    away = flying | at_work
    groups = {
        device.group
        for members in record.groups().values()
        for device in members
        if device.sdm_name in away or situation.of(device).locked
    }
    batches: dict[int, ClosedGate | None] = {}
    start: list[RecordedDevice] = []
    closed: dict[str, ClosedGate] = {}
    held_up: dict[str, ClosedGate] = {}
    for name in situation.waiting:
        if situation.places is not None and len(start) >= situation.places:
            break
        device = t.cast("RecordedDevice", record.device(name))
        progress = situation.of(device)
        gate = situation.resting.get(name)
        if gate is not None and (gate.until is None or gate.until <= situation.now):
            gate = None
        if gate is None and not progress.is_begun():
            if device.batch not in batches:
                batches[device.batch] = batch_closed(
                    record, device.batch, situation.progress, situation.is_coming, situation.now
                )
            others_failed = len(failed) - (device.sdm_name in failed)
            gate = _budget(record, others_failed) or batches[device.batch]
            if gate is None and device.group in groups:
                text = f"another device of the group {device.group} is under way."
                gate = ClosedGate("exclusive", text, may_open=True)
        if gate is None and not progress.in_flight and limit is not None and len(away) >= limit:
            if (at_work or start) and flying <= at_work:
                # No other one can start before a device of this run ends, and then all are looked at again.
                break
            gate = _cap(record, len(away), limit)
        if gate is None:
            start.append(device)
            away.add(device.sdm_name)
            groups |= {device.group} if device.group else set()
        else:
            (held_up if gate.may_open else closed)[name] = gate
    wakes = [gate.until for gate in held_up.values() if gate.until is not None]
    return Plan(tuple(start), closed, held_up, min(wakes, default=None))


def _cap(record: WindowRecord, away: int, limit: int) -> ClosedGate:
    text = f"{_devices(away)} of window {record.window_id} in flight; max_in_flight is {limit}."
    return ClosedGate("cap", text, may_open=True)


def _budget(record: WindowRecord, failed: int) -> ClosedGate | None:
    """Return the gate that closes when more other devices failed than the window allows."""
    most = record.rules.max_failures
    if most is None or failed <= most:
        return None
    text = f"{_devices(failed)} of window {record.window_id} failed; max_failures is {most}."
    return ClosedGate("budget", text)


def _devices(count: int) -> str:
    return "1 other device" if count == 1 else f"{count} other devices"
