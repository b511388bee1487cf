# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of devices in windows, failures in a row, and what ends a row."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import (
    Result,
    failed_in_a_row,
    names_of,
    note_released,
    results,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from tests.unit.support.record import device, record

SHOWN = {"model": "SBC 5400", "site": "LAX"}


def window(journal: Journal, window_id: str, **outcomes: str) -> None:
    """Write a window, an hour after what was before, in which each device had an outcome; left: nothing was done."""
    journal.clock.sleep(3600)
    agreed = record(*(device(name, shown=SHOWN) for name in outcomes), window_id=window_id, operations=("reboot",))
    Windows(journal).write(agreed)
    operations = Operations(journal)
    for name, outcome in outcomes.items():
        if outcome == "busy":
            note_failure(journal, window_id, name, "lock busy", "alice holds it")
        if outcome in ("left", "busy"):
            continue
        wanted = Wanted(
            server="https://api.example.com",
            window_id=window_id,
            device_id=name,
            device=name,
            serial=None,
            operation="reboot",
            baseline={},
            send_deadline=journal.clock.now() + 30,
            busy_until=journal.clock.now() + 600,
        )
        row = operations.claim(wanted, Limits()).row
        journal.clock.sleep(60)
        operations.move(row, t.cast("t.Any", outcome))


def test_every_device_has_one_outcome_in_each_window(journal: Journal) -> None:
    window(journal, "W1", a="done", b="failed", c="left", d="busy", e="unknown")
    found = results(journal, 0.0)
    assert {result.device: (result.outcome, result.why) for result in found} == {
        "a": ("done", ""),
        "b": ("failed", "reboot failed"),
        "c": ("left", ""),
        "d": ("failed", "lock busy"),
        "e": ("failed", "reboot unknown"),
    }
    first: Result = found[0]
    assert (first.model, first.site, first.seconds) == ("SBC 5400", "LAX", {"reboot": 60.0})
    assert results(journal, journal.clock.now() + 1) == []


@pytest.mark.parametrize(
    ("outcomes", "in_a_row"),
    [
        (["failed"], 1),
        (["failed", "failed", "failed"], 3),
        (["failed", "done"], 0),
        (["failed", "done", "failed"], 1),
        (["failed", "left", "failed"], 2),
        (["busy", "unknown"], 2),
        (["left"], 0),
    ],
)
def test_only_a_success_ends_a_row(journal: Journal, outcomes: list[str], in_a_row: int) -> None:
    for number, outcome in enumerate(outcomes):
        window(journal, f"W{number}", a=outcome)
    assert len(failed_in_a_row(journal).get("a", [])) == in_a_row


def test_a_release_ends_a_row_and_the_window_that_asks_does_not_count(journal: Journal) -> None:
    window(journal, "W1", a="failed", b="failed")
    window(journal, "W2", a="failed", b="failed")
    assert failed_in_a_row(journal, but="W2") == {"a": ["W1"], "b": ["W1"]}
    note_released(journal, names_of(journal, "a"), "repaired")
    assert failed_in_a_row(journal) == {"b": ["W1", "W2"]}
    window(journal, "W3", a="failed", b="done")
    assert failed_in_a_row(journal) == {"a": ["W3"]}
