# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_audit and audit_check: a trail that is only added to, and every way of tampering with it is found."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.anchors import sign, store
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.audit_check import run_audit_check
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import digest, line_of, read_trail
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.window_audit import run_window_audit
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.unit.support.report_bench import Story
from tests.unit.support.script import VirtualClock

Item = dict[str, t.Any]


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    return Story(journal, clock)


class Trail:
    """The trail of one test, and its two modules."""

    def __init__(self, journal_path: Path, clock: VirtualClock, path: Path) -> None:
        self.path = path
        self.journal = str(journal_path)
        self._common: Item = {"journal": str(journal_path), "path": str(path)}
        self._clock = clock

    def export(self, *, check_mode: bool = False, **options: t.Any) -> Item:
        params = {
            **self._common,
            "window_id": None,
            "at_end": False,
            "anchor_command": None,
            "signing_key": None,
            **options,
        }
        return run_window_audit(Task(params, check_mode=check_mode, clock=self._clock))

    def verify(self, **options: t.Any) -> Item:
        params = {
            **self._common,
            "window_id": None,
            "last_hash": None,
            "allowed_signers": None,
            "signer": None,
            "use_journal": True,
            **options,
        }
        return run_audit_check(Task(params, clock=self._clock))

    @property
    def lines(self) -> list[Item]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def rewrite(self, lines: list[Item]) -> None:
        self.path.write_text("".join(map(line_of, lines)))

    def reseal(self, lines: list[Item]) -> None:
        """Write lines with a chain that holds, as somebody would who knows how it is made."""
        previous = "0" * 64
        for line in lines:
            line["previous"] = previous
            line["hash"] = previous = digest({key: value for key, value in line.items() if key != "hash"})
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
    assert trail.verify(window_id="CHG2")["verified"] is True
    assert "line 1: it is the trail of CHG2, not of all windows" in trail.verify()["msg"]
    with pytest.raises(BadInput, match="is the trail of CHG2, not of all windows"):
        trail.export()


def test_a_line_that_was_never_finished_is_finished(story: Story, trail: Trail) -> None:
    story.busy("lax-sbc-01")
    trail.export()
    whole = trail.path.read_bytes()
    trail.path.write_bytes(whole[:-1])
    assert "its end is missing" in trail.verify()["msg"]
    # The journal has stored that this line was written whole, so the power did not take it.
    with pytest.raises(BadInput, match="was not continued"):
        trail.export()
    assert trail.path.read_bytes() == whole[:-1]
    trail.path.write_bytes(whole)
    story.busy("lax-sbc-02")
    trail.export()
    longer = trail.path.read_bytes()
    for cut in (*range(len(whole) + 1, len(longer), 11), len(longer) - 2, len(longer) - 1):
        trail.path.write_bytes(longer[:cut])
        _forget_the_last_export(trail, whole)
        trail.export()
        assert trail.path.read_bytes() == longer
        assert trail.verify()["verified"] is True


def _forget_the_last_export(trail: Trail, content: bytes) -> None:
    """Have the journal as a power failure leaves it: the file was written, and that was not stored."""
    with Journal.open(trail.journal, VirtualClock()) as journal:
        store(journal, str(trail.path), None, read_trail(content.decode()))
        journal.remember("audit_trail ", json.dumps({"seq": 2, "hash": "", "window_id": None}))


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
    with pytest.raises(BadInput, match="was not continued"):
        trail.export()


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (edited, "line 4: event 3 differs from the journal in outcome"),
        (taken_out, "event 4 of the journal is missing from the trail"),
        (put_in, "event 3 stands after event 3"),
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


# The attacks


Attack = t.Callable[["Scene"], None]


class Scene:
    """A trail that was written in three exports, with what an attacker may have kept of it."""

    def __init__(self, trail: Trail, story: Story, journal: Journal) -> None:
        self.trail = trail
        self.journal = journal
        self.old_copy = b""
        for device in ("lax-sbc-01", "lax-sbc-02", "lax-sbc-03"):
            story.done(device)
            self.last_hash = trail.export()["last_hash"]
            self.old_copy = self.old_copy or trail.path.read_bytes()


def last_lines_removed(scene: Scene) -> None:
    scene.trail.rewrite(scene.trail.lines[:-5])


