# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform that allows so many calls in a time: a window waits as long as it is told, or keeps a rate of its own."""

from __future__ import annotations

import pytest

from tests.integration.run import Commands
from tests.integration.windows import LAX, locks, operations, run
from tests.simulators import Simulator


def throttled(simulator: Simulator) -> int:
    return sum(row["system"] == "zequenze" and row["status"] == 429 for row in simulator.requests())


@pytest.mark.row(223)
def test_calls_that_come_too_fast_wait_for_longer_than_their_timeout_and_refuse_no_device(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.knob("zequenze.calls", 12)
    simulator.knob("zequenze.calls_within", 5.0)
    done = run(ansible, window_wait_timeout=120, window_conflict_timeout=120, window_max_failures=0)
    assert done.rc == 0, done.said()
    assert sorted(operations(simulator)) == sorted((name, what) for name in LAX for what in ("sync", "reboot"))
    assert locks(simulator) == {}
    assert throttled(simulator) > 0


@pytest.mark.row(223)
def test_a_rate_is_kept_by_the_run_as_a_whole(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.calls", 6)
    simulator.knob("zequenze.calls_within", 1.0)
    done = run(ansible, zequenze_rate="5/s", window_wait_timeout=60)
    assert done.rc == 0, done.said()
    assert sorted(operations(simulator)) == sorted((name, what) for name in LAX for what in ("sync", "reboot"))
    assert throttled(simulator) == 0
