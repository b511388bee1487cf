# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_report: what became of every device is told in three formats, and names from outside stay names."""

from __future__ import annotations

import html.parser
import json
import re
import typing as t
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
    Windows,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.known import write_known
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import run_window_report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import in_words
from tests.unit.support.report_bench import HOSTILE, Story
from tests.unit.support.script import VirtualClock

SCHEMA = json.loads((Path(__file__).parents[3] / "roles/report/files/report.schema.json").read_text())
NAMES = [f"lax-sbc-0{number}" for number in range(1, 7)] + [HOSTILE]

Item = dict[str, t.Any]


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    """A window whose run has ended: nothing of it is at work any more."""
    # A process of this machine that certainly is no more.
    journal.sender = {**this_process(), "pid": 2**22 + 1, "run": 2**22 + 1, "user": "ops"}
    return Story(journal, clock)


@pytest.fixture
def report(journal_path: Path, clock: VirtualClock, tmp_path: Path) -> t.Callable[..., Item]:
    """Write a report with some options changed and give the result, with what the files hold."""

    def write(*, check_mode: bool = False, **options: t.Any) -> Item:
        params: Item = {
            "journal": str(journal_path),
            "window_id": "CHG1",
            "window_name": None,
            "dest": str(tmp_path / "out"),
            "formats": ["html", "json", "md"],
            "timezone": "America/New_York",
            "occurrence": {},
            "devices": [{"name": name, "site": "LAX", "model": "SBC 5400"} for name in NAMES],
            "operations": ["sync", "reboot", "hold"],
            "rerun_command": "ansible-playbook netfleet.maintenance.maintenance_window -i inv.yml -e @core.yml",
            "at_end": False,
            "live": False,
        }
        result = run_window_report(Task({**params, **options}, check_mode=check_mode, clock=clock))
        texts = {kind: Path(path).read_text() for kind, path in result["files"].items() if Path(path).exists()}
        data = json.loads(texts["json"]) if "json" in texts else None
        return {**result, "texts": texts, "data": data}

    return write


def outcomes(data: Item) -> dict[str, str]:
    return {device["name"]: device["outcome"] for device in data["devices"]}


def test_every_device_is_told_with_its_outcome_worst_first(story: Story, report: t.Callable[..., Item]) -> None:
    story.everything()
    data = report()["data"]
    jsonschema.validate(data, SCHEMA)
    assert list(outcomes(data).items()) == [
        ("lax-sbc-02", "failed"),
        ("lax-sbc-03", "unknown"),
        ("lax-sbc-04", "refused"),
        ("lax-sbc-05", "incomplete"),
        ("lax-sbc-06", "not_started"),
        (HOSTILE, "done"),
        ("lax-sbc-01", "done"),
    ]
    assert data["summary"]["verdict"] == "attention"
    assert data["summary"]["headline"] == (
        "2 of 7 devices done, 1 failed, 1 unknown, 1 refused, 1 incomplete, 1 not started. 1 device is still locked."
    )
    assert data["runs"][0]["user"] == "ops"


def test_the_timeline_of_a_device_is_what_the_journal_shows(story: Story, report: t.Callable[..., Item]) -> None:
    story.done("lax-sbc-01")
    (device,) = (each for each in report()["data"]["devices"] if each["name"] == "lax-sbc-01")
    (lock,) = device["locks"]
    assert (lock["state"], lock["asked_at"][11:23], lock["held_at"][11:23]) == (
        "returned",
        "02:00:00.000",
        "02:00:00.400",
    )
    steps = {step["operation"]: step for step in device["operations"]}
    assert list(steps) == ["sync", "reboot", "hold"]
    assert steps["reboot"]["proven_after"] == 55.0
    assert steps["reboot"]["evidence"] == ["the uptime started anew: 86400 s before, 41 s after"]
    assert steps["hold"]["sent"] is False