def all_but_the_head_removed(scene: Scene) -> None:
    scene.trail.rewrite(scene.trail.lines[:1])


def old_copy_put_back(scene: Scene) -> None:
    scene.trail.path.write_bytes(scene.old_copy)


def head_of_a_window_that_is_none(scene: Scene) -> None:
    scene.trail.reseal([{**scene.trail.lines[0], "window_id": "NOSUCH"}])


def duplicate_key(scene: Scene) -> None:
    text = scene.trail.path.read_text()
    scene.trail.path.write_text(text.replace('"outcome":"done"', '"outcome":"refused","outcome":"done"', 1))


def blanks_inserted(scene: Scene) -> None:
    scene.trail.path.write_text(scene.trail.path.read_text().replace('"outcome":"done"', '"outcome": "done"', 1))


def rewritten_with_other_letters(scene: Scene) -> None:
    scene.trail.path.write_text(scene.trail.path.read_text().replace('"lax-sbc-01"', '"\\u006cax-sbc-01"', 1))


def emptied(scene: Scene) -> None:
    scene.trail.path.write_text("")


def reordered_and_resealed(scene: Scene) -> None:
    lines = scene.trail.lines
    lines[3], lines[4] = lines[4], lines[3]
    scene.trail.reseal(lines)


def middle_removed_and_resealed(scene: Scene) -> None:
    lines = scene.trail.lines
    scene.trail.reseal([*lines[:5], *lines[7:]])


def high_number_appended(scene: Scene) -> None:
    lines = scene.trail.lines
    scene.trail.reseal([*lines, {**lines[-1], "seq": 10**9}])


def another_journal(scene: Scene) -> None:
    scene.journal.remember("journal_id", "another")


def journal_emptied(scene: Scene) -> None:
    with scene.journal.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events")


def another_user_in_trail_and_journal(scene: Scene) -> None:
    with scene.journal.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET sender = json_set(sender, '$.user', 'mallory') WHERE id = 9")
    lines = scene.trail.lines
    lines[9]["who"]["user"] = "mallory"
    scene.trail.reseal(lines)


ATTACKS: list[Attack] = [
    last_lines_removed,
    all_but_the_head_removed,
    old_copy_put_back,
    head_of_a_window_that_is_none,
    duplicate_key,
    blanks_inserted,
    rewritten_with_other_letters,
    emptied,
    reordered_and_resealed,
    middle_removed_and_resealed,
    high_number_appended,
    another_journal,
    journal_emptied,
    another_user_in_trail_and_journal,
]


@pytest.fixture
def scene(trail: Trail, story: Story, journal: Journal) -> Scene:
    return Scene(trail, story, journal)


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.__name__ for attack in ATTACKS])
def test_an_attack_on_the_trail_is_found_and_the_trail_is_left_as_it_is(scene: Scene, attack: Attack) -> None:
    assert scene.trail.verify(last_hash=scene.last_hash)["verified"] is True
    attack(scene)
    before = scene.trail.path.read_bytes()
    assert scene.trail.verify()["failed"] is True
    with pytest.raises(BadInput, match="was not continued"):
        scene.trail.export()
    assert scene.trail.path.read_bytes() == before


def anchor_in_the_journal_rewritten_too(scene: Scene) -> None:
    another_user_in_trail_and_journal(scene)
    store(scene.journal, str(scene.trail.path), None, read_trail(scene.trail.path.read_text()))


def cut_in_trail_and_journal(scene: Scene) -> None:
    last_lines_removed(scene)
    with scene.journal.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events WHERE id > 31")
    store(scene.journal, str(scene.trail.path), None, read_trail(scene.trail.path.read_text()))
    scene.journal.remember("audit_trail ", json.dumps({"seq": 31, "hash": scene.trail.lines[-1]["hash"]}))


