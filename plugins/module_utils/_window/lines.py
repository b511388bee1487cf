# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees while a window runs: a line per device and stage, or fewer where those are too many to read."""

from __future__ import annotations

import collections
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage

# With more devices than this, only those that need attention have lines of their own.
MOST_WITH_LINES = 20

# Seconds between two lines that count the stages of many devices, and how many such lines there are at most.
COUNT_EVERY = 10.0
MOST_COUNTS = 40


class Lines:
    """Writes the lines of one task; safe for its threads."""

    def __init__(self, devices: int, write: t.Callable[[str], None], clock: Clock) -> None:
        """Take how many devices there are, what writes a line, and the clock."""
        self._devices = devices
        self._write = write
        self._clock = clock
        self._lock = threading.Lock()
        self._stages: collections.Counter[str] = collections.Counter()
        self._attention = 0
        self._uncounted = False
        self._counted_at = clock.monotonic()
        self._pause = COUNT_EVERY

    def tell(self, device: RecordedDevice, stage: Stage) -> None:
        """Write what came of a stage of a device."""
        with self._lock:
            self._stages[stage.name] += 1
            self._attention += stage.failed
            self._uncounted = True
            if stage.failed or stage.gate or self._devices <= MOST_WITH_LINES:
                self._write(line_of(device, stage))
            elif self._clock.monotonic() - self._counted_at >= self._pause:
                self._count()

    def say(self, text: str) -> None:
        """Write what holds up the whole run."""
        with self._lock:
            self._write(legible(f"  {text}"))

    def end(self) -> None:
        """Write the last count, where it is not written already."""
        with self._lock:
            if self._devices > MOST_WITH_LINES and self._uncounted:
                self._count()

    def _count(self) -> None:
        counts = ", ".join(f"{stage} {count}" for stage, count in self._stages.items())
        self._write(f"  of {self._devices} devices: {counts}; {self._attention} need attention")
        self._counted_at = self._clock.monotonic()
        self._uncounted = False
        # A long window is counted less often the longer it takes, so that its output stays readable.
        self._pause *= 1 + 4 / MOST_COUNTS


def line_of(device: RecordedDevice, stage: Stage) -> str:
    """Return the line of one stage."""
    words = {"lock": "", "unlock": ""}.get(stage.name, f"{stage.name} ")
    detail = stage.message or "; ".join(stage.evidence)
    return legible(f"  {device.name}: {words}{stage.outcome}" + (f" ({detail})" if detail else ""))
