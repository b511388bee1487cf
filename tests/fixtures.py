# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of every suite. Where a test asks for a simulator, its suite or file has a ``running_simulator``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.run import Commands
from tests.simulators import Simulator
from tests.simulators.certificates import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates made for this session."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """The running simulator, as it was when it was started."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def ansible(tmp_path: Path, simulator: Simulator) -> Commands:
    """The real commands, pointed at the simulator."""
    return Commands(tmp_path, simulator)
