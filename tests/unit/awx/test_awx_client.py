# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking AWX who approved in a workflow job."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._awx.client import Awx
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from tests.unit.support.awx_script import Controller, job


@pytest.mark.parametrize("prefix", ["/api/", "/api/controller/"])
def test_awx_says_who_approved(prefix: str) -> None:
    controller = Controller(prefix)
    controller.nodes(job(7, "job"), None, job(8), job(9, status="failed"), job(10))
    controller.approval(8, "alice")
    controller.approval(10, None)
    assert controller.awx.approvers("41") == ["alice"]
    controller.script.done()
    assert controller.script.sent[0].headers["Authorization"] == "Bearer secret-of-awx"


@pytest.mark.parametrize("body", [None, [], {"results": None}])
def test_awx_that_cannot_be_understood_is_no_approver(body: t.Any) -> None:
    controller = Controller()
    controller.script.expect("GET", "/api/v2/workflow_jobs/41/workflow_nodes/", {"page_size": "200"}).answers(json=body)
    with pytest.raises(MaintenanceError):
        controller.awx.approvers("41")


def test_a_number_from_variables_is_no_path() -> None:
    with pytest.raises(BadInput):
        Controller().awx.approvers("41/../../users")


def test_the_environment_says_how_to_ask_awx(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "OAUTH_TOKEN", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"CONTROLLER_{name}", raising=False)
    assert Awx.from_environment(Clock()) is None
    monkeypatch.setenv("CONTROLLER_HOST", "awx.example.com")
    assert Awx.from_environment(Clock()) is None
    monkeypatch.setenv("CONTROLLER_USERNAME", "reader")
    monkeypatch.setenv("CONTROLLER_PASSWORD", "secret-of-reader")
    assert Awx.from_environment(Clock()) is not None
    monkeypatch.setenv("CONTROLLER_HOST", "http://awx.example.com")
    with pytest.raises(BadInput, match="unencrypted"):
        Awx.from_environment(Clock())
