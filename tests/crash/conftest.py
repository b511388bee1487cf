# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the crash tests share: one lane per worker, and the undisturbed window everything is compared with."""

from __future__ import annotations

import typing as t

import pytest

from tests.crash import matrix
from tests.crash.lane import Lane
from tests.crash.matrix import Undisturbed


@pytest.fixture(scope="session")
def lane() -> t.Iterator[Lane]:
    with Lane() as lane:
        yield lane


@pytest.fixture(scope="session")
def reference(lane: Lane) -> Undisturbed:
    return matrix.undisturbed(lane)
