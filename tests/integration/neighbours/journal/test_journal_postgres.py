# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal on PostgreSQL: what the server's defaults may not change, and what is said when it cannot be used."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import engines
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from tests.integration.neighbours.journal.crowd import gather
from tests.integration.neighbours.journal.jobs import wanted
from tests.tools.postgres import PASSWORD, Postgres


def open_fails(place: str) -> str:
    """Return what is said when a journal cannot be opened; never the password, never more than a sentence or two."""
    with pytest.MonkeyPatch.context() as patched, pytest.raises(JournalError) as caught:
        patched.setenv("NETFLEET_JOURNAL_PATIENCE", "0.3")
        Journal.open(place, Clock())
    said = str(caught.value)
    for secret in (PASSWORD, "canary", "p@ss", "p%40ss"):
        assert secret not in said
    assert "\n" not in said
    assert "sqlalche.me" not in said
    return said.partition(" cannot be ")[2].partition(": ")[2]


def settings_of(connection: t.Any, *names: str) -> list[str]:
    return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]


def alter(postgres: Postgres, place: str, setting: str) -> None:
    postgres.sql(f"ALTER DATABASE {place.rpartition('/')[2]} SET {setting}")


def role(postgres: Postgres, place: str, grants: str = "") -> str:
    """Make a user with a password and no rights, and give the address for it."""
    name = f"user_{place.rpartition('/')[2]}"
    postgres.sql(f"CREATE ROLE {name} LOGIN PASSWORD 'canary' {grants}")
    return postgres.url(place.rpartition("/")[2], name, "canary")


def owner(postgres: Postgres, place: str, grants: str = "") -> str:
    """Make a user whose own the database is, and give the address for it."""
    address = role(postgres, place, grants)
    name = place.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} OWNER TO user_{name}")
    return address


def test_a_commit_is_on_the_disk_and_every_wait_is_bounded(postgres: Postgres, postgres_place: str) -> None:
    """Whatever the database's own defaults are."""
    for setting in (
        "synchronous_commit = off",
        "lock_timeout = 0",
        "statement_timeout = 0",
        "idle_in_transaction_session_timeout = 0",
        "default_transaction_isolation = serializable",
    ):
        alter(postgres, postgres_place, setting)
    with Journal.open(postgres_place, Clock()) as journal:
        for transaction in (journal.writing, journal.reading):
            with transaction() as connection:
                assert settings_of(
                    connection,
                    "synchronous_commit",
                    "transaction_isolation",
                    "lock_timeout",
                    "statement_timeout",
                    "idle_in_transaction_session_timeout",
                ) == ["on", "read committed", "1min", "70s", "30s"]


def test_counts_are_right_where_transactions_are_serializable(postgres: Postgres, postgres_place: str) -> None:
    """A transaction that saw the world before it got the lock would claim what another one had claimed."""
    alter(postgres, postgres_place, "default_transaction_isolation = serializable")
    assert sorted(gather("claim_one", 8, postgres_place)) == ["known"] * 7 + ["send"]


def test_a_pooler_gets_no_settings_that_outlive_the_transaction(postgres_place: str) -> None:
    with Journal.open(postgres_place, Clock()) as journal, journal._engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.rollback()
        raw.autocommit = True
        assert raw.execute("SHOW lock_timeout").fetchone() == ("0",)
        assert raw.prepare_threshold is None


def test_settings_in_the_address_win(postgres_place: str) -> None:
    place = f"{postgres_place}?application_name=mine&options=-c%20geqo%3Doff"
    with Journal.open(place, Clock()) as journal, journal.reading() as connection:
        assert settings_of(connection, "application_name", "geqo") == ["mine", "off"]
        assert journal.place == postgres_place.replace(postgres_place[22:].partition("@")[0], "***")


def test_a_process_takes_few_connections(postgres_place: str) -> None:
    """However many of its threads are at work."""
    with Journal.open(postgres_place, Clock()) as journal, ThreadPoolExecutor(32) as pool:

        def count(_number: int) -> int:
            with journal.reading() as connection:
                connection.exec_driver_sql("SELECT pg_sleep(0.02)")
                here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                return int(connection.exec_driver_sql(here).scalar())

        assert max(pool.map(count, range(64))) == engines.MOST_CONNECTIONS


