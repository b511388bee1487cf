# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests over the whole corpus of names share: its categories as parameters, and a look at what was done."""

from __future__ import annotations

import pytest

from tests.hostile.bench import Bench, Result
from tests.hostile.corpus import CATEGORIES

Ids = dict[str, dict[str, str]]
"""The ids of each name by system."""

# Which rows a category belongs to; all of them are about names.
ROWS = {
    "dots": (54,),
    "slashes": (54, 55),
    "encoded": (55,),
    "address parts": (55,),
    "blanks": (56,),
    "control": (56,),
    "host patterns": (58,),
    "reserved": (58,),
    "payloads of templates": (59,),
    "templates": (59,),
    "YAML": (60,),
    "XML": (48,),
    "case twins": (57, 61),
    "form twins": (57, 61),
    "homoglyphs": (57,),
    "Unicode": (57,),
    "numbers": (49, 60),
    "long": (64,),
    "too long": (64,),
    "empty": (64,),
    "options": (65,),
    "broken": (56,),
}
PARAMETERS = [
    pytest.param(category, id=category, marks=pytest.mark.row(*ROWS.get(category, (59,)))) for category in CATEGORIES
]


class Watch:
    """What the systems were brought to do, a piece at a time."""

    # What follows by itself from an operation that was sent earlier.
    LATER = frozenset({"applied", "failed", "boot", "up", "down", "setting_cleared"})

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._seen = 0
        self.news()

    def news(self) -> set[tuple[str, str, str]]:
        """Return system, id and name of what was changed since the last time, signing in left out."""
        rows = self._bench.simulator.ledger(since=self._seen)
        self._seen = max((row["seq"] for row in rows), default=self._seen)
        return {
            (row["system"], str(row["device_id"]), row["device"])
            for row in rows
            if row["device_id"] is not None and row["effect"] not in self.LATER
        }


def reason(result: Result) -> str:
    """Return why a task or its only device failed."""
    assert result.get("failed"), result
    assert result["msg"]
    assert result["msg"].isprintable(), result["msg"]
    return str(result["msg"])
