# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""History and quarantine over real windows: who is left alone, who is released, and what the history shows of it."""

from __future__ import annotations

import json

from tests.integration.run import Commands
from tests.integration.windows import LAX, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def test_a_device_that_fails_again_and_again_is_left_alone_until_it_is_released(
    ansible: Commands, simulator: Simulator
) -> None:
    bad, *good = LAX
    simulator.patch_device(bad, {"zequenze": {"log_result": "error", "execution": "ignored"}})
    for number in (1, 2):
        assert run(ansible, window_id=f"CHG{number}").rc == 2
    sent = steps(simulator)[bad]
    simulator.patch_device(bad, {"zequenze": {"log_result": None, "execution": None}})
    left = run(ansible, window_id="CHG3", window_quarantine_after=2)
    assert left.rc == 0, left.said()
    assert "quarantined: failed in 2 windows in a row (CHG1, CHG2)" in " ".join(left.stdout.split())
    assert steps(simulator) == {bad: sent, **dict.fromkeys(good, ALL * 3)}
    shown = ansible.playbook("netfleet.maintenance.fleet_history", extra={"history_dest": "out"})
    assert shown.rc == 0, shown.said()
    history = json.loads((ansible.home / "out/history.json").read_text())
    (often,) = history["failed_often"]
    assert (often["device"], often["windows"], often["in_a_row"]) == (bad, ["CHG1", "CHG2"], 2)
    assert {row["name"]: (row["done"], row["failed"]) for row in history["by_device"]} == {
        bad: (0, 2),
        **dict.fromkeys(good, (3, 0)),
    }
    released = ansible.playbook("netfleet.maintenance.release_device", extra={"device": bad, "reason": "repaired"})
    assert f"Released: '{bad}'." in released.stdout
    done = run(ansible, window_id="CHG4", window_quarantine_after=2)
    assert done.rc == 0, done.said()
    assert steps(simulator)[bad] == [*sent, *ALL]
    (again,) = ansible.task("device_release", {"name": bad, "reason": "repaired"}, hosts=["localhost"]).of(
        "device_release"
    )
    assert again["changed"] is False
    (told,) = ansible.task("fleet_history", {"window_id": "CHG4"}, hosts=["localhost"]).of("fleet_history")
    assert told["history"]["comparison"]["previous"] is None
