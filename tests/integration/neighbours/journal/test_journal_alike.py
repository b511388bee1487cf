# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a journal keeps comes back as it was written, on either database, and what it cannot rely on it refuses."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import open_existing
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, State
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.window_metrics import (
    run_window_metrics,
    window_metrics_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.integration.neighbours.journal.jobs import SERVER, wanted

NASTY = [
    "Zürich-東京-🛰",
    "\u202egnp.exe",
    "'; DROP TABLE locks; --",
    "100%s %(key)s :key ?",
    "a" * 100_000,
]


@pytest.fixture
def journal(place: str) -> t.Iterator[Journal]:
    with Journal.open(place, Clock()) as opened:
        yield opened


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_any_name_comes_back_and_is_found_again(journal: Journal, name: str) -> None:
    operations, now = Operations(journal), journal.clock.now()
    claim = operations.claim(wanted(name, now, serial=name), Limits())
    row = operations.move(claim.row, "unknown", sent=True, message=name, execution_id=name)
    assert operations.by_id(row["id"]) == row
    assert operations.claim(wanted(name, now), Limits()).row == row
    assert operations.earlier(SERVER, "W1", "another id", name, "reboot") == row


@pytest.mark.parametrize(
    ("text", "kept"), [("ZX\x0081", "ZX␀81"), ("half \ud83d of a pair", "half \\ud83d of a pair")], ids=["NUL", "half"]
)
def test_what_a_database_cannot_hold_is_written_visibly(journal: Journal, text: str, kept: str) -> None:
    operations, locks = Operations(journal), Locks(journal)
    claim = operations.claim(wanted("d1", journal.clock.now(), serial=text, device_id=text), Limits())
    row = operations.move(claim.row, "unknown", sent=True, message=text, execution_id=text, evidence=[text])
    stored = operations.by_id(row["id"])
    assert [stored[column] for column in ("serial", "device_id", "message", "execution_id")] == [kept] * 4
    assert stored["evidence"] == [text], "JSON can hold anything"
    assert operations.claim(wanted("d1", journal.clock.now(), device_id=text), Limits()).verdict == "known"
    locks.intend(server=SERVER, device_id=text, device=text, account=text, holder=text, lease=60.0)
    found = locks.open_on(SERVER, text)
    assert found is not None
    assert found["holder"] == kept


def test_lists_mappings_and_instants_come_back_equal(journal: Journal) -> None:
    operations = Operations(journal)
    baseline = {"seen": {"uptime": 2**60, "share": 0.1, "up": True, "log": None, "ü": ["🛰", "\x00", ""]}, "": []}
    # Seventeen digits: what a clock gives, and what a claim is recognised by.
    now = 1795226400.1234567
    claim = operations.claim(wanted("d1", now, baseline=baseline), Limits())
    stored = operations.by_id(claim.row["id"])
    assert stored == claim.row
    assert stored["baseline"] == baseline
    assert stored["sender"] == journal.sender
    assert stored["sent"] is False
    assert (stored["send_deadline"], stored["busy_until"]) == (now + 30, now + 600)
    assert operations.is_ours(claim.row)


def test_metrics_count_what_was_proven_whatever_else_stands_there(place: str, journal: Journal, tmp_path: Path) -> None:
    operations = Operations(journal)
    for name, state in (("d1", "done"), ("d2", "done"), ("d3", "failed")):
        claim = operations.claim(wanted(name, journal.clock.now()), Limits())
        text = "\x00 half \ud83d"
        operations.move(claim.row, t.cast("State", state), sent=True, message=text, evidence=[text])
    params = {name: rule.get("default") for name, rule in window_metrics_spec().options.items()}
    written = tmp_path / "netfleet.prom"
    run_window_metrics(Task({**params, "journal": place, "path": str(written)}))
    text = written.read_text()
    assert 'netfleet_operations_proven_total{operation="reboot",outcome="done"} 2.0' in text
    assert 'netfleet_operations_proven_total{operation="reboot",outcome="failed"} 1.0' in text


def test_threads_of_one_process_share_it(journal: Journal) -> None:
    operations = Operations(journal)

    def work(number: int) -> str:
        claim = operations.claim(wanted(f"d{number}", journal.clock.now()), Limits())
        assert operations.is_ours(claim.row)
        return str(operations.move(claim.row, "done", sent=True)["state"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(32))) == ["done"] * 32


def test_an_error_in_the_middle_takes_everything_back(journal: Journal) -> None:
    with pytest.raises(JournalError, match="cannot be written"), journal.writing() as connection:
        connection.execute(schema.META.insert().values(key="half", value="written"))
        connection.execute(schema.META.insert().values(key="half", value="again"))
    assert journal.recall("half") is None
    journal.remember("half", "now whole")
    assert journal.recall("half") == "now whole"


def write_version(place: str, version: str) -> None:
    with Journal.open(place, Clock()) as journal:
        Locks(journal).intend(server=SERVER, device_id="1", device="d1", account="bot", holder="W1", lease=60.0)
        journal.remember("schema", version)


def test_a_newer_journal_is_refused_but_for_giving_locks_back(place: str) -> None:
    write_version(place, "99")
    with pytest.raises(JournalError, match="written by a newer version") as caught:
        Journal.open(place, Clock())
    assert "canary" not in str(caught.value)
    with Journal.open(place, Clock(), newer_ok=True) as journal:
        locks = Locks(journal)
        (row,) = locks.all_open()
        locks.move(locks.move(row, "returning"), "returned")
        assert locks.all_open() == []


def test_a_version_that_is_none_is_a_clear_stop(place: str) -> None:
    write_version(place, "garbage")
    with pytest.raises(JournalError, match="cannot be read"):
        Journal.open(place, Clock())


def test_tables_of_something_else_are_left_alone(place: str) -> None:
    with Journal.open(place, Clock()) as journal, journal.writing() as connection:
        schema.METADATA.drop_all(connection)
        connection.exec_driver_sql("CREATE TABLE meta (something_else INTEGER)")
    with pytest.raises(JournalError, match="tables of something else"):
        Journal.open(place, Clock())


def test_tables_that_vanish_are_a_clear_stop(journal: Journal) -> None:
    with journal.writing() as connection:
        schema.METADATA.drop_all(connection)
    with pytest.raises(JournalError, match="its tables are gone"):
        Locks(journal).all_open()


def test_looking_at_a_journal_does_not_make_it(place: str) -> None:
    assert open_existing(place, Clock()) is None
    Journal.open(place, Clock()).close()
    opened = open_existing(place, Clock())
    assert opened is not None
    opened.close()
