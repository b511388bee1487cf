# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown for a ticket or a chat: short, with what needs a person first."""

from __future__ import annotations

import itertools

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import (
    SIGNS,
    WORDS,
    date_and_time,
    devices,
    headline,
    length,
    reason_of,
    told_control,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import as_code, escaped, legible

# A ticket is no place for a thousand rows; the other formats have them all.
MOST_ROWS = 100

MOST_NAMES = 20


def as_markdown(report: Report) -> str:
    """Return the report as Markdown text."""
    asked = report.asked
    lines = [f"# {as_code(asked.name or asked.window_id)}: {escaped(headline(report))}", ""]
    lines.append(f"- Window: {as_code(asked.window_id)}")
    if report.started_at is not None:
        lines.append(f"- Began: {escaped(date_and_time(report.started_at, report.zone))}")
    if report.as_of is not None:
        lines.append(f"- Last update: {escaped(date_and_time(report.as_of, report.zone))}")
    for run in report.runs:
        job = f", AWX job {run.job} launched by {run.launched_by or 'unknown'}" if run.job else ""
        lines.append(f"- Run: {escaped(f'{run.user or chr(63)} on {run.host}{job}')}")
    lines += [f"- {control.state.capitalize()}: {escaped(told_control(control))}" for control in report.controls]
    for gate in report.gates:
        lines.append(f"- Closed gate {escaped(gate.gate)}: {escaped(gate.message)}")
    lines += [f"- {escaped(name)}: {as_code(value)}" for name, value in asked.facts]
    lines += [f"- {escaped(remark)}" for remark in report.remarks]
    lines += [*_to_do(report), *_changes(report), *_devices(report)]
    return "\n".join(lines) + "\n"


def _to_do(report: Report) -> list[str]:
    if not report.to_do:
        return []
    lines = ["", "## Left to do"]
    for command, members in itertools.groupby(report.to_do, key=lambda todo: todo.command):
        for todo in members:
            names = ", ".join(escaped(name) for name in todo.devices[:MOST_NAMES])
            more = f" and {len(todo.devices) - MOST_NAMES} more" if len(todo.devices) > MOST_NAMES else ""
            lines += ["", f"**{devices(len(todo.devices))}**: {escaped(todo.why)}", "", f"Devices: {names}{more}"]
        if command:
            lines += ["", *(f"    {line}" for line in legible(command).splitlines())]
    return lines


def _changes(report: Report) -> list[str]:
    """Return what differs from before the window, a line for each device."""
    changed = [device for device in report.devices if device.changes]
    if not changed:
        return []
    lines = ["", "## What changed", ""]
    lines += [f"- {escaped(device.name)}: {escaped('; '.join(device.changes))}" for device in changed[:MOST_ROWS]]
    if len(changed) > MOST_ROWS:
        lines += ["", f"{len(changed) - MOST_ROWS} more devices are in the HTML and JSON reports."]
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
