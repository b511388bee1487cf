# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring commands: wall clock, processor time, and the memory of a whole tree of processes."""

from __future__ import annotations

import dataclasses
import os
import statistics
import subprocess
import threading
import time
import typing as t
from pathlib import Path

SAMPLE = 0.1
LIMIT = 3600.0

Contender = t.Callable[[], "Cost"]


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a command cost: seconds of wall clock and of processor time, and the peak memory of its tree in MiB."""

    wall: float
    cpu: float
    memory: float | None = None

    def over(self, floor: Cost, units: int) -> Cost:
        """Return the cost of one unit: what is left above a floor, divided."""
        return Cost((self.wall - floor.wall) / units, (self.cpu - floor.cpu) / units)


class CommandFailed(Exception):
    """A measured command ended with an error; the text is the end of what it said."""


def measure(command: t.Sequence[str], environment: t.Mapping[str, str], folder: Path, *, memory: bool = False) -> Cost:
    """Run a command to its end and give what it and its children cost. Raises CommandFailed."""
    log = folder / "output.txt"
    with log.open("wb") as output:
        started = time.monotonic()
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watch = _MemoryWatch(child.pid) if memory else None
        killer = threading.Timer(LIMIT, child.kill)
        killer.start()
        _pid, status, usage = os.wait4(child.pid, 0)
        killer.cancel()
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    peak = watch.stop() if watch else None
    if child.returncode != 0:
        said = log.read_text(errors="replace")[-3000:]
        raise CommandFailed(f"{' '.join(command)} ended with {child.returncode}:\n{said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak)


def alternate(rounds: int, contenders: t.Mapping[str, Contender]) -> dict[str, Cost]:
    """Run the contenders in turn, as often as asked, and give their medians: what else the machine does hits all."""
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for _round in range(rounds):
        for name, run in contenders.items():
            costs[name].append(run())
    return {name: median(found) for name, found in costs.items()}


def median(costs: t.Sequence[Cost]) -> Cost:
    """Return the median of each figure by itself."""
    peaks = [cost.memory for cost in costs if cost.memory is not None]
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        statistics.median(peaks) if peaks else None,
    )


class _MemoryWatch:
    """Samples the memory of a process and all below it; what they share is counted once."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """End the watch and give the peak in MiB."""
        self._ended.set()
        self._thread.join()
        return self._peak / 1024

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE):
            self._peak = max(self._peak, sum(_proportional(pid) for pid in _tree(self._pid)))


def _tree(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path("/proc", entry, "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry)] = int(fields[1])
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def _proportional(pid: int) -> int:
    """Return the memory of a process in KiB, its share of what it shares with others (0 once it has ended)."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
