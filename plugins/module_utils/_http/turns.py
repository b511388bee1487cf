# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rate of calls that all threads and processes of a run keep together."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

_SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0}

_RATE = re.compile(rf"([1-9][0-9]{{0,5}}) ?/ ?({'|'.join(_SECONDS)})", re.ASCII)

# With fewer calls a minute than this, no window comes to its end.
FEWEST_A_MINUTE = 1.0

# A call may take longer to arrive than the one before it: the server sees them closer together than we send them.
_GRACE = 0.5


class Rate(t.NamedTuple):
    """So many calls in so many seconds."""

    calls: int
    seconds: float


def read_rate(text: object) -> Rate | None:
    """Return a rate written as 100/min, 5/s or 6000/h; None for none. Raise BadInput for anything else."""
    if text is None:
        return None
    found = _RATE.fullmatch(str(text).strip())
    rate = Rate(int(found[1]), _SECONDS[found[2]]) if found else None
    if rate is None or rate.calls * 60.0 / rate.seconds < FEWEST_A_MINUTE:
        raise BadInput(
            f"The rate {shown(str(text))} must be a number of calls in a time, such as 100/min or 5/s, and at least "
            "1/min."
        )
    return rate


class Turns:
    """The turns of calls, first come, first served; shared by all who have the same store and key."""

    def __init__(self, rate: Rate, store: Store, key: str, clock: Clock) -> None:
        """Take the rate, the run's store, what names the server in it, and the clock."""
        self._rate = rate
        self._store = store
        self._key = f"turns {key}"
        self._clock = clock

    def take(self) -> float:
        """Wait for a turn and return for how many seconds that was."""
        calls, seconds = self._rate
        with self._store.locked(self._key):
            known = self._store.load(self._key) or {"taken": []}
            now = self._clock.monotonic()
            taken: list[float] = known["taken"]
            turn = max(now, taken[-calls] + seconds + _GRACE) if len(taken) >= calls else now
            self._store.save(self._key, {"taken": [*taken, turn][-calls:]})
        if turn > now:
            self._clock.sleep(turn - now)
        return turn - now
