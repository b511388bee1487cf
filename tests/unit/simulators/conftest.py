# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the simulators share."""

from __future__ import annotations

import pytest

from tests.simulators import Simulator


@pytest.fixture
def sim(simulator: Simulator) -> Simulator:
    """The simulator of the file, as it was when it was started."""
    return simulator
