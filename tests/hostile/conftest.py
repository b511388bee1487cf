# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hostile tests share: a simulator that also listens under TLS, modules at hand, and the real commands."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.hostile.bench import Bench
from tests.hostile.corpus import NAMES, fits_json, fits_xml
from tests.hostile.crowd import Ids
from tests.simulators import Simulator
from tests.simulators.certificates import Certificates


@pytest.fixture(scope="session")
def running_simulator(certificates: Certificates) -> t.Iterator[Simulator]:
    with Simulator(devices=5, process=True, certificates=certificates.authority.parent) as simulator:
        yield simulator


@pytest.fixture
def bench(simulator: Simulator, tmp_path: Path) -> Bench:
    return Bench(simulator, tmp_path)


@pytest.fixture(scope="module")
def crowded(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Bench]:
    """A fleet of nothing but hostile names; each system has those it can hold at all."""
    with Simulator(devices=0, process=True) as simulator:
        for name in NAMES:
            if name and fits_json(name) and fits_xml(name):
                simulator.add_device(name=name, site="LAB")
        bench = Bench(simulator, tmp_path_factory.mktemp("names"))
        bench.store.shared = True
        yield bench


@pytest.fixture(scope="module")
def ids(crowded: Bench) -> Ids:
    """The ids of each name by system."""
    return {
        device["name"]: {
            "zequenze": str(device["zequenze_id"]),
            "oracle_sdm": device["sdm_id"],
            "senhasegura": device["pam_id"],
        }
        for device in crowded.simulator.devices()
    }
