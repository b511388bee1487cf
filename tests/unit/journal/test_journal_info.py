# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""journal_info: what the journal shows, filtered, and that looking at it leaves no trace."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal_info import run_journal_info
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.unit.support.script import VirtualClock

SDM = "https://sdm.example.com:8443"
ZEQUENZE = "https://api.example.com/api/v1"

Item = dict[str, t.Any]


def ask(place: Path | str, clock: VirtualClock, **options: t.Any) -> Item:
    params = {"window_id": None, "name": None, "holder": None, "open": False, "events": False, "limit": 1000}
    result = run_journal_info(Task({"journal": str(place), **params, **options}, clock=clock))
    assert result["changed"] is False
    return result


def lock(journal: Journal, device: str, holder: str = "W1") -> Item:
    return Locks(journal).intend(
        server=SDM, device_id=f"ID-{device}", device=device, account="lockbot", holder=holder, lease=3600.0
    )


def operate(journal: Journal, device: str, window: str | None = "W1", operation: str = "reboot") -> Item:
    now = journal.clock.now()
    wanted = Wanted(
        server=ZEQUENZE,
        window_id=window,
        device_id=f"8-{device}",
        device=device,
        serial="ZX81TEST0007",
        operation=operation,
        baseline={"seen": {"uptime": 86400}},
        send_deadline=now + 30,
        busy_until=now + 630,
    )
    return Operations(journal).claim(wanted, Limits()).row


@pytest.fixture
def written(journal: Journal, clock: VirtualClock) -> Journal:
    """A journal with two windows: in W1 a device is done and one is under way, in W2 a lock was given back."""
    locks, operations = Locks(journal), Operations(journal)
    locks.move(lock(journal, "d1"), "held")
    clock.sleep(10)
    lock(journal, "d2")
    row = operate(journal, "d1")
    row = operations.move(row, "accepted", sent=True, execution_id="op_1")
    clock.sleep(5)
    operations.move(row, "done", evidence=["the uptime started anew"])
    operate(journal, "d2", operation="sync")
    locks.move(locks.move(lock(journal, "d3", "W2"), "held"), "returned")
    operations.move(operate(journal, "d3", "W2"), "refused", message="404")
    return journal


def test_a_journal_that_is_not_there_is_not_made(journal_path: Path, clock: VirtualClock) -> None:
    assert ask(journal_path, clock, events=True) == {
        "changed": False,
        "journal": str(journal_path),
        "exists": False,
        "truncated": False,
        "locks": [],
        "operations": [],
        "events": [],
    }
    assert ask(f"sqlite:///{journal_path}", clock)["exists"] is False
    assert not journal_path.parent.exists()


def test_a_lock_is_shown_with_its_lease(written: Journal, journal_path: Path, clock: VirtualClock) -> None:
    shown = ask(journal_path, clock, name=["d1"])
    assert shown["exists"] is True
    [row] = shown["locks"]
    assert row.pop("sender") == {"host": written.sender["host"], "pid": written.sender["pid"]}
    assert row == {
        "server": SDM,
        "device": "d1",
        "device_id": "ID-d1",
        "account": "lockbot",
        "holder": "W1",
        "state": "held",
        "open": True,
        "taken_at": "2026-11-21T02:00:00.000+00:00",
        "confirmed_at": "2026-11-21T02:00:00.000+00:00",
        "ended_at": None,
        "lease": 3600.0,
        "lease_ends_at": "2026-11-21T03:00:00.000+00:00",
        "lease_over": False,
        "message": "",
    }


def test_a_lease_counts_from_the_newest_sign_of_life(written: Journal, journal_path: Path, clock: VirtualClock) -> None:
    clock.sleep(1800)
    Locks(written).move(lock(written, "d1"), "held")
    clock.sleep(3599)
    ends = {row["device"]: (row["lease_ends_at"], row["lease_over"]) for row in ask(journal_path, clock)["locks"]}
    assert ends == {
        "d1": ("2026-11-21T03:30:15.000+00:00", False),
        "d2": ("2026-11-21T03:00:10.000+00:00", True),
        "d3": ("2026-11-21T03:00:15.000+00:00", False),
    }
    clock.sleep(1)
    [row] = ask(journal_path, clock, name=["d1"])["locks"]
    assert row["lease_over"] is True, "the lease is over at the instant it ends"


