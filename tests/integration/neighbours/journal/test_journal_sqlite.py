# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SQLite journal: private, on the disk when a write returns, and every way a file can go wrong is a clear stop."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import stat
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import engines, schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from tests.integration.neighbours.journal.crowd import gather
from tests.integration.neighbours.journal.jobs import SERVER, wanted
from tests.integration.neighbours.journal.nobody import give_to_nobody, write_as_nobody


@pytest.fixture
def journal(sqlite_place: Path) -> t.Iterator[Journal]:
    with Journal.open(str(sqlite_place), Clock()) as opened:
        yield opened


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_commit_is_on_the_disk_when_it_returns(journal: Journal) -> None:
    with journal.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3
        assert connection.exec_driver_sql("PRAGMA fullfsync").scalar() == 1


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    place = tmp_path / "not" / "there" / "yet" / "journal.sqlite3"
    before = os.umask(0)
    try:
        with Journal.open(str(place), Clock()) as journal:
            journal.remember("a", "b")
            files = sorted(place.parent.iterdir())
            assert [path.name.removeprefix(place.name) for path in files] == ["", "-shm", "-wal"]
            assert {mode(path) for path in files} == {0o600}
            assert mode(place.parent) == 0o700
    finally:
        os.umask(before)


def test_nobody_else_can_read_a_backup_that_was_put_back(tmp_path: Path) -> None:
    place, backup = tmp_path / "journal", tmp_path / "backup"
    with Journal.open(str(place), Clock()) as journal:
        journal.remember("a", "b")
        for suffix in ("", "-wal", "-shm"):
            copy = Path(f"{backup}{suffix}")
            copy.write_bytes(Path(f"{place}{suffix}").read_bytes())
            copy.chmod(0o664)
    with Journal.open(str(backup), Clock()) as journal:
        assert journal.recall("a") == "b"
        assert {path.name: mode(path) for path in tmp_path.glob("backup*")} == dict.fromkeys(
            ("backup", "backup-wal", "backup-shm"), 0o600
        )


def test_a_file_that_is_no_journal_keeps_its_mode(tmp_path: Path) -> None:
    place = tmp_path / "hosts"
    place.write_text("127.0.0.1 localhost\n" * 100)
    place.chmod(0o644)
    with pytest.raises(JournalError, match="the file is not a journal"):
        Journal.open(str(place), Clock())
    assert mode(place) == 0o644


def test_a_journal_of_another_user_that_is_open_to_others_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_another_user(path: str, _mode: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)

    place = tmp_path / "journal"
    Journal.open(str(place), Clock()).close()
    place.chmod(0o660)
    monkeypatch.setattr(os, "chmod", of_another_user)
    with pytest.raises(JournalError, match="it belongs to another user and is open to others; choose another place"):
        Journal.open(str(place), Clock())


