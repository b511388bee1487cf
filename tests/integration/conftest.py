# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration tests share: one simulator per worker, reset for every test, and the commands pointed at it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.integration.run import Commands
from tests.simulators import Simulator


@pytest.fixture(scope="session")
def running_simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=30, process=True) as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    running_simulator.reset(devices=30, seed=1)
    return running_simulator


@pytest.fixture
def ansible(tmp_path: Path, simulator: Simulator) -> Commands:
    return Commands(tmp_path, simulator)
