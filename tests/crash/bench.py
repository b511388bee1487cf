# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many cases on a few lanes at once, and the table that shows what held."""

from __future__ import annotations

import queue
import threading
import time
import typing as t

from tests.crash import matrix
from tests.crash.kill import BY_NAME, Case
from tests.crash.lane import Lane
from tests.crash.matrix import Tried, Undisturbed
from tests.crash.points import MOMENTS, SHORT

SIGNS = {"held": ".", "unknown": "?", "broken": "X", "missed": "-"}
LEGEND = (
    "Each cell holds one sign per place: P0 to P5 of a request (before accept, after headers, before the effect,\n"
    "after it, in the middle of the answer, after it), or before, in and after a journal write:\n"
    "  .  held: after one rerun everything is as after an undisturbed run\n"
    "  ?  held: the reboot was lost on its way, which nobody can know, and the outcome says so (unknown)\n"
    "  X  a promise was broken      -  not reached: how often a device is looked at depends on time\n"
)

Progress = t.Callable[[Tried[Case]], None]


def prepare(knobs: t.Mapping[str, object] | None = None) -> Undisturbed:
    """Run the undisturbed window and give what everything is compared with."""
    with Lane(knobs) as lane:
        return matrix.undisturbed(lane)


Item = t.TypeVar("Item")
Ended = t.TypeVar("Ended")


def on_lanes(
    items: t.Sequence[Item],
    work: t.Callable[[Lane, Item], Ended],
    lanes: int,
    progress: t.Callable[[Ended], None] = lambda _ended: None,
    knobs: t.Mapping[str, object] | None = None,
) -> list[Ended]:
    """Do the work for every item on several lanes and give what came of it, in order. Raises what a lane raised."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(items)):
        waiting.put(number)
    ended: dict[int, Ended] = {}
    troubles: list[BaseException] = []

    def run_lane() -> None:
        try:
            with Lane(knobs) as lane:
                while not troubles:
                    number = waiting.get_nowait()
                    ended[number] = work(lane, items[number])
                    progress(ended[number])
        except queue.Empty:
            pass
        except Exception as error:
            troubles.append(error)
            raise

    threads = [threading.Thread(target=run_lane, name=f"lane-{number}") for number in range(min(lanes, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
    return [ended[number] for number in range(len(items))]


def run_cases(
    reference: Undisturbed,
    cases: t.Sequence[Case],
    lanes: int,
    mutant: str | None = None,
    progress: Progress = lambda _tried: None,
    knobs: t.Mapping[str, object] | None = None,
) -> list[Tried[Case]]:
    """Try cases on several lanes and give how they ended, in the order asked."""

    def attempt(lane: Lane, case: Case) -> Tried[Case]:
        return matrix.attempt(lane, case, reference.record, mutant)

    return on_lanes(cases, attempt, lanes, progress, knobs)


def slice_of(cases: t.Sequence[Case], spread: int) -> list[Case]:
    """Return what must be tried every time, where Lock, Unlock and reboot take effect, and an even share of others."""
    chosen = [case for case in cases if _is_crucial(case)]
    step = len(cases) / spread
    return chosen + [case for case in (cases[int(number * step)] for number in range(spread)) if case not in chosen]


def _is_crucial(case: Case) -> bool:
    return (
        case.point.row in ("lock: Lock", "reboot: PUT reboot", "unlock: Unlock")
        and case.point.column in ("P2", "P3")
        and case.fault.name in ("kill", "kill-lost", "ghost", "reset")
    )


def table(tried: t.Sequence[Tried[Case]]) -> str:
    """Return the table of what was tried: a row per request and journal write, a column per fault."""
    rows: dict[str, dict[str, dict[str, str]]] = {}
    for each in tried:
        cells = rows.setdefault(each.case.point.row, {}).setdefault(each.case.fault.name, {})
        cells[each.case.point.column] = SIGNS[each.ended]
    faults = [name for name in BY_NAME if any(name in cells for cells in rows.values())]
    width = max(len(row) for row in rows)
    lines = ["  ".join(["step: request".ljust(width), *(name.ljust(11) for name in faults), "held/tried"])]
    for row, columns in rows.items():
        shown = [_cell(columns.get(name, {})).ljust(11) for name in faults]
        own = [each for each in tried if each.case.point.row == row]
        lines.append("  ".join([row.ljust(width), *shown, totals(own)]))
    by_fault = [totals([each for each in tried if each.case.fault.name == name]).ljust(11) for name in faults]
    lines.append("  ".join(["held/tried".ljust(width), *by_fault, totals(tried)]))
    return "\n".join(line.rstrip() for line in lines)


def _cell(places: t.Mapping[str, str]) -> str:
    order = MOMENTS if set(places) <= set(MOMENTS) else tuple(SHORT.values())
    return "".join(places.get(place, " ") for place in order).rstrip()


def totals(tried: t.Sequence[Tried[Case]]) -> str:
    """Return how many of the cases that were reached have held."""
    reached = [each for each in tried if each.ended != "missed"]
    return f"{sum(each.ended != 'broken' for each in reached)}/{len(reached)}"


def broken(tried: t.Sequence[Tried[t.Any]]) -> list[str]:
    """Return a paragraph for each case that broke a promise."""
    return [f"{each.case}: {'; '.join(each.problems)}" for each in tried if each.ended == "broken"]


class Ticker:
    """Says now and then how far the bench is."""

    def __init__(self, total: int, say: t.Callable[[str], None], every: float = 30.0) -> None:
        """Take how many cases there are, where to say it, and the seconds in between."""
        self._total, self._say, self._every = total, say, every
        self._done = 0
        self._started = self._last = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, tried: Tried[t.Any]) -> None:
        """Count one case; a broken one is said at once."""
        with self._lock:
            self._done += 1
            now = time.monotonic()
            if tried.ended == "broken":
                self._say(f"  BROKEN {tried.case}: {'; '.join(tried.problems)}")
            if now - self._last >= self._every:
                self._last = now
                self._say(f"  {self._done} of {self._total} after {now - self._started:.0f} s")
