# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole device_lock task: its options, several devices at once, its two modes and what it leaves behind."""

from __future__ import annotations

import getpass
import json
import os
import re
import socket
import threading
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, JournalError, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import default_holder
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.device_lock import (
    device_lock_spec,
    run_device_lock,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems import connect as _connect
from tests.unit.support.lock_bench import SERVER, deed_of
from tests.unit.support.record import device, record
from tests.unit.support.script import VirtualClock

NAMES = [f"device-{number}" for number in range(6)]
SECRET = "canary-4711"


class FakeSdm:
    """An SDM of six devices, five of them free, that writes down what it is asked; safe for several threads."""

    def __init__(self) -> None:
        """Start with every device free."""
        self.asked: list[str] = []
        self.locked: set[str] = set()
        self.down = False
        self._guard = threading.Lock()

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Answer one request."""
        if self.down:
            raise NotSent("it could not be reached, nothing was sent.")
        if guard is not None:
            guard()
        last = request.path.rpartition("/")[2]
        with self._guard:
            if last == "login":
                self.asked.append("login")
                return Answer(200, set_cookies=("JSESSIONID=C1",))
            if last == "devices":
                self.asked.append("list")
                devices = "".join(f"<device><id>ID{name}</id><name>{name}</name></device>" for name in NAMES)
                return Answer(200, {"content-type": "application/xml"}, f"<devices>{devices}</devices>".encode())
            if last == "logout":
                self.asked.append("logout")
                return Answer(204)
            device = request.path.split("/")[-2].removeprefix("ID")
            self.asked.append(f"{deed_of(request)} {device}")
            if device == NAMES[5]:
                return Answer(400)
            (self.locked.add if deed_of(request) == "Lock" else self.locked.discard)(device)
            return Answer(204)


def validated(spec: Spec, place: Path, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return options as Ansible validates them, with a connection and the journal at a place."""
    usual = {"api_url": SERVER, "username": "lockbot", "password": SECRET, "journal": str(place)}
    result = ArgumentSpecValidator(**spec.rules()).validate({**usual, **options})
    assert result.error_messages == []
    return t.cast("dict[str, t.Any]", result.validated_parameters)


class Bench:
    """Runs the task with options as Ansible validates them."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take where the journal is."""
        self.place = place
        self.clock = VirtualClock()
        self.sdm = FakeSdm()

        monkeypatch.setattr(_connect, "HttpTransport", lambda _endpoint: self.sdm)

    def run(self, *, check_mode: bool = False, diff: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """Run the task. Raises MaintenanceError when it fails as a whole."""
        params = validated(device_lock_spec(), self.place, {"name": NAMES[:3], **options})
        self.sdm.asked = []
        return run_device_lock(Task(params, check_mode=check_mode, diff=diff, clock=self.clock))

    def journal(self) -> Journal:
        """Open the journal."""
        return Journal.open(str(self.place), self.clock)


@pytest.fixture
def bench(journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(journal_path, monkeypatch)
    with made.journal() as journal:
        Locks(journal).learn_repeats(SERVER, True)
    return made


def states(result: dict[str, t.Any]) -> list[tuple[str, str, bool]]:
    return [(device["name"], device["state"], device["changed"]) for device in result["devices"]]


# The cycle


def test_the_cycle_of_check_do_again_and_back(bench: Bench) -> None:
    reads = ["login", "list", "logout"]
    assert bench.run(check_mode=True)["changed"] is True
    assert bench.sdm.asked == reads
    done = bench.run()
    assert states(done) == [(name, "locked", True) for name in NAMES[:3]]
    assert bench.sdm.locked == set(NAMES[:3])
    assert (bench.sdm.asked[:2], bench.sdm.asked[-1]) == (["login", "list"], "logout")
    assert sorted(bench.sdm.asked[2:-1]) == [f"Lock {name}" for name in NAMES[:3]]
    assert bench.run()["changed"] is False
    assert bench.run(check_mode=True)["changed"] is False
    assert bench.run(state="unlocked", check_mode=True)["changed"] is True
    assert bench.sdm.asked == []
    assert bench.sdm.locked == set(NAMES[:3])
    assert bench.run(state="unlocked")["changed"] is True
    assert bench.sdm.locked == set()
    assert bench.run(state="unlocked")["changed"] is False
    assert bench.sdm.asked == []


def test_a_device_that_is_busy_uses_up_the_budget_of_its_window(bench: Bench) -> None:
    """Of two tasks, as of two batches; without a window there is no budget."""
    for more, used in (({"check_mode": True, "holder": "W"}, 0), ({}, 0), ({"holder": "W"}, 1)):
        failed = bench.run(name=[NAMES[5]], **t.cast("t.Any", more))
        assert failed.get("failed", False) is not bool(more.get("check_mode"))
        with bench.journal() as journal:
            over = Operations(journal).over_limit("W", NAMES[1], Limits(max_failures=0))
            assert (over is not None) is bool(used)
    kept_back = bench.run(name=[NAMES[1]], holder="W", max_failures=0)
    assert "1 other device of window W failed; max_failures is 0." in kept_back["msg"]
    assert bench.run(name=[NAMES[1]], holder="W", max_failures=1)["changed"] is True


def test_check_mode_writes_no_row(bench: Bench) -> None:
    bench.run(check_mode=True)
    bench.run(check_mode=True, state="unlocked", force=True)
    with bench.journal() as journal:
        assert Locks(journal).all_open() == []
        assert Locks(journal).last_by_name(SERVER, NAMES[0]) is None


# Several devices


@pytest.mark.parametrize("concurrency", [1, 2, 16])
def test_several_devices_come_in_the_order_asked_over_one_session(bench: Bench, concurrency: int) -> None:
    names = [NAMES[3], NAMES[0], NAMES[4], NAMES[1], NAMES[2]]
    result = bench.run(name=names, concurrency=concurrency)
    assert [device["name"] for device in result["devices"]] == names
    assert bench.sdm.asked.count("login") == bench.sdm.asked.count("list") == bench.sdm.asked.count("logout") == 1


def test_one_device_that_fails_fails_the_task_and_the_others_are_locked(bench: Bench) -> None:
    result = bench.run(name=[NAMES[5], NAMES[0], "nowhere"])
    assert states(result) == [(NAMES[5], "busy", False), (NAMES[0], "locked", True), ("nowhere", "unknown", False)]
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"].startswith("2 devices: device-5: Oracle SDM refused to lock")
    assert "nowhere: Oracle SDM shows no device called 'nowhere'" in result["msg"]


@pytest.mark.finding("A11")
def test_a_server_that_is_down_is_waited_for_once_and_every_device_says_so(bench: Bench) -> None:
    bench.sdm.down = True
    result = bench.run(name=NAMES[:1])
    assert states(result) == [(NAMES[0], "unknown", False)]
    assert "could not be reached, nothing was sent" in result["msg"]
    with bench.journal() as journal:
        assert Locks(journal).all_open() == []


def test_a_diff_shows_who_holds_what(bench: Bench) -> None:
    free, ours = {"state": "unlocked", "holder": None}, {"state": "locked", "holder": "CHG1"}
    result = bench.run(name=NAMES[:2], holder="CHG1", diff=True)
    assert result["diff"] == {"before": dict.fromkeys(NAMES[:2], free), "after": dict.fromkeys(NAMES[:2], ours)}
    assert bench.run(name=NAMES[:2], holder="CHG1", diff=True)["diff"] == {"before": {}, "after": {}}
    for check_mode in (True, False):
        result = bench.run(name=NAMES[:1], holder="CHG1", state="unlocked", diff=True, check_mode=check_mode)
        assert result["diff"] == {"before": {NAMES[0]: ours}, "after": {NAMES[0]: free}}


# Options


def test_an_id_goes_with_one_name(bench: Bench) -> None:
    assert bench.run(name=["whatever"], device_id="IDdevice-4")["devices"][0]["device_id"] == "IDdevice-4"
    assert "list" not in bench.sdm.asked
    with pytest.raises(BadInput, match="exactly one name"):
        bench.run(device_id="ID1")


def test_a_name_may_not_stand_twice(bench: Bench) -> None:
    with pytest.raises(BadInput, match="name holds 'device-0' more than once"):
        bench.run(name=[NAMES[0], NAMES[1], NAMES[0]])
    assert bench.sdm.asked == []


def test_no_name_is_an_error_and_not_everything(bench: Bench) -> None:
    with pytest.raises(BadInput, match="name is missing"):
        bench.run(name=[])
    assert bench.sdm.asked == []


def test_without_a_holder_it_is_the_login_on_this_machine(bench: Bench) -> None:
    holder = f"{getpass.getuser()}@{socket.gethostname()}"
    assert bench.run()["devices"][0]["holder"] == holder == default_holder()
    assert bench.run(holder="")["changed"] is False


def test_the_environment_may_name_the_holder(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETFLEET_HOLDER", "nightly")
    assert bench.run()["devices"][0]["holder"] == "nightly"
    assert bench.run(holder="CHG1", name=NAMES[4])["devices"][0]["holder"] == "CHG1"


def test_two_holders_exclude_each_other_on_one_account(bench: Bench) -> None:
    bench.run(holder="CHG1")
    result = bench.run(holder="CHG2")
    assert [device["state"] for device in result["devices"]] == ["busy"] * 3
    assert result["failed"] is True
    assert not any(asked.startswith("Lock") for asked in bench.sdm.asked)
    result = bench.run(holder="CHG2", state="unlocked")
    assert (result["changed"], "failed" in result) == (False, False)
    assert bench.sdm.locked == set(NAMES[:3])


def test_a_user_without_a_name_is_known_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> t.NoReturn:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert default_holder() == f"{os.getuid()}@{socket.gethostname()}"


def test_the_defaults_are_those_of_the_documentation() -> None:
    options = device_lock_spec().options
    assert {
        name: options[name].get("default") for name in ("state", "wait_timeout", "lease", "force", "concurrency")
    } == {
        "state": "locked",
        "wait_timeout": 0.0,
        "lease": 14400.0,
        "force": False,
        "concurrency": 16,
    }


# What it leaves behind


def test_no_secret_and_no_cookie_is_in_any_row_or_result(bench: Bench) -> None:
    results = [
        bench.run(holder="CHG1", diff=True),
        bench.run(name=[NAMES[5]], holder="CHG1"),
        bench.run(holder="CHG1", state="unlocked", diff=True),
        bench.run(name=[NAMES[4]], state="unlocked", force=True),
    ]
    said = json.dumps(results) + bench.place.read_bytes().decode("latin-1")
    for file in bench.place.parent.iterdir():
        said += file.read_bytes().decode("latin-1")
    assert SECRET not in said
    assert not re.search(r"JSESSIONID|\bC1\b", said)


def test_without_a_journal_nothing_is_locked(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be opened"):
        bench.run(journal=str(tmp_path / "file" / "journal"))
    assert bench.sdm.asked == []
    result = carry_out(lambda _task: bench.run(journal=str(tmp_path)), device_lock_spec(), Task({}))
    assert (result["failed"], result["kind"]) == (True, "journal")


def test_a_request_leaves_only_for_the_devices_that_were_named(bench: Bench) -> None:
    bench.run(name=[NAMES[2]])
    assert [asked for asked in bench.sdm.asked if "device" in asked] == [f"Lock {NAMES[2]}"]


def agreed(bench: Bench, *devices: RecordedDevice, **more: t.Any) -> None:
    """Write the record of window W."""
    with bench.journal() as journal:
        Windows(journal).write(record(*devices, window_id="W", **more))


def test_a_device_without_a_lock_in_sdm_is_locked_in_the_journal_only(bench: Bench) -> None:
    agreed(bench, device(NAMES[0], sdm_lock=False), device(NAMES[1]))
    result = bench.run(name=NAMES[:2], holder="W")
    assert states(result) == [(NAMES[0], "locked", True), (NAMES[1], "locked", True)]
    assert bench.sdm.locked == {NAMES[1]}
    with bench.journal() as journal:
        assert [Locks(journal).is_held(name, "W") for name in NAMES[:2]] == [True, True]
    assert states(bench.run(name=NAMES[:2], holder="W")) == [(name, "locked", False) for name in NAMES[:2]]
    assert "locked for W since" in bench.run(name=[NAMES[0]], holder="X")["msg"]
    assert "locked for W since" in bench.run(name=[NAMES[1]], holder="X")["msg"]
    result = bench.run(name=NAMES[:2], holder="W", state="unlocked")
    assert states(result) == [(name, "unlocked", True) for name in NAMES[:2]]
    assert bench.sdm.locked == set()
    with bench.journal() as journal:
        assert Locks(journal).all_open() == []


def test_a_lock_in_sdm_keeps_out_a_window_that_would_lock_in_the_journal_only(bench: Bench) -> None:
    bench.run(name=[NAMES[0]], holder="X")
    agreed(bench, device(NAMES[0], sdm_lock=False))
    assert "locked for X since" in bench.run(name=[NAMES[0]], holder="W")["msg"]


def test_a_device_that_the_window_was_not_agreed_for_is_refused_and_still_unlocked(bench: Bench) -> None:
    bench.run(name=[NAMES[1]], holder="W")
    agreed(bench, device(NAMES[0]))
    with pytest.raises(BadInput, match=f"'{NAMES[1]}' is not among the 1 devices that window W was agreed for"):
        bench.run(name=NAMES[:2], holder="W")
    assert states(bench.run(name=[NAMES[1]], holder="W", state="unlocked")) == [(NAMES[1], "unlocked", True)]


def test_a_limit_that_contradicts_the_record_is_refused(bench: Bench) -> None:
    agreed(bench, device(NAMES[0]), max_in_flight=2)
    with pytest.raises(BadInput, match="max_in_flight is 5 here, and window W was agreed with 2; leave it out"):
        bench.run(name=[NAMES[0]], holder="W", max_in_flight=5)
    assert bench.run(name=[NAMES[0]], holder="W", max_in_flight=2)["changed"]


def test_a_limit_without_a_holder_counts_for_the_default_one(bench: Bench) -> None:
    with bench.journal() as journal:
        note_failure(journal, default_holder(), NAMES[5], "lock busy", "held by another")
    assert "1 other device of window" in bench.run(name=[NAMES[0]], max_failures=0)["msg"]


@pytest.mark.parametrize("require", [True, False])
def test_another_member_of_the_group_that_is_locked_is_disregarded_only_on_purpose(bench: Bench, require: bool) -> None:
    bench.run(name=[NAMES[1]], holder="X", group="pair=1")
    agreed(bench, device(NAMES[0], group="pair=1"), require_partners=require)
    (shown,) = bench.run(name=[NAMES[0]], holder="W")["devices"]
    assert (shown["state"], shown.get("gate")) == (("unknown", "exclusive") if require else ("locked", None))
