# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL or the pooler in front of it is restarted: everybody waits, nothing is lost and nothing happens twice."""

from __future__ import annotations

import signal
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy.engine.default

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from tests.integration.neighbours.journal.jobs import wanted
from tests.tools.pgbouncer import PROGRAM, PgBouncer
from tests.tools.postgres import Postgres

AWAY = 1.5
DEVICES = 24


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[object], None]:
    return lambda value: monkeypatch.setenv("NETFLEET_JOURNAL_PATIENCE", str(value))


def maintain(journal: Journal, until: threading.Event) -> list[str]:
    """Lock, claim, send and unlock devices, as a batch does, at least until an event. Returns what went wrong."""
    locks, operations = Locks(journal), Operations(journal)
    problems: list[str] = []

    def one(number: int) -> None:
        turn = 0
        while turn == 0 or not until.is_set():
            turn += 1
            device = f"d{number}-{turn}"
            row = locks.intend(server="s", device_id=device, device=device, account="a", holder="W1", lease=600.0)
            if row["requests"] != 1:
                problems.append(f"{device}: intended {row['requests']} times")
            row = locks.move(row, "held")
            claim = operations.claim(wanted(device, time.time()), Limits())
            if claim.verdict != "send":
                problems.append(f"{device}: {claim.verdict}")
            if not operations.is_ours(claim.row):
                problems.append(f"{device}: not ours")
            operations.move(claim.row, "done", sent=True)
            locks.move(locks.move(row, "returning"), "returned")

    with ThreadPoolExecutor(DEVICES) as pool:
        list(pool.map(one, range(DEVICES)))
    return problems


def maintain_meanwhile(journal: Journal, restart: t.Callable[[], None], back: threading.Event) -> None:
    """Maintain devices without a problem while something is restarted."""
    thread = threading.Thread(target=restart)
    thread.start()
    try:
        assert maintain(journal, back) == []
    finally:
        thread.join()


@pytest.mark.row(224)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_restart_of_the_server_is_waited_out(postgres: Postgres, postgres_place: str, how: signal.Signals) -> None:
    back = threading.Event()

    def restart() -> None:
        time.sleep(0.5)
        postgres.stop(how)
        time.sleep(AWAY)
        postgres.start()
        time.sleep(0.5)
        back.set()

    with Journal.open(postgres_place, Clock()) as journal:
        maintain_meanwhile(journal, restart, back)
        assert {row["state"] for row in Locks(journal).all_open()} == set()


@pytest.mark.row(224)
@pytest.mark.skipif(PROGRAM is None, reason="this machine has no pgbouncer")
def test_a_restart_of_the_pooler_is_waited_out(postgres: Postgres, postgres_place: str) -> None:
    back = threading.Event()
    with PgBouncer(postgres) as bouncer:

        def restart() -> None:
            for _turn in range(2):
                time.sleep(0.5)
                bouncer.stop()
                time.sleep(AWAY / 2)
                bouncer.start()
            time.sleep(0.5)
            back.set()

        with Journal.open(bouncer.url(postgres_place), Clock()) as journal:
            maintain_meanwhile(journal, restart, back)


def test_a_server_that_is_away_is_waited_for_when_the_journal_is_opened(
    postgres: Postgres, postgres_place: str
) -> None:
    postgres.stop()
    timer = threading.Timer(AWAY, postgres.start)
    timer.start()
    try:
        with Journal.open(postgres_place, Clock()) as journal:
            assert journal.recall("schema") == str(schema.VERSION)
    finally:
        timer.join()


@pytest.mark.parametrize("happened", [True, False])
def test_a_commit_whose_answer_is_lost_is_asked_about(
    postgres_place: str, monkeypatch: pytest.MonkeyPatch, happened: bool
) -> None:
    """And neither taken for done nor done twice."""
    commit: t.Any = sqlalchemy.engine.default.DefaultDialect.do_commit
    lost: list[bool] = []

    def lose(dialect: t.Any, connection: t.Any) -> None:
        if lost:
            commit(dialect, connection)
            return
        lost.append(True)
        if happened:
            commit(dialect, connection)
        connection.driver_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with Journal.open(postgres_place, Clock()) as journal:
        monkeypatch.setattr(sqlalchemy.engine.default.DefaultDialect, "do_commit", lose)
        claim = Operations(journal).claim(wanted("d1", time.time()), Limits())
        assert lost
        assert claim.verdict == "send"
        assert len(Operations(journal).all_of()) == 1
        assert Operations(journal).is_ours(claim.row)


@pytest.mark.parametrize("value", ["", "soon", "-1", "nan", "inf"])
def test_a_patience_that_is_no_number_is_refused(
    postgres_place: str, patience: t.Callable[[object], None], value: str
) -> None:
    patience(value)
    with pytest.raises(BadInput, match="NETFLEET_JOURNAL_PATIENCE"):
        Journal.open(postgres_place, Clock())
