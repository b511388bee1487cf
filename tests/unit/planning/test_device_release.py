# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_release and quarantine: a device that failed in several windows in a row is left alone until released."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.device_release import run_device_release
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_plan import prepare
from tests.unit.journal.test_history import window
from tests.unit.support.window_bench import Systems


def planned(journal_path: Path, **variables: t.Any) -> Result:
    systems = Systems("a", "b")
    given = {"window_id": "NEXT", "window_live_sessions": "ignore", **variables}
    options = {"window": given, "json_file": None, "markdown_file": None}
    return prepare(systems.task(str(journal_path), True, **options), systems.clients())


def release(journal: Journal, journal_path: Path, *names: str, reason: str = "repaired", check: bool = False) -> Result:
    params = {"journal": str(journal_path), "name": list(names), "reason": reason}
    return run_device_release(Task(params, check, clock=journal.clock))


def test_it_is_left_alone_by_windows_that_want_that_and_by_no_others(journal: Journal, journal_path: Path) -> None:
    window(journal, "W1", a="failed", b="failed")
    window(journal, "W2", a="failed", b="done")
    steps = {step["name"]: step for step in planned(journal_path, window_quarantine_after=2)["plan"]["steps"]}
    assert steps["a"]["why"] == (
        "quarantined: failed in 2 windows in a row (W1, W2); release it with the playbook release_device"
    )
    assert (steps["a"]["action"], steps["b"]["action"]) == ("skip", "maintain")
    for others in ({"window_quarantine_after": 3}, {}):
        assert {step["action"] for step in planned(journal_path, **others)["plan"]["steps"]} == {"maintain"}
    digests = {planned(journal_path, window_quarantine_after=after)["digest"] for after in (2, 3)}
    assert len(digests) == 2


def test_a_release_says_why_and_lets_it_take_part_again(journal: Journal, journal_path: Path) -> None:
    window(journal, "W1", a="failed", b="done")
    assert release(journal, journal_path, "a", check=True)["changed"] is True
    told = release(journal, journal_path, "a", "b")
    assert told["devices"] == [
        {"name": "a", "failed_windows": ["W1"], "changed": True},
        {"name": "b", "failed_windows": [], "changed": False},
    ]
    assert release(journal, journal_path, "a")["changed"] is False
    steps = planned(journal_path, window_quarantine_after=1)["plan"]["steps"]
    assert {step["action"] for step in steps} == {"maintain"}


def test_a_name_that_no_window_had_and_a_release_without_a_reason_are_refused(
    journal: Journal, journal_path: Path
) -> None:
    window(journal, "W1", a="failed")
    with pytest.raises(BadInput, match="'typo'"):
        release(journal, journal_path, "a", "typo")
    with pytest.raises(BadInput, match="reason"):
        release(journal, journal_path, "a", reason=" ")
    with pytest.raises(BadInput, match="window_quarantine_after"):
        planned(journal_path, window_quarantine_after=" ")
