# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench is proven by clients that are broken on purpose: each is caught where the client as it is holds."""

from __future__ import annotations

import typing as t

import pytest

from tests.crash import controllers, matrix, scenes
from tests.crash.kill import Case
from tests.crash.lane import Lane
from tests.crash.matrix import Undisturbed

# Where each mutant must be caught: fault, place, row.
WHERE = {
    "resends": [("reset", "P3", "reboot: PUT reboot"), ("stall", "P3", "reboot: PUT reboot")],
    "only_polite": [("kill-lost", "P2", "unlock: Unlock"), ("kill", "before_write", "unlock: journal write 1")],
}


def chosen(reference: Undisturbed, mutant: str) -> t.Iterator[Case]:
    for fault, column, row in WHERE[mutant]:
        found = [
            case
            for case in reference.cases
            if case.fault.name == fault and case.point.column == column and case.point.row.startswith(row)
        ]
        assert found, f"there is no {fault} at {column} of {row}"
        yield found[0]


@pytest.mark.parametrize(
    ("mutant", "sign"),
    [("resends", "reboot requests of window CHG1 were received"), ("only_polite", "is still locked by us")],
)
def test_a_broken_client_is_caught_at_a_point(
    lane: Lane, reference: Undisturbed, mutant: t.Literal["resends", "only_polite"], sign: str
) -> None:
    for case in chosen(reference, mutant):
        caught = matrix.attempt(lane, case, reference.record, mutant)
        assert caught.ended == "broken", str(case)
        assert any(sign in problem for problem in caught.problems), caught.problems
        clean = matrix.attempt(lane, case, reference.record)
        assert clean.ended == "held", clean.problems


def test_a_client_that_trusts_its_account_is_caught_by_another_window(lane: Lane) -> None:
    for scene in (scenes.another_window, scenes.another_window_died):
        problems = scene(lane, "trusts_account")
        assert "reboot (operation) of CHG1 happened while CHG-OTHER held the lock" in problems
        assert "CHG1 (unlock) removed the lock of CHG-OTHER" in problems
        assert scene(lane, None) == []


def test_a_client_without_limits_is_caught_by_a_cap_and_a_budget(lane: Lane) -> None:
    over_cap = controllers.a_cap_of_one(lane, "no_limits")
    assert any("devices were rebooting at once" in problem for problem in over_cap), over_cap
    assert "a device was touched after the window's budget was spent" in controllers.a_budget_of_none(lane, "no_limits")
