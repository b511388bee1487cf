# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as a table for a terminal, and as Markdown for a pull request. Pure functions; names cannot play tricks."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.forecast import Basis, Forecast
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import Step
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import duration, escaped, legible

# GitHub refuses comments above 65,536 characters; the JSON has every device.
MOST_ROWS = 300

MOST_BATCHES = 8

MOST_LATE = 20

_WORDS = {"maintain": "maintain", "skip": "skip", "blocked": "BLOCKED"}


@dataclasses.dataclass(frozen=True)
class Plan:
    """A plan with what stands above it: the window's id and one sentence about it, and the digest to approve."""

    window_id: str
    reason: str
    operations: tuple[str, ...]
    steps: tuple[Step, ...]
    digest: str | None
    remarks: tuple[str, ...] = ()
    forecast: Forecast | None = None


def headline(plan: Plan) -> str:
    """Say in one line what the plan comes to."""
    count = collections.Counter(step.action for step in plan.steps)
    parts = [f"{count['maintain']} to maintain", f"{count['skip']} to skip"]
    parts += [f"{count['blocked']} BLOCKED"] if count["blocked"] else []
    batches = len({step.batch for step in plan.steps if step.action == "maintain"})
    return f"{len(plan.steps)} devices: {', '.join(parts)}, in {batches} batch{'' if batches == 1 else 'es'}"


def expectations(plan: Plan) -> list[str]:
    """Say how long the window is expected to take, what that is based on, and which devices will not fit."""
    found = plan.forecast
    if found is None or not found.ends:
        return []
    parts = [f"batch {batch + 1} after {duration(end)}" for batch, end in sorted(found.batches.items())]
    total = f"Expected to take {duration(found.seconds)}"
    said = [f"{total}: {', '.join(parts[:MOST_BATCHES])}." if len(parts) > 1 else f"{total}."]
    if len(parts) > MOST_BATCHES:
        said[0] = f"{said[0][:-1]} and {len(parts) - MOST_BATCHES} more batches."
    if found.cutoff is not None:
        left = f"{duration(found.cutoff)} are left until the cut-off"
        late = ", ".join(legible(name) for name in found.late[:MOST_LATE])
        more = f" and {len(found.late) - MOST_LATE} more" if len(found.late) > MOST_LATE else ""
        number = "1 device is" if len(found.late) == 1 else f"{len(found.late)} devices are"
        said.append(f"{left}; {number} not expected to fit: {late}{more}." if found.late else f"{left}.")
    said.append(f"Based on {'; '.join(map(_source, found.basis[:MOST_BATCHES]))}.")
    return said


def _source(basis: Basis) -> str:
    """Say what an operation is expected to take, and where that is from."""
    model = f" ({legible(basis.model)})" if basis.model else ""
    words = {
        "given": "window_expected_duration",
        "journal": f"average of {basis.count} in the journal",
        "other": f"average of {basis.count} of other models in the journal",
        "platform": "estimate of the platform",
        "usual": "assumed, the journal has none",
    }
    return f"{basis.operation}{model} {duration(basis.seconds)}, {words[basis.source]}"


def as_table(plan: Plan) -> str:
    """Return the plan as lines of text in columns."""
    rows = [("batch", "device", "what", "why"), *(_cells(step) for step in plan.steps)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"Window {legible(plan.window_id)}: {headline(plan)}", legible(plan.reason), ""]
    for row in rows:
        lines.append("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]))
    lines += ["", *expectations(plan), *(f"Note: {legible(remark)}" for remark in plan.remarks)]
    lines.append(f"window_approval: {plan.digest}" if plan.digest else "There is nothing to approve.")
    return "\n".join(lines) + "\n"


def as_markdown(plan: Plan) -> str:
    """Return the plan as Markdown."""
    lines = [
        f"## Plan of {escaped(plan.window_id)}",
        "",
        f"**{escaped(headline(plan))}**",
        "",
        escaped(plan.reason),
        "",
    ]
    lines += ["| Batch | Device | What | Why |", "| ---: | --- | --- | --- |"]
    lines += [f"| {' | '.join(escaped(cell) for cell in _cells(step))} |" for step in plan.steps[:MOST_ROWS]]
    if len(plan.steps) > MOST_ROWS:
        lines += ["", f"and {len(plan.steps) - MOST_ROWS} more devices; the JSON has them all."]
    lines += ["", *(f"- {escaped(said)}" for said in [*expectations(plan), *plan.remarks])]
    if plan.digest:
        text = "approves exactly this plan: the devices, their ids and order, the operations, limits and times."
        lines += ["", f"`window_approval: {plan.digest}` {text}"]
    return "\n".join(lines) + "\n"


def as_document(plan: Plan, approve: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Return the plan as plain values for JSON, with what is approved by its digest."""
    return {
        "window": plan.window_id,
        "reason": plan.reason,
        "operations": list(plan.operations),
        "headline": headline(plan),
        "digest": plan.digest,
        "remarks": list(plan.remarks),
        "forecast": None if plan.forecast is None else _forecast(plan.forecast),
        "steps": [_plain(step) for step in plan.steps],
        "approve": approve,
    }


def _plain(step: Step) -> dict[str, t.Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(step).items()}


def _forecast(found: Forecast) -> dict[str, t.Any]:
    """Return a forecast as plain values; times are seconds after the begin of the window."""
    return {
        "seconds": round(found.seconds, 1),
        "batches": [{"batch": batch + 1, "ends": round(end, 1)} for batch, end in sorted(found.batches.items())],
        "devices": {name: round(end, 1) for name, end in found.ends.items()},
        "late": list(found.late),
        "basis": [{**dataclasses.asdict(each), "seconds": round(each.seconds, 1)} for each in found.basis],
    }


def _cells(step: Step) -> tuple[str, str, str, str]:
    what = ", ".join(step.operations) if step.action == "maintain" else _WORDS[step.action]
    return str(step.batch), legible(step.name), what, legible("; ".join([step.why, *step.notes]))
