# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writers of one process share a flush; each returns only when its own row is on disk, and bears only its own error."""

from __future__ import annotations

import sqlite3
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy.event

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Blocked, JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.group_commit import (
    MOST_TOGETHER,
    GroupCommit,
    Job,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal

WRITERS = 200
PATIENCE = 60.0


def put(key: str) -> t.Callable[[t.Any], None]:
    """Return the work that writes a fact of this name."""
    return lambda connection: connection.execute(schema.META.insert().values(key=key, value="yes"))


def keys(path: Path) -> set[str]:
    """Return what another process finds on the disk."""
    with sqlite3.connect(path) as connection:
        return {key for (key,) in connection.execute("SELECT key FROM meta")}


@pytest.fixture
def commits(journal: Journal) -> list[None]:
    """Every commit of the journal from now on."""
    seen: list[None] = []
    sqlalchemy.event.listen(journal._engine, "commit", lambda _connection: seen.append(None))
    return seen


def wait_until(met: t.Callable[[], bool]) -> None:
    """Wait until something is so; a minute is more than a busy machine needs."""
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def held_up(journal: Journal, works: t.Sequence[t.Callable[[t.Any], t.Any]]) -> list[t.Any]:
    """Let writers come while another one is writing. Returns what each returned or raised."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_connection: t.Any) -> None:
        begun.set()
        assert go_on.wait(2 * PATIENCE)

    def outcome(work: t.Callable[[t.Any], t.Any]) -> t.Any:
        try:
            return journal.write(work)
        except Exception as error:  # noqa: BLE001 - compared by the test
            return error

    with ThreadPoolExecutor(len(works) + 1) as pool:
        first = pool.submit(journal.write, slow)
        assert begun.wait(PATIENCE)
        rest = [pool.submit(outcome, work) for work in works]
        wait_until(lambda: len(journal._group._waiting) == len(works))
        go_on.set()
        first.result()
        return [future.result() for future in rest]


def test_each_writer_returns_when_its_row_is_on_disk(journal: Journal, journal_path: Path, commits: list[None]) -> None:
    def write(number: int) -> bool:
        journal.write(put(f"fact {number}"))
        return f"fact {number}" in keys(journal_path)

    with ThreadPoolExecutor(WRITERS) as pool:
        assert all(pool.map(write, range(WRITERS)))
    assert len(commits) < WRITERS


def test_who_comes_meanwhile_shares_one_flush(journal: Journal, commits: list[None]) -> None:
    held_up(journal, [put(f"fact {number}") for number in range(WRITERS)])
    assert len(commits) == 2


def test_a_transaction_is_never_larger_than_its_limit(journal: Journal, commits: list[None]) -> None:
    held_up(journal, [put(f"fact {number}") for number in range(MOST_TOGETHER + 1)])
    assert len(commits) == 3


def refuse(connection: t.Any) -> None:
    """Write, and then find that it may not."""
    put("refused")(connection)
    raise Blocked("not this one")


def mistake(connection: t.Any) -> None:
    """Write, and then go wrong in a way that is nobody's answer."""
    put("mistaken")(connection)
    raise ZeroDivisionError


def break_transaction(connection: t.Any) -> None:
    """End the transaction that others share, as a full disk does."""
    put("broken")(connection)
    connection.connection.driver_connection.execute("ROLLBACK")
    raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize(
    ("work", "kind"),
    [
        (put("twice"), JournalError),
        (refuse, Blocked),
        (mistake, ZeroDivisionError),
        (break_transaction, JournalError),
    ],
)
def test_an_error_of_one_writer_is_its_own(
    journal: Journal, journal_path: Path, work: t.Callable[[t.Any], t.Any], kind: type[Exception]
) -> None:
    journal.remember("twice", "already there")
    before = keys(journal_path)
    results = held_up(journal, [put("a"), work, put("b"), work, put("c")])
    assert [type(result) if isinstance(result, Exception) else None for result in results[1::2]] == [kind, kind]
    assert not [result for result in results[::2] if isinstance(result, Exception)]
    assert keys(journal_path) == before | {"a", "b", "c"}


def test_a_commit_that_fails_is_everybodys(journal: Journal, journal_path: Path) -> None:
    def fail(_connection: t.Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    before = keys(journal_path)
    sqlalchemy.event.listen(journal._engine, "commit", fail)
    with pytest.raises(JournalError):
        journal.write(put("alone"))
    sqlalchemy.event.remove(journal._engine, "commit", fail)
    assert keys(journal_path) == before
    journal.write(put("alone"))


def test_nobody_waits_for_a_leader_that_was_interrupted() -> None:
    begun, go_on = threading.Event(), threading.Event()
    flushed: list[int] = []

    def flush(jobs: list[Job]) -> None:
        if not flushed:
            flushed.append(0)
            begun.set()
            assert go_on.wait(2 * PATIENCE)
            raise KeyboardInterrupt
        flushed.append(len(jobs))
        for job in jobs:
            job.finish(job.work(None))

    group = GroupCommit(flush)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(group.run, lambda _connection: 0)
        assert begun.wait(PATIENCE)
        rest = [pool.submit(group.run, lambda _connection: 1) for _number in range(3)]
        wait_until(lambda: len(group._waiting) == 3)
        go_on.set()
        with pytest.raises(KeyboardInterrupt):
            first.result()
        assert [future.result() for future in rest] == [1, 1, 1]
    assert flushed == [0, 3]
