# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who approved a window, and that it is not who starts it where that takes two people."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._awx.client import Awx
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import process
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning import approver as _approver
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approver import (
    Approver,
    approver_of,
    is_same_person,
    refuse_one_person,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.opening import open_record
from tests.unit.support.awx_script import Controller, job
from tests.unit.support.record import device, record

BOB = {"user": "bob"}


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setattr(process, "_launch", {})
    for name in ("HOST", "OAUTH_TOKEN", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"CONTROLLER_{name}", raising=False)
    return Task(params={})


def test_awx_counts_before_the_name_that_was_given(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"window_approved_by": "mallory"}
    assert approver_of(task, given, needed=True) == Approver("mallory", "window_approved_by")
    process.remember_launch({"awx_job_id": 44, "awx_workflow_job_id": 41})
    assert approver_of(task, given, needed=True).name == "mallory", "nothing says how to ask AWX"
    controller = Controller()
    controller.nodes(job(8))
    controller.approval(8, "alice")
    monkeypatch.setattr(Awx, "from_environment", lambda _clock: controller.awx)
    assert approver_of(task, given, needed=True) == Approver("alice", "AWX, workflow job 41")


def test_awx_that_does_not_answer_stops_a_window_of_two_people_alone(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.remember_launch({"awx_workflow_job_id": 41})
    controller = Controller()
    path = "/api/v2/workflow_jobs/41/workflow_nodes/"
    for _look in range(2):
        controller.script.expect("GET", path, {"page_size": "200"}).answers(403, json={})
    monkeypatch.setattr(Awx, "from_environment", lambda _clock: controller.awx)
    assert approver_of(task, {"window_approved_by": "alice"}, needed=False).name == "alice"
    with pytest.raises(BadInput, match="not known who approved"):
        approver_of(task, {"window_approved_by": "alice"}, needed=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("alice", "alice", True),
        ("Alice", "alice ", True),
        ("alice@example.com", "alice", True),
        ("EXAMPLE\\alice", "alice@example.com", True),
        ("alice", "alicia", False),
        ("alice", "bob", False),
    ],
)
def test_one_person_has_several_names(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is same


@pytest.mark.parametrize(
    "starter",
    [
        {"user": "alice"},
        {"user": "awx", "launched_by": "Alice"},
        {"user": "root", "claimed": {"sudo_user": "alice"}},
        {"user": "root", "claimed": {"launched_by": "alice@example.com"}},
    ],
)
def test_who_approved_may_not_start_it(starter: dict[str, t.Any]) -> None:
    with pytest.raises(BadInput, match="approved this window and starts it"):
        refuse_one_person("alice", starter)
    refuse_one_person("carol", starter)


def test_somebody_must_have_approved() -> None:
    with pytest.raises(BadInput, match="needs to know who approved"):
        refuse_one_person("", BOB)


def test_the_run_itself_is_held_to_it_too(journal: Journal, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    approval = {"digest": "d", "approver": "alice", "known_from": "window_approved_by"}
    Windows(journal).write(record(device("a"), approval=approval, two_people=True))
    monkeypatch.setattr(_approver, "who", lambda: BOB)
    assert open_record(task, journal, "CHG1").approval["approver"] == "alice"
    monkeypatch.setattr(_approver, "who", lambda: {"user": "alice"})
    with pytest.raises(BadInput, match="starts it as 'alice'"):
        open_record(task, journal, "CHG1")
