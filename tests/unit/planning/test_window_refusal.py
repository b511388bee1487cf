# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""window_refusal: the reason is in the journal and in the report, and never gets in the way of being said."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import run_windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_refusal import run_window_refusal
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.markdown import as_markdown
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Asked, Listed
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import report_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import headline
from tests.unit.support.script import VirtualClock

REASON = "Oracle SDM refuses these credentials."


def refuse(place: Path, clock: VirtualClock, check_mode: bool = False, **changes: t.Any) -> dict[str, t.Any]:
    warnings: list[str] = []
    params = {"journal": str(place), "window_id": "W1", "reason": REASON, **changes}
    result = run_window_refusal(Task(params, check_mode, clock=clock, warn=warnings.append))
    assert result["changed"] is False
    return {**result, "warnings": warnings}


def test_the_report_tells_the_reason(journal: Journal, journal_path: Path, clock: VirtualClock) -> None:
    assert refuse(journal_path, clock)["written"] is True
    report = report_of(journal, Asked("W1", devices=(Listed("a"), Listed("b"))))
    assert [(gate.gate, gate.message) for gate in report.gates] == [("preflight", REASON)]
    assert (report.verdict, report.counts) == ("attention", {"not_started": 2})
    assert headline(report) == "The window was refused: none of the 2 devices was touched."
    assert f"Closed gate preflight: {REASON}" in as_markdown(report)
    assert headline(report_of(journal, Asked("W1"))) == "The window was refused."
    assert headline(report_of(journal, Asked("W2", devices=(Listed("a"),)))).startswith(
        "Nothing was done: the device was not touched"
    )


def test_a_window_that_was_only_refused_counts_as_missed(
    journal: Journal, journal_path: Path, clock: VirtualClock
) -> None:
    refuse(journal_path, clock)
    journal.note("locked", {"window_id": "W2", "device": "a"})
    assert run_windows(journal) == {"W2"}


def test_what_cron_repeats_is_told_once_and_what_is_new_is_told(
    journal: Journal, journal_path: Path, clock: VirtualClock
) -> None:
    for reason in (REASON, REASON, "another", REASON, REASON):
        assert refuse(journal_path, clock, reason=reason)["written"] is True
    told = [event["data"]["message"] for event in reading.events(journal, reading.Filter())]
    assert told == [REASON, "another", REASON]


def test_check_mode_writes_nothing(journal: Journal, journal_path: Path, clock: VirtualClock) -> None:
    assert refuse(journal_path, clock, check_mode=True)["written"] is True
    assert reading.events(journal, reading.Filter()) == []


def test_a_journal_that_cannot_be_written_is_a_warning(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / "file").write_text("")
    result = refuse(tmp_path / "file" / "journal", clock)
    assert result["written"] is False
    (warning,) = result["warnings"]
    assert "The refusal of window W1 is not written down" in warning


def test_a_window_must_be_named(journal_path: Path, clock: VirtualClock) -> None:
    with pytest.raises(BadInput, match="window_id is empty"):
        refuse(journal_path, clock, window_id="")
