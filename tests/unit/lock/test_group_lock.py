# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device that is locked by its group in Oracle SDM: one member at a time, and no lock of another is touched."""

from __future__ import annotations

import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import other_lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.device_lock import (
    device_lock_spec,
    run_device_lock,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.lock_recovery import (
    lock_recovery_spec,
    run_lock_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems import connect as _connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_lock, group_of
from tests.unit.lock.test_device_lock_run import validated
from tests.unit.support.lock_bench import SERVER, deed_of
from tests.unit.support.script import VirtualClock

OURS = "lockbot"
PAIR = {"ID1": "a", "ID2": "b"}


class GroupSdm:
    """An SDM whose network function ID40 has the devices a and b; c stands alone in ID41."""

    def __init__(self) -> None:
        self.locks: dict[str, str] = {}
        self.asked: list[str] = []
        self.success = 204
        self.partial = False
        self.shows_groups = True

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Answer one request."""
        if guard is not None:
            guard()
        parts = request.path.split("/")
        if parts[-1] == "login":
            return Answer(200, set_cookies=("JSESSIONID=C1",))
        if parts[-1] == "logout":
            return Answer(204)
        if parts[-1] == "devices":
            shown = {"a": ("ID1", "ID40"), "b": ("ID2", "ID40"), "c": ("ID3", "ID41")}
            group = "<nfId>{0}</nfId><parentGroupId>{0}</parentGroupId>" if self.shows_groups else ""
            rows = (f"<device><id>{i}</id><name>{n}</name>{group.format(nf)}</device>" for n, (i, nf) in shown.items())
            return Answer(200, {"content-type": "application/xml"}, f"<devices>{''.join(rows)}</devices>".encode())
        deed, names = deed_of(request), [{"ID1": "a", "ID2": "b", "ID3": "c"}.get(parts[-2], "")]
        if "nfMgmt" in parts:
            assert b"<deviceGroupAction>" in (request.body or b"")
            if parts[-2] != "ID40":
                return Answer(404)
            names = ["a", "b"]
            self.asked.append(f"{deed} group")
        else:
            self.asked.append(f"{deed} {names[0]}")
        foreign = [name for name in names if self.locks.get(name, OURS) != OURS]
        if not foreign or self.partial:
            for name in set(names) - set(foreign):
                if deed == "Lock":
                    self.locks[name] = OURS
                else:
                    self.locks.pop(name, None)
        return Answer(400 if foreign else self.success)


class Bench:
    """Runs device_lock and lock_recovery over that SDM and one journal."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.clock, self.sdm = place, VirtualClock(), GroupSdm()

        monkeypatch.setattr(_connect, "HttpTransport", lambda _endpoint: self.sdm)
        with self.journal() as journal:
            Locks(journal).learn_repeats(SERVER, True)

    def journal(self) -> Journal:
        """Open the journal."""
        return Journal.open(str(self.place), self.clock)

    def lock(self, name: str, group: str | None = "ID40", **options: t.Any) -> dict[str, t.Any]:
        """Run device_lock and return the device's result."""
        given = {"name": [name], "holder": "W1", **({"sdm_group_id": group} if group else {}), **options}
        task = Task(validated(device_lock_spec(), self.place, given), clock=self.clock)
        (device,) = run_device_lock(task)["devices"]
        return t.cast("dict[str, t.Any]", device)

    def unlock(self, name: str, **options: t.Any) -> dict[str, t.Any]:
        """Unlock without saying how the device was locked."""
        return self.lock(name, None, state="unlocked", **options)

    def open(self) -> list[tuple[str, str]]:
        """Return device and id of the open rows."""
        with self.journal() as journal:
            return [(row["device"], row["device_id"]) for row in Locks(journal).all_open()]


@pytest.fixture
def bench(journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(journal_path, monkeypatch)


@pytest.mark.parametrize("success", [200, 204])
def test_the_group_is_locked_and_unlocked_by_its_own_call(bench: Bench, success: int) -> None:
    bench.sdm.success = success
    assert (bench.lock("a")["state"], bench.sdm.locks) == ("locked", {"a": OURS, "b": OURS})
    assert bench.open() == [("a", "group ID40/ID40")]
    assert bench.lock("a")["changed"] is False
    assert (bench.unlock("a")["state"], bench.sdm.locks) == ("unlocked", {})
    assert set(bench.sdm.asked) == {"Lock group", "Unlock group"}
    assert bench.open() == []


@pytest.mark.parametrize("holder", ["W1", "W2"])
def test_the_group_is_locked_for_one_device_at_a_time(bench: Bench, holder: str) -> None:
    assert bench.lock("a")["state"] == "locked"
    kept = bench.lock("b", holder=holder)
    assert (kept["state"], kept["gate"]) == ("unknown", "exclusive")
    assert "device a of the same group" in kept["message"]
    assert bench.unlock("b", holder=holder)["changed"] is False
    assert bench.sdm.locks == {"a": OURS, "b": OURS}
    assert bench.unlock("a")["state"] == "unlocked"
    assert bench.lock("b", holder=holder)["state"] == "locked"


@pytest.mark.parametrize("first", ["group", "device"])
def test_a_member_that_is_locked_by_itself_is_no_part_of_a_group_s_lock(bench: Bench, first: str) -> None:
    groups = ("ID40", None) if first == "group" else (None, "ID40")
    assert bench.lock("a", groups[0], holder="W2")["state"] == "locked"
    before = dict(bench.sdm.locks)
    kept = bench.lock("b", groups[1])
    assert kept["gate"] == "exclusive"
    assert "is locked for W2" in kept["message"]
    assert bench.sdm.locks == before
    assert bench.lock("c", None)["state"] == "locked", "a device of another group is free"


@pytest.mark.parametrize(
    "wanted",
    [
        [("a", "ID40", "W1"), ("b", None, "W2")],
        [("a", "ID40", "W1"), ("a", None, "W2")],
        [("a", "ID40", "W1"), ("b", "ID40", "W2")],
        [("a", "ID40", "W1"), ("b", "ID99/ID40", "W2")],
    ],
)
def test_two_that_want_the_group_and_a_member_at_the_same_moment_get_one_lock(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, wanted: list[tuple[str, str | None, str]]
) -> None:
    """Both have looked around before either of them writes what it wants."""
    together, intend = threading.Barrier(len(wanted), timeout=30.0), Locks.intend
    arrived = threading.local()

    def at_once(self: Locks, **what: t.Any) -> t.Any:
        if not getattr(arrived, "yes", False):
            arrived.yes = True
            together.wait()
        return intend(self, **what)

    monkeypatch.setattr(Locks, "intend", at_once)
    with ThreadPoolExecutor(len(wanted)) as pool:
        asked = [pool.submit(bench.lock, name, group, holder=holder) for name, group, holder in wanted]
        shown = [future.result() for future in asked]
    (won,) = [device for device in shown if device["state"] == "locked"]
    (kept,) = [device for device in shown if device["state"] != "locked"]
    assert f"locked for {won['holder']}" in kept["message"]
    assert len(bench.open()) == 1
    assert len(set(bench.sdm.asked)) == 1, bench.sdm.asked


def test_a_member_of_a_locked_group_is_locked_for_whoever_works_outside_of_windows(bench: Bench) -> None:
    assert bench.lock("a", holder="W7")["state"] == "locked"
    with bench.journal() as journal:
        found = [other_lock(journal, RecordedDevice(name, name, name, name), ["me"]) for name in "abc"]
        assert [row and row["holder"] for row in found] == ["W7", "W7", None]
        assert other_lock(journal, RecordedDevice("b", "b", "b", "b"), ["W7"]) is None
    bench.unlock("a", holder="W7")
    with bench.journal() as journal:
        assert other_lock(journal, RecordedDevice("b", "b", "b", "b"), ["me"]) is None


@pytest.mark.parametrize("partial", [False, True])
def test_a_group_with_a_lock_of_another_account_is_busy_and_nothing_is_left_locked(bench: Bench, partial: bool) -> None:
    bench.sdm.partial = partial
    bench.sdm.locks = {"b": "alice"}
    assert bench.lock("a")["state"] == "busy"
    assert bench.sdm.locks == {"b": "alice"}
    assert bench.open() == []


@pytest.mark.parametrize("partial", [False, True])
def test_a_member_that_is_taken_over_leaves_no_lock_of_ours(bench: Bench, partial: bool) -> None:
    assert bench.lock("a")["state"] == "locked"
    bench.sdm.partial = partial
    bench.sdm.locks["b"] = "alice"
    shown = bench.lock("a") if partial else bench.unlock("a")
    assert shown["state"] == "busy"
    assert bench.open() == []
    assert bench.sdm.locks.get("b") == "alice"
    assert not partial or bench.sdm.locks == {"b": "alice"}


def test_recovery_unlocks_the_group(bench: Bench) -> None:
    assert bench.lock("a", lease=60.0)["state"] == "locked"
    bench.clock.sleep(100_000)
    task = Task(validated(lock_recovery_spec(), bench.place, {"window_id": "W1"}), clock=bench.clock)
    assert [device["name"] for device in run_lock_recovery(task)["devices"]] == ["a"]
    assert (bench.sdm.locks, bench.open()) == ({}, [])


@pytest.mark.parametrize(("name", "group"), [("c", "ID40"), ("a", "ID41"), ("a", "ID40/ID99"), ("a", "ID99")])
def test_a_device_is_not_locked_by_a_group_that_it_is_not_in(bench: Bench, name: str, group: str) -> None:
    shown = bench.lock(name, group)
    assert shown["state"] == "unknown"
    assert "Check sdm_group_id. Nothing was sent." in shown["message"]
    assert (bench.sdm.asked, bench.open()) == ([], [])


def test_nor_where_sdm_does_not_show_who_is_in_it(bench: Bench) -> None:
    bench.sdm.shows_groups = False
    assert "does not show 'a' in the group ID40/ID40" in bench.lock("a")["message"]
    assert bench.sdm.asked == []


@pytest.mark.parametrize("group", ["/", "ID40/", "/ID40", "a/b/c", " "])
def test_what_is_no_group_is_refused(bench: Bench, group: str) -> None:
    with pytest.raises(BadInput, match="sdm_group_id"):
        bench.lock("a", group)
    with pytest.raises(BadInput, match="sdm_group_id"):
        bench.lock("a", "ID40", device_id="ID1")


@pytest.mark.parametrize(
    ("given", "found"), [("ID40", ("ID40", "ID40")), (" ID40 / ID55 ", ("ID40", "ID55")), ("x y", ("x y", "x y"))]
)
def test_a_group_is_the_network_function_or_a_group_in_it(given: str, found: tuple[str, str]) -> None:
    lock = group_lock(given)
    assert lock is not None
    assert group_of(lock) == found
    assert group_of("ID40") is None
