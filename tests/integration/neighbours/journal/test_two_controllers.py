# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two controllers at the same time that share nothing but a journal on PostgreSQL: what is safe for one is for both."""

from __future__ import annotations

import json
import time
import typing as t
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from tests.integration.run import Commands, Finished
from tests.integration.windows import LAX, locks, operations, run, steps
from tests.simulators import Simulator

# Longer than anybody waits: how long a device is down, until the test lets it come back.
BOOT = 600.0
LONGEST = 170.0
ALL = ["lock", "reboot", "unlock"]
QUICK: dict[str, t.Any] = {"window_operations": ["reboot"], "window_wait_timeout": LONGEST, "window_gate_timeout": 2}


@pytest.fixture
def controllers(tmp_path: Path, simulator: Simulator, postgres_place: str) -> list[Commands]:
    """Two of them, each with a home of its own."""
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        made.append(Commands(tmp_path / name, simulator))
        made[-1].environment["NETFLEET_JOURNAL"] = postgres_place
    return made


def until(happened: t.Callable[[], object]) -> None:
    """Wait until something has happened. Raise TimeoutError when it does not."""
    deadline = time.monotonic() + LONGEST
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("it never happened")
        time.sleep(0.05)


def come_back(simulator: Simulator) -> None:
    """Let the devices that are down come back, and be quick from now on."""
    simulator.knob("zequenze.boot", 0.3)
    for name in steps(simulator):
        simulator.patch_device(name, {"zequenze": {"online": True}})


def hook(ansible: Commands, name: str, *tasks: dict[str, t.Any]) -> str:
    """Write a task file and give its name, relative to the working directory."""
    (ansible.home / name).write_text(json.dumps(list(tasks)))
    return name


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"window_exclusive_by": "ha_pair"}, "of the same group (ha_pair=lax) is"),
        ({"maintenance_max_in_flight": 1}, "maintenance_max_in_flight"),
    ],
)
def test_of_two_windows_one_waits_while_the_other_has_a_device_down(
    controllers: list[Commands], simulator: Simulator, rule: dict[str, t.Any], said: str
) -> None:
    """Each has another member of a pair, or of a fleet of which one may be away; nobody can say who will be first."""
    simulator.knob("zequenze.boot", BOOT)
    pair = {name: {"ha_pair": "lax"} for name in LAX[:2]}

    def window(number: int, **changes: t.Any) -> Finished:
        hosts = controllers[number].static_inventory(pair)
        mine = {"window_id": f"CHG{number}", "window_targets": LAX[number], **QUICK, **rule}
        return run(controllers[number], hosts=hosts, **mine | changes)

    with ThreadPoolExecutor(2) as pool:
        runs: list[Future[Finished]] = [pool.submit(window, number) for number in range(2)]
        # The device of the first one does not come back before the other one has given up.
        ended, _rest = wait(runs, LONGEST, FIRST_COMPLETED)
        state = steps(simulator)
        come_back(simulator)
        both = [future.result() for future in runs]
    (loser,) = [runs.index(future) for future in ended]
    winner = 1 - loser
    assert state == {LAX[winner]: ["lock", "reboot"]}, [done.said() for done in both]
    assert [both[loser].rc, both[winner].rc] == [2, 0], [done.said() for done in both]
    assert said in both[loser].said()
    assert steps(simulator) == {LAX[winner]: ALL}
    again = window(loser)
    assert again.rc == 0, again.said()
    assert steps(simulator) == dict.fromkeys(LAX[:2], ALL)
    once_more = window(winner)
    assert once_more.rc == 0, once_more.said()
    assert steps(simulator) == dict.fromkeys(LAX[:2], ALL)
    assert locks(simulator) == {}