@pytest.mark.parametrize("locked", [True, False])
def test_what_is_queued_at_the_platform_is_told_until_it_is_settled(
    story: Story, report: t.Callable[..., Item], locked: bool
) -> None:
    row = story.queued("lax-sbc-01")
    if not locked:
        story.unlock(story.locks.all_open()[0])
    told = report()
    jsonschema.validate(told["data"], SCHEMA)
    (todo,) = (todo for todo in told["data"]["to_do"] if "lax-sbc-01" in todo["devices"])
    assert (todo["kind"], todo["devices"]) == ("queued", ["lax-sbc-01"])
    assert "Do not send it again" in todo["why"]
    (device,) = (each for each in told["data"]["devices"] if each["name"] == "lax-sbc-01")
    assert [(step["operation"], step["queued"]) for step in device["operations"]] == [("sync", False), ("reboot", True)]
    assert "queued at the platform" in told["texts"]["html"]
    story.operations.move(row, "done", queued=False)
    assert "queued" not in {todo["kind"] for todo in report()["data"]["to_do"]}


def test_refusals_that_were_waited_out_count_as_one_with_their_number(
    story: Story, report: t.Callable[..., Item]
) -> None:
    story.busy("lax-sbc-04", tries=3)
    story.done("lax-sbc-04")
    (device,) = (each for each in report()["data"]["devices"] if each["name"] == "lax-sbc-04")
    assert device["outcome"] == "done"
    assert [(lock["state"], lock["tries"]) for lock in device["locks"]] == [("refused", 3), ("returned", 1)]


def test_what_is_left_to_do_names_the_command(story: Story, report: t.Callable[..., Item]) -> None:
    story.everything()
    left = {todo["kind"]: todo for todo in report()["data"]["to_do"]}
    assert left["locked"]["devices"] == ["lax-sbc-05"]
    again = "ansible-playbook netfleet.maintenance.maintenance_window -i inv.yml -e @core.yml"
    assert [left[kind]["command"] for kind in ("locked", "unknown", "again")] == [again] * 3
    assert "ansible-playbook netfleet.maintenance.recover -e recover_window_id=CHG1" in left["locked"]["why"]
    assert left["failed"]["command"] == (
        f"{again} -e "
        """'{"window_id": "CHG1-retry", "window_targets": "lax-sbc-02", "window_schedule": null}'"""
    )
    assert "starts at once" in left["failed"]["why"]
    assert left["again"]["devices"] == ["lax-sbc-04", "lax-sbc-05", "lax-sbc-06"]


@pytest.mark.finding("C2")
def test_one_command_stands_once_for_all_that_it_does(story: Story, report: t.Callable[..., Item]) -> None:
    story.everything()
    texts = report()["texts"]
    assert texts["html"].count("-e @core.yml</code>") == 1
    assert (
        texts["md"].count("    ansible-playbook netfleet.maintenance.maintenance_window -i inv.yml -e @core.yml\n") == 1
    )


def test_a_report_written_later_takes_everything_from_the_journal(
    story: Story, journal_path: Path, clock: VirtualClock, report: t.Callable[..., Item]
) -> None:
    known = {
        "journal": str(journal_path),
        "window_id": "CHG1",
        "window_name": "core",
        "timezone": "Europe/London",
        "occurrence": {"opens_at": "2026-11-22T02:00:00+00:00"},
        "devices": [{"name": "lax-sbc-01", "site": "LAX"}, {"name": "lax-sbc-02"}],
        "operations": ["reboot"],
        "rerun_command": "ansible-playbook netfleet.maintenance.maintenance_window -i prod -e @core.yml",
        "facts": {"Targets": "site_LAX", "Git commit": "abc123"},
    }
    write_known(Task(known, clock=clock))
    story.done("lax-sbc-01")
    later = report(devices=[{"name": "other"}], operations=["sync"], rerun_command="wrong", timezone="UTC")
    data = later["data"]
    jsonschema.validate(data, SCHEMA)
    assert outcomes(data) == {"lax-sbc-02": "not_started", "lax-sbc-01": "done"}
    assert (data["window"]["name"], data["window"]["timezone"]) == ("core", "Europe/London")
    assert data["window"]["operations"] == ["reboot"]
    assert data["facts"] == {"Targets": "site_LAX", "Git commit": "abc123"}
    assert [todo["command"] for todo in data["to_do"]] == [known["rerun_command"]]
    assert "site_LAX" in later["texts"]["html"]


