# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure decisions of device_operation: what is left to do, and whether the device can be asked now."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import Baseline
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.plan import not_ready, plan
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import Seen
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, REPEATABLE
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import device_row
from tests.unit.support.zequenze_script import DEVICE, NAME


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_was_never_tried_is_sent(operation: str) -> None:
    assert plan(None, operation) == "send"


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("state", "step"),
    [("sending", "observe"), ("accepted", "observe"), ("unknown", "observe"), ("refused", "send"), ("done", "skip")],
)
def test_what_was_or_may_have_been_sent_is_not_sent_again(operation: str, state: str, step: str) -> None:
    assert plan({"state": state, "attempt": 1}, operation) == step


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_failed_operation_is_sent_again_only_if_that_converges(operation: str) -> None:
    assert plan({"state": "failed", "attempt": 1}, operation) == ("send" if operation in REPEATABLE else "report")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("sending", "observe"),
        ("accepted", "observe"),
        ("unknown", "send"),
        ("refused", "send"),
        ("done", "skip"),
        ("failed", "send"),
    ],
)
def test_a_further_attempt_is_only_for_what_failed_or_is_unknown(operation: str, state: str, step: str) -> None:
    assert plan({"state": state, "attempt": 1}, operation, 2) == step
    repeated = {"state": state, "attempt": 2}
    assert plan(repeated, operation, 2) == plan(repeated, operation), "the same attempt again is no further one"


@pytest.mark.parametrize(
    ("status", "queued", "says"),
    [
        (True, (), None),
        (None, (), None),
        (False, (), "offline"),
        (True, ("990001", "990002"), "990001, 990002"),
        (False, ("990001",), "offline"),
    ],
)
def test_readiness(status: bool | None, queued: tuple[str, ...], says: str | None) -> None:
    device = dataclasses.replace(device_row(dict(DEVICE), None), up=status)
    baseline = Baseline(NAME, "811", None, Seen(at=0.0), 0.0, (), queued)
    reason = not_ready(device, baseline)
    if says is None:
        assert reason is None
    else:
        assert reason is not None
        assert says in reason
        assert NAME in reason
