# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every outcome of one operation on one device, sent at most once and told truthfully."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outcomes import not_confirmed
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, RESETS
from tests.unit.support.operation_bench import FAILURE, PROOF, WINDOW, Bench
from tests.unit.support.zequenze_script import NAME, UPTIME, ZequenzeScript, entry, queued


@pytest.mark.parametrize("operation", OPERATIONS)
def test_done_with_evidence(bench: Bench, script: ZequenzeScript, operation: str) -> None:
    bench.sends(operation)
    bench.happens(operation)
    shown = bench.run(operation)
    assert shown == {
        "name": NAME,
        "id": "811",
        "operation": operation,
        "outcome": "done",
        "changed": True,
        "sent": True,
        "evidence": ["device log entry 990008 (command) was applied"] if operation in ("sync", "reconf") else PROOF,
        "execution_id": "op_1",
        "message": "",
    }
    assert script.puts == [f'{{"operation": "{operation}"}}'.encode()]
    assert (bench.row["state"], bench.row["sent"], bench.row["evidence"]) == ("done", True, shown["evidence"])
    assert set(bench.clock.pauses) == {30.0}


@pytest.mark.row(38)
def test_accepted_when_nobody_waits(bench: Bench) -> None:
    bench.sends()
    shown = bench.run(wait=False)
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("accepted", True, True)
    assert bench.row["state"] == "accepted"


@pytest.mark.row(38)
def test_what_was_only_accepted_is_observed_by_the_next_run(bench: Bench, script: ZequenzeScript) -> None:
    bench.sends()
    bench.run(wait=False)
    script.clock.sleep(60)
    script.shows()
    script.restarted()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"], shown["changed"], shown["execution_id"]) == ("done", False, False, "op_1")
    assert len(script.puts) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
def test_skipped_when_it_was_done_in_this_window(bench: Bench, script: ZequenzeScript, operation: str) -> None:
    bench.sends(operation)
    bench.happens(operation)
    first = bench.run(operation)
    script.shows()
    second = bench.run(operation)
    assert (second["outcome"], second["sent"], second["changed"]) == ("skipped", False, False)
    assert second["evidence"] == first["evidence"]
    assert f"already done in window {WINDOW} at 2026-11-21T02:0" in second["message"]
    assert len(script.puts) == 1


def test_another_window_another_operation_and_no_window_are_sent(bench: Bench, script: ZequenzeScript) -> None:
    for operation, window in (
        ("reboot", WINDOW),
        ("reboot", "W2"),
        ("sync", WINDOW),
        ("reboot", None),
        ("reboot", None),
    ):
        bench.sends(operation)
        assert bench.run(operation, window_id=window, wait=False)["outcome"] == "accepted"
    assert len(script.puts) == len(bench.rows) == 5


REFUSALS = [(400, "400"), (401, "api_token"), (403, "403"), (404, "404"), (405, "405"), (422, "422")]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("status", "says"), REFUSALS)
def test_refused_by_the_platform_and_sent_again_by_the_next_run(
    bench: Bench, script: ZequenzeScript, operation: str, status: int, says: str
) -> None:
    script.shows()
    script.baseline(operation)
    script.put().answers(status, json={"detail": "No."})
    shown = bench.run(operation)
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("refused", False, False)
    assert says in shown["message"]
    assert (bench.row["state"], bench.row["sent"]) == ("refused", False)
    assert len(script.puts) == 1
    bench.sends(operation)
    assert bench.run(operation, wait=False)["outcome"] == "accepted"
    assert len(bench.rows) == 1


@pytest.mark.row(30, 41)
def test_refused_when_the_device_is_not_there_or_cannot_be_read(bench: Bench, script: ZequenzeScript) -> None:
    script.has_no_device()
    script.expect("GET", "/inventory_device/").answers(json={"count": 1, "results": []})
    shown = bench.run()
    assert (shown["outcome"], shown["id"]) == ("refused", None)
    assert "no such device" in shown["message"]
    script.record().answers(403)
    assert bench.run()["outcome"] == "refused"
    script.shows()
    script.log().answers(403)
    assert bench.run()["outcome"] == "refused", "without a baseline nothing could be proven afterwards"
    assert bench.rows == []


