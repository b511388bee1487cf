# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lock rows: one open row per device, one holder, one run at work with it."""

from __future__ import annotations

import os
import threading
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Blocked, JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import SILENCE, Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from tests.unit.support.script import VirtualClock

SERVER = "https://sdm.example.com"
NO_PROCESS = 2**31 - 1


@pytest.fixture
def locks(journal: Journal) -> Locks:
    return Locks(journal)


@pytest.fixture
def others(journal_path: Path, clock: VirtualClock, journal: Journal) -> t.Iterator[t.Callable[..., Locks]]:
    """Return the rows as a process of another run sees them: one that lives, is dead, or is on another machine."""
    opened: list[Journal] = []

    def other(kind: t.Literal["alive", "dead", "far"]) -> Locks:
        opened.append(Journal.open(str(journal_path), clock, os.getppid()))
        if kind == "dead":
            opened[-1].sender |= {"run": NO_PROCESS, "run_started": "1"}
        elif kind == "far":
            opened[-1].sender["host"] = "elsewhere.example.com"
        return Locks(opened[-1])

    yield other
    for each in opened:
        each.close()


def intend(locks: Locks, *, device_id: str = "ID41", device: str = "a", holder: str = "CHG1", **more: t.Any) -> Row:
    wanted = {"server": SERVER, "account": "lockbot", "lease": 60.0, **more}
    return locks.intend(device_id=device_id, device=device, holder=holder, **wanted)


def events(journal: Journal) -> list[str]:
    return [row["kind"] for row in journal.rows(sa.select(schema.EVENTS).order_by(schema.EVENTS.c.id))]


# Intents


def test_an_intent_is_an_open_row_before_anything_is_sent(locks: Locks, journal: Journal, clock: VirtualClock) -> None:
    row = intend(locks)
    assert locks.open_on(SERVER, "ID41") == row
    assert (row["state"], row["requests"], row["taken_at"], row["confirmed_at"]) == ("taking", 1, clock.now(), None)
    assert (row["holder"], row["account"], row["lease"]) == ("CHG1", "lockbot", 60.0)
    assert row["sender"] == journal.sender
    assert events(journal) == ["lock_intended"]


def test_the_same_holder_goes_on_with_its_row_and_counts_the_request(locks: Locks) -> None:
    first = locks.move(intend(locks), "held")
    again = intend(locks, lease=99.0)
    assert (again["id"], again["state"], again["requests"], again["lease"]) == (first["id"], "held", 2, 99.0)
    assert locks.open_on(SERVER, "ID41") == again


def test_another_holder_is_shown_whose_it_is_and_writes_nothing(locks: Locks, journal: Journal) -> None:
    first = intend(locks)
    found = intend(locks, holder="CHG2", lease=1.0)
    assert found == first
    assert not locks.is_free_for(found, "CHG2")
    assert locks.all_open() == [first]
    assert events(journal) == ["lock_intended"]


def test_another_account_of_the_same_holder_writes_nothing_because_only_the_first_can_unlock(locks: Locks) -> None:
    first = intend(locks)
    found = intend(locks, account="other")
    assert found == first
    assert locks.all_open() == [first]


def test_another_server_or_device_has_its_own_row(locks: Locks) -> None:
    rows = [intend(locks), intend(locks, server="https://b.example.com"), intend(locks, device_id="ID42")]
    assert len({row["id"] for row in rows}) == 3
    assert locks.all_open(SERVER) == [rows[0], rows[2]]
    assert locks.all_open() == rows


@pytest.mark.parametrize("state", ["returned", "refused", "lost"])
def test_a_row_that_has_ended_makes_room_for_the_next(locks: Locks, state: t.Any, clock: VirtualClock) -> None:
    ended = locks.move(intend(locks), state)
    assert ended["ended_at"] == clock.now()
    assert locks.open_on(SERVER, "ID41") is None
    assert intend(locks, holder="CHG2")["id"] != ended["id"]


def test_the_database_itself_allows_one_open_row_per_device(locks: Locks, journal: Journal) -> None:
    row = intend(locks)
    with pytest.raises(JournalError), journal.writing() as connection:
        connection.execute(schema.LOCKS.insert().values({**row, "id": None, "holder": "CHG2"}))
    assert locks.all_open() == [row]


def test_many_holders_at_once_end_with_one_of_them(locks: Locks) -> None:
    rows: list[Row] = []
    barrier = threading.Barrier(8)

    def take(number: int) -> None:
        barrier.wait(10)
        rows.append(intend(locks, holder=f"CHG{number}"))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows) == 8
    assert len({row["holder"] for row in rows}) == 1


# Several runs