def test_a_reboot_outside_of_windows_waits_for_the_window_of_another_controller(
    controllers: list[Commands], simulator: Simulator
) -> None:
    simulator.knob("zequenze.boot", BOOT)
    # It restarts twice within seconds, which an uptime could not tell apart.
    simulator.patch_device(LAX[0], {"zequenze": {"uptime_exposed": "no"}})
    first, second = controllers
    reboot = {"name": [LAX[0]], "operation": "reboot", "wait_interval": 0.1, "conflict_timeout": 60}
    with ThreadPoolExecutor(2) as pool:
        window = pool.submit(run, first, window_id="CHG1", hosts=LAX[:1], **QUICK)
        until(lambda: operations(simulator) or window.done())
        refused = second.task("device_operation", reboot, hosts=["localhost"])
        assert refused.rc == 2
        assert f"device {LAX[0]} is locked for CHG1." in refused.said()
        assert steps(simulator) == {LAX[0]: ["lock", "reboot"]}
        patient = {**reboot, "lock_wait_timeout": LONGEST}
        waiting = pool.submit(second.task, "device_operation", patient, hosts=["localhost"])
        come_back(simulator)
        ended = [window.result(), waiting.result()]
    assert [done.rc for done in ended] == [0, 0], [done.said() for done in ended]
    assert steps(simulator) == {LAX[0]: ["lock", "reboot", "unlock", "reboot"]}


def test_a_check_that_fails_on_one_controller_stops_the_window_on_the_other(
    controllers: list[Commands], simulator: Simulator
) -> None:
    """The second one has locked its first device by then; a rerun makes the check again and no reboot."""
    first, second = controllers
    others = ["lon-gw-01", "lon-gw-02"]
    go = second.home / "go"
    here = {"delegate_to": "localhost", "connection": "local"}
    before = hook(second, "wait.yml", {"ansible.builtin.wait_for": {"path": str(go), "timeout": LONGEST}, **here})
    after = hook(first, "probe.yml", {"ansible.builtin.fail": {"msg": "no SIP answer"}, **here})
    common = {**QUICK, "window_max_failures": 0, "window_gate_timeout": LONGEST}
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, second, hosts=others, window_before_device=before, **common)
        until(lambda: steps(simulator).get(others[0]) or running.done())
        failed = run(first, hosts=LAX[:1], window_after_device=after, **common)
        go.touch()
        stopped = running.result()
    assert [failed.rc, stopped.rc] == [2, 2], stopped.said()
    assert "no SIP answer" in failed.said()
    assert "of window CHG1 failed; max_failures is 0" in stopped.said()
    assert operations(simulator) == [(LAX[0], "reboot")]
    assert locks(simulator) == {}
    for ansible, hosts, task in ((first, LAX[:1], hook(first, "probe.yml")), (second, others, None)):
        again = run(ansible, hosts=hosts, window_after_device=task, **common)
        assert again.rc == 0, again.said()
    assert sorted(operations(simulator)) == [(name, "reboot") for name in (LAX[0], *others)]
    assert locks(simulator) == {}


def test_a_device_that_failed_on_either_controller_is_left_alone_by_both(
    controllers: list[Commands], simulator: Simulator
) -> None:
    rule = {**QUICK, "window_quarantine_after": 2}
    simulator.patch_device(LAX[0], {"zequenze": {"log_result": "error"}})
    for number, ansible in enumerate(controllers):
        assert run(ansible, hosts=LAX[:1], window_id=f"CHG{number}", **rule).rc == 2
    simulator.patch_device(LAX[0], {"zequenze": {"log_result": "applied"}})
    before = operations(simulator)
    with ThreadPoolExecutor(2) as pool:
        parts = [[LAX[0], LAX[1]], [LAX[0], LAX[2]]]
        runs = [
            pool.submit(run, ansible, hosts=hosts, window_id=f"CHG{number}", **rule)
            for number, (ansible, hosts) in enumerate(zip(controllers, parts, strict=True), 2)
        ]
        ended = [future.result() for future in runs]
    assert [done.rc for done in ended] == [0, 0], [done.said() for done in ended]
    assert all("quarantined: failed in 2 windows in a row (CHG0, CHG1)" in done.said() for done in ended)
    assert sorted(operations(simulator)[len(before) :]) == [(name, "reboot") for name in LAX[1:]]
