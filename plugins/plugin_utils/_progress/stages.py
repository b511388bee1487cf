# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a window is: the stage of every device from its journal rows, and how that is said in a line. Pure."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

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
    "proving",
    "holding",
    "done",
    "failed",
    "refused",
    "unknown",
    KEPT_BACK,
)


SETTLED = ("done", "failed", "refused", "unknown", KEPT_BACK)


_DOING = {"sync": "syncing", "reconf": "syncing", "hold": "holding"}


MOST_NAMES = 4


@dataclasses.dataclass
class Watched:
    """What is known of the window besides the journal; instants are epoch seconds.

    ``names`` gives the inventory's name of a device for the name a system knows it by, where that is another.
    """

    window_id: str | None = None
    place: str | None = None
    batches: list[list[str]] = dataclasses.field(default_factory=list)
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    total: int = 0
    ends_at: float | None = None
    max_failures: int | None = None
    ended: bool = False

    def called(self, row: Row) -> str:
        """Give the inventory's name for a row's device."""
        device: str = row["device"]
        return self.names.get(device, device)

    def learn(self, news: t.Mapping[str, t.Any]) -> None:
        """Take in what the run told; what it leaves out stays as it was."""
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
    """Give the stage of every device, from the rows of the window (oldest first) and the batches that have begun.

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
        if has_ended and (operation is None or operation["state"] == "done"):
            stages[name], since[name] = KEPT_BACK, event["at"]
    if watched.ended:
        stages = {name: KEPT_BACK if stage == "waiting" else stage for name, stage in stages.items()}
    return View(stages, since, now)


def stage_of(lock: Row | None, operation: Row | None) -> tuple[str, float]:
    """Give a device's stage and its beginning, from its newest lock and operation (one of them at least is there)."""
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
        return "proving", begun
    if is_locked and state in ("done", "refused"):
        return "locked", operation["settled_at"] or begun
    return state, operation["settled_at"] or begun


def changes(before: View | None, after: View) -> list[str]:
    """Give one line for each stage that devices entered between two looks, worst last."""
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
    """Give a line as it is shown without a terminal."""
    return f"netfleet {clock_time(view.now)}Z {text} | {standing(watched, view)}"


def standing(watched: Watched, view: View) -> str:
    """Say how the window stands: devices by stage, time left, budget used."""
    counts = view.counts
    settled = sum(counts.get(stage, 0) for stage in SETTLED)
    total = max(watched.total, len(view.stages))
    parts = [f"{settled}/{total} ended"]
    parts += [f"{number} {stage}" for stage, number in counts.items() if stage != "waiting"]
    return ", ".join(parts) + "".join(f"; {each}" for each in limits(watched, view))


def limits(watched: Watched, view: View) -> list[str]:
    """Say what is left of the window's time, and how much of its failure budget is used."""
    said = []
    if watched.ends_at is not None:
        left = watched.ends_at - view.now
        said.append(f"{length(left)} left" if left > 0 else "past the cut-off")
    if watched.max_failures is not None:
        used = sum(view.counts.get(stage, 0) for stage in ("failed", "refused", "unknown"))
        said.append(f"{used} of {watched.max_failures} allowed failures")
    return said


def still(view: View) -> str:
    """Say what is being waited for, and the device that has been waited for longest."""
    busy = {name: at for name, at in view.since.items() if view.stages[name] not in SETTLED}
    if not busy:
        return "waiting"
    name = min(busy, key=lambda each: busy[each])
    return f"waiting: {legible(name)} {view.stages[name]} for {length(view.now - busy[name])}"
