# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_status: how windows stand, in 80 columns."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_status import run_window_status
from tests.unit.support.report_bench import Story
from tests.unit.support.script import VirtualClock

Status = t.Callable[..., dict[str, t.Any]]


@pytest.fixture
def story(journal: Journal, clock: VirtualClock) -> Story:
    journal.sender = {**this_process(), "pid": 2**22 + 1, "run": 2**22 + 1}
    return Story(journal, clock)


@pytest.fixture
def status(journal_path: Path, clock: VirtualClock) -> Status:
    def read(**options: t.Any) -> dict[str, t.Any]:
        params = {"journal": str(journal_path), "window_id": None, "timezone": "UTC", **options}
        return run_window_status(Task(params, clock=clock))

    return read


def test_one_window_is_shown_with_every_device(story: Story, status: Status) -> None:
    story.everything()
    found = status(window_id="CHG1")
    (window,) = found["windows"]
    stages = {device["name"]: device["stage"] for device in window["devices"]}
    assert stages["lax-sbc-01"] == "done"
    assert (stages["lax-sbc-02"], stages["lax-sbc-03"], stages["lax-sbc-05"]) == ("failed", "unknown", "locked")
    (locked,) = (device for device in window["devices"] if device["name"] == "lax-sbc-05")
    assert (locked["holder"], locked["operation"], locked["outcome"]) == ("CHG1", "sync", "done")
    assert locked["since"] is not None
    assert [line for line in found["table"] if len(line) > 80] == []
    assert next(line for line in found["table"] if line.startswith("lax-sbc-05")).split()[1:3] == ["locked", "CHG1"]
    assert found["table"][-1] == "Times are UTC."


def test_what_a_living_run_does_is_its_stage(story: Story, journal: Journal, status: Status) -> None:
    journal.sender = this_process()
    story.lock("lax-sbc-01")
    row = story.claim("lax-sbc-01", "reboot")
    story.operations.move(row, "accepted", sent=True)
    (window,) = status()["windows"]
    assert window["devices"][0]["stage"] == "reboot sent"


def test_what_is_queued_at_the_platform_is_shown_until_it_is_settled(story: Story, status: Status) -> None:
    row = story.queued("lax-sbc-01")
    (window,) = status()["windows"]
    assert [window["devices"][0][key] for key in ("stage", "holder", "outcome")] == ["reboot queued", "CHG1", "unknown"]
    story.operations.move(row, "done", queued=False)
    assert status()["windows"][0]["devices"][0]["stage"] == "locked"


def test_only_windows_with_something_open_are_shown_without_an_id(story: Story, status: Status) -> None:
    story.done("lax-sbc-01")
    assert status()["table"] == ["No window has a lock or an unsettled operation."]
    story.left_locked("lax-sbc-02")
    assert [window["id"] for window in status()["windows"]] == ["CHG1"]


@pytest.mark.parametrize("name", ["a" * 70, "line\nbreak", "ü" * 40, "\u202eevil"])
def test_no_name_breaks_the_table(story: Story, status: Status, name: str) -> None:
    story.left_locked(name)
    table = status()["table"]
    assert all(len(line) <= 80 and line.isprintable() for line in table)


def test_what_is_not_there_is_an_error(story: Story, status: Status, tmp_path: Path) -> None:
    story.done("lax-sbc-01")
    with pytest.raises(BadInput, match=r"has no window 'NOSUCH'. Its newest windows are 'CHG1'."):
        status(window_id="NOSUCH")
    with pytest.raises(BadInput, match=r"There is no journal at .*Check NETFLEET_JOURNAL"):
        status(journal=str(tmp_path / "nothing.sqlite3"))
    with pytest.raises(BadInput, match="Europe/Londn"):
        status(timezone="Europe/Londn")
