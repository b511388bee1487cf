# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each device in the windows of a journal, and which devices failed in several of them in a row."""

from __future__ import annotations

import collections
import dataclasses
import statistics
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.durations import model_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import (
    FAILED_STATES,
    THROUGH_STATES,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal

RELEASED = "device_released"

# How far back failures in a row are looked for: a device is maintained at least once a year.
LOOK_BACK = 400 * 86400.0

# Databases limit how many values a condition may name.
_CHUNK = 500

_WINDOWS_AT_ONCE = 20

Row = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of one device in one window, which was written to the journal at ``at`` (epoch seconds).

    ``outcome`` is done, failed, or left (nothing went wrong with it, and it was not maintained). ``seconds`` has how
    long each proven operation took, from claim to proof, and ``why`` what went wrong in a few words.
    """

    window_id: str
    window: str
    at: float
    device: str
    lock_name: str
    model: str
    site: str
    outcome: t.Literal["done", "failed", "left"]
    states: t.Mapping[str, str]
    seconds: t.Mapping[str, float]
    why: str = ""


def results(journal: Journal, since: float, until: float | None = None) -> list[Result]:
    """Return what became of every device that a window was to maintain, by the windows written in a period.

    Oldest first; instants are epoch seconds. Raises JournalError.
    """
    table = schema.WINDOWS
    wanted = [table.c.written_at >= since]
    if until is not None:
        wanted.append(table.c.written_at < until)
    columns = (table.c.window_id, table.c.name, table.c.operations, table.c.rules, table.c.written_at)
    return _results(
        journal, journal.rows(sa.select(*columns).where(*wanted).order_by(table.c.written_at, table.c.window_id))
    )


class Earlier(t.NamedTuple):
    """An occurrence of a window in numbers.

    ``at`` is when it was agreed (epoch seconds), ``counts`` how many devices had each outcome (as in :class:`Result`),
    and ``seconds`` how long a device that was done took on average, None where none was.
    """

    window_id: str
    at: float
    counts: t.Mapping[str, int]
    seconds: float | None


def earlier_occurrences(journal: Journal, window_id: str, name: str, most: int) -> list[Earlier]:
    """Return the last occurrences of a window before one of them, and that one as the last. Raise JournalError.

    Oldest first; empty for a window that has no name, no record, or no earlier occurrence.
    """
    table = schema.WINDOWS
    columns = (table.c.window_id, table.c.name, table.c.operations, table.c.rules, table.c.written_at)
    own = sa.select(table.c.written_at).where(table.c.window_id == window_id).scalar_subquery()
    wanted = (table.c.name == name, table.c.written_at <= own)
    newest = sa.select(*columns).where(*wanted).order_by(table.c.written_at.desc(), table.c.window_id).limit(most + 1)
    windows = journal.rows(newest)[::-1] if name else []
    if len(windows) < 2:
        return []
    by_window: dict[str, list[Result]] = {row["window_id"]: [] for row in windows}
    for result in _results(journal, windows):
        by_window[result.window_id].append(result)
    return [
        Earlier(
            row["window_id"],
            row["written_at"],
            collections.Counter(result.outcome for result in found),
            statistics.fmean(taken) if taken else None,
        )
        for row in windows
        for found in [by_window[row["window_id"]]]
        for taken in [[sum(result.seconds.values()) for result in found if result.outcome == "done"]]
    ]


def since_last_success(journal: Journal) -> dict[str, str]:
    """Return the windows that had a device since its last success, that one with them, each with one such device.

    By the ids of the windows and the names the devices are locked under. A few windows are read at once, however many
    the journal has. Raise JournalError.
    """
    table = schema.WINDOWS
    columns = (table.c.window_id, table.c.name, table.c.operations, table.c.rules, table.c.written_at)
    windows = journal.rows(sa.select(*columns).order_by(table.c.written_at.desc(), table.c.window_id.desc()))
    done: set[str] = set()
    found: dict[str, str] = {}
    for start in range(0, len(windows), _WINDOWS_AT_ONCE):
        end = start + _WINDOWS_AT_ONCE
        for result in _results(journal, windows[start:end]):
            if result.lock_name not in done:
                found.setdefault(result.window_id, result.lock_name)
            if result.outcome == "done":
                done.add(result.lock_name)
    return found


def _results(journal: Journal, windows: t.Sequence[Row]) -> list[Result]:
    """Return what became of the devices of these windows, which have the columns that are read here."""
    devices = schema.WINDOW_DEVICES
    ids = [row["window_id"] for row in windows]
    members = _of(journal, devices, ids, devices.c.selected.is_(True), devices.c.excluded.is_(None))
    operations = _operations(journal, ids)
    failures = {(row["window_id"], row["device"]): row["what"] for row in _of(journal, schema.FAILURES, ids)}
    by_window: dict[str, dict[str, Row]] = collections.defaultdict(dict)
    for row in members:
        by_window[row["window_id"]].setdefault(row["name"], row)
    found = []
    for window in windows:
        stages = [*window["operations"], *(["hold"] if window["rules"].get("hold", 0) > 0 else [])]
        for row in by_window[window["window_id"]].values():
            key = (window["window_id"], row["sdm_name"])
            found.append(_result(window, row, stages, operations.get(key, {}), failures.get(key)))
    return found


def _result(
    window: Row, device: Row, stages: t.Sequence[str], operations: t.Mapping[str, Row], failure: str | None
) -> Result:
    states = {name: row["state"] for name, row in operations.items()}
    seconds = {
        name: max(0.0, row["settled_at"] - row["claimed_at"])
        for name, row in operations.items()
        if row["state"] == "done" and row["settled_at"] is not None
    }
    wrong = [f"{name} {state}" for name, state in states.items() if state in FAILED_STATES]
    wrong += [failure] if failure else []
    through = all(states.get(stage) in THROUGH_STATES for stage in stages)
    outcome: t.Literal["done", "failed", "left"] = "failed" if wrong else "done" if through else "left"
    shown = device["shown"] or {}
    return Result(
        window_id=window["window_id"],
        window=window["name"] or window["window_id"],
        at=window["written_at"],
        device=device["name"],
        lock_name=device["sdm_name"],
        model=model_of(shown),
        site=str(shown.get("site") or ""),
        outcome=outcome,
        states=states,
        seconds=seconds,
        why="; ".join(wrong),
    )


def _operations(journal: Journal, ids: t.Sequence[str]) -> dict[tuple[str, str], dict[str, Row]]:
    """Return the newest attempt of each operation, by window and the name the device was locked under."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    table = schema.OPERATIONS.c
    # What was seen before each operation is large, and tells nothing here.
    names = ("id", "window_id", "lock_name", "operation", "attempt", "state", "claimed_at", "settled_at")
    columns = [getattr(table, name) for name in names]
    rows = _of(journal, schema.OPERATIONS, ids, columns=columns)
    for row in sorted(rows, key=lambda row: (row["attempt"], row["id"])):
        found.setdefault((row["window_id"], row["lock_name"]), {})[row["operation"]] = row
    return found


def _of(
    journal: Journal, table: t.Any, ids: t.Sequence[str], *more: t.Any, columns: t.Sequence[t.Any] = ()
) -> list[Row]:
    """Return the rows of these windows, of a table that names them in ``window_id``."""
    found: list[Row] = []
    for start in range(0, len(ids), _CHUNK):
        end = start + _CHUNK
        found += journal.rows(sa.select(*(columns or (table,))).where(table.c.window_id.in_(ids[start:end]), *more))
    return found


def failed_in_a_row(journal: Journal, *, but: str | None = None) -> dict[str, list[str]]:
    """Return the windows in which a device failed one after the other until now, by the name it is locked under.

    Oldest first; a window that left a device out changes nothing, and what was before its release does not count.
    ``but`` is a window that is left out, because it is the one that asks. Raises JournalError.
    """
    table = schema.EVENTS
    released: dict[str, float] = {}
    for row in journal.rows(sa.select(table.c.device, table.c.at).where(table.c.kind == RELEASED)):
        released[row["device"]] = max(row["at"], released.get(row["device"], 0.0))
    streaks: dict[str, list[str]] = {}
    for result in results(journal, journal.clock.now() - LOOK_BACK):
        if result.window_id == but or result.at <= released.get(result.lock_name, 0.0):
            continue
        if result.outcome == "done":
            streaks.pop(result.lock_name, None)
        elif result.outcome == "failed":
            streaks.setdefault(result.lock_name, []).append(result.window_id)
    return streaks


def names_of(journal: Journal, device: str) -> set[str]:
    """Return the names under which windows locked a device of the inventory; none where no window had it."""
    table = schema.WINDOW_DEVICES
    rows = journal.rows(sa.select(table.c.sdm_name).where(table.c.name == device).distinct())
    return {row["sdm_name"] for row in rows}


def note_released(journal: Journal, names: t.Iterable[str], reason: str) -> None:
    """Write down that a device is released, under every name it is locked under. Raises JournalError."""
    for name in sorted(names):
        journal.note(RELEASED, {"device": name}, reason=reason)
