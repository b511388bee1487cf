# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operation whose answer is lost: a restart is observed, a sync may be repeated."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.attempt import MOST_SENDS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESETS
from tests.unit.support.operation_bench import FAILURE, PROOF, Bench
from tests.unit.support.script import Expected
from tests.unit.support.zequenze_script import HTML, ZequenzeScript, entry, queued

LOST: dict[str, t.Callable[[Expected], object]] = {
    "lost": lambda line: line.loses_the_answer(),
    "500": lambda line: line.answers(500, json={"detail": "Could not initiate the operation."}),
    "502": lambda line: line.answers(502, text="<html>Bad gateway</html>", headers=HTML),
    "503": lambda line: line.answers(503, headers={"Retry-After": "1"}),
    "504": lambda line: line.answers(504),
    "page": lambda line: line.answers(200, text="<html>Sign in</html>", headers=HTML),
    "redirect": lambda line: line.answers(307, headers={"location": "https://elsewhere.example.net/"}),
}


@pytest.mark.row(5, 7, 36)
@pytest.mark.parametrize("operation", ["reboot", *sorted(RESETS)])
@pytest.mark.parametrize("how", LOST)
def test_a_restart_whose_answer_is_lost_is_observed_and_never_sent_again(
    bench: Bench, script: ZequenzeScript, operation: str, how: str
) -> None:
    script.shows()
    script.baseline(operation)
    LOST[how](script.put())
    bench.shows_nothing(2, operation)
    shown = bench.run(operation, wait_timeout=30.0)
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("unknown", True, True)
    assert (bench.row["state"], bench.row["sent"]) == ("unknown", True)
    for _run in range(2):
        script.shows()
        bench.shows_nothing(2, operation)
        assert bench.run(operation, wait_timeout=30.0)["outcome"] == "unknown"
    assert len(script.puts) == 1


@pytest.mark.row(7, 37)
@pytest.mark.parametrize("how", LOST)
def test_a_restart_whose_answer_is_lost_is_done_when_it_happened(
    bench: Bench, script: ZequenzeScript, how: str
) -> None:
    script.shows()
    script.baseline()
    LOST[how](script.put())
    bench.happens()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"], shown["evidence"]) == ("done", True, PROOF)
    assert len(script.puts) == 1


def test_a_lost_answer_nobody_waits_for_is_unknown(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    script.put().loses_the_answer()
    bench.shows_nothing(1)
    assert bench.run(wait=False)["outcome"] == "unknown"


@pytest.mark.parametrize("how", ["lost", "500", "503", "page"])
def test_a_sync_that_left_no_trace_is_sent_again(bench: Bench, script: ZequenzeScript, how: str) -> None:
    script.shows()
    script.baseline("sync")
    LOST[how](script.put())
    script.shows()
    script.logs()
    script.baseline("sync")
    script.accepts()
    bench.happens("sync")
    assert bench.run("sync")["outcome"] == "done"
    assert len(script.puts) == 2
    assert len(bench.rows) == 1


def test_a_sync_is_sent_no_more_than_three_times_with_growing_pauses(bench: Bench, script: ZequenzeScript) -> None:
    bench.loses_every_sync()
    assert bench.run("sync")["outcome"] == "unknown"
    assert len(script.puts) == MOST_SENDS == 3
    assert bench.clock.pauses[:3] == [30.0, 60.0, 120.0]


def test_a_sync_waits_as_long_as_a_failing_server_asks_for(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline("sync")
    script.put().answers(503, headers={"Retry-After": "77"})
    script.shows()
    script.logs()
    script.baseline("sync")
    script.accepts()
    bench.run("sync", wait=False)
    assert bench.clock.pauses == [77.0]


@pytest.mark.parametrize("trace", [entry(8), FAILURE])
def test_a_sync_that_left_a_trace_is_settled_by_it(bench: Bench, script: ZequenzeScript, trace: t.Any) -> None:
    script.shows()
    script.baseline("sync")
    script.put().loses_the_answer()
    script.shows()
    script.logs(trace)
    assert bench.run("sync")["outcome"] == ("failed" if trace is FAILURE else "done")
    assert len(script.puts) == 1


def test_a_sync_whose_lost_request_is_queued_is_waited_for(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline("sync")
    script.put().loses_the_answer()
    script.shows()
    script.logs(queued(8))
    bench.happens("sync")
    assert bench.run("sync")["outcome"] == "done"
    assert len(script.puts) == 1


def test_all_requests_of_a_sync_are_judged_from_the_first_one_on(bench: Bench, script: ZequenzeScript) -> None:
    """The first one's entry shows up right after the look for it, and the answer to the second one is lost too."""
    script.shows()
    script.baseline("sync")
    script.put().loses_the_answer()
    script.shows()
    script.logs()
    script.logs(entry(8))
    script.logs()
    script.put().loses_the_answer()
    script.shows()
    script.logs(entry(8))
    assert bench.run("sync")["outcome"] == "done"
    assert len(script.puts) == 2


@pytest.mark.parametrize("status", [401, 403, 409])
def test_a_refusal_does_not_undo_a_lost_request(bench: Bench, script: ZequenzeScript, status: int) -> None:
    script.shows()
    script.baseline("sync")
    script.put().loses_the_answer()
    script.shows()
    script.logs()
    script.baseline("sync")
    script.put().answers(status)
    if status == 409:
        script.shows()
        script.logs(queued(8))
    bench.shows_nothing(2, "sync")
    shown = bench.run("sync", wait_timeout=30.0)
    assert (shown["outcome"], shown["sent"]) == ("unknown", True)
    assert bench.row["state"] == "unknown"


def test_a_lost_sync_is_never_called_refused_because_time_is_over(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline("sync")
    script.put().loses_the_answer()
    bench.shows_nothing(2, "sync")
    shown = bench.run("sync", conflict_timeout=0.0, wait_timeout=10.0)
    assert (shown["outcome"], shown["sent"]) == ("unknown", True)


def test_a_lost_sync_of_an_earlier_run_is_looked_for_before_it_is_sent_again(
    bench: Bench, script: ZequenzeScript
) -> None:
    script.shows()
    script.baseline("sync")
    script.put().loses_the_answer()
    bench.shows_nothing(2, "sync")
    bench.run("sync", wait_timeout=10.0)
    script.shows()
    script.shows()
    script.logs()
    script.baseline("sync")
    script.put().answers(403)
    bench.shows_nothing(1, "sync")
    assert bench.run("sync", wait_timeout=0.0)["outcome"] == "unknown", "the first one may have been executed"
    script.shows()
    script.shows()
    script.logs(entry(9))
    shown = bench.run("sync")
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("done", False, False)
    assert len(script.puts) == 2
