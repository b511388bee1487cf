# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_audit and verify_audit: a trail that is only added to, and every way of tampering with it is found."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import _digest
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.verify_audit import run_verify_audit
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.window_audit import run_window_audit
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.unit.report_bench import Story
from tests.unit.script import VirtualClock

Item = dict[str, t.Any]


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    return Story(journal, clock)


class Trail:
    """The trail of one test, and its two modules."""

    def __init__(self, journal_path: Path, clock: VirtualClock, path: Path) -> None:
        self.path = path
        self._common: Item = {"journal": str(journal_path), "path": str(path)}
        self._clock = clock

    def export(self, *, check_mode: bool = False, **options: t.Any) -> Item:
        params = {**self._common, "window_id": None, "at_end": False, **options}
        return run_window_audit(Task(params, check_mode=check_mode, clock=self._clock))

    def verify(self, **options: t.Any) -> Item:
        params = {**self._common, "last_hash": None, "use_journal": True, **options}
        return run_verify_audit(Task(params, clock=self._clock))

    @property
    def lines(self) -> list[Item]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def rewrite(self, lines: list[Item]) -> None:
        self.path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def reseal(self, lines: list[Item]) -> None:
        """Write lines with a chain that holds, as somebody would who knows how it is made."""
        previous = "0" * 64
        for line in lines:
            line["previous"] = previous
            line["hash"] = previous = _digest({key: value for key, value in line.items() if key != "hash"})
        self.rewrite(lines)


@pytest.fixture
def trail(journal_path: Path, clock: VirtualClock, tmp_path: Path) -> Trail:
    return Trail(journal_path, clock, tmp_path / "log" / "audit.jsonl")


def test_every_event_says_who_did_what_when_to_what(story: Story, journal: Journal, trail: Trail) -> None:
    journal.sender = {**journal.sender, "user": "ops", "job": "4711", "launched_by": "alice"}
    story.done("lax-sbc-01")
    result = trail.export()
    head, *events = trail.lines
    assert (head["trail"], head["window_id"]) == ("netfleet.maintenance", None)
    assert [(event["request"], event["outcome"]) for event in events] == [
        ("lock", "intended"),
        ("lock", "done"),
        ("sync", "claimed"),
        ("sync", "accepted"),
        ("sync", "done"),
        ("reboot", "claimed"),
        ("reboot", "accepted"),
        ("reboot", "done"),
        ("hold", "claimed"),
        ("hold", "done"),
        ("unlock", "intended"),
        ("unlock", "done"),
    ]
    reboot = events[7]
    assert reboot["at"] == "2026-11-21T02:00:59.800+00:00"
    assert reboot["window_id"] == "CHG1"
    assert reboot["device"] == {
        "name": "lax-sbc-01",
        "id": "8-lax-sbc-01",
        "server": "https://control.example.com/api/v1",
    }
    assert (reboot["who"]["user"], reboot["who"]["awx_job"], reboot["who"]["awx_user"]) == ("ops", "4711", "alice")
    assert reboot["details"]["evidence"] == ["the uptime started anew: 86400 s before, 41 s after"]
    assert (result["added"], result["last_hash"]) == (12, events[-1]["hash"])


def test_a_trail_is_only_added_to(story: Story, trail: Trail) -> None:
    story.busy("lax-sbc-01")
    assert trail.export(check_mode=True)["changed"] is True
    assert not trail.path.exists()
    assert trail.export()["changed"] is True
    before = trail.path.read_bytes()
    assert trail.export()["changed"] is False
    assert trail.path.read_bytes() == before
    story.done("lax-sbc-02")
    assert trail.export()["added"] == 12
    assert trail.path.read_bytes().startswith(before)
    assert trail.verify() == {
        "changed": False,
        "path": str(trail.path),
        "verified": True,
        "records": 14,
        "not_exported": 0,
        "last_hash": trail.lines[-1]["hash"],
        "problems": [],
    }


def test_what_is_newer_than_the_trail_is_no_fault(story: Story, trail: Trail) -> None:
    story.busy("lax-sbc-01")
    trail.export()
    story.busy("lax-sbc-02")
    checked = trail.verify()
    assert (checked["verified"], checked["not_exported"]) == (True, 2)


