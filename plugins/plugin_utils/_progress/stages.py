# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a window is: the stage of every device from its journal rows, and how that is said in a line. Pure."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import THROUGH_STATES
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import clock_time, length
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

Row = t.Mapping[str, t.Any]

# A gate let nothing be started on the device.
KEPT_BACK = "not started"

STAGES = (
    "waiting",
    "locking",
    "locked",
    "syncing",
    "rebooting",
    "waiting for proof",
    "holding",
    "done",
    "unproven",
    "failed",
    "refused",
    "unknown",
    KEPT_BACK,
)

SETTLED = ("done", "unproven", "failed", "refused", "unknown", KEPT_BACK)

# What tells how fast the run is; what failed may have ended at once.
_THROUGH = ("done", "unproven")

_DOING = {"sync": "syncing", "reconf": "syncing", "hold": "holding"}

MOST_NAMES = 4

# How a device is drawn in a bar, so that it can be read without colours.
_CELLS = {"done": "#", "unproven": "#", "failed": "x", "refused": "x", "unknown": "?", KEPT_BACK: "-", "waiting": "."}
AT_WORK = "+"


def cells(stages: t.Sequence[str], width: int) -> str:
    """Return devices as cells of a bar, those that are finished first; each stage that occurs has a cell at least.

    ``#`` is done, ``+`` at work, ``x`` failed or refused, ``?`` unknown, ``-`` not started and ``.`` waiting.
    """
    cells = "".join(sorted((_CELLS.get(stage, AT_WORK) for stage in stages), key="#x?-+.".index))
    if not cells or width < 1:
        return ""
    if len(cells) <= width:
        return "".join(cells[place * len(cells) // width] for place in range(width))
    kinds = list(dict.fromkeys(cells))[:width]
    counts = {kind: max(1, cells.count(kind) * width // len(cells)) for kind in kinds}
    largest = max(counts, key=lambda kind: counts[kind])
    counts[largest] += width - sum(counts.values())
    return "".join(kind * count for kind, count in counts.items())


@dataclasses.dataclass
class Watched:
    """What is known of the window besides the journal; instants are epoch seconds.

    ``names`` gives the inventory's name of a device for the name a system knows it by, where that is another.
    ``control`` says who paused or stopped the window, when and why. ``expected`` are the seconds after the start at
    which each device that was not finished then is forecast to end, None before that is known.
    """

    window_id: str | None = None
    place: str | None = None
    batches: list[list[str]] = dataclasses.field(default_factory=list)
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    total: int = 0
    ends_at: float | None = None
    started_at: float | None = None
    settled_before: int = 0
    max_failures: int | None = None
    ended: bool = False
    control: str = ""
    expected: t.Mapping[str, float] | None = None

    def agree(self, record: WindowRecord) -> None:
        """Take in what the window was agreed to be: its batches, the names of its devices and its limits."""
        devices = record.maintained
        self.batches = [
            [device.name for device in devices if device.batch == batch]
            for batch in sorted({device.batch for device in devices})
        ]
        for device in devices:
            self.names.update({device.sdm_name: device.name, device.zequenze_name: device.name})
        self.total = len(devices)
        self.max_failures = record.rules.max_failures

    def called(self, row: Row) -> str:
        """Return the inventory's name for a row's device."""
        device: str = row["device"]
        return self.names.get(device, device)

    def learn(self, news: t.Mapping[str, t.Any]) -> None:
        """Take in what the run said; what it leaves out stays as it was."""
        for key, value in news.items():
            if key == "batch":
                self.batches.append(list(value))
            elif key == "names":
                self.names.update(value)
            elif value is not None:
                setattr(self, key, value)


@dataclasses.dataclass(frozen=True)
class View:
    """One look: the stage of every device, since when it is in it, and the time of the look."""

    stages: dict[str, str]
    since: dict[str, float]
    now: float

    @property
    def counts(self) -> dict[str, int]:
        """How many devices are in each stage, in the order of the stages; only those there are."""
        counted = collections.Counter(self.stages.values())
        return {stage: counted[stage] for stage in STAGES if counted[stage]}


def view_of(
    watched: Watched, locks: t.Sequence[Row], operations: t.Sequence[Row], now: float, kept_back: t.Sequence[Row] = ()
) -> View:
    """Return the stage of every device, from the rows of the window (oldest first) and the batches that have begun.

    ``kept_back`` are this run's events of gates that kept a device back. After the end of the run nothing waits.
    """
    stages: dict[str, str] = {name: "waiting" for batch in watched.batches for name in batch}
    since: dict[str, float] = {}
    newest_lock = {watched.called(row): row for row in locks}
    newest = {watched.called(row): row for row in sorted(operations, key=lambda row: row["claimed_at"])}
    for name in dict.fromkeys([*newest_lock, *newest]):
        stages[name], since[name] = stage_of(newest_lock.get(name), newest.get(name))
    for event in kept_back:
        name = watched.called(event)
        lock, operation = newest_lock.get(name), newest.get(name)
        # What is newer than the event is another try, and what went wrong is told before what was not begun.
        has_ended = lock is None or (lock["state"] == "returned" and lock["taken_at"] <= event["at"])
        if has_ended and (operation is None or operation["state"] in THROUGH_STATES):
            stages[name], since[name] = KEPT_BACK, event["at"]
    if watched.ended:
        stages = {name: KEPT_BACK if stage == "waiting" else stage for name, stage in stages.items()}
    return View(stages, since, now)


def stage_of(lock: Row | None, operation: Row | None) -> tuple[str, float]:
    """Return a device's stage and its beginning, from its newest lock and operation (one of them at least is there)."""
    if lock is not None and lock["state"] == "taking":
        return "locking", lock["taken_at"]
    is_locked = lock is not None and lock["state"] in ("held", "returning")
    if operation is None:
        known = t.cast("Row", lock)
        if is_locked:
            return "locked", known["confirmed_at"] or known["taken_at"]
        return ("refused" if known["state"] in ("refused", "lost") else "done"), known["ended_at"] or known["taken_at"]
    state, begun = operation["state"], operation["sent_at"] or operation["claimed_at"]
    if state == "sending":
        return _DOING.get(operation["operation"], "rebooting"), begun
    if state == "accepted" or (state == "unknown" and is_locked):
        return "waiting for proof", begun
    if is_locked and (state == "refused" or state in THROUGH_STATES):
        return "locked", operation["settled_at"] or begun
    return state, operation["settled_at"] or begun


def changes(before: View | None, after: View) -> list[str]:
    """Return one line for each stage that devices entered between two looks, worst last."""
    entered: dict[str, list[str]] = collections.defaultdict(list)
    for name, stage in after.stages.items():
        if stage != "waiting" and (before is None or before.stages.get(name) != stage):
            entered[stage].append(name)
    lines = []
    for stage in STAGES:
        names = entered.get(stage, [])
        if names:
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            lines.append(f"{stage}: {', '.join(legible(name) for name in names[:MOST_NAMES])}{more}")
    return lines


def line(text: str, watched: Watched, view: View) -> str:
    """Return a line as it is shown without a terminal."""
    return " | ".join(filter(None, [f"netfleet {clock_time(view.now)}Z {text}", standing(watched, view)]))


def standing(watched: Watched, view: View) -> str:
    """Return how the window stands: devices by stage, time left, failure limit used."""
    counts = view.counts
    settled = sum(counts.get(stage, 0) for stage in SETTLED)
    total = max(watched.total, len(view.stages))
    # Before the window is agreed there is nothing to count.
    parts = [f"{settled} of {total} finished"] if total else []
    parts += [f"{number} {stage}" for stage, number in counts.items() if stage != "waiting"]
    return "; ".join(filter(None, [", ".join(parts), *limits(watched, view)]))


def limits(watched: Watched, view: View) -> list[str]:
    """Return how long the run has taken and will take, what is left of the window, and how many failures are used."""
    said = []
    if watched.started_at is not None:
        said.append(f"{length(view.now - watched.started_at)} elapsed")
        left = 0.0 if watched.ended else _to_go(watched, watched.started_at, view)
        if left > 0:
            said.append(f"about {length(left)} to go, until {clock_time(view.now + left)}Z")
    if watched.ends_at is not None:
        left = watched.ends_at - view.now
        said.append(f"{length(left)} until the cut-off" if left > 0 else "past the cut-off")
    if watched.max_failures is not None:
        used = sum(view.counts.get(stage, 0) for stage in ("failed", "refused", "unknown"))
        said.append(f"{used} of {watched.max_failures} allowed failures")
    if watched.control:
        said.append(watched.control)
    return said


def _to_go(watched: Watched, started_at: float, view: View) -> float:
    """Return about how many seconds the run still takes, not above 0 where nothing tells.

    By the forecast, stretched to the pace of the devices that are through; without one, by the number that is finished.
    """
    settled = sum(view.counts.get(stage, 0) for stage in SETTLED)
    unfinished = max(watched.total, len(view.stages)) - settled
    if unfinished <= 0:
        return 0.0
    if not watched.expected:
        fresh = settled - watched.settled_before
        return (view.now - started_at) / fresh * unfinished if fresh > 0 else 0.0
    through = [name for name in watched.expected if view.stages.get(name) in _THROUGH and name in view.since]
    whole = max(watched.expected.values())
    if not through:
        return whole - (view.now - started_at)
    reached = max(watched.expected[name] for name in through)
    last = max(view.since[name] for name in through)
    pace = (last - started_at) / reached if reached > 0 else 1.0
    return (whole - reached) * pace - (view.now - last)


def still(view: View) -> str:
    """Return what is being waited for, and the device that has been waited for longest."""
    busy = {name: at for name, at in view.since.items() if view.stages[name] not in SETTLED}
    if not busy:
        return "waiting" if view.stages else "checking the window"
    name = min(busy, key=lambda each: busy[each])
    return f"waiting: {legible(name)} {view.stages[name]} for {length(view.now - busy[name])}"
