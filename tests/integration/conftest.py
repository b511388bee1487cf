# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration tests share: one simulator per worker, reset for every test, and the commands pointed at it."""

from __future__ import annotations

import typing as t

import pytest

from tests.simulators import Simulator


@pytest.fixture(scope="session")
def running_simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=30, process=True) as simulator:
        yield simulator
