# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""recover_locks: which locks are abandoned, and that only those are given back."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.recover_locks import run_recover_locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.script import Script

SERVER = "https://api.example.com"
LOGIN = "/rest/v1.3/admin/login"
LOGOUT = "/rest/v1.3/admin/logout"


class Bench:
    """A journal with lock rows of runs that are dead or alive, and a script for the server."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script = Script()
        self.place = str(folder / "journal.sqlite3")
        monkeypatch.setattr(
            OracleSdm,
            "from_params",
            lambda _params, _store: OracleSdm(self.script.wire(), "lockbot", "secret", "v1.3", MemoryStore()),
        )

    def held(self, device: str, holder: str, *, lease: float = 14400, alive: bool = False, host: str = "") -> None:
        """Write a held lock of another run on this machine (or on ``host``)."""
        with Journal.open(self.place, self.script.clock, os.getppid()) as journal:
            if not alive:
                # A process number that no machine gives: that run is certainly gone.
                journal.sender |= {"run": 2**31 - 1, "run_started": "1"}
            if host:
                journal.sender["host"] = host
            locks = Locks(journal)
            row = locks.intend(
                server=SERVER,
                device_id=f"ID-{device}",
                device=device,
                account="lockbot",
                holder=holder,
                lease=lease,
            )
            locks.move(row, "held")

    def run(self, *, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        params = {
            "journal": self.place,
            "window_id": None,
            "window_name": None,
            "wait_timeout": 0.0,
            "lost_journal": False,
            "name": None,
            "concurrency": 1,
        }
        return run_recover_locks(Task({**params, **options}, check_mode=check_mode, clock=self.script.clock))

    def expect_unlocks(self, *devices: str) -> None:
        self.script.expect("POST", LOGIN).answers(xml="<session/>", cookie="JSESSIONID=a.tomcat1; Path=/rest")
        for device in devices:
            self.script.expect("POST", f"/rest/v1.3/inventory/deviceMgmt/devices/ID-{device}/action").answers(204)
        self.script.expect("POST", LOGOUT).answers(204)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def unlocked(result: dict[str, t.Any]) -> list[str]:
    return [device["name"] for device in result["devices"] if device["state"] == "unlocked"]


def test_nothing_open_sends_nothing(bench: Bench) -> None:
    assert bench.run() == {"changed": False, "devices": [], "kept": []}
    bench.script.done()


def test_the_rerun_of_a_window_gets_its_own_locks_back_at_once(bench: Bench) -> None:
    bench.held("a", "W1")
    bench.held("b", "W2")
    bench.expect_unlocks("a")
    result = bench.run(window_id="W1")
    assert unlocked(result) == ["a"]
    assert [kept["name"] for kept in result["kept"]] == ["b"]
    bench.script.done()


def test_a_recurring_window_gets_back_what_any_occurrence_left(bench: Bench) -> None:
    bench.held("a", "monthly@20261108T020000Z")
    bench.held("b", "monthly-other@20261108T020000Z")
    bench.expect_unlocks("a")
    assert unlocked(bench.run(window_name="monthly")) == ["a"]
    bench.script.done()


def test_a_run_that_lives_keeps_its_locks_whatever_the_lease(bench: Bench) -> None:
    bench.held("a", "W1", lease=0, alive=True)
    result = bench.run(window_id="W1")
    assert [kept["name"] for kept in result["kept"]] == ["a"]
    bench.script.done()


def test_a_silent_run_on_another_machine_is_given_five_minutes(bench: Bench) -> None:
    bench.held("a", "W1", host="another-controller")
    assert bench.run(window_id="W1")["kept"]
    bench.script.clock.sleep(301)
    bench.expect_unlocks("a")
    assert unlocked(bench.run(window_id="W1")) == ["a"]
    bench.script.done()


def test_a_lease_that_is_over_frees_any_holders_lock(bench: Bench) -> None:
    bench.held("a", "W1", lease=600)
    bench.held("b", "W2", lease=1200)
    bench.script.clock.sleep(601)
    bench.expect_unlocks("a")
    assert unlocked(bench.run()) == ["a"]
    bench.script.done()


def test_check_mode_predicts_from_the_journal_and_sends_nothing(bench: Bench) -> None:
    bench.held("a", "W1")
    bench.held("b", "W2")
    for _again in range(2):
        result = bench.run(check_mode=True, window_id="W1")
        assert (result["changed"], unlocked(result)) == (True, ["a"])
        assert [kept["name"] for kept in result["kept"]] == ["b"]
    assert bench.script.sent == []


def test_check_mode_without_a_journal_looks_the_devices_up_and_unlocks_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OracleSdm, "device_ids", lambda _sdm: {"a": ["ID-a"], "b": ["ID-b"]})
    result = bench.run(check_mode=True, lost_journal=True, name=["a", "c"])
    assert [(each["name"], each["state"], each["changed"]) for each in result["devices"]] == [
        ("a", "unlocked", True),
        ("c", "unknown", False),
    ]
    bench.script.done()


def test_a_lock_that_cannot_be_given_back_fails_and_is_named(bench: Bench) -> None:
    bench.held("a", "W1")
    bench.script.expect("POST", LOGIN).answers(xml="<session/>", cookie="JSESSIONID=a.tomcat1; Path=/rest")
    for _try in range(5):
        bench.script.expect("POST", "/rest/v1.3/inventory/deviceMgmt/devices/ID-a/action").answers(503)
    bench.script.expect("POST", LOGOUT).answers(204)
    result = bench.run(window_id="W1")
    assert result["failed"]
    assert result["msg"].startswith("a: ")
    with Journal.open(bench.place, bench.script.clock) as journal:
        assert [row["state"] for row in Locks(journal).all_open()] == ["returning"]
    bench.script.done()


def test_names_without_a_lost_journal_are_refused(bench: Bench) -> None:
    from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput

    with pytest.raises(BadInput, match="name goes with lost_journal"):
        bench.run(name=["a"])
