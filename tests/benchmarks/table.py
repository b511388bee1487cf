# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of the benchmarks: one row per ratio, with its target and the verdict, for people and as JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import typing as t
from pathlib import Path

from tests.benchmarks.measure import Cost


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured figure and what it has to be: at most, or at least, the target; without a target it just informs.

    ``why`` says where the time of a figure goes that missed its target.
    """

    pair: str
    what: str
    figure: float
    unit: str = "x"
    target: float | None = None
    at_least: bool = False
    costs: t.Mapping[str, Cost] = dataclasses.field(default_factory=dict)
    why: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is met; empty without one."""
        if self.target is None:
            return ""
        met = self.figure >= self.target if self.at_least else self.figure <= self.target
        return "met" if met else "missed"

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed."""
        sign = "≥" if self.at_least else "≤"
        target = "" if self.target is None else f"{sign} {self.target:g} {self.unit}"
        return self.pair, self.what, f"{self.figure:.4g} {self.unit}", target, self.verdict


def printed(rows: t.Sequence[Row]) -> str:
    """Draw the table as Markdown, its columns aligned."""
    heads = ("", "What", "Measured", "Target", "Verdict")
    lines = [heads, *(row.cells() for row in rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(heads))]
    drawn = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    drawn.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join([*drawn, *(f"\nMissed: {row.what}. {row.why}" for row in rows if row.why)])


def save(rows: t.Sequence[Row], sizes: t.Mapping[str, t.Any], path: Path) -> None:
    """Write the rows, what they were measured from, and the machine, as JSON."""
    document = {
        "machine": {"python": platform.python_version(), "system": platform.platform(), "cores": _cores()},
        "sizes": dict(sizes),
        "rows": [{**dataclasses.asdict(row), "verdict": row.verdict} for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")


def _cores() -> int:
    return len(os.sched_getaffinity(0))