def test_what_was_agreed_is_reported(story: Story, journal: Journal, report: t.Callable[..., Item]) -> None:
    devices = [
        RecordedDevice("lax-sbc-01", "z-01", "s-01", "lax-sbc-01"),
        RecordedDevice("lax-sbc-02", "lax-sbc-02", "lax-sbc-02", "lax-sbc-02", batch=1),
        RecordedDevice("lax-sbc-03", "lax-sbc-03", "lax-sbc-03", "x", batch=1, excluded="protected: Emergency calls"),
    ]
    Windows(journal).write(
        WindowRecord(
            "CHG1",
            ("sync", "reboot"),
            tuple(devices),
            rules=WindowRules(max_in_flight=2, max_failures=0),
            approval={"digest": "d1e5"},
        )
    )
    story.done("lax-sbc-02")
    data = report(devices=[], operations=[])["data"]
    by_name = {device["name"]: device for device in data["devices"]}
    assert by_name["lax-sbc-02"]["batch"] == 2
    assert (by_name["lax-sbc-03"]["excluded"], by_name["lax-sbc-03"]["reason"]) == ("protected: Emergency calls",) * 2
    assert data["facts"] == {"Limits": "in flight 2, failures 0", "Approval": "d1e5"}
    assert [todo["devices"] for todo in data["to_do"]] == [["lax-sbc-01"]], "a protected device is not left to do"
    html_page = report(devices=[], operations=[])["texts"]["html"]
    assert "Batch 1 (canary)" in html_page
    assert "Batch 2: 1 device, 1 done" in html_page


def test_a_name_that_means_more_to_a_shell_or_a_pattern_is_in_no_command(
    story: Story, report: t.Callable[..., Item]
) -> None:
    story.failed("all:!x; rm -rf /")
    (todo,) = (todo for todo in report(devices=[])["data"]["to_do"] if todo["kind"] == "failed")
    assert todo["command"] is None


def test_a_failed_sync_is_left_to_the_next_run_of_the_window(story: Story, report: t.Callable[..., Item]) -> None:
    lock = story.lock("lax-sbc-01")
    story.carry_out("lax-sbc-01", "sync", "failed", message="sync failed.")
    story.unlock(lock)
    (todo,) = report(devices=[])["data"]["to_do"]
    assert (todo["kind"], todo["devices"]) == ("again", ["lax-sbc-01"])


def test_what_a_living_run_works_on_is_under_way(
    journal: Journal, clock: VirtualClock, report: t.Callable[..., Item]
) -> None:
    story = Story(journal, clock)
    story.lock("lax-sbc-01")
    story.operations.move(story.claim("lax-sbc-01", "reboot"), "accepted", sent=True)
    told = report(devices=[])["data"]
    assert (told["summary"]["verdict"], outcomes(told)) == ("running", {"lax-sbc-01": "running"})
    assert told["to_do"] == []
    # The same at the end of that run: it does nothing more.
    ended = report(devices=[], at_end=True)["data"]
    assert outcomes(ended) == {"lax-sbc-01": "unknown"}
    assert [todo["kind"] for todo in ended["to_do"]] == ["locked", "unknown"]


def test_a_hold_that_was_broken_off_leaves_no_doubt(story: Story, report: t.Callable[..., Item]) -> None:
    lock = story.lock("lax-sbc-01")
    story.carry_out("lax-sbc-01", "reboot")
    story.claim("lax-sbc-01", "hold")
    story.unlock(lock)
    assert outcomes(report(devices=[])["data"]) == {"lax-sbc-01": "incomplete"}


def test_a_device_has_one_line_whatever_the_systems_call_it(story: Story, report: t.Callable[..., Item]) -> None:
    lock = story.lock("in-sdm")
    story.carry_out("in-zequenze", "reboot")
    story.unlock(lock)
    listed = [{"name": "border", "sdm_name": "in-sdm", "zequenze_name": "in-zequenze"}]
    told = report(devices=listed, operations=[])["data"]
    assert outcomes(told) == {"border": "done"}
    assert len(told["devices"][0]["locks"]) == 1


