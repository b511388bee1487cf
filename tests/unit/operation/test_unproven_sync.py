# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window makes of a sync that was accepted and is not proven: it fails, or goes on, and nothing else goes on."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits, over_limit
from tests.unit.support.operation_bench import FAILURE, WINDOW, Bench
from tests.unit.support.record import device, record
from tests.unit.support.zequenze_script import NAME, ZequenzeScript, queued


def agree(bench: Bench, policy: t.Any) -> None:
    """Let the window be agreed with a policy."""
    operations = ("sync", "reconf", "reboot", "device_factory", "factory")
    bench.agreed_window = record(device(NAME), window_id=WINDOW, operations=operations, unproven_sync=policy)


def outcome_of(bench: Bench, operation: str) -> dict[str, t.Any]:
    """Send an operation of which nothing shows that it happened."""
    bench.sends(operation)
    bench.shows_nothing(11, operation)
    return bench.run(operation)


@pytest.mark.parametrize(
    ("policy", "operation", "outcome", "state"),
    [
        ("fail", "sync", "unknown", "unknown"),
        ("go_on", "sync", "accepted", "unproven"),
        ("go_on", "reconf", "unknown", "unknown"),
        ("go_on", "reboot", "unknown", "unknown"),
        ("go_on", "factory", "unknown", "unknown"),
        ("go_on", "device_factory", "unknown", "unknown"),
    ],
)
def test_only_a_sync_may_be_unproven(bench: Bench, policy: str, operation: str, outcome: str, state: str) -> None:
    agree(bench, policy)
    shown = outcome_of(bench, operation)
    assert (shown["outcome"], bench.row["state"]) == (outcome, state)
    assert shown["evidence"] == []
    assert ("accepted, not proven" in shown["message"]) is (state == "unproven")


def test_an_unproven_sync_is_settled_and_not_sent_again(bench: Bench, script: ZequenzeScript) -> None:
    agree(bench, "go_on")
    outcome_of(bench, "sync")
    assert bench.row["settled_at"] == bench.clock.now()
    with bench.journal.reading() as connection:
        limits = Limits(max_in_flight=1, max_failures=0, fleet_max_in_flight=1)
        assert over_limit(connection, WINDOW, "another", limits, bench.clock.now()) is None
    script.shows()
    again = bench.run("sync")
    assert (again["outcome"], again["sent"]) == ("skipped", False)
    assert again["message"].startswith("accepted, not proven in window")
    assert len(script.puts) == 1


def test_a_sync_that_is_queued_fails_whatever_the_policy(bench: Bench) -> None:
    agree(bench, "go_on")
    bench.sends("sync")
    for _look in range(11):
        bench.script.logs(queued(8))
    shown = bench.run("sync")
    assert (shown["outcome"], shown["queued"], bench.row["state"]) == ("unknown", True, "unknown")


def test_a_sync_that_failed_fails_whatever_the_policy(bench: Bench) -> None:
    agree(bench, "go_on")
    bench.sends("sync")
    bench.script.logs(FAILURE)
    assert (bench.run("sync")["outcome"], bench.row["state"]) == ("failed", "failed")


def test_a_sync_whose_answer_was_lost_fails_whatever_the_policy(bench: Bench, script: ZequenzeScript) -> None:
    agree(bench, "go_on")
    bench.loses_every_sync()
    assert (bench.run("sync")["outcome"], bench.row["state"]) == ("unknown", "unknown")
