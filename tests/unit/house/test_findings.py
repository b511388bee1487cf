# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of tests/docs/findings.md is held by a test that carries its name."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| ([A-Z]\d+[a-z]?) \|", (TESTS / "docs/findings.md").read_text(), re.MULTILINE)


def test_every_row_has_a_test_and_every_mark_a_row() -> None:
    carried: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        for names in re.findall(r"mark\.finding\(([^)]+)\)", path.read_text()):
            carried |= set(re.findall(r'"([^"]+)"', names))
    assert len(ROWS) == len(set(ROWS)) >= 40
    assert sorted(carried ^ set(ROWS)) == []
