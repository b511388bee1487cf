# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock or an unlock whose request or answer is spoiled: nothing stays locked by us, nothing of others is unlocked."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.hostile.bench import Bench
from tests.hostile.spoilers import AFTER, BEFORE, Fault, cases
from tests.simulators import Simulator

NAME = "lax-sbc-01"
ACTION = {"system": "oracle_sdm", "method": "POST", "path": "/action$"}


@pytest.fixture
def spoiled(bench: Bench) -> Bench:
    bench.timeout = 1.2
    return bench


def lock(bench: Bench, **options: t.Any) -> dict[str, t.Any]:
    return bench.device("device_lock", NAME, **options)


def unlock(bench: Bench, **options: t.Any) -> dict[str, t.Any]:
    return bench.device("device_lock", NAME, state="unlocked", **options)


def locked(simulator: Simulator) -> dict[str, str]:
    return {name: lock["account"] for name, lock in simulator.state()["oracle_sdm"]["locks"].items()}


@pytest.mark.parametrize("fault", cases(BEFORE + AFTER, 8))
def test_a_spoiled_lock_is_settled_by_asking_again_or_stays_ours_to_give_back(
    spoiled: Bench, simulator: Simulator, fault: Fault
) -> None:
    simulator.fault(**ACTION, **fault)
    device = lock(spoiled)
    assert device["state"] in ("locked", "unknown")
    if device["state"] == "locked":
        assert locked(simulator) == {NAME: "lockbot"}
    assert unlock(spoiled)["state"] == "unlocked"
    assert locked(simulator) == {}


@pytest.mark.parametrize("fault", cases(BEFORE + AFTER, 9))
def test_a_spoiled_unlock_is_settled_by_asking_again_or_by_the_next_run(
    spoiled: Bench, simulator: Simulator, fault: Fault
) -> None:
    assert lock(spoiled)["state"] == "locked"
    simulator.fault(**ACTION, **fault)
    first = unlock(spoiled)
    if first["state"] == "unlocked":
        assert locked(simulator) == {}
    else:
        assert first["message"]
        assert unlock(spoiled)["state"] == "unlocked"
    assert locked(simulator) == {}


@pytest.mark.row(8)
@pytest.mark.parametrize("phase", ["before_effect", "after_effect"])
def test_a_lock_that_never_gets_an_answer_is_bounded_and_given_back_later(
    spoiled: Bench, simulator: Simulator, phase: str
) -> None:
    simulator.fault(**ACTION, phase=phase, kind="stall", times=None)
    started = time.monotonic()
    device = lock(spoiled)
    assert time.monotonic() - started < 2 * spoiled.timeout + 8
    assert device["state"] == "unknown"
    assert "tried" in device["message"]
    simulator.clear_faults()
    assert unlock(spoiled)["state"] == "unlocked"
    assert locked(simulator) == {}


@pytest.mark.row(8)
@pytest.mark.parametrize("phase", ["before_effect", "after_effect"])
def test_a_lock_whose_answer_was_lost_is_not_ours_when_another_account_has_it(
    spoiled: Bench, simulator: Simulator, phase: str
) -> None:
    simulator.patch_device(NAME, {"oracle_sdm": {"lock_as": "alice"}})
    simulator.fault(**ACTION, phase=phase, kind="reset")
    assert lock(spoiled)["state"] == "busy"
    unlock(spoiled)
    assert locked(simulator) == {NAME: "alice"}


@pytest.mark.row(9)
def test_an_unlock_is_repeated_until_its_limit_and_then_left_for_recover(spoiled: Bench, simulator: Simulator) -> None:
    lock(spoiled)
    simulator.fault(**ACTION, phase="before_effect", kind="status", status=503, times=None)
    result = spoiled.run("device_lock", [NAME], state="unlocked", wait_timeout=2.0)
    assert result["failed"]
    assert result["devices"][0]["state"] == "unknown"
    assert len(simulator.requests(system="oracle_sdm", status=503)) > 3
    assert locked(simulator) == {NAME: "lockbot"}
    simulator.clear_faults()
    swept = spoiled.run("lock_recovery", window_id="hostile")
    assert not swept.get("failed"), swept
    assert locked(simulator) == {}