def test_an_operation_is_shown_with_its_instants(written: Journal, journal_path: Path, clock: VirtualClock) -> None:
    [row] = ask(journal_path, clock, name=["d1"])["operations"]
    assert row.pop("sender")["pid"] == written.sender["pid"]
    assert row == {
        "server": ZEQUENZE,
        "window_id": "W1",
        "device": "d1",
        "device_id": "8-d1",
        "serial": "ZX81TEST0007",
        "operation": "reboot",
        "attempt": 1,
        "state": "done",
        "sent": True,
        "claimed_at": "2026-11-21T02:00:10.000+00:00",
        "send_deadline": "2026-11-21T02:00:40.000+00:00",
        "sent_at": "2026-11-21T02:00:10.000+00:00",
        "settled_at": "2026-11-21T02:00:15.000+00:00",
        "evidence": ["the uptime started anew"],
        "execution_id": "op_1",
        "message": "",
    }


@pytest.mark.parametrize(
    ("options", "locks", "operations"),
    [
        ({}, ["d1", "d2", "d3"], ["d1", "d2", "d3"]),
        ({"window_id": "W1"}, ["d1", "d2"], ["d1", "d2"]),
        ({"holder": "W2"}, ["d3"], ["d3"]),
        ({"window_id": "W1", "holder": "W2"}, [], []),
        ({"name": ["d3", "d1"]}, ["d1", "d3"], ["d1", "d3"]),
        ({"name": ["d"]}, [], []),
        ({"name": []}, [], []),
        ({"open": True}, ["d1", "d2"], ["d2"]),
        ({"open": True, "name": ["d1"]}, ["d1"], []),
    ],
)
def test_filters(
    written: Journal,
    journal_path: Path,
    clock: VirtualClock,
    options: Item,
    locks: list[str],
    operations: list[str],
) -> None:
    shown = ask(journal_path, clock, **options)
    assert [row["device"] for row in shown["locks"]] == locks
    assert [row["device"] for row in shown["operations"]] == operations
    assert shown["truncated"] is False


@pytest.mark.parametrize("state", ["accepted", "unknown"])
def test_what_may_still_happen_is_open(journal: Journal, journal_path: Path, clock: VirtualClock, state: t.Any) -> None:
    Operations(journal).move(operate(journal, "d1"), state, sent=True)
    Locks(journal).move(lock(journal, "d1"), "returning")
    shown = ask(journal_path, clock, open=True)
    assert [row["state"] for row in shown["operations"]] == [state]
    assert [row["state"] for row in shown["locks"]] == ["returning"]


def test_events_come_on_request_in_order(written: Journal, journal_path: Path, clock: VirtualClock) -> None:
    assert ask(journal_path, clock)["events"] == []
    events = ask(journal_path, clock, events=True, name=["d1"], open=True)["events"]
    assert [event["kind"] for event in events] == [
        "lock_intended",
        "locked",
        "operation_claimed",
        "operation_accepted",
        "operation_done",
    ]
    assert {event["window_id"] for event in events} == {"W1"}
    assert events[-1]["at"] == "2026-11-21T02:00:15.000+00:00"
    assert events[-1]["data"]["evidence"] == ["the uptime started anew"]
    assert {event["device"] for event in ask(journal_path, clock, events=True, window_id="W2")["events"]} == {"d3"}


def test_the_limit_keeps_the_newest_and_says_so(written: Journal, journal_path: Path, clock: VirtualClock) -> None:
    shown = ask(journal_path, clock, limit=2)
    assert [row["device"] for row in shown["locks"]] == ["d2", "d3"]
    assert shown["truncated"] is True
    assert ask(journal_path, clock, limit=3)["truncated"] is False


def test_looking_writes_nothing(written: Journal, journal_path: Path, clock: VirtualClock) -> None:
    before = ask(journal_path, clock, events=True)
    assert ask(journal_path, clock, events=True) == before


def test_what_is_no_journal_is_an_error_and_no_empty_list(journal_path: Path, clock: VirtualClock) -> None:
    journal_path.parent.mkdir()
    journal_path.write_bytes(b"this is a letter to somebody" * 100)
    with pytest.raises(JournalError, match="not a journal"):
        ask(journal_path, clock)


@pytest.mark.parametrize("place", ["nonsense://x", "mysql://journal.example.com/x"])
def test_an_address_that_is_none_is_an_error(clock: VirtualClock, place: str) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        ask(place, clock)


def test_no_password_is_shown(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETFLEET_JOURNAL_PATIENCE", "0.1")
    with pytest.raises(JournalError) as raised:
        ask("postgresql+psycopg://netfleet:hunter2@127.0.0.1:1/netfleet", clock)
    assert "hunter2" not in str(raised.value)
    assert "netfleet" in str(raised.value)
