# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pre-flight against all three systems: what is wrong is said at once, and asking changes nothing."""

from __future__ import annotations

import typing as t

import pytest
import requests

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

LAX = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
READER = {"SENHASEGURA_CLIENT_ID": "sim-reader", "SENHASEGURA_CLIENT_SECRET": "sim-reader-secret"}
MONITOR = {"ORACLE_SDM_USERNAME": "monitor", "ORACLE_SDM_PASSWORD": "sim-monitor-password"}


def fly(ansible: Commands, *arguments: str, options: dict[str, t.Any] | None = None, **more: t.Any) -> Finished:
    task = {
        "netfleet.maintenance.window_preflight": {
            "devices": "{{ groups['all'] | netfleet.maintenance.window_devices(hostvars) }}",
            **(options or {}),
        }
    }
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
    return ansible.playbook(play, *arguments, **{"hosts": LAX, **more})


def effects(simulator: Simulator) -> set[str]:
    return {row["effect"] for row in simulator.ledger()}


def test_a_healthy_fleet_passes_and_nothing_is_changed(ansible: Commands, simulator: Simulator) -> None:
    done = fly(ansible, options={"writes": ["zequenze", "oracle_sdm", "senhasegura"]})
    assert done.rc == 0, done.said()
    (result,) = done.of("window_preflight")
    assert result["problems"] == []
    assert {name: system["reached"] for name, system in result["systems"].items()} == {
        "zequenze": True,
        "oracle_sdm": True,
        "senhasegura": True,
    }
    assert all(abs(system["clock_ahead"]) < 2 for system in result["systems"].values())
    assert [device["name"] for device in result["devices"]] == LAX
    assert effects(simulator) <= {"login", "logout", "token_issued"}
    assert simulator.requests(method="PUT") == []


def test_a_platform_that_says_what_a_token_may_do_is_believed(ansible: Commands, simulator: Simulator) -> None:
    for answer, writes in (("405", "unknown"), ("drf", "allowed")):
        simulator.knob("zequenze.options", answer)
        done = fly(ansible)
        assert done.rc == 0, done.said()
        (result,) = done.of("window_preflight")
        assert result["systems"]["zequenze"]["writes"] == writes
    assert effects(simulator) <= {"login", "logout", "token_issued"}


@pytest.mark.row(57, 62, 118)
def test_everything_that_is_wrong_is_said_in_one_failure(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device("lax-sbc-02", {"oracle_sdm": {"present": False}})
    simulator.knob("zequenze.clock_skew", 300.0)
    requests.post(
        f"{simulator.zequenze_url}/inventory_device_name/",
        json={"name": "LAX-SBC-03", "serial_number": "TWIN"},
        headers={"Authorization": "Bearer sim-zequenze-token"},
        timeout=10,
    ).raise_for_status()
    options = {"writes": ["oracle_sdm", "senhasegura"]}
    done = fly(ansible, options=options, environment={**READER, **MONITOR})
    simulator.knob("zequenze.clock_skew", 0.0)
    assert done.rc == 2
    (result,) = done.of("window_preflight")
    for part in (
        "4 problems",
        "lax-sbc-02: Oracle SDM has no such device. Zequenze Control: 'lax-sbc-02' (id ",
        "lax-sbc-03: Zequenze Control also lists 'LAX-SBC-03'",
        "The clock of Zequenze Control is at least",
        "senhasegura PAM Core refuses these credentials the right to write",
    ):
        assert part in result["msg"], part
    assert "sim-reader-secret" not in done.said()
    # Nothing but what it documents is sent to the address of locks, and no lock is.
    assert not [row["path"] for row in simulator.requests(method="POST") if row["path"].endswith("/action")]
    assert "lock" not in effects(simulator)
    assert simulator.requests(method="PUT") == []


@pytest.mark.row(32)
@pytest.mark.parametrize(
    ("variable", "system"),
    [
        ("ZEQUENZE_TOKEN", "Zequenze Control"),
        ("ORACLE_SDM_PASSWORD", "Oracle SDM"),
        ("SENHASEGURA_CLIENT_SECRET", "senhasegura PAM Core"),
    ],
)
def test_credentials_that_do_not_work_are_named_and_not_shown(ansible: Commands, variable: str, system: str) -> None:
    done = fly(ansible, "-vvv", environment={variable: "canary-of-a-secret"})
    assert done.rc == 2
    (result,) = done.of("window_preflight")
    assert len(result["problems"]) == 1
    assert system in result["problems"][0]
    assert "canary-of-a-secret" not in done.said()


def test_check_mode_sends_nothing_but_questions(ansible: Commands, simulator: Simulator) -> None:
    done = fly(ansible, "--check")
    assert done.rc == 0, done.said()
    assert {row["method"] for row in simulator.requests(system="zequenze")} == {"GET"}
    sent = [row["path"] for row in simulator.requests(system="oracle_sdm") if row["method"] != "GET"]
    assert {path.rsplit("/", 1)[-1] for path in sent} == {"login", "logout"}
    assert not ansible.journal.exists()


def test_options_in_the_task_and_in_its_environment_count(ansible: Commands, simulator: Simulator) -> None:
    unset = {"ZEQUENZE_TOKEN": "", "ORACLE_SDM_PASSWORD": ""}
    assert fly(ansible, environment=unset).rc == 2
    play = [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "environment": {"ORACLE_SDM_PASSWORD": "sim-lockbot-password"},
            "tasks": [
                {
                    "netfleet.maintenance.window_preflight": {
                        "devices": [{"name": "lax-sbc-01"}],
                        "systems": ["zequenze", "oracle_sdm"],
                        "zequenze": {"api_token": "sim-zequenze-token"},
                    }
                }
            ],
        }
    ]
    before = len(simulator.requests(system="senhasegura"))
    done = ansible.playbook(play, "-vvv", hosts=LAX, environment=unset)
    assert done.rc == 0, done.said()
    assert "sim-zequenze-token" not in done.said()
    assert "sim-lockbot-password" not in done.said()
    assert len(simulator.requests(system="senhasegura")) == before


def test_a_unit_that_was_replaced_is_told(ansible: Commands, simulator: Simulator) -> None:
    sync = {"operation": "sync", "name": LAX[:2], "wait_interval": 0.1}
    assert ansible.task("device_operation", sync, hosts=["localhost"]).rc == 0
    simulator.patch_device(LAX[1], {"zequenze": {"serial_number": "ANOTHER-1"}})
    done = fly(ansible)
    assert done.rc == 0, done.said()
    (result,) = done.of("window_preflight")
    told = [remark for remark in result["remarks"] if "another unit" in remark]
    assert len(told) == 1
    assert told[0].startswith(f"'{LAX[1]}' is another unit than at its last operation")
    assert "another unit" in done.said()
