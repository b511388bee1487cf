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
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_sender
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import run_window_report
from tests.unit.report_bench import HOSTILE, Story
from tests.unit.script import VirtualClock

SCHEMA = json.loads((Path(__file__).parents[2] / "roles/report/files/report.schema.json").read_text())
NAMES = [f"lax-sbc-0{number}" for number in range(1, 7)] + [HOSTILE]

Item = dict[str, t.Any]


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    """A window whose run has ended: nothing of it is at work any more."""
    # A process of this machine that certainly is no more.
    journal.sender = {**this_sender(), "pid": 2**22 + 1, "run": 2**22 + 1, "user": "ops"}
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
    assert left["locked"]["command"] == "ansible-playbook netfleet.maintenance.recover -e recover_window_id=CHG1"
    assert left["unknown"]["command"] == "ansible-playbook netfleet.maintenance.recover -e recover_proof_timeout=600"
    assert left["failed"]["command"] == (
        "ansible-playbook netfleet.maintenance.maintenance_window -i inv.yml -e window_id=CHG1-retry "
        "-e window_targets=lax-sbc-02"
    )
    assert left["again"]["devices"] == ["lax-sbc-04", "lax-sbc-05", "lax-sbc-06"]
    assert left["again"]["command"].endswith("-e @core.yml")


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


def test_a_window_that_left_no_trace_is_told_as_such(story: Story, report: t.Callable[..., Item]) -> None:
    story.busy("lax-sbc-01")
    told = report(window_id="CHG/2", formats=["json", "md"])
    assert told["summary"]["verdict"] == "nothing"
    assert told["data"]["to_do"][0]["kind"] == "again"
    assert [Path(path).parent.name for path in told["files"].values()] == ["out", "out"]


def test_without_a_journal_there_is_nothing_to_report(tmp_path: Path, report: t.Callable[..., Item]) -> None:
    with pytest.raises(BadInput, match="no journal at"):
        report(journal=str(tmp_path / "none.sqlite3"))


def test_a_folder_that_cannot_be_written_is_named(story: Story, report: t.Callable[..., Item], tmp_path: Path) -> None:
    story.busy("lax-sbc-01")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        report(dest=str(tmp_path / "file"))
