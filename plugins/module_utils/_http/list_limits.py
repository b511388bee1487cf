# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a list may cost in all, however many pages it has: each answer has limits of its own."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer

# A hundred thousand devices are about 60 MiB.
MOST_BYTES = 128 * 1024 * 1024

MOST_ROWS = 500_000

# A list may take as long as so many calls may.
MOST_CALLS = 10


class ListLimits:
    """Counts the bytes, rows and seconds of one list."""

    def __init__(self, system: str, what: str, timeout: float, clock: Clock) -> None:
        """Take the system and the list as messages name them, the seconds that one call may take, and the clock."""
        self._about = f"{system} has too much in {what}"
        self._seconds = MOST_CALLS * timeout
        self._clock = clock
        self._started = clock.monotonic()
        self._bytes = self._rows = 0

    def count(self, size: int, rows: int, paused: float = 0.0) -> None:
        """Count a page, but not the seconds that the server asked us to wait before it.

        Raise NoAnswer when the list is over a limit: a shorter list is never taken for the whole.
        """
        self._bytes += size
        self._rows += rows
        self._started += paused
        seconds = self._clock.monotonic() - self._started
        if self._bytes > MOST_BYTES:
            raise NoAnswer(f"{self._about}: more than {MOST_BYTES // 1024 // 1024} MiB.")
        if self._rows > MOST_ROWS:
            raise NoAnswer(f"{self._about}: more than {MOST_ROWS} entries.")
        if seconds > self._seconds:
            raise NoAnswer(
                f"{self._about}: {self._rows} entries took {seconds:.0f} s and there are more. Raise timeout, of which "
                f"a list may take {MOST_CALLS} times."
            )
