# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the windows of a period show of a fleet: rates, durations, repeated failures and devices due. Pure."""

from __future__ import annotations

import collections
import statistics
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import FAILED_STATES
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import Result

VERSION = 1

Data = dict[str, t.Any]


def history(
    found: t.Sequence[Result],
    streaks: t.Mapping[str, t.Sequence[str]],
    *,
    since: float,
    until: float,
    due_before: float,
    min_failed: int,
    compared: str | None,
) -> Data:
    """Return the history of a period (epoch seconds), from the results of all windows, oldest first.

    ``found`` may begin before the period: then a device that was maintained earlier is due, and not unknown. Devices
    are due that were maintained last before ``due_before``, or never. ``compared`` is the window that is compared with
    the one of the same name before it.
    """
    period = [result for result in found if since <= result.at < until]
    return {
        "version": VERSION,
        "since": iso(since),
        "until": iso(until),
        "windows": len({result.window_id for result in period}),
        "devices": len({result.lock_name for result in period}),
        "success_ratio": _ratio(period),
        "by_device": _grouped(period, lambda result: result.device),
        "by_model": _grouped(period, lambda result: result.model),
        "by_site": _grouped(period, lambda result: result.site),
        "by_operation": _operations(period),
        "failed_often": _failed_often(period, streaks, min_failed),
        "comparison": None if compared is None else comparison(found, compared),
        "due": _due(found, due_before),
    }


def _ratio(results: t.Sequence[Result]) -> float | None:
    """Return which part of the devices that were begun was maintained, None when none was begun."""
    begun = [result for result in results if result.outcome != "left"]
    return round(sum(result.outcome == "done" for result in begun) / len(begun), 3) if begun else None


def _mean(seconds: t.Sequence[float]) -> float | None:
    return round(statistics.fmean(seconds), 1) if seconds else None


def _grouped(results: t.Sequence[Result], key: t.Callable[[Result], str]) -> list[Data]:
    """Return a row for each value, those with the lowest success ratio first; what has no value is left out."""
    groups: dict[str, list[Result]] = collections.defaultdict(list)
    for result in results:
        if key(result):
            groups[key(result)].append(result)
    rows = [
        {
            "name": name,
            "windows": len({result.window_id for result in members}),
            **{outcome: sum(result.outcome == outcome for result in members) for outcome in ("done", "failed", "left")},
            "success_ratio": _ratio(members),
            "seconds": _mean([sum(result.seconds.values()) for result in members if result.outcome == "done"]),
        }
        for name, members in groups.items()
    ]
    return sorted(rows, key=lambda row: (1.0 if row["success_ratio"] is None else row["success_ratio"], row["name"]))


def _operations(results: t.Sequence[Result]) -> list[Data]:
    names = sorted({operation for result in results for operation in result.states})
    rows = []
    for name in names:
        states = [result.states[name] for result in results if name in result.states]
        seconds = [result.seconds[name] for result in results if name in result.seconds]
        done, failed = states.count("done"), sum(state in FAILED_STATES for state in states)
        ends = {"done": done, "unproven": states.count("unproven"), "failed": failed}
        ratio = round(done / len(states), 3) if states else None
        longest = round(max(seconds), 1) if seconds else None
        rows.append({"name": name, **ends, "success_ratio": ratio, "seconds": _mean(seconds), "longest": longest})
    return rows


def _failed_often(results: t.Sequence[Result], streaks: t.Mapping[str, t.Sequence[str]], least: int) -> list[Data]:
    failed: dict[str, list[Result]] = collections.defaultdict(list)
    for result in results:
        if result.outcome == "failed":
            failed[result.lock_name].append(result)
    rows = [
        {
            "device": members[-1].device,
            "failed": len(members),
            "in_a_row": len(streaks.get(name, ())),
            "windows": [result.window_id for result in members],
            "why": members[-1].why,
        }
        for name, members in failed.items()
        if len(members) >= least
    ]
    return sorted(rows, key=lambda row: (-int(str(row["failed"])), str(row["device"])))


def comparison(found: t.Sequence[Result], window_id: str) -> Data | None:
    """Return how a window compares with the occurrence before it; None for a window that the journal does not have."""
    now = [result for result in found if result.window_id == window_id]
    if not now:
        return None
    before_ids = [result.window_id for result in found if result.window == now[0].window and result.at < now[0].at]
    before = [result for result in found if before_ids and result.window_id == before_ids[-1]]
    was = {result.lock_name: result for result in before}
    is_now = {result.lock_name: result for result in now}
    devices = [
        {
            "device": (is_now.get(name) or was[name]).device,
            "was": was[name].outcome if name in was else "not in the window",
            "is": is_now[name].outcome if name in is_now else "not in the window",
            "why": is_now[name].why if name in is_now else "",
        }
        for name in dict.fromkeys([*was, *is_now])
    ]
    return {
        "window": window_id,
        "previous": before_ids[-1] if before_ids else None,
        "success_ratio": {"was": _ratio(before), "is": _ratio(now)},
        "seconds": {"was": _took(before), "is": _took(now)},
        "devices": [row for row in devices if row["was"] != row["is"]] if before else [],
    }


def _took(results: t.Sequence[Result]) -> float | None:
    """Return what a device took on average."""
    return _mean([sum(result.seconds.values()) for result in results if result.outcome == "done"])


def _due(found: t.Sequence[Result], before: float) -> list[Data]:
    last: dict[str, float | None] = {}
    names: dict[str, str] = {}
    for result in found:
        names[result.lock_name] = result.device
        last.setdefault(result.lock_name, None)
        if result.outcome == "done":
            last[result.lock_name] = result.at
    due = [(name, at) for name, at in last.items() if at is None or at < before]
    return [
        {"device": names[name], "last_done_at": iso(at)}
        for name, at in sorted(due, key=lambda row: (row[1] or 0.0, row[0]))
    ]