@pytest.mark.row(64)
@pytest.mark.parametrize("name", ["what? yes&mode=ro", "with space", "#1", "100%25", "Zürich'\"", "file:x", ":memory:"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    with Journal.open(str(tmp_path / name), Clock()) as journal:
        journal.remember("a", "b")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with contextlib.closing(sqlite3.connect(tmp_path / name)) as plain:
        assert plain.execute("SELECT value FROM meta WHERE key = 'a'").fetchall() == [("b",)]


def test_an_address_of_a_file_is_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for place in (f"sqlite:///{tmp_path}/journal", f"{tmp_path}/journal", "~/journal", "sqlite:///~/journal"):
        with Journal.open(place, Clock()) as journal:
            journal.remember(place, "here")
    with Journal.open(f"{tmp_path}/journal", Clock()) as journal:
        assert journal.recall("sqlite:///~/journal") == "here"
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]


@pytest.mark.parametrize("place", ["sqlite://", "sqlite:///"])
def test_an_address_without_a_file_is_refused(place: str) -> None:
    with pytest.raises(JournalError, match="is a file; write sqlite:// with three slashes"):
        Journal.open(place, Clock())


def test_a_read_only_file_is_refused_before_anything_is_done(nobodys_folder: Path) -> None:
    place = nobodys_folder / "journal"
    assert write_as_nobody(place) == "written"
    place.chmod(0o400)
    assert "permission denied; give this user write permission" in write_as_nobody(place)


def test_a_read_only_folder_is_refused_before_anything_is_done(nobodys_folder: Path) -> None:
    folder = nobodys_folder / "state"
    folder.mkdir(mode=0o500)
    give_to_nobody(folder)
    assert "permission denied" in write_as_nobody(folder / "journal")
    (folder / "journal").touch(mode=0o600)
    give_to_nobody(folder / "journal")
    assert "give this user write permission" in write_as_nobody(folder / "journal")


def test_what_becomes_read_only_in_mid_run_is_a_clear_stop(journal: Journal) -> None:
    with journal.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(JournalError, match="it is read-only"):
        journal.remember("a", "b")


@pytest.mark.parametrize("what", ["a folder", "below a file"])
def test_a_path_that_cannot_be_a_file_is_refused(tmp_path: Path, what: str) -> None:
    (tmp_path / "file").touch()
    place = tmp_path if what == "a folder" else tmp_path / "file" / "journal"
    with pytest.raises(JournalError, match=r"the file cannot be opened; check its folder|Not a directory|File exists"):
        Journal.open(str(place), Clock())


def test_a_second_journal_in_one_process_costs_the_first_nothing(journal: Journal, sqlite_place: Path) -> None:
    """Closing any file handle takes a process's locks off that file; another process then removes what is in use."""
    with Journal.open(str(sqlite_place), Clock()):
        assert gather("open_it", 1, str(sqlite_place)) == [str(schema.VERSION)]
        journal.remember("confirmed", "yes")
        assert gather("open_it", 1, str(sqlite_place)) == [str(schema.VERSION)]
    with contextlib.closing(sqlite3.connect(sqlite_place)) as plain:
        assert plain.execute("SELECT value FROM meta WHERE key = 'confirmed'").fetchall() == [("yes",)]


def test_a_full_disk_is_a_clear_stop_and_no_half_of_a_claim_is_left(journal: Journal) -> None:
    operations = Operations(journal)
    with journal.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    big = wanted("d1", journal.clock.now(), baseline={"seen": "x" * 100_000})
    with pytest.raises(JournalError, match="the disk is full; free some space"):
        operations.claim(big, Limits())
    assert operations.all_of() == []
    with journal.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert operations.claim(big, Limits()).verdict == "send"


@pytest.mark.parametrize("most_bytes", [8_000, 300_000])
def test_a_disk_that_takes_no_more_is_a_clear_stop(nobodys_folder: Path, most_bytes: int) -> None:
    """The system refuses to make a file longer: while the tables are made, or later."""
    said = write_as_nobody(nobodys_folder / "journal", most_bytes=most_bytes)
    assert "the disk gave an error or is full" in said
    assert write_as_nobody(nobodys_folder / "journal") == "written"


def test_a_damaged_file_is_a_clear_stop(journal: Journal, sqlite_place: Path) -> None:
    locks = Locks(journal)
    for number in range(200):
        locks.intend(server=SERVER, device_id=str(number), device="d", account="bot", holder="W1", lease=60.0)
    journal.close()
    content = bytearray(sqlite_place.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    sqlite_place.write_bytes(content)
    with pytest.raises(JournalError, match="it is damaged; move it aside, then run the recover playbook"):
        Journal.open(str(sqlite_place), Clock())


def test_a_cut_file_is_a_clear_stop(journal: Journal, sqlite_place: Path) -> None:
    for number in range(50):
        journal.remember(f"fact {number}", "x" * 1000)
    journal.close()
    os.truncate(sqlite_place, sqlite_place.stat().st_size // 2)
    with pytest.raises(JournalError, match="it is damaged"), Journal.open(str(sqlite_place), Clock()) as opened:
        opened.recall("fact 49")


@pytest.mark.row(107)
def test_a_torn_end_loses_what_was_never_confirmed_and_no_more(journal: Journal, sqlite_place: Path) -> None:
    """A write-ahead log whose last pages never reached the disk, as after a power cut."""
    journal.remember("confirmed", "yes")
    log = Path(f"{sqlite_place}-wal")
    confirmed = log.stat().st_size
    journal.remember("torn", "yes")
    torn = sqlite_place.parent / "torn"
    torn.write_bytes(sqlite_place.read_bytes())
    Path(f"{torn}-wal").write_bytes(log.read_bytes()[: confirmed + 100])
    with Journal.open(str(torn), Clock()) as opened:
        assert (opened.recall("confirmed"), opened.recall("torn")) == ("yes", None)
        opened.remember("torn", "written again")


def test_a_value_that_is_no_json_is_a_clear_stop(journal: Journal) -> None:
    Operations(journal).claim(wanted("d1", journal.clock.now()), Limits())
    with journal.writing() as connection:
        connection.execute(sa.text("UPDATE operations SET baseline = '{torn'"))
    with pytest.raises(JournalError, match="it is damaged; move it aside"):
        Operations(journal).all_of()


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "letter"
    place.write_text("this is a letter to somebody" * 100)
    with pytest.raises(JournalError, match="the file is not a journal"):
        Journal.open(str(place), Clock())
    assert place.read_text().startswith("this is a letter")


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_a_file_that_loses_its_name_stops_the_run_at_once(journal: Journal, sqlite_place: Path, what: str) -> None:
    """What is claimed in the old file is seen by nobody: another run would send again."""
    claim = Operations(journal).claim(wanted("d1", journal.clock.now()), Limits())
    sqlite_place.rename(f"{sqlite_place}.old")
    if what == "replaced":
        Journal.open(str(sqlite_place), Clock()).close()
    with pytest.raises(JournalError, match="moved, deleted or replaced while it was in use"):
        Operations(journal).is_ours(claim.row)
    with pytest.raises(JournalError, match="moved, deleted or replaced"):
        Operations(journal).claim(wanted("d2", journal.clock.now()), Limits())
    assert sqlite_place.exists() == (what == "replaced")
    if what == "deleted":
        Path(f"{sqlite_place}.old").rename(sqlite_place)
        assert Operations(journal).is_ours(claim.row), "put back, it is the same journal"


def test_who_waits_for_a_writer_does_not_wait_for_ever(
    journal: Journal, sqlite_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.3)
    with (
        journal.writing(),
        pytest.raises(JournalError, match=r"another process kept it locked for 0\.3 seconds"),
        Journal.open(str(sqlite_place), Clock()) as other,
    ):
        other.remember("a", "b")


def test_a_log_that_cannot_be_made_is_a_clear_stop(sqlite_place: Path) -> None:
    """As on a file system without shared memory that SQLite cannot do without."""
    sqlite_place.parent.mkdir()
    Path(f"{sqlite_place}-shm").mkdir()
    with pytest.raises(JournalError, match="cannot be written: it is read-only"):
        Journal.open(str(sqlite_place), Clock())
