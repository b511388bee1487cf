# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole window in one picture: its batches over time, and where each device ended. Pure functions."""

from __future__ import annotations

import collections
import datetime as dt
import html
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import Earlier
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import DeviceReport
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.svg import Axis
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import (
    SIGNS,
    WORDS,
    clock_time,
    devices,
    length,
)


def overview(report: Report) -> str:
    """Return a lane for each batch, with a mark where each device ended; empty when no device was begun."""
    if report.started_at is None or report.as_of is None:
        return ""
    axis = Axis(report.started_at, report.as_of)
    batches: dict[int, list[DeviceReport]] = collections.defaultdict(list)
    for device in report.devices:
        if not device.is_protected:
            batches[device.batch].append(device)
    rows = "".join(_lane(number, batches[number], axis, len(batches)) for number in sorted(batches))
    ends = [clock_time(instant, report.zone) for instant in (axis.start, axis.end)]
    return (
        f'<section><h2>Overview</h2><div class="lanes over">{rows}<div class="axis" aria-hidden="true">'
        f"<span>{ends[0]}</span><span>{ends[1]}</span></div></div></section>"
    )


def _lane(number: int, members: t.Sequence[DeviceReport], axis: Axis, batches: int) -> str:
    name = "All devices" if batches == 1 else f"Batch {number + 1}" + (" (canary)" if number == 0 else "")
    starts = [device.started_at for device in members if device.started_at is not None]
    counts = collections.Counter(device.outcome for device in members)
    told = ", ".join(f"{count} {WORDS[outcome].lower()}" for outcome, count in counts.items())
    if not starts:
        picture, took = "", "not begun"
    else:
        start = min(starts)
        end = max(device.ended_at or start for device in members)
        took = length(end - start)
        picture = axis.stretch("k", start, end, 7, 4) + "".join(_mark(device, axis) for device in members)
    label = html.escape(f"{name}: {devices(len(members))}, {told}, {took}", quote=True)
    summary = " ".join(f'<span class="{outcome}">{SIGNS[outcome]}{count}</span>' for outcome, count in counts.items())
    return (
        f'<span>{name}<small>{summary}</small></span><svg role="img" aria-label="{label}">{picture}</svg>'
        f'<span class="t">{took}</span>'
    )


def _mark(device: DeviceReport, axis: Axis) -> str:
    """Return a mark where a device ended, taller where a person is needed."""
    if device.ended_at is None:
        return ""
    top, height = (2, 14) if device.outcome != "done" else (5, 8)
    place = min(axis.place(device.ended_at), 99.7)
    return f'<rect class="m {device.outcome}" x="{place:.2f}%" y="{top}" width="3" height="{height}"/>'


def earlier(report: Report) -> str:
    """Return how the last occurrences of the window went, and this one below them; empty when it has no earlier one."""
    if not report.earlier:
        return ""
    most = max(sum(each.counts.values()) for each in report.earlier) or 1
    rows = "".join(_occurrence(each, most, report) for each in report.earlier)
    return (
        f'<section><h2>Earlier occurrences</h2><div class="lanes over">{rows}</div>'
        '<p class="soft">Devices done, failed and not maintained, and what a device that was done took on average. The '
        "last line is this window.</p></section>"
    )


def _occurrence(each: Earlier, most: int, report: Report) -> str:
    bars, place, told = "", 0.0, []
    for outcome, state in _STATES.items():
        number = each.counts.get(outcome, 0)
        if not number:
            continue
        width = number / most * 100.0
        bars += f'<rect class="b {state}" x="{place:.2f}%" y="3" width="{width:.2f}%" height="12"/>'
        place += width
        told.append((state, number))
    said = ", ".join(f"{number} {WORDS[state].lower()}" for state, number in told)
    day = f"{dt.datetime.fromtimestamp(each.at, report.zone):%Y-%m-%d %H:%M}"
    took = "" if each.seconds is None else length(each.seconds)
    label = html.escape(f"{day}: {said}{took and f', {took} for each device'}", quote=True)
    summary = " ".join(f'<span class="{state}">{SIGNS[state]}{number}</span>' for state, number in told)
    return (
        f'<span>{day}<small>{summary}</small></span><svg role="img" aria-label="{label}">{bars}</svg>'
        f'<span class="t">{took}</span>'
    )


# The outcomes of a device in the history, as the report calls them.
_STATES = {"done": "done", "failed": "failed", "left": "not_started"}


def runs_of(report: Report, zone: dt.tzinfo) -> list[str]:
    """Return who ran the window, from when to when, a line for each run of Ansible."""
    lines = []
    for run in report.runs:
        job = f", AWX job {run.job} launched by {run.launched_by or 'an unknown user'}" if run.job else ""
        times = f"{clock_time(run.first_at, zone)} to {clock_time(run.last_at, zone)}"
        lines.append(f"{run.user or 'an unknown user'} on {run.host}, process {run.run}, {times}{job}")
    return lines