def test_refused_when_no_connection_comes_about(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    for _attempt in range(5):
        script.put().is_not_sent()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "nothing was sent" in shown["message"]
    assert bench.row["state"] == "refused"


def test_a_failed_connection_is_tried_again_and_sent_once(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    script.put().is_not_sent()
    script.accepts()
    assert bench.run(wait=False)["outcome"] == "accepted"
    assert len(script.puts) == 1


@pytest.mark.parametrize("operation", ["reboot", *sorted(RESETS)])
def test_a_failed_restart_is_reported_again_and_not_sent(bench: Bench, script: ZequenzeScript, operation: str) -> None:
    bench.sends(operation)
    script.logs(FAILURE)
    script.shows()
    script.runs_for(UPTIME)
    script.runs_for(None, forced=True)
    shown = bench.run(operation)
    assert (shown["outcome"], shown["sent"]) == ("failed", True)
    assert "9002: Internal error" in shown["message"]
    script.shows()
    again = bench.run(operation)
    assert (again["outcome"], again["sent"], again["changed"]) == ("failed", False, False)
    assert "9002" in again["message"]
    assert "not sent again" in again["message"]
    assert again["evidence"] == shown["evidence"]
    assert len(script.puts) == 1


@pytest.mark.parametrize("operation", ["sync", "reconf"])
def test_a_failed_sync_is_sent_again_by_the_next_run(bench: Bench, script: ZequenzeScript, operation: str) -> None:
    bench.sends(operation)
    script.logs(FAILURE)
    assert bench.run(operation)["outcome"] == "failed"
    bench.sends(operation)
    bench.happens(operation)
    assert bench.run(operation)["outcome"] == "done"
    assert len(script.puts) == 2


@pytest.mark.row(39)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_unknown_when_nothing_proves_it_and_observed_by_the_next_run(
    bench: Bench, script: ZequenzeScript, operation: str
) -> None:
    """200, and nothing happens: no success, and no second request."""
    bench.sends(operation)
    bench.shows_nothing(4, operation)
    shown = bench.run(operation, wait_timeout=90.0)
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("unknown", True, True)
    assert "Run again with the same window_id" in shown["message"]
    assert bench.row["state"] == "unknown"
    if operation in ("sync", "reconf"):
        return
    script.shows()
    bench.shows_nothing(4, operation)
    again = bench.run(operation, wait_timeout=90.0)
    assert (again["outcome"], again["sent"], again["changed"]) == ("unknown", False, False)
    script.clock.sleep(60)
    script.shows()
    script.restarted()
    assert bench.run(operation)["outcome"] == "done"
    assert len(script.puts) == 1


def test_an_uptime_that_counts_on_denies_what_the_log_says(bench: Bench, script: ZequenzeScript) -> None:
    bench.sends()
    for waited in (0, 30, 60):
        script.logs(entry(8))
        script.shows()
        script.runs_for(UPTIME + waited)
        if waited == 0:
            script.runs_for(UPTIME, forced=True)
    assert bench.run(wait_timeout=60.0)["outcome"] == "unknown"


def test_a_device_that_returns_after_the_wait_is_done_in_the_next_run(bench: Bench, script: ZequenzeScript) -> None:
    bench.sends()
    for _look in range(3):
        script.logs(queued(8))
    assert bench.run(wait_timeout=60.0)["outcome"] == "unknown"
    script.clock.sleep(3600)
    script.shows()
    script.restarted(3000, 3030, 3060)
    assert bench.run()["outcome"] == "done"


def test_looks_that_fail_are_told_and_do_not_end_the_wait(bench: Bench, script: ZequenzeScript) -> None:
    bench.timeout = 1.0
    bench.sends()
    for _attempt in range(3):
        script.log().answers(502)
    script.logs(queued(8))
    script.log().answers(403)
    shown = bench.run(wait_timeout=60.0)
    assert shown["outcome"] == "unknown"
    assert "Last problem: Zequenze Control answered 403" in shown["message"]


def test_a_look_that_was_not_sent_does_not_speak_of_the_operation() -> None:
    order: t.Any = types.SimpleNamespace(operation="reboot", window_id="CHG1")
    verdict = types.SimpleNamespace(queued=False, doubts=())
    problem = "Zequenze Control cannot be reached at https://z.example.com, nothing was sent: Connection refused."
    watched: t.Any = types.SimpleNamespace(verdict=verdict, seconds=64.0, problem=problem)
    baseline: t.Any = types.SimpleNamespace(accepted=True, lost="")
    assert not_confirmed(order, baseline, watched) == (
        "reboot sent, but not confirmed within 1 min 4 s. Last problem: Zequenze Control cannot be reached at "
        "https://z.example.com: Connection refused. Check the device. Run again with the same window_id to look for "
        "confirmation; nothing is sent again."
    )
