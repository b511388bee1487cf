# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_systems on the ledger: it reads only, tells what will not work here, and learns when asked to."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.integration.run import Commands, Finished
from tests.integration.windows import run, steps
from tests.simulators import Simulator

SIGNING_IN = {"login", "logout", "token_issued"}


def checked(ansible: Commands, *arguments: str, **variables: t.Any) -> Finished:
    return ansible.playbook("netfleet.maintenance.check_systems", *arguments, extra=variables)


def lines(done: Finished) -> dict[tuple[str, str], dict[str, t.Any]]:
    (result,) = done.of("systems_info")
    return {(line["system"], line["check"]): line for line in result["checks"]}


def test_it_only_reads_and_tells_what_will_not_work(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device("lax-sbc-02", {"oracle_sdm": {"present": False}})
    simulator.knob("zequenze.clock_skew", 300.0)
    simulator.fault(
        system="zequenze", path="device_log", kind="status", status=403, body='{"detail": "No."}', times=None
    )
    done = checked(ansible, doctor_html="systems.html", doctor_json="systems.json", doctor_sample=2)
    simulator.knob("zequenze.clock_skew", 0.0)
    assert done.rc == 0, done.said()
    assert {row["effect"] for row in simulator.ledger()} <= SIGNING_IN
    asked = {(row["system"], row["method"]) for row in simulator.requests()} - {("senhasegura", "GET")}
    assert asked == {("zequenze", "GET"), ("zequenze", "OPTIONS"), ("oracle_sdm", "GET")} | {
        (system, "POST") for system in ("oracle_sdm", "senhasegura")
    }
    posted = {row["path"].rsplit("/", 1)[-1] for row in simulator.requests(method="POST")}
    assert posted == {"login", "logout", "token"}
    assert not ansible.journal.exists()
    found = lines(done)
    for check in ("device log", "proof of sync", "proof of reboot", "proof of reset", "clock"):
        assert found["zequenze", check]["verdict"] == "will not work", check
    assert "right to read the device log" in found["zequenze", "device log"]["cure"]
    assert found["oracle_sdm", "permission to read"]["verdict"] == "works"
    assert "'lax-sbc-02' not in Oracle SDM" in found["together", "names"]["found"]
    assert found["journal", "place"]["verdict"] == "works with limits"
    assert found["senhasegura", "live sessions"]["verdict"] == "works"
    assert json.loads((ansible.home / "systems.json").read_text())["verdict"] == "will not work"
    assert "Check of the systems" in (ansible.home / "systems.html").read_text()
    assert "sim-" not in done.said().replace("sim-client", "")


def test_a_named_device_is_locked_and_unlocked_and_the_answers_are_kept(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.knob("oracle_sdm.repeat_lock", 400)
    simulator.knob("oracle_sdm.unlock_free", 400)
    done = checked(ansible, "--check", doctor_device="lax-sbc-01")
    assert (done.rc, steps(simulator)) == (0, {})
    done = checked(ansible, doctor_device="lax-sbc-01", doctor_must_work=True)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {"lax-sbc-01": ["lock", "unlock"]}
    assert simulator.state()["oracle_sdm"]["locks"] == {}
    (result,) = done.of("systems_info")
    assert result["learned"] == {
        "device": "lax-sbc-01",
        "repeats_lock": False,
        "repeats_unlock": False,
        "counts_locks": False,
    }
    found = lines(checked(ansible))
    assert found["oracle_sdm", "counted Locks"]["found"].startswith("One Unlock frees a device")
    assert found["oracle_sdm", "repeated Lock"]["found"].startswith("This SDM refuses it")
    assert found["oracle_sdm", "repeated Unlock"]["verdict"] == "works"


@pytest.mark.parametrize(("counts", "unlocks"), [(False, 1), (True, 2)])
def test_a_window_unlocks_once_where_it_was_learned_that_locks_are_not_counted(
    ansible: Commands, simulator: Simulator, counts: bool, unlocks: int
) -> None:
    """A window locks a device twice, once to confirm. What a server that counts needs, another one is spared."""
    simulator.knob("oracle_sdm.unlock_free", 400)
    simulator.knob("oracle_sdm.lock_counts", counts)
    done = checked(ansible, doctor_device="lax-sbc-03")
    assert done.of("systems_info")[0]["learned"]["counts_locks"] is counts
    before = len(simulator.requests(method="POST"))
    done = run(ansible, hosts=["lax-sbc-01"])
    assert done.rc == 0, done.said()
    sent = [
        "Unlock" if "Unlock" in str(row["body"]) else "Lock"
        for row in simulator.requests(method="POST")[before:]
        if row["path"].endswith("/action")
    ]
    assert sent == ["Lock", "Lock", *["Unlock"] * unlocks]
    assert simulator.state()["oracle_sdm"]["locks"] == {}


def test_credentials_that_do_not_work_are_a_line_and_a_misspelt_variable_is_refused(
    ansible: Commands, simulator: Simulator
) -> None:
    wrong = {"ZEQUENZE_TOKEN": "canary-of-a-secret", "ORACLE_SDM_URL": "http://127.0.0.1:1"}
    done = ansible.playbook(
        "netfleet.maintenance.check_systems", "-vvv", extra={"doctor_must_work": True}, environment=wrong
    )
    assert done.rc == 2
    assert "canary-of-a-secret" not in done.said()
    found = lines(done)
    assert found["zequenze", "sign-in"]["verdict"] == "will not work"
    assert found["oracle_sdm", "reachable"]["verdict"] == "will not work"
    assert found["senhasegura", "permission to read"]["verdict"] == "works"
    before = len(simulator.requests())
    done = checked(ansible, doctor_devise="lax-sbc-01")
    assert (done.rc, len(simulator.requests())) == (2, before)
    assert "Did you mean doctor_device?" in done.said()


def test_a_window_without_the_right_to_read_the_log_stops_before_its_first_lock(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.fault(system="zequenze", path="device_log", kind="status", status=403, times=None)
    done = run(ansible)
    assert done.rc == 2
    assert steps(simulator) == {}
    assert "Give the token of Zequenze Control (ZEQUENZE_TOKEN) the right to read the device log." in done.said()


def test_a_plan_and_a_run_say_what_cannot_be_proven_for_sure(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.uptime_exposed", "no")
    for playbook in ("plan_window", "maintenance_window"):
        extra = {"window_id": "CHG7", "window_targets": "all", "window_operations": ["reboot"], "window_hold": 0.2}
        extra |= {"window_wait_interval": 0.1, "window_wait_timeout": 15}
        done = ansible.playbook(f"netfleet.maintenance.{playbook}", hosts=["lax-sbc-01"], extra=extra)
        assert done.rc == 0, done.said()
        assert "reboot: Uptime: 0 of 1 devices." in done.said()
