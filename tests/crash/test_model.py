# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few stories of the model, the same every time, so that a failure comes from a change. More: ``make crash``."""

from __future__ import annotations

from tests.crash import model
from tests.crash.lane import Lane

STORIES = 12
DEEDS = 6


def test_no_story_breaks_an_invariant(lane: Lane) -> None:
    model.tell(lane, STORIES, DEEDS, the_same=True)