def test_the_database_is_full(postgres: Postgres, postgres_place: str) -> None:
    """And no half of a claim is left."""
    with Journal.open(postgres_place, Clock()) as journal:
        operations, now = Operations(journal), journal.clock.now()
        postgres.sql(
            "CREATE FUNCTION out_of_space() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END$$",
            postgres_place,
        )
        postgres.sql("CREATE TRIGGER no_space BEFORE INSERT ON events EXECUTE FUNCTION out_of_space()", postgres_place)
        with pytest.raises(JournalError, match="cannot be written: the disk is full; free some space"):
            operations.claim(wanted("d1", now), Limits())
        assert operations.all_of() == []
        postgres.sql("DROP TRIGGER no_space ON events", postgres_place)
        assert operations.claim(wanted("d1", now), Limits()).verdict == "send"


def test_a_standby_is_read_only(postgres: Postgres, postgres_place: str) -> None:
    alter(postgres, postgres_place, "default_transaction_read_only = on")
    assert open_fails(postgres_place).startswith("the database is read-only")


def test_a_user_without_rights(postgres: Postgres, postgres_place: str) -> None:
    postgres.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC", postgres_place)
    assert open_fails(role(postgres, postgres_place)).startswith("permission denied; give this user write permission")


def test_a_user_needs_no_more_than_tables_of_its_own(postgres: Postgres, postgres_place: str) -> None:
    assert gather("claim_one", 2, owner(postgres, postgres_place)).count("send") == 1


def test_a_wrong_password(postgres: Postgres, postgres_place: str) -> None:
    name = postgres_place.rpartition("/")[2]
    assert open_fails(postgres.url(name, password="canary")) == "the database server does not accept the password."
    assert open_fails(postgres.url(name, user="nobody")) == "the database server does not accept the password."


def test_a_database_that_is_not_there(postgres: Postgres) -> None:
    assert open_fails(postgres.url("nowhere")) == "the database server does not know this database or user."


def test_a_server_with_no_connection_left_is_waited_for(
    postgres: Postgres, postgres_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = owner(postgres, postgres_place, "CONNECTION LIMIT 1")
    with ThreadPoolExecutor(1) as pool:
        with Journal.open(place, Clock()):
            waiting = pool.submit(lambda: Journal.open(place, Clock()).close())
            with pytest.raises(NotYet):
                waiting.result(0.5)
        waiting.result(30)
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.3)
    with Journal.open(place, Clock()):
        assert open_fails(place) == "the database server has no connection left; raise its max_connections."


def test_a_database_that_cannot_hold_every_name(postgres: Postgres) -> None:
    place = postgres.new_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert open_fails(place) == "the database is encoded in LATIN1; make one with ENCODING 'UTF8'."


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("postgresql://u:canary@127.0.0.1:1/x", "the database server cannot be reached; check its address"),
        ("postgresql://u:canary@no-such-host.invalid/x", "the database server cannot be reached"),
        ("postgresql://u:canary@127.0.0.1:port/x", "it is no usable database address"),
        ("postgresql://u:canary/p@ss:1@127.0.0.1:1/x", "it is no usable database address"),
        ("postgresql://127.0.0.1/x?password=canary", "the password belongs in front of the @"),
        ("postgresql://127.0.0.1/x?user=u&sslpassword=canary", "the password belongs in front of the @"),
        ("postgresql+psycopg2://u:canary@127.0.0.1/x", "postgresql+psycopg2 is not supported"),
        ("mysql://u:canary@127.0.0.1/x", "mysql is not supported"),
        ("postgresql://u:canary@127.0.0.1:1/x?sslmode=nonsense", "connection is bad: invalid sslmode value"),
    ],
)
def test_an_address_that_leads_nowhere(place: str, said: str) -> None:
    assert open_fails(place).startswith(said)


def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "HAS_PSYCOPG", False)
    assert "pip install 'psycopg[binary]'" in open_fails("postgresql://u:canary@127.0.0.1:1/x")
