# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How windows stand now, as one table of 80 columns: stage, lock, holder and last operation of each device. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import HOLD, DeviceReport
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import WORDS, headline
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

_HEADS = ("DEVICE", "STAGE", "LOCKED BY", "SINCE", "LAST OPERATION")
_WIDTHS = (22, 13, 16, 8, 13)


@dataclasses.dataclass(frozen=True)
class Standing:
    """How one device stands. ``since`` is when it was locked, or when the last thing happened (epoch seconds)."""

    name: str
    stage: str
    holder: str
    since: float | None
    operation: str
    outcome: str

    def to_json(self) -> dict[str, t.Any]:
        """Return it as plain values."""
        return {**dataclasses.asdict(self), "since": iso(self.since)}


def standing_of(device: DeviceReport, window_id: str) -> Standing:
    """Return how a device of a window stands."""
    held = [lock for lock in device.locks if lock.open]
    last = max(device.steps, key=lambda step: step.first_at, default=None)
    return Standing(
        name=device.name,
        stage=_stage(device),
        holder=window_id if device.locked else "",
        since=held[-1].held_at or held[-1].asked_at if held else device.ended_at,
        operation=last.operation if last else "",
        outcome=last.state if last else "",
    )


def _stage(device: DeviceReport) -> str:
    if device.is_protected:
        return "left alone"
    at_work = next((step.operation for step in device.steps if step.state == "running"), None)
    if at_work:
        return "holding" if at_work == HOLD else f"{at_work} sent"
    queued = next((step.operation for step in device.steps if step.queued), None)
    if queued:
        return f"{queued} queued"
    if device.locked:
        return "locked"
    if device.outcome == "refused" and device.gates and not device.steps:
        return f"gate {device.gates[-1].gate}"
    return WORDS[device.outcome].lower()


def as_table(reports: t.Sequence[Report], zone: zoneinfo.ZoneInfo) -> list[str]:
    """Return the lines of a table, none longer than 80 columns, with a line about each window above its devices."""
    lines: list[str] = []
    for report in reports:
        window_id = report.asked.window_id
        lines += (
            ["", *_wrapped(f"Window {window_id}: {headline(report)}")]
            if lines
            else _wrapped(f"Window {window_id}: {headline(report)}")
        )
        lines.append(_row(_HEADS))
        for device in report.devices:
            standing = standing_of(device, window_id)
            last = f"{standing.operation} {standing.outcome}".strip()
            since = "" if standing.since is None else f"{dt.datetime.fromtimestamp(standing.since, zone):%H:%M:%S}"
            lines.append(_row((standing.name, standing.stage, standing.holder or "-", since, last or "-")))
    if lines:
        lines.append(f"Times are {zone.key}.")
    return lines


def _row(cells: t.Sequence[str]) -> str:
    return "  ".join(_fit(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def _fit(text: str, width: int) -> str:
    """Return text of exactly this width; what is cut off ends with two dots."""
    text = legible(text)
    return f"{text[: width - 2]}.." if len(text) > width else text.ljust(width)


def _wrapped(text: str) -> list[str]:
    """Return a sentence in lines of at most 80 columns."""
    lines = [""]
    for word in legible(text).split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > 80:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()[:80]
    return lines
