# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many calls a window makes, by the simulators' ledger; the guide on scale says the same."""

from __future__ import annotations

import collections
import re
import typing as t

import yaml

from tests.integration.run import Commands
from tests.integration.windows import LAX, Meanwhile, run, steps
from tests.simulators import Simulator

AT_ONCE = {"zequenze.session_delay": 0.0, "zequenze.apply": 0.0, "zequenze.boot": 0.0}

# What each device needs; docs/docsite/rst/guide_scale.rst says what for.
PER_DEVICE = {
    "POST /action": 4,
    "GET /inventory_device_name": 3,
    "GET /inventory_device_log": 5,
    "GET /inventory_device_name_variables": 3,
    "PUT /inventory_device_name_operation": 2,
}


def registry(ansible: Commands, **options: t.Any) -> str:
    """An inventory of three devices, read from PAM Core by the run itself."""
    path = ansible.home / "fleet.pam.yml"
    filters = {"include": {"hostname": LAX}}
    path.write_text(yaml.safe_dump({"plugin": "netfleet.maintenance.pam_devices", "filters": filters, **options}))
    return str(path)


def calls(simulator: Simulator) -> collections.Counter[str]:
    """Count the requests by method and kind of path."""
    kinds = re.compile(r"/(action|remotesessions|token|login|devices|device|inventory_\w+)(/[^/]*)?/?$")
    found = ((row["method"], kinds.search(row["path"])) for row in simulator.requests())
    return collections.Counter(f"{method} /{kind.group(1)}" for method, kind in found if kind)


def test_a_window_makes_no_call_twice(ansible: Commands, simulator: Simulator) -> None:
    for name, value in AT_ONCE.items():
        simulator.knob(name, value)
    done = run(ansible, hosts=registry(ansible), window_hold=0)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {name: ["lock", "sync", "reboot", "unlock"] for name in LAX}
    made = calls(simulator)
    assert made["GET /device"] == made["POST /token"] == made["POST /login"] == 1
    # Before the first lock, and after the last device: what differs is told.
    assert made["GET /devices"] == 2
    # Before the locks, before the syncs and before the reboots: the devices ask at the same time.
    assert made["GET /remotesessions"] <= len(LAX) * 2
    # Once in a journal, a device shows what SDM says to a repeated Lock, and is then unlocked once more.
    assert made["POST /action"] == len(LAX) * PER_DEVICE["POST /action"] + 2
    assert not [row for row in simulator.requests() if "Probe" in str(row["body"])]
    operations, uptimes = "PUT /inventory_device_name_operation", "GET /inventory_device_name_variables"
    assert made[operations] == len(LAX) * PER_DEVICE[operations]
    # Before the first window of a journal, a few devices are asked for their uptime once more.
    assert made[uptimes] - len(LAX) * PER_DEVICE[uptimes] in range(len(LAX) + 1)
    # What several need at the same moment, they read together or each by itself.
    for kind in ("GET /inventory_device_name", "GET /inventory_device_log"):
        assert made[kind] <= len(LAX) * PER_DEVICE[kind]


def test_devices_that_go_their_way_at_the_same_time_share_what_can_be_shared(
    ansible: Commands, simulator: Simulator
) -> None:
    for name, value in AT_ONCE.items():
        simulator.knob(name, value)
    inventory = ansible.home / "fleet.pam.yml"
    inventory.write_text(yaml.safe_dump({"plugin": "netfleet.maintenance.pam_devices"}))
    everybody = len(simulator.devices())
    done = run(ansible, hosts=str(inventory), window_hold=0, window_live_sessions="ignore")
    assert done.rc == 0, done.said()
    assert {tuple(way) for way in steps(simulator).values()} == {("lock", "sync", "reboot", "unlock")}
    assert len(steps(simulator)) == everybody
    made = calls(simulator)
    alone = sum(PER_DEVICE.values()) * everybody
    assert sum(made[kind] for kind in (*PER_DEVICE, "GET /inventory_device")) <= 0.9 * alone


def test_waiting_for_many_restarts_costs_calls_by_the_look_and_not_by_the_device(
    ansible: Commands, simulator: Simulator
) -> None:
    names = [device["name"] for device in simulator.devices()][:12]
    simulator.knob("zequenze.boot", 3.0)
    task = {"name": names, "operation": "reboot", "wait_interval": 0.2, "wait_timeout": 30}
    done = ansible.task("device_operation", task, hosts=["localhost"])
    assert done.rc == 0, done.said()
    assert [row["effect"] for row in simulator.ledger(effect="operation")] == ["operation"] * len(names)
    made = calls(simulator)
    # Each is read before, and its log and record once by itself after; the fifteen looks of three seconds are shared.
    assert made["GET /inventory_device_name"] <= 3 * len(names)
    assert made["GET /inventory_device_log"] <= 3 * len(names) + 25
    assert 0 < made["GET /inventory_device"] <= 3 * 25


def test_who_works_on_a_device_is_asked_after_its_lock_and_after_its_confirmation(
    ansible: Commands, simulator: Simulator
) -> None:
    assert run(ansible, hosts=LAX[:1], window_hold=0).rc == 0
    words = {"Lock": "lock", "Unlock": "unlock", "sync": "sync", "reboot": "reboot"}
    said = []
    for row in simulator.requests():
        if row["path"].endswith("/remotesessions"):
            said.append("who?")
        else:
            said += [word for text, word in words.items() if re.search(rf"\b{text}\b", row["body"] or "")]
    # The second Lock is how the first device of a journal shows what SDM says to a repeated one.
    assert said == ["who?", "lock", "lock", "who?", "sync", "lock", "who?", "reboot", "unlock", "unlock", "unlock"]


def test_somebody_who_comes_right_after_the_lock_is_left_in_peace(ansible: Commands, simulator: Simulator) -> None:
    # The first reading after the lock takes as long as it takes somebody to sign in.
    simulator.fault(method="GET", path="/inventory_device_name/", phase="before_accept", kind="stall", seconds=3.0)
    meanwhile = Meanwhile()
    meanwhile.when(
        lambda: simulator.ledger(effect="lock"),
        lambda: simulator.patch_device(LAX[0], {"senhasegura": {"session": {"user": "jdoe"}}}),
    )
    done = run(ansible, hosts=LAX[:1], window_live_sessions="skip")
    meanwhile.end()
    assert done.rc == 2
    assert "of 'jdoe'" in done.said()
    assert steps(simulator) == {LAX[0]: ["lock", "unlock"]}


def test_a_cached_inventory_is_no_list_to_compare_with(ansible: Commands, simulator: Simulator) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(ansible.home / "cache")}
    hosts = registry(ansible, **cache)
    for turn in (1, 2):
        done = run(ansible, hosts=hosts, window_id=f"CHG{turn}", window_operations=["sync"], window_hold=0)
        assert done.rc == 0, done.said()
        assert calls(simulator)["GET /device"] == turn
    simulator.patch_device(LAX[1], {"senhasegura": {"active": False}})
    done = run(ansible, hosts=hosts, window_id="CHG3")
    assert done.rc == 2
    assert "The window cannot run." in done.said()
    assert steps(simulator)[LAX[1]] == ["lock", "sync", "unlock"] * 2
    assert calls(simulator)["GET /device"] == 3
