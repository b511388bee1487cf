# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal as a file: durable, private, and with one clear sentence for everything that can be wrong with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import sqlite3
import stat
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.preparation import NoJournal

# Ansible's workers are forks of its controller process.
fork = multiprocessing.get_context("fork")
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")

NOBODY = 65534


def intend(journal: Journal, device: str = "lax-sbc-01") -> dict[str, t.Any]:
    return Locks(journal).intend(
        server="https://sdm.example.com",
        device_id=f"ID-{device}",
        device=device,
        account="lockbot",
        holder="CHG1",
        lease=60.0,
    )


def in_child(work: t.Callable[[], object], number: int = 1) -> list[int | None]:
    """Do the work in so many forks at the same moment; give their exit codes."""
    barrier = fork.Barrier(number)

    def run() -> None:
        barrier.wait(20)
        work()

    children = [fork.Process(target=run) for _ in range(number)]
    for child in children:
        child.start()
    for child in children:
        child.join(30)
    return [child.exitcode for child in children]


def devices_in(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT device FROM locks ORDER BY id")]


# Where it is, and who may read it


def test_the_usual_place_is_in_the_users_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_path() == str(tmp_path / ".local/state/netfleet/journal.sqlite3")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_path() == str(tmp_path / "state/netfleet/journal.sqlite3")
    with Journal.open(None, Clock()) as journal:
        intend(journal)
    assert devices_in(tmp_path / "state/netfleet/journal.sqlite3") == ["lax-sbc-01"]


def test_only_its_owner_may_read_any_of_its_files(journal_path: Path) -> None:
    before = os.umask(0)
    try:
        with Journal.open(str(journal_path), Clock()) as journal:
            intend(journal)
            files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in journal_path.parent.iterdir()}
    finally:
        os.umask(before)
    assert files == {"journal.sqlite3": 0o600, "journal.sqlite3-wal": 0o600, "journal.sqlite3-shm": 0o600}
    assert stat.S_IMODE(journal_path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("form", ["{path}", "sqlite:///{path}", "sqlite+pysqlite:///{path}", "~/state/journal.sqlite3"])
def test_a_place_may_be_a_path_or_a_database_url(
    form: str, journal_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with Journal.open(form.format(path=journal_path), Clock()) as journal:
        intend(journal)
    assert devices_in(journal_path) == ["lax-sbc-01"]
    assert stat.S_IMODE(journal_path.stat().st_mode) == 0o600


# Durable


def test_what_was_written_is_there_for_others_before_the_call_returns(journal: Journal, journal_path: Path) -> None:
    intend(journal)
    assert devices_in(journal_path) == ["lax-sbc-01"]


def test_what_was_written_survives_a_kill_at_the_next_instruction(journal_path: Path) -> None:
    def write_and_die() -> None:
        intend(Journal.open(str(journal_path), Clock()))
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(write_and_die) == [-signal.SIGKILL]
    with Journal.open(str(journal_path), Clock()) as journal:
        assert [row["device"] for row in Locks(journal).all_open()] == ["lax-sbc-01"]


def test_every_commit_is_flushed_to_the_disk(journal: Journal) -> None:
    with journal.reading() as connection:
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert settings[0] == "wal"
    assert settings[1] >= 2


def test_a_transaction_that_fails_leaves_nothing_behind(journal: Journal) -> None:
    row = intend(journal)
    with pytest.raises(ZeroDivisionError), journal.writing() as connection:
        connection.execute(schema.LOCKS.update().values(state="held"))
        journal.add_event(connection, "locked", row)
        raise ZeroDivisionError
    assert [found["state"] for found in journal.rows(sa.select(schema.LOCKS))] == ["taking"]
    assert [found["kind"] for found in journal.rows(sa.select(schema.EVENTS))] == ["lock_intended"]
    intend(journal, "lax-sbc-02")


def test_events_are_appended_with_who_when_and_what(journal: Journal) -> None:
    row = intend(journal)
    journal.clock.sleep(7)
    Locks(journal).move(row, "held", "all is well")
    first, second = journal.rows(sa.select(schema.EVENTS).order_by(schema.EVENTS.c.id))
    assert (first["kind"], second["kind"], second["at"] - first["at"]) == ("lock_intended", "locked", 7)
    assert (second["window_id"], second["device"], second["device_id"]) == ("CHG1", "lax-sbc-01", "ID-lax-sbc-01")
    assert second["sender"]["pid"] == os.getpid()
    assert second["data"] == {"message": "all is well"}


def test_what_was_learned_is_remembered_and_replaced(journal: Journal, journal_path: Path) -> None:
    assert journal.recall("fact") is None
    journal.remember("fact", "old")
    journal.remember("fact", "new")
    with Journal.open(str(journal_path), Clock()) as other:
        assert other.recall("fact") == "new"


# Many at once


def test_fifty_writers_on_an_empty_journal_all_get_their_turn(journal_path: Path) -> None:
    def write() -> None:
        with Journal.open(str(journal_path), Clock()) as journal:

            def one(thread: int) -> None:
                intend(journal, f"device-{os.getpid()}-{thread}")

            threads = [threading.Thread(target=one, args=(number,)) for number in range(5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    assert in_child(write, number=10) == [0] * 10
    with Journal.open(str(journal_path), Clock()) as journal:
        rows = journal.rows(sa.select(schema.LOCKS))
    assert len({row["device"] for row in rows}) == 50


def test_a_first_user_that_is_just_writing_is_waited_for(journal_path: Path) -> None:
    journal_path.parent.mkdir()
    # Not yet with a write-ahead log, and being written to: SQLite refuses to change that without waiting.
    with contextlib.closing(sqlite3.connect(journal_path, isolation_level=None, check_same_thread=False)) as first:
        first.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, first.execute, ["ROLLBACK"]).start()
        with Journal.open(str(journal_path), Clock()) as journal:
            assert intend(journal, "device-1")


def test_writers_wait_for_each_other_so_what_is_read_stays_true(journal: Journal) -> None:
    journal.remember("count", "0")

    def add() -> None:
        for _ in range(5):
            with journal.writing() as connection:
                value = connection.execute(sa.select(schema.META.c.value).where(schema.META.c.key == "count")).scalar()
                connection.execute(
                    schema.META.update().where(schema.META.c.key == "count").values(value=str(int(value) + 1))
                )

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.recall("count") == "40"


# What can be wrong with it


def refusal(place: object) -> str:
    with pytest.raises(JournalError) as caught:
        Journal.open(str(place), Clock())
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def made(path: Path) -> Path:
    """Make a journal with rows in its main file."""
    with Journal.open(str(path), Clock()) as journal:
        for number in range(40):
            intend(journal, f"device-{number}")
        with journal.reading() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.mark.row(109)
def test_a_journal_of_a_newer_version_is_refused_except_to_give_locks_back(journal_path: Path) -> None:
    made(journal_path)
    with contextlib.closing(sqlite3.connect(journal_path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    text = refusal(journal_path)
    assert "newer version" in text
    assert "schema 99" in text
    assert "upgrade the collection" in text
    with Journal.open(str(journal_path), Clock(), newer_ok=True) as journal:
        assert len(Locks(journal).all_open()) == 40


def test_a_journal_of_an_older_version_gets_what_it_lacks_and_keeps_what_it_has(journal_path: Path) -> None:
    made(journal_path)
    with contextlib.closing(sqlite3.connect(journal_path)) as connection, connection:
        connection.execute("DROP TABLE lock_groups")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    with Journal.open(str(journal_path), Clock(), make=False) as journal:
        assert len(Locks(journal).all_open()) == 40, "reading changes nothing"
    with Journal.open(str(journal_path), Clock()) as journal:
        wanted = {"server": "https://sdm.example.com", "account": "bot", "holder": "CHG1", "lease": 60.0}
        Locks(journal).intend(device_id="new", device="new", group="pair=1", **t.cast("t.Any", wanted))
        assert len(Locks(journal).all_open()) == 41
        assert journal.rows(sa.select(schema.META.c.value).where(schema.META.c.key == "schema")) == [
            {"value": str(schema.VERSION)}
        ]


def test_a_version_that_is_no_number_is_damage(journal_path: Path) -> None:
    made(journal_path)
    with contextlib.closing(sqlite3.connect(journal_path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '1\u00f8' WHERE key = 'schema'")
    assert str(journal_path) in refusal(journal_path)


def test_a_file_that_is_no_journal_is_left_alone(journal_path: Path) -> None:
    journal_path.parent.mkdir()
    journal_path.write_text("shopping list\n" * 200)
    assert "is not a journal; move it aside or choose another place" in refusal(journal_path)
    assert journal_path.read_text() == "shopping list\n" * 200


def test_a_database_of_something_else_is_refused(journal_path: Path) -> None:
    journal_path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(journal_path)) as connection, connection:
        connection.execute("CREATE TABLE meta (name TEXT)")
    assert str(journal_path) in refusal(journal_path)


@pytest.mark.row(107)
def test_a_damaged_file_is_a_clear_stop_with_what_to_do(journal_path: Path) -> None:
    made(journal_path)
    size = journal_path.stat().st_size
    with journal_path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with (
        pytest.raises(JournalError, match=r"damaged.*recover_lost_journal"),
        Journal.open(str(journal_path), Clock()) as journal,
    ):
        intend(journal)


@pytest.mark.row(107)
def test_a_file_that_was_cut_off_is_a_clear_stop(journal_path: Path) -> None:
    made(journal_path)
    os.truncate(journal_path, 5000)
    with pytest.raises(JournalError, match="damaged"), Journal.open(str(journal_path), Clock()) as journal:
        intend(journal)


def test_a_folder_or_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    assert str(tmp_path) in refusal(tmp_path)
    (tmp_path / "file").write_text("")
    assert "file/journal" in refusal(tmp_path / "file/journal")


@pytest.mark.row(106)
@pytest.mark.parametrize("shut", ["file", "folder", "missing file", "missing folder"])
def test_without_permission_it_is_refused_before_anything_is_locked(shut: str, tmp_path: Path) -> None:
    # A root user may do everything, so the refusal is looked at as another user.
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.stat().st_uid == os.getuid():
            folder.chmod(0o711)
    path = tmp_path / "state" / "journal.sqlite3"
    if not shut.startswith("missing"):
        made(path)
        path.chmod(0o644 if shut == "file" else 0o666)
    elif shut == "missing file":
        path.parent.mkdir()
    if path.parent.exists():
        path.parent.chmod(0o777 if shut == "file" else 0o755)
    said = fork.SimpleQueue()

    def look() -> None:
        if os.getuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        elif path.parent.exists():
            path.parent.chmod(0o777 if shut == "file" else 0o555)
        try:
            with Journal.open(str(path), Clock()) as journal:
                intend(journal)
        except JournalError as error:
            said.put(str(error))
        else:
            said.put("it was written")

    assert in_child(look) == [0]
    assert "permission" in said.get()


@pytest.mark.row(106)
def test_a_full_disk_stops_new_intents_and_loses_none(journal: Journal, journal_path: Path) -> None:
    intend(journal, "before")
    with journal.reading() as connection:
        # The database may not grow any more: SQLite then says what it says when the disk is full.
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    written = 0
    with pytest.raises(JournalError, match="cannot be written: the disk is full; free some space"):
        for number in range(2000):
            intend(journal, f"device-{number}")
            written += 1
    assert len(devices_in(journal_path)) == written + 1
    assert Locks(journal).all_open()[0]["device"] == "before"


def full_disk() -> None:
    """Let no file of this process get longer, not even those that SQLite puts beside the journal to read it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def test_on_a_full_disk_it_can_still_be_read_to_give_locks_back(journal_path: Path) -> None:
    with Journal.open(str(journal_path), Clock()) as journal:
        intend(journal)
    said = fork.SimpleQueue()

    def look() -> None:
        full_disk()
        with Journal.open(str(journal_path), Clock(), read_only_ok=True) as journal:
            rows = Locks(journal).all_open()
            try:
                intend(journal, "lax-sbc-02")
            except JournalError as error:
                said.put([rows[0]["device"], str(error)])
            else:
                said.put([rows[0]["device"], "it was written"])

    assert in_child(look) == [0]
    device, problem = said.get()
    assert device == "lax-sbc-01"
    assert "the disk gave an error or is full" in problem


def write_alone(journal: Journal) -> None:
    intend(journal, "lax-sbc-02")


def write_together(journal: Journal) -> None:
    """Fail in several threads at once, each of which needs a connection."""
    with ThreadPoolExecutor(8) as pool:
        failed = [pool.submit(intend, journal, f"device-{number}") for number in range(8)]
        for each in failed[1:]:
            with pytest.raises(JournalError):
                each.result(60)
        failed[0].result(60)


def write_by_itself(journal: Journal) -> None:
    with journal.writing() as connection:
        connection.execute(schema.META.insert().values(key="a", value="b"))


@pytest.mark.parametrize("write", [write_alone, write_together, write_by_itself])
def test_after_a_write_that_failed_on_a_full_disk_the_same_journal_is_still_read(
    journal_path: Path, write: t.Callable[[Journal], object]
) -> None:
    said = fork.SimpleQueue()

    def fill() -> None:
        with Journal.open(str(journal_path), Clock()) as journal:
            intend(journal)
            had = resource.getrlimit(resource.RLIMIT_FSIZE)
            full_disk()
            for _attempt in range(2):
                with pytest.raises(JournalError, match="cannot be written"):
                    write(journal)
                with ThreadPoolExecutor(8) as pool:
                    found = list(pool.map(lambda _number: Locks(journal).all_open(), range(8)))
            resource.setrlimit(resource.RLIMIT_FSIZE, had)
            intend(journal, "with room again")
        said.put([[row["device"] for row in rows] for rows in found])

    assert in_child(fill) == [0]
    assert said.get() == [["lax-sbc-01"]] * 8
    assert devices_in(journal_path) == ["lax-sbc-01", "with room again"]


@pytest.mark.parametrize("index", ["as it was", "removed"])
def test_what_a_killed_process_left_in_the_log_is_read_on_a_full_disk(journal_path: Path, index: str) -> None:
    said = fork.SimpleQueue()

    def die() -> None:
        intend(Journal.open(str(journal_path), Clock()))
        os.kill(os.getpid(), signal.SIGKILL)

    def look() -> None:
        full_disk()
        with Journal.open(str(journal_path), Clock(), read_only_ok=True) as journal:
            said.put([row["device"] for _again in range(2) for row in Locks(journal).all_open()])

    assert in_child(die) == [-signal.SIGKILL]
    if index == "removed":
        journal_path.with_name(f"{journal_path.name}-shm").unlink()
    assert in_child(look) == [0]
    assert said.get() == ["lax-sbc-01"] * 2


def test_what_is_not_there_or_damaged_is_not_read_either(journal_path: Path) -> None:
    with pytest.raises(NoJournal):
        Journal.open(str(journal_path), Clock(), make=False, read_only_ok=True)
    journal_path.write_bytes(b"this is no database" * 100)
    with pytest.raises(JournalError, match="the file is not a journal"):
        Journal.open(str(journal_path), Clock(), read_only_ok=True)


@pytest.mark.row(108)
@pytest.mark.parametrize("loss", ["deleted", "moved", "replaced"])
def test_a_journal_that_is_taken_away_while_in_use_is_a_clear_stop(
    loss: str, journal: Journal, journal_path: Path, tmp_path: Path
) -> None:
    intend(journal)
    if loss == "deleted":
        journal_path.unlink()
    else:
        journal_path.rename(tmp_path / "elsewhere")
    if loss == "replaced":
        journal_path.write_bytes(b"")
    with pytest.raises(JournalError, match="recover_lost_journal"):
        intend(journal, "lax-sbc-02")


# Addresses of database servers


@pytest.mark.row(32)
@pytest.mark.parametrize(
    "place",
    [
        "postgresql://netfleet:canary-4711@127.0.0.1:1/journal",
        "postgresql+psycopg://netfleet:canary-4711@127.0.0.1:1/journal?connect_timeout=1",
        "postgresql://netfleet:canary-4711@127.0.0.1:port/journal",
        "postgresql://netfleet:canary-4711/x@127.0.0.1/journal",
        "postgresql://netfleet:c%@n@ry:canary-4711@127.0.0.1:1/journal",
        "postgresql:///journal?host=127.0.0.1&port=1&password=canary-4711",
        "mysql://netfleet:canary-4711@127.0.0.1/journal",
        "nonsense://netfleet:canary-4711@127.0.0.1/journal",
        "postgresql+nonsense://netfleet:canary-4711@127.0.0.1/journal",
    ],
)
def test_a_password_in_an_address_is_never_in_an_error(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETFLEET_JOURNAL_PATIENCE", "0.1")
    with pytest.raises(JournalError) as caught:
        Journal.open(place, Clock())
    error: BaseException | None = caught.value
    assert "canary" not in str(error)
    assert str(error).startswith("The journal ")


@pytest.mark.parametrize(
    "place", ["sqlite://", "sqlite+pysqlite://", "mysql://db.example.com/x", "oracle://db.example.com/x"]
)
def test_a_database_that_cannot_be_a_journal_is_refused(place: str) -> None:
    assert "cannot be opened" in refusal(place)


@pytest.mark.row(221)
def test_in_awx_the_usual_place_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("JOB_ID", "7")
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", str(tmp_path))
    with pytest.raises(JournalError, match=r"AWX throws away.*Set NETFLEET_JOURNAL to a PostgreSQL database"):
        Journal.open(None, Clock())
    assert list(tmp_path.iterdir()) == []
    Journal.open(str(tmp_path / "named.sqlite3"), Clock()).close()


@pytest.mark.row(222)
@pytest.mark.parametrize("place", [None, "~/journal.sqlite3"])
def test_a_path_that_stays_below_nobodys_home_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str | None
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "~")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JournalError, match=r"has no home folder.*a path that begins with /"):
        Journal.open(place, Clock())
    assert list(tmp_path.iterdir()) == []