def test_a_trail_of_one_window_holds_nothing_else(
    story: Story, journal: Journal, clock: VirtualClock, trail: Trail
) -> None:
    story.busy("lax-sbc-01")
    Story(journal, clock, "CHG2").busy("lax-sbc-02")
    trail.export(window_id="CHG2")
    assert {event["window_id"] for event in trail.lines} == {"CHG2"}
    assert trail.verify()["verified"] is True
    with pytest.raises(BadInput, match="is of CHG2, not of all windows"):
        trail.export()


def test_a_line_that_was_never_finished_is_written_anew(story: Story, trail: Trail) -> None:
    story.busy("lax-sbc-01")
    trail.export()
    whole = trail.path.read_bytes()
    trail.path.write_bytes(whole[:-20])
    assert trail.verify()["verified"] is False
    assert trail.export()["added"] == 1
    assert trail.path.read_bytes() == whole


def edited(lines: list[Item]) -> list[Item]:
    lines[3]["outcome"] = "failed"
    return lines


def taken_out(lines: list[Item]) -> list[Item]:
    return lines[:4] + lines[5:]


def put_in(lines: list[Item]) -> list[Item]:
    return [*lines[:4], lines[3], *lines[4:]]


def swapped(lines: list[Item]) -> list[Item]:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def beheaded(lines: list[Item]) -> list[Item]:
    return lines[1:]


@pytest.mark.parametrize("tamper", [edited, taken_out, put_in, swapped, beheaded])
def test_tampering_breaks_the_chain(story: Story, trail: Trail, tamper: t.Callable[[list[Item]], list[Item]]) -> None:
    story.done("lax-sbc-01")
    trail.export()
    trail.rewrite(tamper(trail.lines))
    checked = trail.verify(use_journal=False)
    assert checked["failed"] is True
    assert checked["problems"]
    with pytest.raises(BadInput, match="does not hold"):
        trail.export()


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (edited, "line 4: event 3 differs from the journal in outcome"),
        (taken_out, "event 4 of the journal is missing from the trail"),
        (put_in, "event 3 stands behind event 3"),
    ],
)
def test_a_chain_that_was_made_anew_does_not_agree_with_the_journal(
    story: Story, trail: Trail, tamper: t.Callable[[list[Item]], list[Item]], told: str
) -> None:
    story.done("lax-sbc-01")
    trail.export()
    trail.reseal([json.loads(json.dumps(line)) for line in tamper(trail.lines)])
    checked = trail.verify()
    assert checked["failed"] is True
    assert told in checked["msg"]


def test_a_journal_that_was_changed_does_not_agree_with_the_trail(story: Story, journal: Journal, trail: Trail) -> None:
    story.done("lax-sbc-01")
    trail.export()
    with journal.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET at = at - 60 WHERE id = 5")
        connection.exec_driver_sql("DELETE FROM events WHERE id = 7")
    told = trail.verify()["msg"]
    assert "line 6: event 5 differs from the journal in at" in told
    assert "line 8: event 7 is in the trail and not in the journal" in told


def test_lines_cut_off_at_the_end_are_found_by_the_hash_that_was_kept(story: Story, trail: Trail) -> None:
    story.done("lax-sbc-01")
    kept = trail.export()["last_hash"]
    trail.rewrite(trail.lines[:-2])
    assert trail.verify()["verified"] is True
    assert "lines were cut off or replaced" in trail.verify(last_hash=kept)["msg"]


@pytest.mark.parametrize("text", ["", "not json\n", '{"a": 1}\n', "[]\n"])
def test_what_is_no_trail_is_told(story: Story, trail: Trail, text: str) -> None:
    story.busy("lax-sbc-01")
    trail.path.parent.mkdir()
    trail.path.write_text(text)
    assert trail.verify()["failed"] is True


def test_without_a_file_or_a_journal_there_is_nothing_to_check(trail: Trail, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        trail.verify()
    with pytest.raises(BadInput, match="no journal"):
        trail.export(journal=str(tmp_path / "none"))
