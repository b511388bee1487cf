# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hostile tests share: a simulator that also listens under TLS, modules at hand, and the real commands."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.hostile.bench import Bench
from tests.integration.run import Commands
from tests.simulators import Simulator
from tests.simulators.certificates import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def running_simulator(certificates: Certificates) -> t.Iterator[Simulator]:
    with Simulator(devices=5, process=True, certificates=certificates.authority.parent) as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    running_simulator.reset(devices=5, seed=1)
    return running_simulator


@pytest.fixture
def bench(simulator: Simulator, tmp_path: Path) -> Bench:
    return Bench(simulator, tmp_path)


@pytest.fixture
def ansible(tmp_path: Path, simulator: Simulator) -> Commands:
    return Commands(tmp_path, simulator)
