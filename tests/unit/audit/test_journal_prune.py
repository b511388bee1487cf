# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""journal_prune: old windows go as a whole, what anything still needs stays, and no counter or trail notices."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.journal_prune import run_journal_prune
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import failed_in_a_row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.memory import gone_back, remember
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._metrics.window_metrics import (
    run_window_metrics,
    window_metrics_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import (
    run_window_report,
    window_report_spec,
)
from tests.unit.audit.test_window_audit import Trail
from tests.unit.journal.test_history import window
from tests.unit.support.record import device, record
from tests.unit.support.script import VirtualClock

DAY = 86400


@pytest.fixture
def trail(journal_path: Path, clock: VirtualClock, tmp_path: Path) -> Trail:
    return Trail(journal_path, clock, tmp_path / "audit.jsonl")


def prune(journal: Journal, days: int = 400, *, check: bool = False) -> Result:
    return run_journal_prune(Task({"journal": journal.place, "days": days}, check, clock=journal.clock))


def ids(result: Result, kind: str = "windows") -> list[str]:
    return [each["window_id"] for each in result[kind]]


def rows(journal: Journal) -> dict[str, int]:
    """Return how many rows each table has."""
    count = sa.func.count().label("number")
    tables = schema.METADATA.sorted_tables
    return {table.name: journal.rows(sa.select(count).select_from(table))[0]["number"] for table in tables}


def metrics(journal: Journal, path: Path) -> dict[str, str]:
    """Return the metrics that count over the life of the journal."""
    params = {name: rule.get("default") for name, rule in window_metrics_spec().options.items()}
    run_window_metrics(Task({**params, "journal": journal.place, "path": str(path)}, clock=journal.clock))
    kinds = ("netfleet_operations_proven", "netfleet_operation_duration", "netfleet_lock_held")
    lines = [line.rpartition(" ") for line in path.read_text().splitlines() if line.startswith(kinds)]
    return {name: value for name, _space, value in lines}


def locked(journal: Journal, holder: str, name: str, *, returned: bool = True, login: bool = False) -> None:
    locks = Locks(journal)
    row = locks.intend(
        server="https://sdm.example.com",
        device_id=f"ID-{name}",
        device=name,
        account="lockbot",
        holder=holder,
        lease=14400.0,
        login=login,
    )
    row = locks.move(row, "held")
    journal.clock.sleep(60)
    if returned:
        locks.move(row, "returned")


def test_a_window_goes_as_a_whole_when_a_later_one_was_through(journal: Journal) -> None:
    window(journal, "W1", a="done", b="done")
    Windows(journal).write(record(device("a"), device("b"), window_id="W1", approval={"digest": "abc"}))
    for key in ("report W1", "plan abc", "plan of another"):
        journal.remember(key, "{}")
    before = {**rows(journal), "meta": 0}
    locked(journal, "W1", "a")
    window(journal, "W2", a="done", b="done")
    journal.clock.sleep(401 * DAY)
    later = rows(journal)
    told = prune(journal, check=True)
    assert (ids(told), ids(told, "kept"), told["changed"]) == (["W1"], ["W2"], True)
    assert told["msg"].startswith("1 window that ended more than 400 days ago would be removed")
    assert rows(journal) == later, "check mode removes nothing"
    told = prune(journal)
    assert (ids(told), ids(told, "kept"), told["changed"]) == (["W1"], ["W2"], True)
    assert told["msg"].startswith("1 window that ended more than 400 days ago was removed")
    after = rows(journal)
    assert after == {**before, "meta": after["meta"], "events": before["events"], "locks": 0}
    assert [journal.recall(key) for key in ("report W1", "plan abc", "plan of another")] == [None, None, "{}"]
    assert prune(journal)["changed"] is False


def test_a_window_of_yesterday_stays(journal: Journal) -> None:
    window(journal, "W1", a="done")
    window(journal, "W2", a="done")
    journal.clock.sleep(399 * DAY)
    told = prune(journal)
    assert (told["changed"], ids(told, "kept")) == (False, [])
    assert "No window" in told["msg"]
    with pytest.raises(BadInput, match="days must be at least 1"):
        prune(journal, 0)


def test_a_window_that_closes_later_is_not_over(journal: Journal) -> None:
    occurrence = {"id": "W1", "closes_at": "2099-01-01T00:00:00+00:00"}
    Windows(journal).write(dataclasses.replace(record(device("a"), window_id="W1"), occurrence=occurrence))
    journal.clock.sleep(401 * DAY)
    assert prune(journal)["changed"] is False


@pytest.mark.parametrize("state", ["unknown", "accepted"])
def test_what_is_not_settled_stays_however_old_it_is(journal: Journal, state: str) -> None:
    window(journal, "W1", a=state)
    window(journal, "W2", a="done")
    window(journal, "W3", a="done")
    journal.clock.sleep(4000 * DAY)
    told = prune(journal)
    assert (ids(told), ids(told, "kept")) == (["W2"], ["W1", "W3"])
    assert told["kept"][0]["reason"] == f"reboot of 'a' is not settled ({state})"


def test_an_open_lock_and_a_pause_keep_a_window(journal: Journal) -> None:
    for name in ("W1", "W2", "W3", "W4"):
        window(journal, name, a="done")
    locked(journal, "W1", "a", returned=False)
    Controls(journal).add("window_id", "W2", "paused", "audit", None)
    journal.clock.sleep(4000 * DAY)
    told = prune(journal)
    assert ids(told) == ["W3"]
    assert {each["window_id"]: each["reason"] for each in told["kept"]} == {
        "W1": "'a' is still locked",
        "W2": "it is paused",
        "W4": "'a' has no newer success",
    }


def test_a_persons_lock_belongs_to_no_window(journal: Journal) -> None:
    locked(journal, "root@ops-01", "a", login=True)
    journal.clock.sleep(4000 * DAY)
    assert (prune(journal)["windows"], rows(journal)["locks"]) == ([], 1)


def test_failures_in_a_row_are_the_same_before_and_after(journal: Journal) -> None:
    for number, outcome in enumerate(["failed", "done", "failed", "left", "failed", "unknown"]):
        window(journal, f"W{number}", a=outcome, b="done")
    journal.clock.sleep(300 * DAY)
    before = failed_in_a_row(journal)
    assert before == {"a": ["W2", "W4", "W5"]}
    assert ids(prune(journal, 200)) == ["W0"]
    assert failed_in_a_row(journal) == before


def test_the_last_restart_of_a_device_stays_when_only_syncs_came_after_it(journal: Journal) -> None:
    window(journal, "W1", a="done")
    for name in ("W2", "W3"):
        Windows(journal).write(record(device("a"), window_id=name, operations=("sync",)))
        operations = Operations(journal)
        operations.move(operations.claim(wanted(journal, name, "sync"), Limits()).row, "done")
        journal.clock.sleep(60)
    journal.clock.sleep(500 * DAY)
    told = prune(journal)
    assert (ids(told), ids(told, "kept")) == (["W2"], ["W1", "W3"])
    assert told["kept"][0]["reason"] == "'a' has no newer reboot"


def wanted(journal: Journal, window_id: str, operation: str = "reboot") -> Wanted:
    return Wanted(
        server="https://api.example.com",
        window_id=window_id,
        device_id="a",
        device="a",
        serial=None,
        operation=operation,
        baseline={},
        send_deadline=journal.clock.now() + 30,
        busy_until=journal.clock.now() + 600,
    )


def test_a_removed_window_is_never_run_again(journal: Journal) -> None:
    window(journal, "W1", a="done")
    window(journal, "W2", a="done")
    journal.note("window_refused", {"window_id": "W3"}, message="closed")
    journal.clock.sleep(500 * DAY)
    assert sorted(ids(prune(journal))) == ["W1", "W3"]
    with pytest.raises(BadInput, match="Window 'W1' ended long ago"):
        Operations(journal).claim(wanted(journal, "W1"), Limits())
    with pytest.raises(BadInput, match="Window 'W1' ended long ago"):
        Windows(journal).write(record(device("a"), window_id="W1"))
    params = {name: rule.get("default") for name, rule in window_report_spec().options.items()}
    with pytest.raises(BadInput, match="Window 'W1' was removed from the journal"):
        run_window_report(Task({**params, "journal": journal.place, "window_id": "W1"}, clock=journal.clock))
    # Nothing was ever sent for this one.
    assert Operations(journal).claim(wanted(journal, "W3"), Limits()).verdict == "send"


def test_no_counter_becomes_less(journal: Journal, tmp_path: Path) -> None:
    window(journal, "W1", a="done", b="failed")
    locked(journal, "W1", "a")
    window(journal, "W2", a="done", b="done")
    locked(journal, "W2", "b")
    window(journal, "W3", a="done", b="done")
    journal.clock.sleep(500 * DAY)
    before = metrics(journal, tmp_path / "a.prom")
    assert before['netfleet_operations_proven_total{operation="reboot",outcome="done"}'] == "5.0"
    assert ids(prune(journal, 450)) == ["W1", "W2"]
    assert metrics(journal, tmp_path / "b.prom") == before
    journal.clock.sleep(500 * DAY)
    window(journal, "W4", a="done", b="done")
    assert ids(prune(journal)) == ["W3"]
    assert metrics(journal, tmp_path / "c.prom")[
        'netfleet_operations_proven_total{operation="reboot",outcome="done"}'
    ] == ("7.0")


def test_what_a_trail_does_not_have_stays_and_a_trail_that_has_it_still_holds(journal: Journal, trail: Trail) -> None:
    window(journal, "W1", a="done")
    trail.export()
    window(journal, "W2", a="done")
    window(journal, "W3", a="done")
    journal.clock.sleep(500 * DAY)
    told = prune(journal)
    assert (ids(told), ids(told, "kept")) == (["W1"], ["W2", "W3"])
    assert told["kept"][0]["reason"].endswith("does not have its events yet; continue it with window_audit")
    trail.export()
    assert ids(prune(journal)) == ["W2"]
    trail.export()
    assert (trail.verify()["verified"], trail.verify()["not_exported"]) == (True, 0)
    assert [line["details"]["window"] for line in trail.lines if line.get("kind") == "window_pruned"] == ["W1", "W2"]


@pytest.mark.parametrize("change", ["reword", "remove"])
def test_a_changed_line_of_a_removed_window_is_found(journal: Journal, trail: Trail, change: str) -> None:
    window(journal, "W1", a="done")
    window(journal, "W2", a="done")
    trail.export()
    journal.clock.sleep(500 * DAY)
    assert ids(prune(journal)) == ["W1"]
    lines = trail.lines
    claimed = next(line for line in lines if line.get("kind") == "operation_claimed")
    if change == "reword":
        claimed["who"]["user"] = "somebody else"
    else:
        lines.remove(claimed)
    trail.reseal(lines)
    problems = [each["problem"] for each in trail.verify()["problems"]]
    assert "the events of window W1 are not those that were removed from the journal" in problems


def test_a_control_node_that_saw_a_removed_event_goes_on_and_one_whose_journal_was_restored_does_not(
    journal: Journal, journal_path: Path
) -> None:
    window(journal, "W1", a="done")
    remember(journal)
    seen = Path(f"{journal_path}.seen")
    old = seen.read_text()
    window(journal, "W2", a="done")
    journal.clock.sleep(500 * DAY)
    assert ids(prune(journal)) == ["W1"]
    seen.write_text(old)
    assert gone_back(journal) is None
    remember(journal)
    with journal.writing() as connection:
        connection.execute(schema.EVENTS.delete().where(schema.EVENTS.c.kind == "window_pruned"))
    assert "older than it should be" in t.cast("str", gone_back(journal))


def test_a_window_that_comes_to_life_meanwhile_stays(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    window(journal, "W1", a="done")
    window(journal, "W2", a="done")
    journal.clock.sleep(500 * DAY)
    real = Journal.writing

    def late(self: Journal) -> t.Any:
        monkeypatch.setattr(Journal, "writing", real)
        journal.note("window_resumed", {"window_id": "W1"})
        return real(self)

    monkeypatch.setattr(Journal, "writing", late)
    told = prune(journal)
    assert (told["changed"], rows(journal)["windows"]) == (False, 2)