@pytest.mark.parametrize("attack", [anchor_in_the_journal_rewritten_too, cut_in_trail_and_journal])
def test_who_may_write_journal_and_trail_alike_is_found_by_what_is_kept_elsewhere_only(
    scene: Scene, attack: Attack, tmp_path: Path
) -> None:
    key, allowed = a_key(tmp_path)
    sign(str(scene.trail.path), str(key))
    by_signature: Item = {"allowed_signers": str(allowed), "signer": "ops@example.com"}
    assert scene.trail.verify(last_hash=scene.last_hash, **by_signature)["verified"] is True
    attack(scene)
    assert scene.trail.verify()["verified"] is True
    assert "the hash that was kept is not in it" in scene.trail.verify(last_hash=scene.last_hash)["msg"]
    assert "its signature is not the one of ops@example.com" in scene.trail.verify(**by_signature)["msg"]


def a_key(folder: Path) -> tuple[Path, Path]:
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    allowed = folder / "allowed_signers"
    allowed.write_text(f"ops@example.com {key.with_suffix('.pub').read_text()}")
    return key, allowed


def test_a_trail_that_was_deleted_is_not_written_again_in_silence(scene: Scene) -> None:
    scene.trail.path.unlink()
    with pytest.raises(BadInput, match="it is gone or empty"):
        scene.trail.export()
    assert not scene.trail.path.exists()
    assert scene.trail.export(path=str(scene.trail.path.with_name("next.jsonl")))["added"] == 36


def test_a_copy_has_to_reach_as_far_as_the_trail(scene: Scene, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(scene.trail.path.read_bytes())
    assert scene.trail.verify(path=str(copy))["verified"] is True
    copy.write_bytes(scene.old_copy)
    assert "it ends before event 36" in scene.trail.verify(path=str(copy))["msg"]


@pytest.mark.parametrize("text", ["keep me", "keep me\nand me", "keep me\n", "\n", '{"trail":"x"}'])
def test_a_file_that_is_no_trail_keeps_every_byte(story: Story, trail: Trail, text: str) -> None:
    story.done("lax-sbc-01")
    trail.path.parent.mkdir()
    trail.path.write_text(text)
    with pytest.raises(BadInput, match="was not continued"):
        trail.export()
    assert trail.path.read_text() == text


def test_a_symbolic_link_is_not_followed(story: Story, trail: Trail, tmp_path: Path) -> None:
    story.done("lax-sbc-01")
    target = tmp_path / "target"
    target.write_text("")
    trail.path.parent.mkdir()
    trail.path.symlink_to(target)
    with pytest.raises(BadInput, match="is a symbolic link"):
        trail.export()
    assert target.read_text() == ""


def test_the_last_hash_is_sent_elsewhere_and_said(story: Story, trail: Trail, tmp_path: Path) -> None:
    story.done("lax-sbc-01")
    kept = tmp_path / "kept"
    script = tmp_path / "anchor.sh"
    script.write_text(f'#!/bin/sh\necho "$1 $2" >> {kept}\n')
    script.chmod(0o755)
    result = trail.export(anchor_command=f"{script} fleet")
    assert kept.read_text() == f"fleet {result['last_hash']}\n"
    assert f"Its last hash is {result['last_hash']}." in result["msg"]
    assert trail.verify(last_hash=result["last_hash"])["verified"] is True
    # What is already anchored is not anchored again.
    trail.export(anchor_command=f"{script} fleet")
    assert kept.read_text().count("\n") == 1


@pytest.mark.parametrize("options", [{"anchor_command": "false"}, {"signing_key": "/no/such/key"}])
def test_a_trail_that_could_not_be_anchored_is_said(story: Story, trail: Trail, options: Item) -> None:
    story.done("lax-sbc-01")
    with pytest.raises(BadInput, match=r"was continued, but not anchored: .* Its last hash is [0-9a-f]{64}\."):
        trail.export(**options)
    assert trail.verify()["verified"] is True


@pytest.mark.parametrize("last_hash", ["", " "])
def test_a_blank_hash_is_refused_and_not_left_out(scene: Scene, last_hash: str) -> None:
    with pytest.raises(BadInput, match="last_hash is empty"):
        scene.trail.verify(last_hash=last_hash)


def test_a_look_writes_neither_trail_nor_journal(story: Story, journal: Journal, trail: Trail) -> None:
    story.done("lax-sbc-01")
    before = journal.rows(sa.select(schema.META))
    assert trail.export(check_mode=True)["added"] == 12
    assert journal.rows(sa.select(schema.META)) == before
    assert not trail.path.exists()


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
