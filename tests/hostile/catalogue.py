# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of catalogue.md as data."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

CATALOGUE = Path(__file__).with_name("catalogue.md")

_LINE = re.compile(r"\| (\d+) \| ([^|]+) \| (.+) \| (.+) \| ([^|]+) \|")


class Row(t.NamedTuple):
    """One fault: who commits it, what it is, what must happen, and the promises at stake."""

    who: str
    fault: str
    must_happen: str
    promises: str


def rows() -> dict[int, Row]:
    """Return every row by its number, in the order of the catalogue."""
    lines = (_LINE.fullmatch(line) for line in CATALOGUE.read_text(encoding="utf-8").splitlines())
    return {int(line[1]): Row(*line.groups()[1:]) for line in lines if line}
