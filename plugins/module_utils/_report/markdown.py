# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown for a ticket or a chat: short, with what needs a person first."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import (
    SIGNS,
    WORDS,
    date_and_time,
    headline,
    length,
    reason_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import escaped, legible

# A ticket is no place for a thousand rows; the other formats have them all.
MOST_ROWS = 100


MOST_NAMES = 20


def as_markdown(report: Report) -> str:
    """Give the report as Markdown text."""
    asked = report.asked
    lines = [f"# {escaped(asked.name or asked.window_id)}: {escaped(headline(report))}", ""]
    lines.append(f"- Window: {escaped(asked.window_id)}")
    if report.started_at is not None:
        lines.append(f"- Began: {escaped(date_and_time(report.started_at, report.zone))}")
    if report.as_of is not None:
        lines.append(f"- Told up to: {escaped(date_and_time(report.as_of, report.zone))}")
    for run in report.runs:
        job = f", AWX job {run.job} launched by {run.launched_by or 'unknown'}" if run.job else ""
        lines.append(f"- Run: {escaped(f'{run.user or chr(63)} on {run.host}{job}')}")
    for gate in report.gates:
        lines.append(f"- Kept back by {escaped(gate.gate)}: {escaped(gate.message)}")
    lines += [*_to_do(report), *_devices(report)]
    return "\n".join(lines) + "\n"


def _to_do(report: Report) -> list[str]:
    if not report.to_do:
        return []
    lines = ["", "## Left to do by hand"]
    for todo in report.to_do:
        names = ", ".join(escaped(name) for name in todo.devices[:MOST_NAMES])
        more = f" and {len(todo.devices) - MOST_NAMES} more" if len(todo.devices) > MOST_NAMES else ""
        lines += ["", f"**{len(todo.devices)}**: {escaped(todo.why)}", "", f"Devices: {names}{more}"]
        if todo.command:
            lines += ["", *(f"    {line}" for line in legible(todo.command).splitlines())]
    return lines


def _devices(report: Report) -> list[str]:
    if not report.devices:
        return []
    lines = ["", "## Devices", "", "| Device | Outcome | Took | Why |", "| --- | --- | --- | --- |"]
    for device in report.devices[:MOST_ROWS]:
        took = None if device.started_at is None else (device.ended_at or device.started_at) - device.started_at
        locked = ", still locked" if device.locked and device.outcome != "running" else ""
        cells = (
            escaped(device.name),
            f"{SIGNS[device.outcome]} {WORDS[device.outcome]}{locked}",
            length(took),
            escaped(reason_of(device)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    if len(report.devices) > MOST_ROWS:
        lines += ["", f"{len(report.devices) - MOST_ROWS} more devices are in the HTML and JSON reports."]
    return lines
