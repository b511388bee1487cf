# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order a window takes its devices: batches, canaries, and never two of one group at once. Pure functions."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Target
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

Batch: t.TypeAlias = "int | str"

_BATCH = re.compile(r"(\d{1,6})(%?)", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Rollout:
    """The batches, and what is taken at once.

    ``batches`` are the devices of each batch. A batch is taken in one or more waves, none of which has two of one
    group; ``waves`` are those of all batches, and ``batch_of`` has the number of its batch for each wave. Devices that
    the window leaves alone come with the last wave and belong to no batch.
    """

    batches: tuple[tuple[str, ...], ...]
    waves: tuple[tuple[str, ...], ...]
    batch_of: tuple[int, ...]


def read_batches(value: object) -> tuple[Batch, ...]:
    """Read the sizes of batches: one, or a list. Raises BadInput for what is none."""
    sizes = [value] if isinstance(value, (str, int)) else value
    if not isinstance(sizes, (list, tuple)) or not sizes:
        raise BadInput(f"window_batches is {shown(str(value))} and must be a list, such as [1, 10%, 30%].")
    for size in sizes:
        _size(size, 1)
    return tuple(sizes)


def roll_out(targets: t.Sequence[Target], batches: t.Sequence[Batch]) -> Rollout:
    """Order devices into batches of these sizes (numbers, or percents of all of them; the last one repeats).

    Raises BadInput for a size that is none.
    """
    free = [target for target in targets if target.excluded is None]
    excluded = tuple(target.name for target in targets if target.excluded is not None)
    batched: list[list[Target]] = []
    sizes = [_size(batch, len(free)) for batch in batches] or [len(free)]
    while free:
        size = sizes[min(len(batched), len(sizes) - 1)]
        batched.append(free[:size])
        free = free[size:]
    waves: list[tuple[str, ...]] = []
    batch_of: list[int] = []
    for number, batch in enumerate(batched):
        for wave in _waves(batch):
            waves.append(wave)
            batch_of.append(number)
    if excluded:
        if not waves:
            waves, batch_of = [()], [0]
        waves[-1] += excluded
    return Rollout(tuple(tuple(target.name for target in batch) for batch in batched), tuple(waves), tuple(batch_of))


def waves_of(record: WindowRecord) -> list[list[str]]:
    """Return the names of a record's devices by what may be taken at once; what is left alone comes with the last."""
    waves: list[list[str]] = []
    for batch in sorted({device.batch for device in record.maintained}):
        waves += [list(names) for names in _waves(record.in_batch(batch))]
    excluded = [device.name for device in record.devices if device.excluded is not None]
    return [*waves[:-1], [*waves[-1], *excluded]] if waves else [excluded]


def _waves(batch: t.Sequence[Target | RecordedDevice]) -> t.Iterator[tuple[str, ...]]:
    """Part a batch so that no part has two of one group; the order is kept as far as that allows."""
    left: list[Target | RecordedDevice] = list(batch)
    while left:
        groups: set[str] = set()
        wave: list[str] = []
        later: list[Target | RecordedDevice] = []
        for target in left:
            if target.group is not None and target.group in groups:
                later.append(target)
                continue
            if target.group is not None:
                groups.add(target.group)
            wave.append(target.name)
        yield tuple(wave)
        left = later


def _size(batch: Batch, total: int) -> int:
    """Return the number of devices in a batch, as Ansible's ``serial`` counts them: at least one."""
    match = _BATCH.fullmatch(str(batch).strip())
    if match is None or isinstance(batch, bool) or not int(match[1]):
        raise BadInput(
            f"window_batches has {shown(str(batch))}, which is neither a number of devices nor a percentage."
        )
    number = int(match[1])
    return max(1, number * total // 100 if match[2] else number)
