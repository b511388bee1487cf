# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulators of the three APIs in one process: real HTTP, real state, a ledger of effects, faults on the wire."""

from __future__ import annotations

from tests.simulators.runner import Simulator, SimulatorError

__all__ = ["Simulator", "SimulatorError"]
