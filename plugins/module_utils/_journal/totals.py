# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is counted for metrics over the whole life of a journal, and stays counted when windows are removed from it.

A counter that became less would look like one that began again, and everything would be counted twice.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import PROVEN

# Seconds: operations go from a sync that takes one to a reset that takes an hour.
OPERATION_BOUNDS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)


LOCK_BOUNDS = (10.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0)


# The fact under which a journal keeps the totals of what was removed from it.
PRUNED_TOTALS = "pruned totals"


Row = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Spread:
    """Durations, as a histogram has them: how many are at most each bound, how many there are, and their sum."""

    within: tuple[int, ...]
    count: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, durations: t.Sequence[float], bounds: t.Sequence[float]) -> Spread:
        """Return the spread of some durations in seconds."""
        within = tuple(sum(each <= bound for each in durations) for bound in bounds)
        return cls(within, len(durations), sum(durations))

    def __add__(self, other: Spread) -> Spread:
        """Return the spread of both together."""
        within = tuple(sum(pair) for pair in zip(self.within, other.within, strict=True))
        return Spread(within, self.count + other.count, self.seconds + other.seconds)


@dataclasses.dataclass(frozen=True)
class Totals:
    """How often an operation was proven, by ``operation outcome``, and how long operations and locks took."""

    proven: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    operations: t.Mapping[str, Spread] = dataclasses.field(default_factory=dict)
    locks: Spread = Spread((0,) * len(LOCK_BOUNDS))

    @classmethod
    def of(cls, events: t.Iterable[Row], operations: t.Iterable[Row], locks: t.Iterable[Row]) -> Totals:
        """Return the totals of rows of the journal. Pure."""
        kinds = {f"operation_{state}": state for state in PROVEN}
        proven = collections.Counter(
            f"{row['data'].get('operation')} {kinds[row['kind']]}" for row in events if row["kind"] in kinds
        )
        taken: dict[str, list[float]] = collections.defaultdict(list)
        for row in operations:
            # What is done stays so; what failed may be sent again, and would be gone from here.
            if row["state"] == "done" and row["settled_at"] is not None:
                begun = row["sent_at"] if row["sent_at"] is not None else row["claimed_at"]
                taken[row["operation"]].append(max(0.0, row["settled_at"] - begun))
        held = [
            row["ended_at"] - row["taken_at"]
            for row in locks
            if row["ended_at"] is not None and row["confirmed_at"] is not None
        ]
        spreads = {name: Spread.of(seconds, OPERATION_BOUNDS) for name, seconds in taken.items()}
        return cls(dict(proven), spreads, Spread.of(held, LOCK_BOUNDS))

    def __add__(self, other: Totals) -> Totals:
        """Return the totals of both together."""
        spreads = dict(self.operations)
        for name, spread in other.operations.items():
            spreads[name] = spreads[name] + spread if name in spreads else spread
        proven = collections.Counter(self.proven) + collections.Counter(other.proven)
        return Totals(dict(proven), spreads, self.locks + other.locks)

    def to_text(self) -> str:
        """Return the totals as the journal keeps them."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> Totals:
        """Return the totals that :meth:`to_text` gave; none where the journal keeps none."""
        if text is None:
            return cls()
        kept = json.loads(text)
        spreads = {name: _spread(spread) for name, spread in kept["operations"].items()}
        return cls(kept["proven"], spreads, _spread(kept["locks"]))


def _spread(kept: t.Mapping[str, t.Any]) -> Spread:
    return Spread(tuple(kept["within"]), kept["count"], kept["seconds"])
