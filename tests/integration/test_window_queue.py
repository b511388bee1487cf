# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reboot that waits in the platform's queue: its device stays locked and is told, and no window sends another."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.run import Commands, Finished
from tests.integration.windows import LAX, blocked, locks, operations, run
from tests.simulators import Simulator

HOST = LAX[0]
AN_HOUR = 3600.0


@pytest.fixture
def queueing(simulator: Simulator) -> Simulator:
    """A platform that carries operations out after an hour."""
    simulator.knob("zequenze.session_delay", AN_HOUR)
    return simulator


def window(ansible: Commands, **changes: t.Any) -> Finished:
    # The simulator's clock is moved on, ours is not.
    usual = {"window_operations": ["reboot"], "window_wait_timeout": 1, "window_max_clock_skew": 10 * AN_HOUR}
    return run(ansible, hosts=[HOST], **{**usual, **changes})


@pytest.mark.row(216)
@pytest.mark.parametrize("with_hooks", [False, True])
def test_a_queued_reboot_keeps_its_lock_until_it_is_settled(
    ansible: Commands, queueing: Simulator, with_hooks: bool
) -> None:
    hook = ansible.home / "after.yml"
    hook.write_text("- name: Check the device\n  ansible.builtin.assert:\n    that: true\n")
    hooks = {"window_after_device": str(hook)} if with_hooks else {}
    done = window(ansible, **hooks)
    assert done.rc == 2
    assert "queued at Zequenze Control and will still be carried out" in done.said()
    assert (operations(queueing), list(locks(queueing))) == ([(HOST, "reboot")], [HOST])

    kept = ansible.playbook("netfleet.maintenance.recover", hosts=[HOST], extra={"recover_proof_timeout": 0})
    assert "stays locked until that is settled" in kept.said()
    status = ansible.playbook("netfleet.maintenance.status", hosts=[HOST])
    assert "reboot queued" in status.said()
    assert (operations(queueing), list(locks(queueing))) == ([(HOST, "reboot")], [HOST])

    queueing.advance(AN_HOUR + 60)
    again = window(ansible, window_wait_timeout=15, **hooks)
    assert again.rc == 0, again.said()
    assert (operations(queueing), locks(queueing)) == ([(HOST, "reboot")], {})


@pytest.mark.row(215)
def test_another_window_sends_nothing_while_a_reboot_is_queued_however_long(
    ansible: Commands, queueing: Simulator
) -> None:
    queueing.knob("zequenze.session_delay", 1000 * AN_HOUR)
    assert window(ansible, window_queued="unlock").rc == 2
    assert locks(queueing) == {}
    queueing.advance(2 * AN_HOUR)
    # It waits, and looks several times.
    done = window(ansible, window_id="CHG2", window_conflict_timeout=1)
    assert done.rc == 2
    assert "still has a queued operation" in done.said()
    assert blocked(ansible, "CHG2") == [(HOST, "pending")]
    assert (operations(queueing), locks(queueing)) == ([(HOST, "reboot")], {})
