# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback window_output: a window over many devices fits a terminal, and what went wrong stands at its end."""

from __future__ import annotations

import pytest

from tests.integration.run import Commands
from tests.integration.windows import WINDOW, locks
from tests.simulators import Simulator

DEVICES = 200
SHORT = {"ANSIBLE_STDOUT_CALLBACK": "netfleet.maintenance.window_output"}
MANY = {**WINDOW, "window_operations": ["sync"], "window_batches": [1, "30%", "100%"], "window_max_in_flight": 100}


@pytest.mark.finding("A10")
def test_a_large_window_prints_what_went_wrong_at_its_end(ansible: Commands, simulator: Simulator) -> None:
    simulator.reset(devices=DEVICES, seed=1)
    names = [device["name"] for device in simulator.devices()]
    failing, foreign = names[50:53], names[60]
    for name in failing:
        simulator.patch_device(name, {"zequenze": {"log_result": "error"}})
    # Somebody else works on one of them.
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "environment": {"ORACLE_SDM_USERNAME": "alice", "ORACLE_SDM_PASSWORD": "sim-alice-password"},
            "tasks": [{"netfleet.maintenance.device_lock": {"name": foreign, "holder": "alice"}}],
        }
    ]
    assert ansible.playbook(play, environment={"NETFLEET_JOURNAL": str(ansible.home / "other.sqlite3")}).rc == 0
    done = ansible.playbook("netfleet.maintenance.maintenance_window", hosts=names, extra=MANY, environment=SHORT)
    assert done.rc == 2, done.said()
    lines = done.said().splitlines()
    assert len(lines) < 60, done.said()
    last = lines[-20:]
    for name in (*failing, foreign):
        assert [line for line in last if line.startswith(f"FAILED: {name}: ")], done.said()
    assert f"Hosts: {DEVICES + 1 - 4} ok, 4 failed." in last
    assert [line for line in last if f"{DEVICES - 4} of {DEVICES} devices done" in line]
    assert [line for line in last if "Locks: none left. Next: ansible-playbook" in line]
    assert not [line for line in lines if "=> {" in line or line.startswith(("ok:", "changed:", "skipping:", "TASK"))]
    assert len(simulator.ledger(effect="operation")) == DEVICES - 1
    # None of ours; that of the other account is left alone.
    assert len(locks(simulator)) == 1

    # Again: nothing is sent to what is done, and everything is printed with -v.
    simulator.reset(devices=3, seed=1)
    few = {**MANY, "window_id": "CHG2", "window_batches": [1, "100%"]}
    verbose = ansible.playbook(
        "netfleet.maintenance.maintenance_window", "-v", hosts=names[:3], extra=few, environment=SHORT
    )
    assert verbose.rc == 0, verbose.said()
    assert "TASK [" in verbose.stdout
    assert "PLAY RECAP" in verbose.stdout
    again = ansible.playbook("netfleet.maintenance.maintenance_window", hosts=names[:3], extra=few, environment=SHORT)
    assert again.rc == 0, again.said()
    assert again.stdout.rstrip().endswith("Locks: none left. Next: nothing to do"), again.stdout
    assert len(simulator.ledger(effect="operation")) == 3
