# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock that the tests inject reaches filters and modules, and the simulators keep the same time."""

from __future__ import annotations

import datetime as dt

from tests.integration.run import Commands
from tests.simulators import Simulator

WINDOW = {
    "window_name": "core",
    "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2",
    "window_duration": "2h",
}


def test_a_window_opens_when_the_clock_says_so(ansible: Commands, simulator: Simulator) -> None:
    year = dt.datetime.now(tz=dt.timezone.utc).year + 1
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.set_fact": {"seen": "{{ window | netfleet.maintenance.window_occurrence }}"}},
                {"netfleet.maintenance.device_lock": {"holder": "CHG1"}},
                {"ansible.builtin.debug": {"msg": "it is {{ seen.state }}"}},
            ],
            "vars": {"window": WINDOW},
        }
    ]
    for day in range(8, 15):
        ansible.at(f"{year}-01-{day:02d}T03:00:00+00:00")
        if dt.date(year, 1, day).weekday() == 6:
            break
    done = ansible.playbook(play, hosts=["lax-sbc-01"])
    assert done.rc == 0, done.said()
    assert "it is open" in done.stdout
    (lock,) = done.devices("device_lock").values()
    (effect,) = simulator.ledger(effect="lock")
    assert lock["locked_at"].startswith(f"{year}-01")
    assert abs(dt.datetime.fromisoformat(lock["locked_at"]).timestamp() - effect["at"]) < 10
