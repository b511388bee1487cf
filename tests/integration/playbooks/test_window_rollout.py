# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order a window takes its devices, and what stops it; the simulators' ledger is the judge."""

from __future__ import annotations

import concurrent.futures
import json
import time
import typing as t
from pathlib import Path

import pytest

from tests.integration.run import Commands
from tests.integration.windows import LAX, blocked, locks, operations, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def fails(simulator: Simulator, device: str) -> None:
    """Have everything that is sent to the device fail."""
    simulator.patch_device(device, {"zequenze": {"log_result": "error"}})


def hook(ansible: Commands, name: str, *tasks: dict[str, t.Any]) -> str:
    """Write a task file and give its name, relative to the working directory."""
    path = ansible.home / f"{name}.yml"
    path.write_text(json.dumps(list(tasks)))
    return path.name


def say(log: Path, text: str) -> dict[str, t.Any]:
    """A task that appends a line to a file on the controller."""
    command = f"echo '{text}' >> {log}"
    return {"ansible.builtin.shell": command, "delegate_to": "localhost", "connection": "local"}


def overlapping(simulator: Simulator) -> bool:
    """Whether two devices were ever locked at once."""
    held = 0
    for row in simulator.ledger():
        held += {"lock": 1, "unlock": -1}.get(row["effect"], 0)
        if held > 1:
            return True
    return False


def test_a_canary_that_fails_keeps_every_other_device_untouched(ansible: Commands, simulator: Simulator) -> None:
    fails(simulator, LAX[0])
    done = run(ansible, window_batches=[2, "100%"], hosts=[*LAX, "lon-gw-01"])
    assert done.rc == 2
    assert steps(simulator) == {LAX[0]: ["lock", "sync", "unlock"], LAX[1]: ALL}
    assert locks(simulator) == {}
    assert f"the canary has not completed window CHG1: {LAX[0]}: sync failed" in done.said()
    assert blocked(ansible) == [(LAX[2], "canary"), ("lon-gw-01", "canary")]


def test_after_a_batch_that_failed_as_a_whole_nothing_is_started(ansible: Commands, simulator: Simulator) -> None:
    fails(simulator, LAX[1])
    hosts = [*LAX, "lon-gw-01"]
    done = run(ansible, window_batches=[1, 1, 1, 1], hosts=hosts)
    assert done.rc == 2
    assert steps(simulator) == {LAX[0]: ALL, LAX[1]: ["lock", "sync", "unlock"]}
    assert blocked(ansible) == [(LAX[2], "batch"), ("lon-gw-01", "batch")]


def test_batches_soak(ansible: Commands, simulator: Simulator) -> None:
    done = run(ansible, window_batches=[1, 1, 1], window_soak=2)
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys(LAX, ALL)
    ended = {row["device"]: row["at"] for row in simulator.ledger(effect="unlock")}
    begun = {row["device"]: row["at"] for row in simulator.ledger(effect="lock")}
    for before, after in ((LAX[0], LAX[1]), (LAX[1], LAX[2])):
        assert begun[after] - ended[before] >= 1.9


def test_never_two_of_one_group_at_once(ansible: Commands, simulator: Simulator) -> None:
    inventory = ansible.static_inventory({name: {"pam_site": "LAX"} for name in LAX})
    done = run(ansible, hosts=inventory, window_exclusive_by="pam_site")
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys(LAX, ALL)
    assert not overlapping(simulator)


def test_a_group_is_exclusive_over_windows_and_controllers(ansible: Commands, simulator: Simulator) -> None:
    options = {"holder": "CHG9", "group": "pam_site=LAX"}
    assert ansible.task("device_lock", options, hosts=LAX[2:]).rc == 0
    inventory = ansible.static_inventory({LAX[0]: {"pam_site": "LAX"}, "lon-gw-01": {"pam_site": "LON"}})
    done = run(ansible, hosts=inventory, window_exclusive_by="pam_site", window_gate_timeout=0.5)
    assert done.rc == 2
    assert f"not started: device {LAX[2]} of the same group (pam_site=LAX) is locked for CHG9" in done.said()
    assert steps(simulator) == {LAX[2]: ["lock"], "lon-gw-01": ALL}
    assert blocked(ansible) == [(LAX[0], "exclusive")]


def test_a_host_without_the_groups_variable_belongs_to_no_group(ansible: Commands, simulator: Simulator) -> None:
    inventory = ansible.static_inventory({LAX[0]: {"pam_site": "LAX"}, LAX[1]: {}, LAX[2]: {}})
    done = run(ansible, hosts=inventory, window_exclusive_by="pam_site")
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys(LAX, ALL)


PAIR: dict[str, dict[str, t.Any]] = {
    LAX[0]: {"ha_pair": "lax", "ha_role": "active"},
    LAX[1]: {"ha_pair": "lax", "ha_role": "standby"},
    "lon-gw-01": {},
}