def test_a_row_of_another_run_that_lives_is_not_taken_over(locks: Locks, others: t.Callable[..., Locks]) -> None:
    first = intend(others("alive"))
    found = intend(locks)
    assert found == first
    assert locks.run_is_alive(found)
    assert not locks.is_free_for(found, "CHG1")


def test_a_row_that_a_dead_run_left_is_adopted(locks: Locks, others: t.Callable[..., Locks], journal: Journal) -> None:
    first = intend(others("dead"))
    found = intend(locks)
    assert (found["id"], found["requests"], found["sender"]) == (first["id"], 2, journal.sender)
    assert locks.is_free_for(found, "CHG1")


def test_a_run_on_another_machine_lives_as_long_as_it_gave_a_sign_of_life_lately(
    locks: Locks, others: t.Callable[..., Locks], clock: VirtualClock
) -> None:
    intend(others("far"))
    assert not locks.is_free_for(intend(locks), "CHG1")
    clock.sleep(SILENCE + 1)
    assert locks.is_free_for(intend(locks), "CHG1")


def test_what_another_process_has_gone_on_with_is_not_written_over(
    locks: Locks, others: t.Callable[..., Locks]
) -> None:
    ghost = others("dead")
    row = intend(ghost)
    adopted = locks.move(intend(locks), "held")
    assert not ghost.is_ours(row)
    with pytest.raises(Blocked, match="another process has gone on with the lock of device a"):
        ghost.move(row, "refused")
    assert locks.open_on(SERVER, "ID41") == adopted


def test_a_row_is_ours_as_long_as_nobody_else_changed_it(locks: Locks) -> None:
    row = intend(locks)
    assert locks.is_ours(row)
    held = locks.move(row, "held")
    assert locks.is_ours(held)
    assert not locks.is_ours(row)
    assert not locks.is_ours({**held, "id": 999})


# States


def test_a_row_goes_its_way_and_every_step_is_an_event(locks: Locks, journal: Journal, clock: VirtualClock) -> None:
    row = intend(locks)
    clock.sleep(1)
    row = locks.move(row, "held")
    assert row["confirmed_at"] == clock.now()
    row = locks.move(row, "returning", "on its way")
    assert row["message"] == "on its way"
    assert locks.open_on(SERVER, "ID41") == row
    clock.sleep(1)
    row = locks.move(row, "returned")
    assert row["ended_at"] == clock.now()
    assert events(journal) == ["lock_intended", "locked", "unlock_intended", "unlocked"]
    for state in ("refused", "lost"):
        locks.move(intend(locks), t.cast("t.Any", state))
    assert events(journal)[4:] == ["lock_intended", "lock_refused", "lock_intended", "lock_lost"]


def test_every_lock_that_may_be_sent_again_is_counted(locks: Locks) -> None:
    row = intend(locks)
    locks.count_request(row)
    locks.count_request(row)
    found = locks.open_on(SERVER, "ID41")
    assert found is not None
    assert found["requests"] == 3
    assert locks.is_ours(row)


# Looking things up


def test_only_a_confirmed_lock_of_the_holder_itself_is_held(locks: Locks) -> None:
    row = intend(locks)
    assert not locks.is_held("a", "CHG1")
    row = locks.move(row, "held")
    assert locks.is_held("a", "CHG1")
    assert not locks.is_held("a", "CHG2")
    assert not locks.is_held("b", "CHG1")
    locks.move(row, "returning")
    assert not locks.is_held("a", "CHG1")


def test_a_device_that_was_renamed_is_held_under_its_new_name_once_locked_again(locks: Locks) -> None:
    locks.move(intend(locks, device="old"), "held")
    intend(locks, device="new")
    assert locks.is_held("new", "CHG1")


def test_rows_are_found_by_the_name_they_were_locked_under(locks: Locks) -> None:
    ended = locks.move(intend(locks), "returned")
    assert locks.open_by_name(SERVER, "a") == []
    assert locks.last_by_name(SERVER, "a") == ended
    twins = [intend(locks), intend(locks, device_id="ID42", holder="CHG2")]
    assert locks.open_by_name(SERVER, "a") == twins
    assert locks.last_by_name(SERVER, "a") == twins[1]
    assert locks.open_by_name("https://b.example.com", "a") == []
    assert locks.last_by_name(SERVER, "b") is None


def test_what_a_server_answers_to_a_repeat_is_learned_for_that_server(locks: Locks) -> None:
    assert locks.repeats(SERVER) is None
    locks.learn_repeats(SERVER, True)
    locks.learn_repeats("https://b.example.com", False)
    assert locks.repeats(SERVER) is True
    assert locks.repeats("https://b.example.com") is False
    assert locks.repeats("https://c.example.com") is None
