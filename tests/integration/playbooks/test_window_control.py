# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pausing, resuming and stopping windows from another shell: what is begun is finished, nothing new starts."""

from __future__ import annotations

import time
import typing as t

from tests.integration.run import Commands, Finished
from tests.integration.windows import LAX, Meanwhile, blocked, locks, operations, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def control(ansible: Commands, state: str, **given: t.Any) -> Finished:
    """Run the module window_control."""
    return ansible.task("window_control", {"state": state, **given}, hosts=["localhost"])


def wait_until(happened: t.Callable[[], bool], limit: float = 300) -> None:
    """Return when it has happened. Raises TimeoutError when it never does."""
    deadline = time.monotonic() + limit
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("it never happened")
        time.sleep(0.05)


def test_a_window_that_is_paused_from_another_shell_goes_on_when_it_is_resumed(
    ansible: Commands, simulator: Simulator
) -> None:
    first, *others = LAX
    meanwhile = Meanwhile()

    def pause_and_resume() -> None:
        paused = ansible.playbook("netfleet.maintenance.pause_window", extra={"window_id": "CHG1", "reason": "alarm"})
        assert "Window CHG1 is paused." in paused.stdout
        # The canary is finished all the same; the others wait until the window is resumed.
        wait_until(lambda: steps(simulator).get(first) == ALL)
        assert {device for device, _operation in operations(simulator)} == {first}
        resumed = ansible.playbook("netfleet.maintenance.resume_window", extra={"window_id": "CHG1"})
        assert "Window CHG1 is resumed." in resumed.stdout

    meanwhile.when(lambda: (first, "sync") in operations(simulator), pause_and_resume)
    done = run(ansible, window_batches=[1, "100%"], window_hold=15, window_gate_timeout=120)
    meanwhile.end()
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys([first, *others], ALL)
    assert locks(simulator) == {}


def test_a_window_that_is_stopped_before_it_opens_starts_nothing(ansible: Commands, simulator: Simulator) -> None:
    stopped = ansible.playbook("netfleet.maintenance.stop_window", extra={"all": True, "reason": "major incident 4711"})
    assert stopped.rc == 0, stopped.said()
    done = run(ansible)
    assert "major incident 4711" in done.said()
    assert operations(simulator) == []
    assert locks(simulator) == {}
    assert {gate for _device, gate in blocked(ansible)} == {"stopped"}
    assert control(ansible, "running", all=True).rc == 0
    assert run(ansible).rc == 0
    assert {device for device, _operation in operations(simulator)} == set(LAX)


def test_the_module_says_what_is_in_force(ansible: Commands) -> None:
    control(ansible, "paused", window_name="core", reason="alarm")
    (result,) = control(ansible, "paused", window_name="core", reason="alarm").of("window_control")
    assert result["changed"] is False
    assert [(entry["state"], entry["target"], entry["reason"]) for entry in result["in_force"]] == [
        ("paused", "core", "alarm")
    ]
    refused = control(ansible, "paused", window_id="CHG1")
    assert refused.rc != 0
    assert "reason is missing" in refused.said()