def test_a_pair_whose_first_unit_stays_down_keeps_the_second_in_this_window_and_the_next(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.patch_device(LAX[1], {"zequenze": {"boot": 3600.0}})
    pair: dict[str, t.Any] = {
        "hosts": ansible.static_inventory(PAIR),
        "window_exclusive_by": "ha_pair",
        "window_order_by": {"ha_role": ["standby", "active"]},
        "window_gate_timeout": 0.5,
        "window_wait_timeout": 3,
    }
    done = run(ansible, **pair)
    assert done.rc == 2
    assert LAX[0] not in steps(simulator)
    assert steps(simulator) == {LAX[1]: ["lock", "sync", "reboot", "unlock"], "lon-gw-01": ALL}
    assert f"{LAX[1]} of the same group (ha_pair=lax) is not proven up" in done.said()
    assert blocked(ansible) == [(LAX[0], "exclusive")]
    pair |= {"hosts": ansible.static_inventory(PAIR), "window_id": "CHG2", "window_targets": LAX[0]}
    again = run(ansible, **pair)
    assert again.rc == 2
    assert LAX[0] not in steps(simulator)
    assert f"{LAX[1]} of the same group (ha_pair=lax) is not proven up" in again.said()


def test_a_partner_that_is_not_selected_counts_as_well(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[1], {"zequenze": {"online": False}})
    pair: dict[str, t.Any] = {
        "hosts": ansible.static_inventory(PAIR),
        "window_exclusive_by": "ha_pair",
        "window_gate_timeout": 0.5,
    }
    done = run(ansible, window_targets=f"{LAX[0]}:lon-gw-01", **pair)
    assert done.rc == 2
    assert steps(simulator) == {"lon-gw-01": ALL}
    assert f"{LAX[1]} of the same group (ha_pair=lax) is not proven up: it is down in Zequenze Control." in done.said()


@pytest.mark.parametrize("dialect", ["all_or_nothing", "each"])
def test_a_pair_is_locked_by_its_network_function_for_one_device_at_a_time(
    ansible: Commands, simulator: Simulator, dialect: str
) -> None:
    simulator.knob("oracle_sdm.group_lock", dialect)
    # The first network function of the simulator has the first two devices in it.
    pair = ansible.static_inventory({name: {"sdm_group_id": "ID40"} for name in LAX[:2]} | {LAX[2]: {}})
    if dialect == "each":
        simulator.patch_device(LAX[1], {"oracle_sdm": {"lock_as": "alice"}})
        refused = run(ansible, hosts=pair, window_targets=LAX[0])
        assert refused.rc == 2
        assert steps(simulator)[LAX[0]] in (["lock", "unlock"], [])
        assert {name: lock["account"] for name, lock in locks(simulator).items()} == {LAX[1]: "alice"}
        return
    done = run(ansible, hosts=pair)
    assert done.rc == 0, done.said()
    assert locks(simulator) == {}
    held: set[str] = set()
    for row in simulator.ledger():
        if row["effect"] in ("lock", "unlock"):
            (held.add if row["effect"] == "lock" else held.discard)(row["device"])
        elif row["effect"] == "operation" and row["device"] in LAX[:2]:
            assert set(LAX[:2]) <= held, "the other member is locked, too"
    assert sorted(operations(simulator)) == sorted((name, each) for name in LAX for each in ("sync", "reboot"))
    paths = {row["path"] for row in simulator.requests(method="POST") if row["path"].endswith("/action")}
    assert any("/nfMgmt/nfs/ID40/groups/ID40/action" in path for path in paths)


def test_a_device_that_sdm_does_not_manage_is_maintained_without_a_lock_there(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.patch_device(LAX[0], {"oracle_sdm": {"present": False}})
    inventory = ansible.static_inventory({LAX[0]: {"maintenance_lock": "no"}, LAX[1]: {}})
    done = run(ansible, hosts=inventory)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[0]: ["sync", "reboot"], LAX[1]: ALL}
    assert locks(simulator) == {}


def test_a_protected_device_is_left_out_and_says_why(ansible: Commands, simulator: Simulator) -> None:
    inventory = ansible.static_inventory(
        {
            LAX[0]: {"maintenance_protected": True, "maintenance_protected_reason": "holds the emergency calls"},
            LAX[1]: {},
            LAX[2]: {"maintenance_managed": False},
        }
    )
    done = run(ansible, hosts=inventory, window_batches=[1, "100%"])
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[1]: ALL}
    assert "not started: the window leaves" in done.stdout
    assert blocked(ansible) == [(LAX[0], "protected"), (LAX[2], "protected")]


