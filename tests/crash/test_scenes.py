# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else at work too: another window, another machine, a person at the console, a lost journal."""

from __future__ import annotations

import pytest

from tests.crash.lane import Lane
from tests.crash.scene_parts import Scene
from tests.crash.scenes import SCENES


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_every_promise_holds(lane: Lane, scene: Scene) -> None:
    assert scene(lane, None) == []
