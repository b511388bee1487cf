# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_control: what is paused or stopped stands in the journal, for exactly the windows that were meant."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.control import run_window_control
from tests.unit.support.script import VirtualClock

NOTHING: dict[str, t.Any] = {"window_id": None, "window_name": None, "all": False, "reason": "", "until": None}


@pytest.fixture
def control(journal: Journal, journal_path: Path, clock: VirtualClock) -> t.Callable[..., dict[str, t.Any]]:
    """Run the module on the test's journal."""

    def run(state: str, *, check_mode: bool = False, **given: t.Any) -> dict[str, t.Any]:
        params = {**NOTHING, "journal": str(journal_path), "state": state, **given}
        return run_window_control(Task(params, check_mode, clock=clock))

    return run


def state_of(journal: Journal, window_id: str, name: str = "") -> str | None:
    found = Controls(journal).in_force(window_id, name)
    return found.state if found else None


def test_a_pause_holds_for_its_window_until_it_is_resumed(
    journal: Journal, control: t.Callable[..., dict[str, t.Any]]
) -> None:
    paused = control("paused", window_id="W1", reason="alarm")
    assert paused["changed"] is True
    assert "Window W1 is paused." in paused["msg"]
    assert "resume_window -e window_id=W1" in paused["msg"]
    assert (state_of(journal, "W1"), state_of(journal, "W2")) == ("paused", None)
    assert control("paused", window_id="W1", reason="alarm")["changed"] is False
    resumed = control("running", window_id="W1")
    assert (resumed["changed"], resumed["in_force"], resumed["msg"]) == (True, [], "Window W1 is resumed.")
    assert state_of(journal, "W1") is None
    again = control("running", window_id="W1")
    assert (again["changed"], again["msg"]) == (False, "Window W1 was neither paused nor stopped.")
    kinds = [event["kind"] for event in queries.events(journal, queries.Filter())]
    assert kinds == ["window_paused", "window_resumed"]


def test_a_name_means_every_occurrence_and_nothing_else(
    journal: Journal, control: t.Callable[..., dict[str, t.Any]]
) -> None:
    control("paused", window_name="core", reason="alarm")
    assert state_of(journal, "core@20350114T020000Z", "core") == "paused"
    assert state_of(journal, "core") is None
    assert state_of(journal, "core@x", "edge") is None


def test_a_stop_outranks_a_pause_and_resuming_one_leaves_the_other(
    journal: Journal, control: t.Callable[..., dict[str, t.Any]]
) -> None:
    control("stopped", all=True, reason="major incident")
    control("paused", window_id="W1", reason="alarm")
    assert (state_of(journal, "W1"), state_of(journal, "other")) == ("stopped", "stopped")
    resumed = control("running", window_id="W1")
    assert "Still in force: every window was stopped by" in resumed["msg"]
    assert state_of(journal, "W1") == "stopped"
    control("running", all=True)
    assert state_of(journal, "W1") is None


def test_an_until_that_is_over_resumes_by_itself_and_can_be_asked_for_again(
    journal: Journal, control: t.Callable[..., dict[str, t.Any]], clock: VirtualClock
) -> None:
    until = iso(clock.now() + 600)
    assert f"It resumes by itself at {until}." in control("paused", window_id="W1", reason="x", until=until)["msg"]
    clock.sleep(599)
    assert state_of(journal, "W1") == "paused"
    clock.sleep(2)
    assert state_of(journal, "W1") is None
    assert control("paused", window_id="W1", reason="x")["changed"] is True


def test_check_mode_predicts_and_writes_nothing(journal: Journal, control: t.Callable[..., dict[str, t.Any]]) -> None:
    assert control("paused", window_id="W1", reason="x", check_mode=True)["changed"] is True
    assert state_of(journal, "W1") is None
    control("paused", window_id="W1", reason="x")
    assert control("running", window_id="W1", check_mode=True)["changed"] is True
    assert state_of(journal, "W1") == "paused"


@pytest.mark.parametrize(
    ("state", "given", "sentence"),
    [
        ("paused", {}, "exactly one of window_id, window_name and all"),
        ("paused", {"window_id": "W1", "all": True}, "exactly one"),
        ("paused", {"window_id": "W1", "window_name": "core"}, "exactly one"),
        ("paused", {"window_id": " "}, "window_id is blank"),
        ("stopped", {"window_name": ""}, "window_name is blank"),
        ("running", {"window_id": ""}, "window_id is blank"),
        ("paused", {"window_id": "W1"}, "reason is missing"),
        ("stopped", {"all": True, "reason": " "}, "reason is missing"),
        ("paused", {"window_id": "W1", "reason": "x", "until": "2035-01-14T02:00:00"}, "until is not an ISO 8601"),
        ("paused", {"window_id": "W1", "reason": "x", "until": "tomorrow"}, "until is not an ISO 8601"),
        ("paused", {"window_id": "W1", "reason": "x", "until": "2001-01-14T02:00:00Z"}, "is over already"),
        ("running", {"window_id": "W1", "until": "2035-01-14T02:00:00Z"}, "until goes with paused"),
    ],
)
def test_what_is_not_clear_is_refused_and_nothing_is_written(
    journal: Journal,
    control: t.Callable[..., dict[str, t.Any]],
    state: str,
    given: dict[str, t.Any],
    sentence: str,
) -> None:
    with pytest.raises(BadInput, match=sentence):
        control(state, **given)
    assert Controls(journal).all_in_force() == []
