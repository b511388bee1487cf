# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal that went back in time, or is another one, is known by what this control node has seen in it."""

from __future__ import annotations

import os
import shutil
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import memory
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.unit.support.script import VirtualClock


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def write(place: Path, *kinds: str, remembered: bool = True, later: float = 0.0) -> None:
    clock = VirtualClock()
    clock.sleep(later)
    with Journal.open(str(place), clock) as journal:
        for kind in kinds:
            journal.note(kind, {})
            clock.sleep(1.0)
        if remembered:
            memory.remember(journal)


def memory_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.seen")


def problem(place: Path) -> str | None:
    with Journal.open(str(place), VirtualClock()) as journal:
        return memory.gone_back(journal)


def test_a_journal_that_only_grows_is_no_problem(place: Path) -> None:
    assert problem(place) is None
    for _run in range(3):
        write(place, "a", "b")
        assert problem(place) is None
    write(place, "c", remembered=False)
    assert problem(place) is None


Change = t.Callable[[Path, Path], object]


def put_back(place: Path, copy: Path) -> None:
    shutil.copy(copy, place)


def put_back_and_used(place: Path, copy: Path) -> None:
    """Its numbers go past those that were seen."""
    put_back(place, copy)
    write(place, "x", "y", "z", "v", remembered=False, later=500.0)


def lost(place: Path, _copy: Path) -> None:
    place.unlink()


def another(place: Path, _copy: Path) -> None:
    place.unlink()
    write(place, "a", "b", "c", "d", remembered=False)


@pytest.mark.row(220)
@pytest.mark.parametrize(
    ("change", "ends"),
    [
        (put_back, "ends with event 2"),
        (put_back_and_used, "ends with event 6"),
        (lost, "has no events"),
        (another, "ends with event 4"),
    ],
)
def test_a_journal_without_what_was_seen_in_it_is_refused(
    place: Path, tmp_path: Path, change: Change, ends: str
) -> None:
    write(place, "a", "b")
    shutil.copy(place, tmp_path / "copy")
    write(place, "c", "d")
    change(place, tmp_path / "copy")
    said = problem(place)
    assert said is not None
    assert "has seen event 4 of 2026-11-21T02:00:01.000+00:00 in it" in said
    assert ends in said
    with Journal.open(str(place), VirtualClock()) as journal:
        with pytest.raises(JournalError, match=r"Nothing was sent\.$"):
            memory.refuse_if_gone_back(journal)
        memory.forget(journal)
        memory.refuse_if_gone_back(journal)


def test_the_file_that_is_named_accepts_the_journal(place: Path) -> None:
    write(place, "a", "b")
    place.unlink()
    said = problem(place)
    file = memory_of(place)
    assert f"delete {file} to go on" in str(said)
    file.unlink()
    assert problem(place) is None


def test_every_journal_is_remembered_by_itself_and_by_its_whole_path(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(place, "a", "b")
    assert problem(tmp_path / "other.sqlite3") is None
    place.unlink()
    monkeypatch.chdir(tmp_path)
    assert problem(Path("journal.sqlite3")) is not None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": "x"}', '{"id": 4}', "null"])
def test_a_memory_that_cannot_be_read_refuses_nothing(place: Path, content: str) -> None:
    write(place, "a")
    memory_of(place).write_text(content)
    assert problem(place) is None


def test_a_server_is_remembered_in_the_state_folder_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    names = {memory.file_for(f"postgresql+psycopg://ops:***@db.example.com/{name}") for name in ("one", "two")}
    assert {os.path.dirname(name) for name in names} == {str(tmp_path / "netfleet")}
    assert len(names) == 2
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "~")
    with pytest.raises(OSError, match="no home folder"):
        memory.file_for("postgresql+psycopg://db.example.com/one")


def test_a_memory_that_cannot_be_written_fails_nothing(place: Path) -> None:
    memory_of(place).mkdir()
    write(place, "a")
    assert problem(place) is None


def test_a_copy_is_the_same_journal_and_another_one_is_not(place: Path, tmp_path: Path) -> None:
    write(place, "a")
    shutil.copy(place, tmp_path / "copy")
    write(tmp_path / "other", "a")
    names = []
    for path in (place, tmp_path / "copy", tmp_path / "other"):
        with Journal.open(str(path), VirtualClock()) as journal:
            names.append(journal.recall(memory.INCARNATION))
    assert names[0] == names[1] != names[2]
    assert os.path.exists(place)


@pytest.mark.parametrize("change", ["none", "grown", "put back", "another"])
def test_a_later_job_on_another_machine_holds_the_journal_to_what_an_earlier_one_saw(place: Path, change: str) -> None:
    write(place, "a", "b")
    copy = place.with_name("copy")
    shutil.copy(place, copy)
    write(place, "c", later=10)
    with Journal.open(str(place), VirtualClock()) as journal:
        mark = memory.mark(journal)
    assert mark is not None
    memory_of(place).unlink()
    if change == "grown":
        write(place, "d", later=20)
    elif change == "put back":
        put_back(place, copy)
        write(place, "another c", later=30)
    elif change == "another":
        place.unlink()
        write(place, "a", "b", "c")
    with Journal.open(str(place), VirtualClock()) as journal:
        lacks = memory.lacks_mark(journal, mark)
        assert (lacks is None) is (change in ("none", "grown"))
        assert lacks is None or "an earlier job has seen event" in lacks


@pytest.mark.parametrize("mark", ["", "x", "x:1", "x:y:z", "x:1:z"])
def test_what_is_no_mark_of_a_journal_is_refused(place: Path, mark: str) -> None:
    with Journal.open(str(place), VirtualClock()) as journal, pytest.raises(BadInput, match="give what journal_info"):
        memory.lacks_mark(journal, mark)


def test_a_journal_in_which_nothing_was_recorded_has_no_mark(place: Path) -> None:
    with Journal.open(str(place), VirtualClock()) as journal:
        assert memory.mark(journal) is None
