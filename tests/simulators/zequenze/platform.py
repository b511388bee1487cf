# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform behind the Zequenze endpoints: fleet, log, machine and values, made anew at every reset."""

from __future__ import annotations

import typing as t

from tests.simulators.zequenze.fleet import Fleet, managed
from tests.simulators.zequenze.log import LogBook
from tests.simulators.zequenze.machine import Machine
from tests.simulators.zequenze.values import Values

if t.TYPE_CHECKING:
    from tests.simulators.world import World
    from tests.simulators.zequenze.fleet import Managed

ACCOUNT = "automation"
"""The user of the seeded token, as the log shows it."""

FOREIGNER = "noc-operator"
"""Somebody else, who works by hand."""


class Platform:
    """What all endpoints share. Its parts are replaced at :meth:`start`, so ask for them each time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.start()

    def start(self) -> None:
        """Forget everything and start from the world's devices."""
        now = self.world.clock.now()
        self.fleet = Fleet(managed(device, now) for device in self.world.devices)
        self.book = LogBook()
        self.machine = Machine(self.world, self.fleet, self.book)
        self.values = Values(self.world, self.machine, self.iso)

    @property
    def skew(self) -> float:
        """Seconds the server's clock is ahead of the true one."""
        return float(self.knob("clock_skew"))

    def iso(self, ts: float) -> str:
        """A true instant as the server's clock shows it."""
        return self.world.clock.iso(ts + self.skew)

    def knob(self, name: str) -> t.Any:
        """The value of a Zequenze knob."""
        return self.world.knobs[f"zequenze.{name}"]

    def own(self, device: Managed, name: str) -> t.Any:
        """The value of a Zequenze knob for one device."""
        return self.world.setting(device.seed, f"zequenze.{name}")
