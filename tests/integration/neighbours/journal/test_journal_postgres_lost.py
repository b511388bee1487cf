# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL goes away, comes back, hangs, or another writer stands in the way: bounded, clear, nothing half-done."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import typing as t

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import engines, schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.tools.postgres import Postgres

# A machine under load is slow, and no test may take this for a hang.
SOON = 15


@pytest.fixture
def journal(postgres_place: str) -> t.Iterator[Journal]:
    with Journal.open(postgres_place, Clock()) as opened:
        yield opened


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str, float], None]:
    """Shorten one of the journal's patiences, by name, to a number of seconds."""
    return lambda name, seconds: monkeypatch.setattr(engines, name, seconds)


@pytest.fixture(autouse=True)
def _outages_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETFLEET_JOURNAL_PATIENCE", "2")


def fails(work: t.Callable[[], object], said: str) -> None:
    """See that work ends soon with what a person can act on, and without the password."""
    began = time.monotonic()
    with pytest.raises(JournalError, match=said) as caught:
        work()
    assert time.monotonic() - began < SOON
    assert "canary" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_is_restarted_is_found_again(journal: Journal, postgres: Postgres) -> None:
    """And what was written before it went down without a word is there."""
    journal.remember("before", "yes")
    postgres.stop(signal.SIGQUIT)
    try:
        fails(lambda: journal.recall("before"), "cannot be read: the database server cannot be reached")
        fails(lambda: journal.remember("a", "b"), "cannot be written: the database server cannot be reached")
    finally:
        postgres.start()
    assert journal.recall("before") == "yes"
    postgres.stop()
    postgres.start()
    journal.remember("after", "yes")
    assert journal.recall("after") == "yes"


def test_a_connection_that_is_cut_takes_its_half_with_it(journal: Journal, postgres: Postgres) -> None:
    def be_cut() -> None:
        with journal.writing() as connection:
            connection.execute(schema.META.insert().values(key="half", value="written"))
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            postgres.sql(f"SELECT pg_terminate_backend({pid}, 10000)")

    fails(be_cut, "cannot be written: the connection to the database server was lost")
    assert journal.recall("half") is None
    journal.remember("half", "whole")


def test_who_waits_for_a_writer_does_not_wait_for_ever(
    journal: Journal, postgres_place: str, patience: t.Callable[[str, float], None]
) -> None:
    patience("BUSY_SECONDS", 0.3)
    with journal.writing(), Journal.open(postgres_place, Clock()) as other:
        fails(lambda: other.remember("a", "b"), r"another process kept it locked for 0\.3 seconds")
    journal.remember("a", "b")


def test_a_statement_does_not_take_for_ever(journal: Journal, patience: t.Callable[[str, float], None]) -> None:
    patience("STATEMENT_SECONDS", 0.3)
    fails(lambda: journal.rows(sa.text("SELECT pg_sleep(60)")), r"worked on one statement for more than 0\.3 seconds")


def test_a_writer_that_stands_still_is_thrown_out(
    journal: Journal, postgres_place: str, patience: t.Callable[[str, float], None]
) -> None:
    """Its machine was suspended: the others go on, and when it wakes up it has written nothing."""
    patience("STILL_SECONDS", 0.3)
    awake = threading.Event()

    def stand_still() -> None:
        with journal.writing() as connection:
            connection.execute(schema.META.insert().values(key="half", value="written"))
            assert awake.wait(SOON)

    sleeper = threading.Thread(target=lambda: fails(stand_still, "stood still|was lost"))
    sleeper.start()
    try:
        time.sleep(0.1)
        with Journal.open(postgres_place, Clock()) as other:
            other.remember("other", "written")
    finally:
        awake.set()
        sleeper.join()
    assert journal.recall("half") is None


def test_a_server_that_hangs_is_given_up(journal: Journal, patience: t.Callable[[str, float], None]) -> None:
    """In the middle of a transaction, and on a connection that was left in the pool."""
    patience("SILENT_SECONDS", 0.5)
    stopped: list[int] = []

    def stop(pid: int) -> None:
        stopped.append(pid)
        os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        while stopped:
            os.kill(stopped.pop(), signal.SIGCONT)

    def hang_in_the_middle() -> None:
        with journal.writing() as connection:
            stop(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
            connection.execute(schema.META.insert().values(key="half", value="written"))

    failsafe = threading.Timer(SOON, go_on)
    failsafe.start()
    try:
        fails(hang_in_the_middle, "cannot be written: the connection to the database server was lost, or the server")
        with journal.reading() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        stop(pid)
        assert journal.recall("schema") == str(schema.VERSION), "another connection is made"
    finally:
        failsafe.cancel()
        go_on()
    assert journal.recall("half") is None
    journal.remember("half", "whole")


def test_a_server_that_never_greets_is_given_up(patience: t.Callable[[str, float], None]) -> None:
    patience("CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        place = f"postgresql://netfleet:canary@127.0.0.1:{deaf.getsockname()[1]}/x"
        fails(lambda: Journal.open(place, Clock()), "cannot be read: the database server cannot be reached")


def test_a_server_that_is_only_starting_is_waited_for(postgres_place: str, postgres: Postgres) -> None:
    """A door that says so at first, and is then closed."""
    greetings = []
    refusal = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"

    def serve(client: socket.socket) -> None:
        for _attempt in range(2):
            guest, _address = client.accept()
            with guest:
                guest.recv(1024)
                guest.sendall(b"N")
                greetings.append(guest.recv(1024))
                guest.sendall(b"E" + (len(refusal) + 4).to_bytes(4, "big") + refusal)
        client.close()

    client = socket.create_server(("127.0.0.1", 0))
    client.settimeout(SOON)
    host = threading.Thread(target=serve, args=(client,))
    host.start()
    door_first = postgres_place.replace(f"127.0.0.1:{postgres.port}/", f"127.0.0.1:{client.getsockname()[1]}/")
    fails(lambda: Journal.open(door_first, Clock()), "the database server cannot be reached")
    host.join(SOON)
    assert len(greetings) == 2, "it came back after it was told that the server is starting"