def test_gates_that_kept_work_back_are_told(story: Story, journal: Journal, report: t.Callable[..., Item]) -> None:
    with journal.writing() as connection:
        row = {"window_id": "CHG1", "device": "lax-sbc-06", "device_id": "8"}
        message = "2 other devices have failed."
        journal.add_event(connection, "gate_blocked", row, operation="reboot", gate="max_failures", message=message)
        row = {"window_id": "CHG1"}
        journal.add_event(connection, "gate_blocked", row, gate="freeze", message="frozen until Monday")
    told = report()
    (device,) = (each for each in told["data"]["devices"] if each["name"] == "lax-sbc-06")
    assert (device["outcome"], device["reason"]) == ("refused", message)
    assert [gate["gate"] for gate in told["data"]["gates"]] == ["freeze"]
    assert "frozen until Monday" in told["texts"]["html"]
    assert "frozen until Monday" in told["texts"]["md"]


def test_a_protected_device_leaves_nothing_to_attend_to(
    story: Story, journal: Journal, report: t.Callable[..., Item]
) -> None:
    def keep_back(gate: str) -> None:
        with journal.writing() as connection:
            row = {"window_id": "CHG1", "device": "lax-sbc-02"}
            journal.add_event(connection, "gate_blocked", row, gate=gate, message="kept back")

    lock = story.lock("lax-sbc-01")
    story.carry_out("lax-sbc-01", "reboot")
    story.unlock(lock)
    keep_back("protected")
    told = report(devices=[], operations=["reboot"])["data"]
    assert (told["summary"]["verdict"], outcomes(told)["lax-sbc-02"]) == ("done", "refused")
    keep_back("live_session")
    assert report(devices=[], operations=["reboot"])["data"]["summary"]["verdict"] == "attention"


def test_a_device_that_never_came_to_an_operation_says_what_stood_in_its_way(
    story: Story, journal: Journal, report: t.Callable[..., Item]
) -> None:
    message = "held by CHG2 since 2026-11-20T22:00:00+00:00"
    note_failure(journal, "CHG1", "lax-sbc-06", "lock busy", message)
    told = report()["data"]
    (device,) = (each for each in told["devices"] if each["name"] == "lax-sbc-06")
    assert (device["outcome"], device["reason"]) == ("refused", message)