def test_no_more_than_agreed_are_in_flight(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.boot", 0.5)
    done = run(ansible, window_max_in_flight=1, window_wait_timeout=60)
    assert done.rc == 0, done.said()
    assert steps(simulator) == dict.fromkeys(LAX, ALL)
    flying = 0
    for row in simulator.ledger(system="zequenze"):
        flying += {"down": 1, "up": -1}.get(row["effect"], 0)
        assert flying <= 1


@pytest.mark.row(116)
def test_a_budget_is_used_up_for_all_controllers(ansible: Commands, simulator: Simulator, tmp_path: Path) -> None:
    """The second controller has locked its first device when the first one uses up the budget."""
    others = ["lon-cpe-01", "lon-gw-01", "lon-gw-02"]
    (tmp_path / "second").mkdir()
    second = Commands(tmp_path / "second", simulator)
    second.environment["NETFLEET_JOURNAL"] = str(ansible.journal)
    go = tmp_path / "go"
    wait = {
        "ansible.builtin.wait_for": {"path": str(go), "timeout": 120},
        "delegate_to": "localhost",
        "connection": "local",
    }
    before = hook(second, "wait", wait)
    fails(simulator, LAX[0])
    common: dict[str, t.Any] = {"window_max_failures": 0, "window_gate_timeout": 5}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, second, hosts=others, window_batches=[1], window_before_device=before, **common)
        while "lock" not in steps(simulator).get(others[0], []) and not running.done():
            time.sleep(0.05)
        first = run(ansible, hosts=LAX, window_batches=["100%"], **common)
        go.write_text("")
        other = running.result()
    assert (first.rc, other.rc) == (2, 2), other.said()
    done = steps(simulator)
    assert {name: done.get(name, []) for name in others} == {
        others[0]: ["lock", "unlock"],
        others[1]: [],
        others[2]: [],
    }, other.said()
    assert not [device for device, _operation in operations(simulator) if device in others]
    assert "of window CHG1 failed; max_failures is 0" in other.said()
    assert locks(simulator) == {}


def test_a_device_that_is_busy_uses_up_the_budget_too(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[0], {"oracle_sdm": {"lock_as": "alice"}})
    done = run(ansible, window_batches=[2, "100%"], hosts=[*LAX, "lon-gw-01"], window_max_failures=0)
    assert done.rc == 2
    assert steps(simulator).keys() <= {LAX[0], LAX[1]}, "the next batch is not touched"
    assert "of window CHG1 failed; max_failures is 0" in done.said()
    assert locks(simulator).keys() == {LAX[0]}


def test_task_files_run_before_and_after_devices_and_the_window(ansible: Commands, simulator: Simulator) -> None:
    log = ansible.home / "log"
    hooks: dict[str, t.Any] = {
        f"window_{name}": hook(ansible, name, say(log, f"{name} {{{{ inventory_hostname }}}}"))
        for name in ("before_window", "after_window", "before_device", "after_device")
    }
    done = run(ansible, hosts=LAX[:1], **hooks)
    assert done.rc == 0, done.said()
    assert log.read_text().splitlines() == [
        "before_window localhost",
        f"before_device {LAX[0]}",
        f"after_device {LAX[0]}",
        "after_window localhost",
    ]


def test_a_task_file_that_fails_keeps_the_device_untouched(ansible: Commands, simulator: Simulator) -> None:
    log = ansible.home / "log"
    trouble = {"ansible.builtin.fail": {"msg": "cannot drain"}, "when": f"inventory_hostname == '{LAX[0]}'"}
    hooks: dict[str, t.Any] = {
        "window_before_device": hook(ansible, "before", trouble),
        "window_after_device": hook(ansible, "after", say(log, "after {{ inventory_hostname }}")),
        "window_after_window": hook(ansible, "end", say(log, "end")),
    }
    done = run(ansible, hosts=LAX[:2], **hooks)
    assert done.rc == 2
    assert "cannot drain" in done.said()
    assert steps(simulator) == {LAX[0]: ["lock", "unlock"], LAX[1]: ALL}
    lines = log.read_text().splitlines()
    assert sorted(lines[:-1]) == [f"after {LAX[0]}", f"after {LAX[1]}"]
    assert lines[-1] == "end"


def test_a_task_file_that_fails_afterwards_keeps_no_lock(ansible: Commands, simulator: Simulator) -> None:
    after = hook(ansible, "after", {"ansible.builtin.fail": {"msg": "cannot undrain"}})
    done = run(ansible, hosts=LAX[:1], window_after_device=after)
    assert done.rc == 2
    assert steps(simulator) == {LAX[0]: ALL}
    assert locks(simulator) == {}


@pytest.mark.parametrize("arguments", [("--limit", LAX[0]), ("--start-at-task", "End the window")])
def test_leaving_out_the_checks_starts_nothing(
    ansible: Commands, simulator: Simulator, arguments: tuple[str, str]
) -> None:
    done = run(ansible, *arguments)
    assert steps(simulator) == {}
    if arguments[0] == "--limit":
        assert done.rc == 2
        assert "Choose devices with window_targets instead of --limit" in done.said()
