# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of a fleet: rates, repeated failures, devices due, a comparison, and the three forms it is told in."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import Result
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.fleet_history import run_fleet_history
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.history import comparison, history
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.history_text import as_html, as_lines
from tests.unit.journal.test_history import window

DAY = 86400.0


def result(number: int, name: str, outcome: t.Any, seconds: float = 100.0) -> Result:
    """What became of a device in the occurrence of a day."""
    states = {"done": {"reboot": "done"}, "failed": {"reboot": "failed"}, "left": {}}[outcome]
    return Result(
        window_id=f"core@{number}",
        window="core",
        at=number * DAY,
        device=name,
        lock_name=name.upper(),
        model="M1" if name < "c" else "M2",
        site="LAX",
        outcome=outcome,
        states=states,
        seconds={"reboot": seconds} if outcome == "done" else {},
        why="reboot failed" if outcome == "failed" else "",
    )


FOUND = [
    result(1, "a", "done"),
    result(1, "b", "failed"),
    result(1, "c", "left"),
    result(50, "a", "done", 200.0),
    result(50, "b", "failed"),
    result(50, "d", "done", 300.0),
]


def told(**changes: t.Any) -> dict[str, t.Any]:
    given: dict[str, t.Any] = {
        "since": 0.0,
        "until": 60 * DAY,
        "due_before": 30 * DAY,
        "min_failed": 2,
        "compared": None,
    }
    return history(FOUND, {"B": ["core@1", "core@50"]}, **{"compared": None, **given, **changes})


def test_rates_and_times_by_what_the_devices_have_in_common() -> None:
    data = told()
    assert (data["windows"], data["devices"], data["success_ratio"]) == (2, 4, 0.6)
    assert [(row["name"], row["done"], row["failed"], row["left"]) for row in data["by_device"]] == [
        ("b", 0, 2, 0), ("a", 2, 0, 0), ("c", 0, 0, 1), ("d", 1, 0, 0),
    ]  # fmt: skip
    assert [(row["name"], row["success_ratio"], row["seconds"]) for row in data["by_model"]] == [
        ("M1", 0.5, 150.0), ("M2", 1.0, 300.0),
    ]  # fmt: skip
    (operation,) = data["by_operation"]
    assert (operation["done"], operation["failed"], operation["seconds"], operation["longest"]) == (3, 2, 200.0, 300.0)


def test_repeated_failures_and_devices_due() -> None:
    data = told()
    assert data["failed_often"] == [
        {"device": "b", "failed": 2, "in_a_row": 2, "windows": ["core@1", "core@50"], "why": "reboot failed"}
    ]
    assert [row["device"] for row in data["due"]] == ["b", "c"]
    assert data["due"][0]["last_done_at"] is None
    assert [row["device"] for row in told(due_before=51 * DAY)["due"]] == ["b", "c", "a", "d"]
    assert told(min_failed=3)["failed_often"] == []
    assert told(since=40 * DAY)["windows"] == 1


def test_a_window_is_compared_with_the_occurrence_before_it() -> None:
    found = comparison(FOUND, "core@50")
    assert found is not None
    assert found["previous"] == "core@1"
    assert found["seconds"] == {"was": 100.0, "is": 250.0}
    assert [(row["device"], row["was"], row["is"]) for row in found["devices"]] == [
        ("c", "left", "not in the window"), ("d", "not in the window", "done"),
    ]  # fmt: skip
    assert comparison(FOUND, "other") is None
    first = comparison(FOUND, "core@1")
    assert first is not None
    assert (first["previous"], first["devices"]) == (None, [])


def test_names_play_no_tricks() -> None:
    evil = [result(1, "a", "failed")]
    evil = [*evil, Result(**{**vars(evil[0]), "device": "<script>x\x1b[31m", "lock_name": "E", "window_id": "W2"})]
    data = history(evil, {}, since=0.0, until=9 * DAY, due_before=9 * DAY, min_failed=1, compared=None)
    assert "<script>x" not in as_html(data)
    assert "\x1b" not in "\n".join(as_lines(data))


def test_a_long_table_is_cut_in_the_terminal_and_whole_in_the_files() -> None:
    many = [result(1, f"d{number:03}", "done") for number in range(50)]
    data = history(many, {}, since=0.0, until=9 * DAY, due_before=0.0, min_failed=1, compared=None)
    assert "and 30 more" in as_lines(data)
    assert "d049" in as_html(data)


def test_the_module_reads_the_journal_and_writes_three_files(
    journal: Journal, journal_path: Path, tmp_path: Path
) -> None:
    window(journal, "W1", a="done", b="failed")
    params: dict[str, t.Any] = {
        "journal": str(journal_path),
        "days": 90,
        "due_days": 90,
        "min_failed": 1,
        "window_id": "W1",
        "window_name": None,
        "dest": str(tmp_path / "out"),
        "formats": ["html", "json", "txt"],
    }
    dry = run_fleet_history(Task(params, True, clock=journal.clock))
    assert dry["changed"] is True
    assert not (tmp_path / "out").exists()
    told = run_fleet_history(Task(params, clock=journal.clock))
    assert told["msg"] == "2026-08-23 to 2026-11-21: 1 window of 2 devices, 50% of the devices maintained."
    assert json.loads((tmp_path / "out/history.json").read_text()) == told["history"]
    assert (tmp_path / "out/history.txt").read_text().startswith(told["msg"])
    assert "W1 compared with no earlier window" in (tmp_path / "out/history.html").read_text()
    for wrong in ({"window_id": "W9"}, {"journal": str(tmp_path / "none")}):
        with pytest.raises(BadInput):
            run_fleet_history(Task({**params, **wrong}, clock=journal.clock))
