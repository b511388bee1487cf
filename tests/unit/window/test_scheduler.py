# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may start, asked each time that a device of a large window ends."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import Progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.scheduler import Situation, plan
from tests.unit.support.record import device, record

FLEET = 2000
CAP = 3


class Looked(dict[str, Progress]):
    """Progress that counts how many single devices were looked at."""

    looks = 0

    def get(self, name: str, default: t.Any = None) -> t.Any:
        """Count it."""
        self.looks += 1
        return super().get(name, default)


def situation(progress: dict[str, Progress], at_work: t.Collection[str], places: int | None = None) -> Situation:
    devices = [device(f"d{number}") for number in range(FLEET)]
    waiting = [each.name for each in devices if each.name not in at_work]
    return Situation(record(*devices, max_in_flight=CAP), progress, waiting, at_work, now=0.0, places=places)


def test_a_large_window_looks_at_no_more_devices_than_may_start() -> None:
    progress = Looked()
    found = plan(situation(progress, {"d0", "d1"}))
    assert [each.name for each in found.start] == ["d2"]
    assert progress.looks < 10


def test_what_is_in_flight_already_goes_on_behind_a_full_cap() -> None:
    progress = {f"d{FLEET - 1}": Progress(in_flight=True)}
    found = plan(situation(progress, {"d0", "d1", "d2"}))
    assert [each.name for each in found.start] == [f"d{FLEET - 1}"]


def test_where_others_fill_the_cap_every_device_says_why_it_waits() -> None:
    progress = {f"other{number}": Progress(in_flight=True) for number in range(CAP)}
    found = plan(situation(progress, ()))
    assert found.start == ()
    assert {gate.gate for gate in found.held_up.values()} == {"cap"}
    assert len(found.held_up) == FLEET
