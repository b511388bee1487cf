# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_lock through ansible-playbook: check, do, do again, check again; the simulator's ledger is the judge."""

from __future__ import annotations

import stat

from tests.integration.run import Commands
from tests.simulators import Simulator

HOST = "lax-sbc-01"
LOCKED = {"holder": "CHG1"}
UNLOCKED = {"holder": "CHG1", "state": "unlocked"}


def effects(simulator: Simulator) -> list[tuple[str, str]]:
    return [(row["effect"], row["device"]) for row in simulator.ledger() if row["effect"] in ("lock", "unlock")]


def test_the_cycle_of_taking_a_lock_and_giving_it_back(ansible: Commands, simulator: Simulator) -> None:
    seen = []
    for options, check in ((LOCKED, True), (LOCKED, False), (LOCKED, False), (LOCKED, True)):
        done = ansible.task("device_lock", options, *(["--check"] if check else []), hosts=[HOST])
        assert done.rc == 0, done.said()
        device = done.devices("device_lock")[HOST]
        seen.append((device["state"], device["changed"], effects(simulator)))
    held = [("lock", HOST)]
    assert seen == [("locked", True, []), ("locked", True, held), ("locked", False, held), ("locked", False, held)]

    seen = []
    for options, check in ((UNLOCKED, True), (UNLOCKED, False), (UNLOCKED, False), (UNLOCKED, True)):
        done = ansible.task("device_lock", options, *(["--check"] if check else []), hosts=[HOST])
        assert done.rc == 0, done.said()
        device = done.devices("device_lock")[HOST]
        seen.append((device["state"], device["changed"], effects(simulator)))
    free = [*held, ("unlock", HOST)]
    assert seen == [
        ("unlocked", True, held),
        ("unlocked", True, free),
        ("unlocked", False, free),
        ("unlocked", False, free),
    ]
    assert simulator.state()["oracle_sdm"]["locks"] == {}


def test_unlocking_what_the_journal_does_not_show_sends_nothing(ansible: Commands, simulator: Simulator) -> None:
    done = ansible.task("device_lock", UNLOCKED, hosts=[HOST])
    assert done.rc == 0, done.said()
    assert done.devices("device_lock")[HOST]["state"] == "unknown"
    assert effects(simulator) == []
    assert simulator.requests(system="oracle_sdm") == []


def test_check_mode_sends_no_writing_verb(ansible: Commands, simulator: Simulator) -> None:
    for options in (LOCKED, UNLOCKED, {**UNLOCKED, "force": True}):
        assert ansible.task("device_lock", options, "--check", "--diff", hosts=[HOST]).rc == 0
    writing = [row for row in simulator.requests(system="oracle_sdm") if row["method"] != "GET"]
    assert {row["path"].rsplit("/", 1)[-1] for row in writing} <= {"login", "logout"}
    assert effects(simulator) == []


def test_a_device_of_another_account_is_busy_and_left_alone(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(HOST, {"oracle_sdm": {"lock_as": "alice"}})
    before = effects(simulator)
    done = ansible.task("device_lock", LOCKED, hosts=[HOST])
    device = done.devices("device_lock")[HOST]
    assert done.rc == 2
    assert device["state"] == "busy"
    assert "another account holds its lock" in device["message"]
    assert ansible.task("device_lock", UNLOCKED, hosts=[HOST]).rc == 0
    assert effects(simulator) == before


def test_one_sign_in_serves_the_run_and_is_signed_out_of(ansible: Commands, simulator: Simulator) -> None:
    hosts = [device["name"] for device in simulator.devices()][:8]
    assert ansible.task("device_lock", LOCKED, "--forks", "8", hosts=hosts).rc == 0
    sessions = [row["effect"] for row in simulator.ledger(system="oracle_sdm") if row["effect"].startswith("log")]
    assert sessions == ["login", "logout"]
    lists = [row for row in simulator.requests(method="GET") if row["path"].endswith("/deviceMgmt/devices")]
    assert len(lists) == 1
    assert len(effects(simulator)) == 8


def test_a_list_of_names_is_locked_in_one_task(ansible: Commands, simulator: Simulator) -> None:
    names = ["lax-sbc-02", "lax-sbc-01", "lax-sbc-03"]
    play = [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [{"netfleet.maintenance.device_lock": {"name": names, "holder": "CHG1"}}],
        }
    ]
    done = ansible.playbook(play)
    assert done.rc == 0, done.said()
    assert [device["name"] for device in done.of("device_lock")[0]["devices"]] == names
    assert sorted(effects(simulator)) == sorted(("lock", name) for name in names)


def test_the_real_module_runs_when_the_task_is_asynchronous(ansible: Commands, simulator: Simulator) -> None:
    task = {"netfleet.maintenance.device_lock": LOCKED, "async": 60, "poll": 1}
    inventory = ansible.static_inventory({HOST: {"ansible_connection": "local"}})
    done = ansible.playbook([{"hosts": "all", "gather_facts": False, "tasks": [task]}], hosts=inventory)
    assert done.rc == 0, done.said()
    assert effects(simulator) == [("lock", HOST)]
    assert [row["effect"] for row in simulator.ledger(system="oracle_sdm")] == ["login", "lock", "logout"]


def test_the_real_module_runs_where_the_task_is_delegated_to(ansible: Commands, simulator: Simulator) -> None:
    task = {"netfleet.maintenance.device_lock": LOCKED, "delegate_to": "elsewhere"}
    play = [{"hosts": HOST, "gather_facts": False, "tasks": [task]}]
    # Nobody listens there: only a task that really goes there fails as unreachable.
    inventory = ansible.static_inventory(
        {HOST: {}, "elsewhere": {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_connection": "ssh"}}
    )
    done = ansible.playbook(play, hosts=inventory)
    assert done.rc == 4, done.said()
    assert effects(simulator) == []


def test_the_environment_keyword_of_a_play_is_honoured(ansible: Commands, simulator: Simulator) -> None:
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "environment": {"ORACLE_SDM_PASSWORD": "sim-lockbot-password"},
            "tasks": [{"netfleet.maintenance.device_lock": LOCKED}],
        }
    ]
    done = ansible.playbook(play, hosts=[HOST], environment={"ORACLE_SDM_PASSWORD": ""})
    assert done.rc == 0, done.said()
    assert effects(simulator) == [("lock", HOST)]


def test_a_wrong_password_is_one_sentence_and_never_shown(ansible: Commands, simulator: Simulator) -> None:
    hosts = [device["name"] for device in simulator.devices()][:4]
    done = ansible.task("device_lock", {**LOCKED, "password": "wr0ng-c4nary"}, "-vvvv", "--forks", "4", hosts=hosts)
    assert done.rc == 2
    device = done.devices("device_lock")[hosts[0]]
    assert "did not accept the account lockbot (401). Check username and" in device["message"]
    assert "wr0ng-c4nary" not in done.said()
    assert "Traceback" not in done.said()
    # Tried once for the whole run: repeating a rejected password is how accounts get locked.
    assert len([row for row in simulator.requests() if row["path"].endswith("/admin/login")]) == 1


def test_the_journal_is_for_its_owner_only(ansible: Commands) -> None:
    assert ansible.task("device_lock", LOCKED, hosts=[HOST]).rc == 0
    assert stat.S_IMODE(ansible.journal.stat().st_mode) == 0o600
