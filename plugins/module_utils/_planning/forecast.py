# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a window is expected to end, from how long its operations took before. Pure functions.

The way of each device is played through the rules that the engine obeys: batches and soak, the cap, one device of a
group at a time. An operation takes what it took on average for devices of the same model, else for any device, else
what the platform estimated last, else what is usual.
"""

from __future__ import annotations

import dataclasses
import heapq
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.durations import Taken, model_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord

# What an operation takes of which nothing is known, in seconds.
USUAL = {"sync": 30.0, "reconf": 60.0, "reboot": 300.0, "device_factory": 600.0, "factory": 900.0}

# Locking and unlocking a device.
LOCKING = 2.0

# So many of the newest operations make the average.
NEWEST = 50

# As many devices as a run has under way where nothing else limits it (option concurrency of window_run).
MOST_AT_ONCE = 200


@dataclasses.dataclass(frozen=True)
class Basis:
    """What one operation is expected to take for one model, in seconds, and where that is from.

    ``source`` is given (the expected duration of a device), journal (``count`` proven operations of this model), other
    (of any model), platform or usual.
    """

    model: str
    operation: str
    seconds: float
    source: t.Literal["given", "journal", "other", "platform", "usual"]
    count: int = 0


@dataclasses.dataclass(frozen=True)
class Forecast:
    """When devices and batches are expected to end, in seconds after the begin; ``late`` are those after the cut-off.

    ``cutoff`` is in seconds after the begin too, None without one.
    """

    ends: t.Mapping[str, float]
    batches: t.Mapping[int, float]
    basis: tuple[Basis, ...]
    cutoff: float | None = None

    @property
    def seconds(self) -> float:
        """Return how long the whole window is expected to take."""
        return max(self.batches.values(), default=0.0)

    @property
    def late(self) -> tuple[str, ...]:
        """Return the devices that are not expected to end before the cut-off, in the order of their ends."""
        if self.cutoff is None:
            return ()
        return tuple(name for name, end in sorted(self.ends.items(), key=lambda item: item[1]) if end > self.cutoff)


def basis_of(model: str, operation: str, taken: Taken) -> Basis:
    """Return what an operation is expected to take for devices of a model."""
    own = list(taken.proven.get((model, operation), ()))[:NEWEST]
    if own:
        return Basis(model, operation, sum(own) / len(own), "journal", len(own))
    others = [seconds for (_model, name), each in taken.proven.items() if name == operation for seconds in each][
        :NEWEST
    ]
    if others:
        return Basis(model, operation, sum(others) / len(others), "other", len(others))
    if operation in taken.estimated:
        return Basis(model, operation, taken.estimated[operation], "platform")
    return Basis(model, operation, USUAL.get(operation, USUAL["reboot"]), "usual")


def forecast(
    record: WindowRecord,
    taken: Taken,
    operations: t.Mapping[str, t.Sequence[str]] | None = None,
    *,
    cutoff: float | None = None,
    at_once: int = MOST_AT_ONCE,
) -> Forecast:
    """Return when a window is expected to end.

    ``operations`` are those left to do by inventory name (by default all, and a device that is not named has none);
    ``cutoff`` is in seconds after the begin. A device's own expected duration counts before what the journal shows.
    """
    known: dict[tuple[str, str], Basis] = {}

    def seconds(device: RecordedDevice, wanted: t.Sequence[str]) -> float:
        if device.expected_duration:
            key = ("", f"{device.expected_duration:g}")
            known.setdefault(key, Basis("", "a device", device.expected_duration, "given"))
            return device.expected_duration
        for operation in wanted:
            key = (model_of(device.shown), operation)
            known.setdefault(key, basis_of(*key, taken))
        return (
            LOCKING + sum(known[model_of(device.shown), operation].seconds for operation in wanted) + record.rules.hold
        )

    ends: dict[str, float] = {}
    batches: dict[int, float] = {}
    start = 0.0
    cap = min(record.rules.max_in_flight or at_once, at_once)
    for batch in sorted({device.batch for device in record.maintained}):
        due = [
            (device, seconds(device, wanted))
            for device in record.in_batch(batch)
            if (wanted := record.operations if operations is None else operations.get(device.name, ()))
        ]
        if not due:
            continue
        start = start + record.rules.soak if batches else start
        found = _played(due, start, cap)
        ends |= found
        start = batches[batch] = max(found.values())
    return Forecast(ends, batches, tuple(known.values()), cutoff)


def _played(due: t.Sequence[tuple[RecordedDevice, float]], start: float, cap: int) -> dict[str, float]:
    """Return when each device of a batch ends that begins at ``start``: never more than ``cap``, one of a group."""
    ends: dict[str, float] = {}
    running: list[tuple[float, str, str | None]] = []
    waiting, now = list(due), start
    while waiting:
        groups = {group for _end, _name, group in running if group}
        later: list[tuple[RecordedDevice, float]] = []
        for place, (device, seconds) in enumerate(waiting):
            if len(running) >= cap:
                later += waiting[place:]
                break
            if device.group and device.group in groups:
                later.append((device, seconds))
                continue
            ends[device.name] = now + seconds
            groups |= {device.group} if device.group else set()
            heapq.heappush(running, (now + seconds, device.name, device.group))
        waiting = later
        if waiting:
            now = heapq.heappop(running)[0]
    return ends
