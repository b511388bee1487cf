# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live page is the report, written again and again, and says how old it is; a pause or stop is told by name."""

from __future__ import annotations

import json
import threading
import typing as t
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.hooks import notification_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report import live as living
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.html_page import as_html
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.json_data import as_data
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.known import known_of, write_known
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.live import (
    LivePage,
    ask_live,
    live_path,
    write_live,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.markdown import as_markdown
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import report_of
from tests.unit.report.test_window_report import SCHEMA
from tests.unit.support.report_bench import Story
from tests.unit.support.script import VirtualClock


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    return Story(journal, clock)


def asked(journal_path: Path, clock: VirtualClock, folder: Path, **more: t.Any) -> Task:
    params: dict[str, t.Any] = {
        "journal": str(journal_path),
        "window_id": "CHG1",
        "window_name": None,
        "dest": str(folder),
        "timezone": "UTC",
        "occurrence": {},
        "devices": [{"name": "lax-sbc-01"}, {"name": "lax-sbc-02"}],
        "operations": ["sync"],
        "rerun_command": "",
        "facts": {},
        "live": True,
    }
    return Task({**params, **more}, clock=clock)


def report(journal: Journal) -> Report:
    return report_of(journal, known_of(journal, "CHG1", {"at_end": True}))


def test_the_first_page_is_there_before_anything_was_done_and_says_where(
    journal_path: Path, clock: VirtualClock, tmp_path: Path, journal: Journal
) -> None:
    said: list[str] = []
    task = asked(journal_path, clock, tmp_path / "out")
    task.tell = said.append
    write_known(task)
    ask_live(task)
    path = tmp_path / "out" / "CHG1.html"
    assert said == [f"Live page: {path}"]
    assert live_path(task.store, "CHG1") == str(path)
    page = path.read_text()
    assert f'data-written="{clock.now():.0f}"' in page
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page
    assert "lax-sbc-02" in page
    assert 'id="live"' not in as_html(report(journal))


def test_without_the_wish_there_is_no_page(journal_path: Path, clock: VirtualClock, tmp_path: Path) -> None:
    task = asked(journal_path, clock, tmp_path / "out", live=False)
    ask_live(task)
    assert live_path(task.store, "CHG1") is None
    assert not (tmp_path / "out").exists()


def test_a_page_that_cannot_be_written_warns_and_stops_nothing(
    journal_path: Path, clock: VirtualClock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    task = asked(journal_path, clock, tmp_path / "file")
    task.warn = warnings.append
    write_known(task)
    ask_live(task)
    assert len(warnings) == 1
    assert "live page cannot be written" in warnings[0]


def test_what_happens_shows_in_the_next_page(
    journal_path: Path, clock: VirtualClock, tmp_path: Path, journal: Journal, story: Story
) -> None:
    task = asked(journal_path, clock, tmp_path)
    write_known(task)
    path = str(tmp_path / "CHG1.html")
    write_live(journal, "CHG1", path)
    before = Path(path).read_text()
    row = story.lock("lax-sbc-01")
    write_live(journal, "CHG1", path)
    assert "Lock held" in Path(path).read_text()
    assert "Lock held" not in before
    story.unlock(row)


def test_the_page_is_written_at_the_start_and_at_the_end_whatever_goes_wrong_in_between(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock
) -> None:
    monkeypatch.setattr(living, "WRITE_EVERY", 0.001)
    written = threading.Semaphore(0)

    def write() -> None:
        written.release()
        raise JournalError("The journal is away.")

    with LivePage(write, clock):
        # The first page, and at least one after it, although both failed.
        for _page in range(2):
            assert written.acquire(timeout=60)
    # The one at the end.
    assert written.acquire(timeout=60)


# Who paused or stopped the window, when and why


def test_a_stop_is_told_in_every_format_and_to_people(
    journal_path: Path, clock: VirtualClock, tmp_path: Path, journal: Journal, story: Story
) -> None:
    write_known(asked(journal_path, clock, tmp_path))
    story.lock("lax-sbc-01")
    clock.sleep(5)
    Controls(journal).add("window_id", "CHG1", "stopped", "alarm in <LAX>", None)
    clock.sleep(5)
    journal.note("gate", {"window_id": "CHG1", "device": "lax-sbc-02"}, gate="stopped", message="it was stopped.")
    told = report(journal)
    data = as_data(told)
    jsonschema.validate(data, SCHEMA)
    (control,) = data["controls"]
    assert (control["state"], control["scope"], control["reason"]) == ("stopped", "window_id", "alarm in <LAX>")
    assert " on " in control["by"]
    sentence = data["summary"]["held_by"]
    assert sentence.startswith("Window CHG1 was stopped by ")
    assert "alarm in <LAX>" in sentence
    assert sentence in data["summary"]["headline"]
    assert "alarm in &lt;LAX&gt;" in as_html(told)
    assert "Stopped: " in as_markdown(told)
    assert sentence in json.dumps(notification_of(told, "ended", {})["summary"])


def test_what_was_resumed_stays_on_record_and_no_longer_holds_the_window(
    journal_path: Path, clock: VirtualClock, tmp_path: Path, journal: Journal, story: Story
) -> None:
    write_known(asked(journal_path, clock, tmp_path))
    controls = Controls(journal)
    controls.add("all", "", "paused", "long ago", clock.now() + 1)
    clock.sleep(60)
    row = story.lock("lax-sbc-01")
    controls.add("window_id", "CHG1", "paused", "alarm", None)
    controls.add("window_id", "CHG2", "paused", "another", None)
    clock.sleep(5)
    controls.end("window_id", "CHG1")
    story.unlock(row)
    told = report(journal)
    assert [(control.reason, control.ended_at is not None) for control in told.controls] == [("alarm", True)]
    assert told.held_by is None
    assert "; resumed at " in as_markdown(told)
    assert as_data(told)["summary"]["held_by"] is None