@pytest.mark.row(28)
@pytest.mark.parametrize("style", ["401", "login_page", "redirect"])
def test_a_password_that_is_rotated_in_mid_run_leaves_the_lock_to_be_given_back_with_the_new_one(
    bench: Bench, simulator: Simulator, style: str
) -> None:
    lock(bench)
    simulator.knob("oracle_sdm.no_session", style)
    simulator.fault(
        system="oracle_sdm", method="POST", path="/login$", phase="before_effect", kind="status", status=401, times=None
    )
    result = bench.run("device_lock", [NAME], state="unlocked")
    assert result["failed"]
    assert "did not accept the account lockbot" in result["msg"]
    assert len(simulator.requests(system="oracle_sdm", status=401)) == 1
    assert locked(simulator) == {NAME: "lockbot"}
    simulator.clear_faults()
    bench.store = MemoryStore()
    assert unlock(bench)["state"] == "unlocked"
    assert locked(simulator) == {}


@pytest.mark.row(29)
def test_a_lost_right_to_unlock_is_a_failure_that_stays_in_the_journal_until_the_right_is_back(
    bench: Bench, simulator: Simulator
) -> None:
    lock(bench)
    simulator.fault(**ACTION, phase="before_effect", kind="status", status=403, times=None)
    result = bench.run("device_lock", [NAME], state="unlocked")
    assert result["failed"]
    assert NAME in result["msg"]
    simulator.clear_faults()
    assert not bench.run("lock_recovery", window_id="hostile").get("failed")
    assert locked(simulator) == {}


@pytest.mark.row(30)
def test_one_device_that_may_not_be_locked_does_not_stop_the_others(bench: Bench, simulator: Simulator) -> None:
    devices = simulator.devices()
    names = [device["name"] for device in devices]
    path = f"/devices/{devices[2]['sdm_id']}/action$"
    simulator.fault(**{**ACTION, "path": path}, phase="before_effect", kind="status", status=403, times=None)
    result = bench.run("device_lock", names)
    assert result["failed"]
    assert [device["state"] for device in result["devices"]] == ["locked", "locked", "busy", "locked", "locked"]
    assert set(locked(simulator)) == set(names) - {names[2]}


@pytest.mark.row(41)
def test_a_device_that_is_gone_from_sdms_list_is_unlocked_by_its_id(bench: Bench, simulator: Simulator) -> None:
    lock(bench)
    bench.store = MemoryStore()
    nothing = '<?xml version="1.0"?><devices/>'
    simulator.fault(
        system="oracle_sdm",
        method="GET",
        phase="after_effect",
        kind="body",
        body=nothing,
        content_type="application/xml",
        times=None,
    )
    assert lock(bench, wait_timeout=0)["state"] == "unknown"
    assert unlock(bench)["state"] == "unlocked"
    assert locked(simulator) == {}


@pytest.mark.row(31)
@pytest.mark.parametrize(
    "cookie",
    [
        "JSESSIONID={value}; Domain=evil.example; Path=/; Secure",
        "JSESSIONID={value}; Path=/nowhere; Max-Age=0",
        "JSESSIONID=" + "x" * 60_000,
        "JSESSIONID=two words",
    ],
    ids=["of another domain", "that is over", "huge", "broken"],
)
def test_a_cookie_is_bound_to_its_origin_and_bounded(bench: Bench, simulator: Simulator, cookie: str) -> None:
    simulator.fault(
        system="oracle_sdm",
        method="POST",
        path="/login$",
        phase="after_effect",
        kind="drip",
        seconds=0,
        chunk=65536,
        headers={"Set-Cookie": cookie.replace("{value}", "forged")},
        times=None,
    )
    device = lock(bench)
    assert device["state"] == "unknown"
    assert "xxxx" not in device["message"]
    assert simulator.requests(system="elsewhere") == []
    assert locked(simulator) == {}
