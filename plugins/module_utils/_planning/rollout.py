# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order a window takes its devices: batches, canaries, and never two of one group at once. Pure functions."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

Batch: t.TypeAlias = "int | str"


_BATCH = re.compile(r"(\d{1,6})(%?)", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Target:
    """A device to be taken: ``group`` is the exclusive group it belongs to, ``protected`` that it is to be left out."""

    name: str
    group: str | None = None
    protected: bool = False


@dataclasses.dataclass(frozen=True)
class Rollout:
    """The batches, and what is taken at once.

    ``batches`` are the devices of each batch. A batch is taken in one or more waves, none of which has two of one
    group; ``waves`` are those of all batches, and ``batch_of`` has the number of its batch for each wave. Protected
    devices come with the last wave, where they are told why they are left out, and belong to no batch.
    """

    batches: tuple[tuple[str, ...], ...]
    waves: tuple[tuple[str, ...], ...]
    batch_of: tuple[int, ...]

    @property
    def canaries(self) -> tuple[str, ...]:
        """Give the devices of the first batch when others follow: their outcome decides whether those do."""
        return self.batches[0] if len(self.batches) > 1 else ()

    def before(self, wave: int) -> tuple[str, ...]:
        """Give the devices of the batch before that of a wave."""
        batch = self.batch_of[wave]
        return self.batches[batch - 1] if batch else ()


def roll_out(targets: t.Sequence[Target], batches: t.Sequence[Batch]) -> Rollout:
    """Order devices into batches of these sizes (numbers, or percents of all of them; the last one repeats).

    Raises BadInput for a size that is none.
    """
    free = [target for target in targets if not target.protected]
    protected = tuple(target.name for target in targets if target.protected)
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
    if protected:
        if not waves:
            waves, batch_of = [()], [0]
        waves[-1] += protected
    return Rollout(tuple(tuple(target.name for target in batch) for batch in batched), tuple(waves), tuple(batch_of))


def _waves(batch: t.Sequence[Target]) -> t.Iterator[tuple[str, ...]]:
    """Part a batch so that no part has two of one group; the order is kept as far as that allows."""
    left = list(batch)
    while left:
        groups: set[str] = set()
        wave: list[str] = []
        later: list[Target] = []
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
    """Give the number of devices in a batch, as Ansible's ``serial`` counts them: at least one."""
    match = _BATCH.fullmatch(str(batch).strip())
    if match is None or isinstance(batch, bool) or not int(match[1]):
        raise BadInput(
            f"window_batches holds {shown(str(batch))}, which is neither a number of devices nor a percentage."
        )
    number = int(match[1])
    return max(1, number * total // 100 if match[2] else number)
