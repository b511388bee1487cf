# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal of each kind: a SQLite file, and a database of its own on a PostgreSQL server started for the tests."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

import pytest

from tests.integration.neighbours.journal.nobody import give_to_nobody
from tests.tools.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> t.Iterator[Postgres]:
    """A server, shared by a worker's tests."""
    with Postgres() as server:
        yield server


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Path:
    """Where a SQLite journal is going to be."""
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def postgres_place(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> str:
    """Where a journal is going to be, once on each kind of database."""
    return str(request.getfixturevalue("sqlite_place" if request.param == "sqlite" else "postgres_place"))


@pytest.fixture
def nobodys_folder() -> t.Iterator[Path]:
    """A folder that belongs to whom `write_as_nobody` runs as."""
    with tempfile.TemporaryDirectory(prefix="netfleet-journal-") as name:
        folder = Path(name)
        give_to_nobody(folder)
        yield folder
