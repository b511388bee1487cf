# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""lock_recovery: which locks are abandoned, and that only those are given back."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    WindowRecord,
    WindowRules,
    Windows,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock import lock_recovery as _module
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.lock_recovery import run_lock_recovery
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.support.script import Script

SERVER = "https://api.example.com"
LOGIN = "/rest/v1.3/admin/login"
LOGOUT = "/rest/v1.3/admin/logout"

WHERE = ("server", "device_id", "account")


class Bench:
    """A journal with lock rows of runs that are dead or alive, and a script for the server."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script = Script()
        self.place = str(folder / "journal.sqlite3")
        monkeypatch.setattr(
            _module,
            "connect",
            lambda *_given: OracleSdm(self.script.wire(), "lockbot", "secret", "v1.3", MemoryStore()),
        )

    def held(
        self,
        device: str,
        holder: str,
        *,
        lease: float = 14400,
        alive: bool = False,
        login: bool = False,
        by_hand: bool = False,
        **process: t.Any,
    ) -> None:
        """Write a held lock of another run on this machine, or of the ``process`` that is described."""
        with Journal.open(self.place, self.script.clock, os.getppid()) as journal:
            if not alive:
                # A process number that no machine gives: that run is certainly gone.
                journal.sender |= {"run": 2**31 - 1, "run_started": "1"}
            journal.sender |= {key: value for key, value in process.items() if key not in WHERE}
            if not login and not by_hand:
                Windows(journal).write(WindowRecord(window_id=holder, operations=(), devices=()))
            locks = Locks(journal)
            where: dict[str, t.Any] = {"server": SERVER, "device_id": f"ID-{device}", "account": "lockbot"}
            where |= {key: process.pop(key) for key in WHERE if key in process}
            row = locks.intend(device=device, holder=holder, lease=lease, login=login, **where)
            locks.move(row, "held")

    def run(self, *, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        params: dict[str, t.Any] = {
            "journal": self.place,
            "window_id": None,
            "window_name": None,
            "wait_timeout": 0.0,
            "ended_jobs": [],
            "ended_workflow": None,
            "wait_for_silence": False,
            "strict": False,
            "lost_journal": False,
            "name": None,
            "concurrency": 1,
        }
        return run_lock_recovery(Task({**params, **options}, check_mode=check_mode, clock=self.script.clock))

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


def kept(result: dict[str, t.Any]) -> dict[str, str]:
    return {device["name"]: device["reason"] for device in result["kept"]}


def test_nothing_open_sends_nothing(bench: Bench) -> None:
    summary = "Unlocked: none. Kept: none."
    assert bench.run() == {"changed": False, "devices": [], "kept": [], "summary": summary}
    bench.script.done()


@pytest.mark.finding("A1")
@pytest.mark.parametrize(
    ("which", "free"), [({}, ["a", "b"]), ({"window_id": "W1"}, ["a"]), ({"window_name": "monthly"}, ["b"])]
)
def test_what_a_dead_run_left_is_unlocked_at_once_whatever_its_lease(
    bench: Bench, which: dict[str, t.Any], free: list[str]
) -> None:
    """Of the window that is named, or of all; what a person locked stays until its lease is over."""
    bench.held("a", "W1")
    bench.held("b", "monthly@20261108T020000Z")
    bench.held("c", "CHG3", by_hand=True)
    bench.expect_unlocks(*free)
    result = bench.run(strict=True, **which)
    assert unlocked(result) == free
    assert set(kept(result)) == {"a", "b", "c"} - set(free)
    assert "failed" not in result
    bench.script.done()


def test_a_run_that_is_recovered_leaves_nothing_to_say(bench: Bench) -> None:
    bench.held("a", "W1")
    bench.expect_unlocks("a")
    assert bench.run(strict=True)["summary"] == "Unlocked: 1 device (a). Kept: none."
    bench.script.done()


@pytest.mark.row(216, 226)
@pytest.mark.parametrize("rule", ["keep_lock", "unlock"])
def test_what_is_queued_at_the_platform_keeps_its_lock_until_it_is_settled_or_the_lease_is_over(
    bench: Bench, rule: t.Any
) -> None:
    bench.held("a", "W1", lease=600)
    with Journal.open(bench.place, bench.script.clock, os.getppid()) as journal:
        Windows(journal).write(WindowRecord("W1", ("reboot",), (), WindowRules(queued=rule)))
        now = bench.script.clock.now()
        wanted = Wanted(SERVER, "W1", "811", "a", None, "reboot", {}, now + 30, now + 30)
        operations = Operations(journal)
        row = operations.move(operations.claim(wanted, Limits()).row, "unknown", sent=True, queued=True)
        operations.move(row, "unknown", busy_until=now)
    if rule == "keep_lock":
        result = bench.run(strict=True)
        assert result["failed"]
        assert "reboot is queued at Zequenze Control and will still be carried out" in kept(result)["a"]
        assert "Next: ansible-playbook netfleet.maintenance.recover" in result["summary"]
        bench.script.clock.sleep(601)
    bench.expect_unlocks("a")
    assert unlocked(bench.run(strict=True)) == ["a"]
    bench.script.done()


def test_a_queued_operation_that_was_settled_keeps_no_lock(bench: Bench) -> None:
    bench.held("a", "W1")
    with Journal.open(bench.place, bench.script.clock, os.getppid()) as journal:
        now = bench.script.clock.now()
        operations = Operations(journal)
        row = operations.claim(Wanted(SERVER, "W1", "811", "a", None, "reboot", {}, now, now), Limits()).row
        row = operations.move(row, "unknown", sent=True, queued=True)
        operations.move(row, "done", queued=False)
    bench.expect_unlocks("a")
    assert unlocked(bench.run(strict=True)) == ["a"]


@pytest.mark.row(226)
def test_a_login_keeps_its_lock_for_its_lease_and_that_is_no_failure(bench: Bench) -> None:
    bench.held("a", "ops@controller", lease=600, login=True)
    result = bench.run(strict=True)
    assert kept(result) == {
        "a": "It is locked for ops@controller until 2026-11-21T02:10:00.000+00:00, when its lease of 600 s is over."
    }
    assert "failed" not in result
    assert "state=unlocked holder=ops@controller" in result["summary"]
    bench.script.clock.sleep(601)
    bench.expect_unlocks("a")
    assert unlocked(bench.run(strict=True)) == ["a"]
    bench.script.done()


@pytest.mark.parametrize("name", ["root", "root@vm", "core", "Root", "vm"])
def test_a_window_that_is_called_like_a_login_does_not_get_its_lock(bench: Bench, name: str) -> None:
    bench.held("a", "root@vm", login=True)
    bench.held("b", "core@x", login=True)
    # Nor does it get that of a window that happens once and begins like it.
    bench.held("c", f"{name}@x")
    assert set(kept(bench.run(window_name=name))) == {"a", "b", "c"}
    assert set(kept(bench.run(window_id=name))) == {"a", "b", "c"}
    bench.script.done()


@pytest.mark.finding("A1")
@pytest.mark.parametrize("strict", [True, False])
def test_a_run_that_lives_keeps_its_locks_whatever_the_lease(bench: Bench, strict: bool) -> None:
    bench.held("a", "W1", lease=0, alive=True)
    result = bench.run(strict=strict)
    assert "is using it for W1" in kept(result)["a"]
    assert (result["kept"][0]["until"], result.get("failed")) == (None, None)
    # Who asks for this very window expects it.
    assert bench.run(window_id="W1", strict=strict).get("failed") == (strict or None)
    bench.script.done()


@pytest.mark.parametrize("elsewhere", [{"host": "another-controller"}, {"boot": "another boot"}, {"pid_namespace": 7}])
def test_a_silent_run_on_another_machine_is_given_the_silence(bench: Bench, elsewhere: dict[str, t.Any]) -> None:
    bench.held("a", "W1", **elsewhere)
    result = bench.run(strict=True)
    assert "(300 s of silence)" in kept(result)["a"]
    assert "failed" not in result, "it gave a sign just now"
    bench.script.clock.sleep(200)
    result = bench.run(strict=True)
    assert result["failed"], "no living run is silent for so long, and somebody may wait for this lock"
    assert "counts as dead at 2026-11-21T02:05:00.000+00:00" in result["msg"]
    assert "Next: ansible-playbook netfleet.maintenance.recover" in result["msg"]
    bench.script.clock.sleep(101)
    bench.expect_unlocks("a")
    assert unlocked(bench.run(strict=True)) == ["a"]
    bench.script.done()


def test_the_silence_is_a_setting_of_the_journal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETFLEET_JOURNAL_SILENCE", "30")
    bench.held("a", "W1", host="another-controller")
    monkeypatch.delenv("NETFLEET_JOURNAL_SILENCE")
    assert "(30 s of silence)" in kept(bench.run())["a"]
    bench.script.clock.sleep(31)
    bench.expect_unlocks("a")
    assert unlocked(bench.run()) == ["a"]
    bench.script.done()


def test_the_run_of_a_job_that_has_ended_is_recovered_at_once(bench: Bench) -> None:
    bench.held("a", "W1", host="pod-1", job="17")
    bench.held("b", "W2", host="pod-2", job="18")
    bench.expect_unlocks("a")
    result = bench.run(ended_jobs=["17"])
    assert (unlocked(result), set(kept(result))) == (["a"], {"b"})
    bench.script.done()


def test_the_runs_of_a_workflow_that_is_past_them_are_recovered_at_once(bench: Bench) -> None:
    bench.held("a", "W1", host="pod-1", job="17", workflow="7")
    bench.held("b", "W1", host="pod-2", job="18", workflow="8")
    bench.held("c", "W1", host="pod-3")
    bench.expect_unlocks("a")
    result = bench.run(ended_workflow="7", window_id="W1")
    assert (unlocked(result), set(kept(result))) == (["a"], {"b", "c"})
    bench.script.done()


@pytest.mark.parametrize("silence", [10, 60, 300])
def test_a_run_that_is_silent_is_waited_out_and_unlocked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, silence: int
) -> None:
    """And one that shows a sign of life in between keeps its lock, and ends the wait."""
    monkeypatch.setenv("NETFLEET_JOURNAL_SILENCE", str(silence))
    bench.held("a", "W1", host="pod-1", run=7)
    bench.held("b", "W2", host="pod-2", run=8)
    clock, started = bench.script.clock, bench.script.clock.now()
    sleep = clock.sleep

    def another_gives_its_signs(seconds: float) -> None:
        sleep(seconds)
        with Journal.open(bench.place, clock) as journal:
            (alive,) = [row for row in Locks(journal).all_open() if row["device"] == "b"]
            journal.sender = alive["sender"]
            Locks(journal).keep_alive()

    monkeypatch.setattr(clock, "sleep", another_gives_its_signs)
    bench.expect_unlocks("a")
    result = bench.run(wait_for_silence=True)
    assert (unlocked(result), set(kept(result))) == (["a"], {"b"})
    assert silence <= clock.now() - started <= silence + 10
    waited = clock.now()
    assert set(kept(bench.run(wait_for_silence=True, window_id="W2"))) == {"b"}
    assert clock.now() - waited <= silence / 6
    waited = clock.now()
    assert set(kept(bench.run(wait_for_silence=True, window_id="W1"))) == {"b"}, "of another window, so not waited for"
    assert clock.now() == waited
    assert set(kept(bench.run(wait_for_silence=True, check_mode=True))) == {"b"}
    assert clock.now() == waited
    bench.script.done()


@pytest.mark.finding("A1")
@pytest.mark.parametrize(
    "which", [{"window_id": "W2"}, {"window_id": " "}, {"window_name": "weekly"}, {"window_id": "w1"}]
)
def test_a_window_that_the_journal_does_not_know_is_refused(bench: Bench, which: dict[str, t.Any]) -> None:
    bench.held("a", "W1")
    bench.held("b", "monthly@20261108T020000Z")
    with pytest.raises(BadInput, match=r"knows no window|is empty"):
        bench.run(strict=True, **which)
    bench.script.done()


def test_after_a_window_that_was_closed_the_journal_need_not_know_it(bench: Bench) -> None:
    bench.held("a", "W1", alive=True)
    result = bench.run(strict=True, wait_for_silence=True, window_name="weekly")
    assert (unlocked(result), "failed" in result) == ([], False)
    bench.script.done()


def test_an_operation_that_may_still_go_off_keeps_the_lock_and_says_until_when(bench: Bench) -> None:
    bench.held("a", "W1")
    with Journal.open(bench.place, bench.script.clock) as journal:
        now = bench.script.clock.now()
        wanted = Wanted("z", "W1", "1", "a", None, "reboot", {}, send_deadline=now + 5, busy_until=now + 60)
        Operations(journal).claim(wanted, Limits())
    result = bench.run(strict=True)
    assert kept(result) == {"a": "Its reboot may still go off until 2026-11-21T02:01:00.000+00:00."}
    assert result["failed"]
    bench.script.clock.sleep(61)
    bench.expect_unlocks("a")
    assert unlocked(bench.run(strict=True)) == ["a"]
    bench.script.done()


def test_a_device_that_left_oracle_sdm_ends_as_lost_and_holds_nobody_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.held("a", "W1")
    bench.script.expect("POST", LOGIN).answers(xml="<session/>", cookie="JSESSIONID=a.tomcat1; Path=/rest")
    bench.script.expect("POST", "/rest/v1.3/inventory/deviceMgmt/devices/ID-a/action").answers(404)
    bench.script.expect("POST", LOGOUT).answers(204)
    monkeypatch.setattr(OracleSdm, "devices", lambda _sdm: [])
    result = bench.run()
    assert "failed" not in result
    assert result["summary"].startswith(
        "Unlocked: none. No longer in Oracle SDM, their locks are closed as lost: 1 device"
    )
    with Journal.open(bench.place, bench.script.clock) as journal:
        assert Locks(journal).all_open() == []
    bench.script.done()


def test_check_mode_predicts_from_the_journal_and_sends_nothing(bench: Bench) -> None:
    bench.held("a", "W1")
    bench.held("b", "W2", alive=True)
    for _again in range(2):
        result = bench.run(check_mode=True, window_id="W1")
        assert (result["changed"], unlocked(result)) == (True, ["a"])
        assert set(kept(result)) == {"b"}
        assert result["summary"].startswith("Would unlock: 1 device (a).")
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
    with pytest.raises(BadInput, match="name goes with lost_journal"):
        bench.run(name=["a"])


def test_a_lock_in_the_journal_only_is_settled_without_a_request(bench: Bench) -> None:
    bench.held("cpe-ams-01", "W1", server="journal", account="")
    assert unlocked(bench.run(window_id="W1")) == ["cpe-ams-01"]
    assert bench.run(window_id="W1")["devices"] == []
