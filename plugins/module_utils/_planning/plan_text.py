# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as a table for a terminal, and as Markdown for a pull request. Pure functions; names cannot play tricks."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import Step
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import escaped, legible

# GitHub refuses comments above 65,536 characters; the JSON has every device.
MOST_ROWS = 300


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


def headline(plan: Plan) -> str:
    """Say in one line what the plan comes to."""
    count = collections.Counter(step.action for step in plan.steps)
    parts = [f"{count['maintain']} to maintain", f"{count['skip']} to skip"]
    parts += [f"{count['blocked']} BLOCKED"] if count["blocked"] else []
    batches = len({step.batch for step in plan.steps if step.action == "maintain"})
    return f"{len(plan.steps)} devices: {', '.join(parts)}, in {batches} batch{'' if batches == 1 else 'es'}"


def as_table(plan: Plan) -> str:
    """Give the plan as lines of text in columns."""
    rows = [("batch", "device", "what", "why"), *(_cells(step) for step in plan.steps)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"Window {legible(plan.window_id)}: {headline(plan)}", legible(plan.reason), ""]
    for row in rows:
        lines.append("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]))
    lines += ["", *(f"Note: {legible(remark)}" for remark in plan.remarks)]
    lines.append(f"window_approval: {plan.digest}" if plan.digest else "There is nothing to approve.")
    return "\n".join(lines) + "\n"


def as_markdown(plan: Plan) -> str:
    """Give the plan as Markdown."""
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
    lines += ["", *(f"- {escaped(remark)}" for remark in plan.remarks)]
    if plan.digest:
        lines += ["", f"`window_approval: {plan.digest}` approves exactly these devices, ids, operations and window."]
    return "\n".join(lines) + "\n"


def as_document(plan: Plan, approve: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Give the plan as plain values for JSON, with what is approved by its digest."""
    return {
        "window": plan.window_id,
        "reason": plan.reason,
        "operations": list(plan.operations),
        "headline": headline(plan),
        "digest": plan.digest,
        "remarks": list(plan.remarks),
        "steps": [_plain(step) for step in plan.steps],
        "approve": approve,
    }


def _plain(step: Step) -> dict[str, t.Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(step).items()}


def _cells(step: Step) -> tuple[str, str, str, str]:
    what = ", ".join(step.operations) if step.action == "maintain" else _WORDS[step.action]
    return str(step.batch), legible(step.name), what, legible("; ".join([step.why, *step.notes]))