class Page(html.parser.HTMLParser):
    """Collects the tags of a page, and what its images are called."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.labels: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if ("role", "img") in attrs:
            self.labels.append(dict(attrs).get("aria-label") or "")


def test_the_page_needs_nothing_from_outside_and_runs_only_its_own_script(
    story: Story, report: t.Callable[..., Item]
) -> None:
    story.everything()
    text = report()["texts"]["html"]
    page = Page()
    page.feed(text)
    assert page.tags.count("script") == 1
    assert page.tags.count("style") == 1
    assert not {"img", "link", "iframe", "object", "base", "form"} & set(page.tags)
    assert not [name for name, _value in page.attributes if name in ("src", "href", "style") or name.startswith("on")]
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    # Two devices' worth of pictures at least, and each has a name that says what it shows.
    assert len(page.labels) > 10
    assert all(page.labels)
    assert "lax-sbc-03: sync done; reboot unknown; lock held for 10 min 5 s" in page.labels


@pytest.mark.parametrize(
    "name",
    [
        '" onmouseover="alert(1)',
        "</style><script>alert(1)</script>",
        "a\u202ecod.exe",
        "x\n# y | z",
        "{{ 7*7 }}",
        "[x](javascript:alert(1)) @everyone https://evil.example.com",
    ],
)
def test_hostile_names_are_inert_in_every_format(story: Story, report: t.Callable[..., Item], name: str) -> None:
    lock = story.lock(name)
    story.carry_out(name, "reboot", "failed", message=f"{name} failed.")
    story.unlock(lock)
    told = report(devices=[], operations=[])
    assert outcomes(told["data"]) == {name: "failed"}
    page = Page()
    page.feed(told["texts"]["html"])
    assert page.tags.count("script") == 1
    assert not [key for key, _value in page.attributes if key.startswith("on")]
    assert "\u202e" not in told["texts"]["html"]
    table = [line for line in told["texts"]["md"].splitlines() if "Failed" in line and line.startswith("| ")]
    assert len(table) == 1
    assert len(re.findall(r"(?<!\\)\|", table[0])) == 5
    assert not re.search(r"(?<!\\)\]\(", told["texts"]["md"])
    assert "@everyone" not in told["texts"]["md"]
    assert "https://" not in told["texts"]["md"]


def test_the_same_journal_gives_the_same_files(
    story: Story, report: t.Callable[..., Item], clock: VirtualClock, tmp_path: Path
) -> None:
    story.everything()
    assert report(check_mode=True)["changed"] is True
    assert not (tmp_path / "out").exists()
    assert report()["changed"] is True
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    clock.sleep(3600)
    assert report()["changed"] is False
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before
    story.done("lax-sbc-06")
    assert report()["changed"] is True


def test_times_are_told_in_both_zones(story: Story, report: t.Callable[..., Item]) -> None:
    story.done("lax-sbc-01")
    text = report(occurrence={"opens_at": "2026-11-20T21:00:00-05:00", "closes_at": "whenever"})["texts"]["html"]
    assert "2026-11-20 21:00:00 America/New_York (2026-11-21 02:00:00 UTC)" in text
    assert "<dd>whenever</dd>" in text


def test_the_newest_occurrence_of_a_recurring_window_is_found(
    journal: Journal, clock: VirtualClock, report: t.Callable[..., Item]
) -> None:
    for start in ("20261114T020000Z", "20261121T020000Z"):
        Story(journal, clock, f"core@{start}").busy("lax-sbc-01")
    Story(journal, clock, "core_b@20261128T020000Z").busy("lax-sbc-01")
    told = report(window_id=None, window_name="core")
    assert told["window_id"] == "core@20261121T020000Z"
    with pytest.raises(BadInput, match="shows no occurrence of a window edge"):
        report(window_id=None, window_name="edge")


def test_a_window_that_the_journal_does_not_show_is_an_error(story: Story, report: t.Callable[..., Item]) -> None:
    story.busy("lax-sbc-01")
    with pytest.raises(BadInput, match=r"has no window 'NOSUCH'. Its newest windows are 'CHG1'."):
        report(window_id="NOSUCH")


def test_a_window_that_did_nothing_is_reported_at_the_end_of_its_run(
    story: Story, report: t.Callable[..., Item]
) -> None:
    told = report(window_id="CHG/2", formats=["json", "md"], at_end=True)
    assert told["summary"]["verdict"] == "nothing"
    assert told["summary"]["headline"] == "Nothing was done: none of the 7 devices was touched."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("uptime was 260833 s before and is 42 s now", "uptime was 3 d 0 h before and is 42 s now"),
        ("no evidence within 600 s.", "no evidence within 10 min."),
        ("tried 5 times in 3 s", "tried 5 times in 3 s"),
        ("id 260833 seen", "id 260833 seen"),
        ("after 368.4 s", "after 6 min 8 s"),
    ],
)
def test_long_times_are_said_in_words(text: str, words: str) -> None:
    assert in_words(text) == words


def test_an_id_with_an_at_sign_is_a_name_and_no_mention(story: Story, report: t.Callable[..., Item]) -> None:
    text = report(window_id="core@20261122T0200Z", at_end=True)["texts"]["md"]
    assert text.startswith("# `core@20261122T0200Z`: ")


def test_without_a_journal_there_is_nothing_to_report(tmp_path: Path, report: t.Callable[..., Item]) -> None:
    with pytest.raises(BadInput, match="no journal at"):
        report(journal=str(tmp_path / "none.sqlite3"))


def test_a_folder_that_cannot_be_written_is_named(story: Story, report: t.Callable[..., Item], tmp_path: Path) -> None:
    story.busy("lax-sbc-01")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        report(dest=str(tmp_path / "file"))


def test_a_device_that_a_system_does_not_know_is_left_to_do(
    story: Story, journal: Journal, report: t.Callable[..., Item]
) -> None:
    gone = RecordedDevice("lax-sbc-02", "lax-sbc-02", "lax-sbc-02", "x", excluded="unknown to Oracle SDM")
    agreed = WindowRecord(
        "CHG1", ("reboot",), (RecordedDevice("lax-sbc-01", "lax-sbc-01", "lax-sbc-01", "lax-sbc-01"), gone)
    )
    Windows(journal).write(agreed)
    story.done("lax-sbc-01")
    told = report(devices=[], operations=[])["data"]
    assert [(todo["kind"], todo["devices"]) for todo in told["to_do"]] == [("again", ["lax-sbc-02"])]
    assert told["summary"]["verdict"] == "attention"
