# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operation on one device: every outcome, sent at most once, and told truthfully."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._evidence import OPERATIONS, RESETS
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal_operations import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation_run import MOST_SENDS
from tests.unit.operation_bench import WINDOW, Bench, HookedClock
from tests.unit.script import Expected
from tests.unit.zequenze_script import HTML, NAME, UPTIME, ZequenzeScript, entry, queued

PROOF = ["the uptime started anew: 86400 s before, 20 s after"]


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript(HookedClock())


@pytest.fixture
def bench(script: ZequenzeScript, journal_path: Path) -> t.Iterator[Bench]:
    with Journal.open(str(journal_path), script.clock) as journal:
        yield Bench(script, journal)


# ------------------------------------------------------------------------------------------------------ outcomes


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
    assert bench.clock.pauses == [30.0]


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
    assert f"already done in window {WINDOW} at 2026-11-21T02:00:30" in second["message"]
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
    shown = bench.run()
    assert (shown["outcome"], shown["id"]) == ("refused", None)
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


FAILURE = entry(8, is_applied=False, error_code="9002", error_message="Internal error")


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
    assert "run again with the same window_id" in shown["message"]
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
    script.restarted(3000)
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


# ------------------------------------------------------------------------------------------- the answer is lost

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
    for send in range(MOST_SENDS):
        script.shows()
        if send:
            script.logs()
        script.baseline("sync")
        script.put().loses_the_answer()
    script.shows()
    script.logs()
    bench.shows_nothing(11, "sync")
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


# --------------------------------------------------------------------------------------------- busy and offline


@pytest.mark.row(40)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_busy_device_is_waited_out(bench: Bench, script: ZequenzeScript, operation: str) -> None:
    for _try in range(2):
        script.shows()
        script.baseline(operation)
        script.put().answers(409, json={"detail": "Another operation is running."})
    bench.sends(operation)
    assert bench.run(operation, wait=False)["outcome"] == "accepted"
    assert bench.clock.pauses == [30.0, 30.0]
    assert len(bench.rows) == 1


@pytest.mark.row(40)
@pytest.mark.parametrize(("timeout", "tries"), [(0.0, 1), (29.0, 1), (30.0, 2), (120.0, 5)])
def test_a_device_that_stays_busy_is_refused(bench: Bench, script: ZequenzeScript, timeout: float, tries: int) -> None:
    for _try in range(tries):
        script.shows()
        script.baseline()
        script.put().answers(409)
    shown = bench.run(conflict_timeout=timeout)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "conflict_timeout is over" in shown["message"]
    assert "offline or another operation is running" in shown["message"]
    assert bench.row["state"] == "refused"
    assert bench.row["settled_at"] is not None


@pytest.mark.row(33)
@pytest.mark.parametrize(("header", "pause"), [("7", 7.0), (None, 30.0), ("-1", 30.0), ("soon", 30.0)])
def test_too_many_requests_wait_as_long_as_the_server_asks(
    bench: Bench, script: ZequenzeScript, header: str | None, pause: float
) -> None:
    script.shows()
    script.baseline()
    script.put().answers(429, headers={"Retry-After": header} if header else {})
    bench.sends()
    assert bench.run(wait=False)["outcome"] == "accepted"
    assert bench.clock.pauses == [pause]


@pytest.mark.row(35)
def test_a_pause_longer_than_the_conflict_timeout_is_not_begun(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    script.put().answers(429, headers={"Retry-After": "Wed, 01 Jan 2036 00:00:00 GMT"})
    assert bench.run()["outcome"] == "refused"
    assert bench.clock.pauses == []


def test_an_offline_device_is_waited_for_and_nothing_is_sent_to_it(bench: Bench, script: ZequenzeScript) -> None:
    for _try in range(2):
        script.shows(status=False)
        script.baseline()
    bench.sends()
    assert bench.run(wait=False)["outcome"] == "accepted"
    assert len(script.puts) == 1


def test_a_device_that_stays_offline_is_refused_and_counts_as_a_failure(bench: Bench, script: ZequenzeScript) -> None:
    script.shows(status=False)
    script.baseline()
    shown = bench.run(conflict_timeout=0.0)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "offline" in shown["message"]
    assert script.puts == []
    assert (bench.row["state"], bench.row["sent"]) == ("refused", False)
    assert bench.row["settled_at"] is not None


def test_a_device_that_stays_offline_for_us_may_have_been_reached_by_another_run(
    bench: Bench, script: ZequenzeScript
) -> None:
    for _try in range(2):
        script.shows(status=False)
        script.baseline()
    bench.clock.meanwhile.append(lambda: bench.operations.move(bench.claim(), "done", sent=True, evidence=["seen"]))
    shown = bench.run(conflict_timeout=30.0)
    assert (shown["outcome"], shown["evidence"], shown["sent"]) == ("skipped", ["seen"], False)


def test_a_queued_operation_of_somebody_else_is_waited_out(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs(queued(1))
    script.runs_for(UPTIME)
    script.shows()
    script.logs(entry(1))
    script.runs_for(UPTIME)
    script.accepts()
    bench.run(wait=False)
    assert bench.row["baseline"]["log_ids"] == ["990001"]


@pytest.mark.row(40)
def test_a_queued_operation_that_stays_is_named(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs(queued(1))
    script.runs_for(UPTIME)
    shown = bench.run(conflict_timeout=0.0)
    assert shown["outcome"] == "refused"
    assert "990001" in shown["message"]


@pytest.mark.row(63)
@pytest.mark.parametrize("changed", [{"serial_number": "ZX81OTHER"}, {"id": 812}])
def test_a_device_that_is_replaced_while_we_wait_is_refused(
    bench: Bench, script: ZequenzeScript, changed: dict[str, t.Any]
) -> None:
    script.shows()
    script.baseline()
    script.put().answers(409)
    script.shows(**changed)
    shown = bench.run()
    assert shown["outcome"] == "refused"
    assert "is another one now" in shown["message"]


# ------------------------------------------------------------------------------------------- window and journal


@pytest.mark.row(63)
@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ({"serial": "ZX81OLD"}, {}),
        ({"serial": None, "device_id": "810"}, {}),
        ({"device_id": "810"}, {"serial_number": None}),
    ],
)
@pytest.mark.parametrize("state", ["done", "unknown", "refused"])
def test_a_device_that_was_replaced_since_the_earlier_attempt_is_refused(
    bench: Bench, script: ZequenzeScript, earlier: dict[str, t.Any], now: dict[str, t.Any], state: t.Any
) -> None:
    bench.operations.move(bench.claim(**{"device": "811", **_as_claim(earlier)}), state)
    script.shows(**now)
    shown = bench.run()
    assert shown["outcome"] == "refused"
    assert "is another one now" in shown["message"]
    assert "Nothing was sent" in shown["message"]


def _as_claim(earlier: dict[str, t.Any]) -> dict[str, t.Any]:
    """Turn fields of a row into those of a claim that keeps the device's name."""
    fields = dict(earlier)
    if "device_id" in fields:
        fields["device_id"] = str(fields["device_id"])
    return fields


def test_a_device_under_a_new_id_is_the_same_by_its_serial_number(bench: Bench, script: ZequenzeScript) -> None:
    bench.sends("factory")
    bench.happens("factory")
    bench.run("factory")
    script.shows(id=1811)
    assert bench.run("factory")["outcome"] == "skipped"


def test_a_claim_of_a_dead_process_is_observed_and_not_sent(bench: Bench, script: ZequenzeScript) -> None:
    bench.journal.sender["pid"], bench.journal.sender["started"] = 2**22 + 1, "1"
    bench.claim()
    script.shows()
    script.restarted()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("done", False)
    assert bench.clock.pauses == [], "a dead sender is not waited for"


def test_a_claim_of_a_dead_process_without_evidence_is_unknown(bench: Bench, script: ZequenzeScript) -> None:
    bench.journal.sender["pid"] = 2**22 + 1
    bench.claim()
    script.shows()
    bench.shows_nothing(1)
    shown = bench.run(wait=False)
    assert shown["outcome"] == "unknown"
    assert "its sender ended" in shown["message"]
    assert script.puts == []


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_claim_of_a_living_process_is_waited_for_until_its_deadline(
    bench: Bench, script: ZequenzeScript, elsewhere: bool
) -> None:
    if elsewhere:
        bench.journal.sender["host"] = "another-controller"
    bench.claim()
    script.shows()
    script.restarted()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("done", False)
    assert sum(bench.clock.pauses) == pytest.approx(30.0)
    assert script.puts == []


def test_a_claim_that_its_sender_settles_while_we_wait_is_reported(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim()
    bench.clock.meanwhile.append(lambda: bench.operations.move(row, "done", sent=True, evidence=["seen"]))
    script.shows()
    shown = bench.run()
    assert (shown["outcome"], shown["evidence"]) == ("skipped", ["seen"])


def test_a_claim_that_its_sender_sees_refused_while_we_wait_is_sent_by_us(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim()
    bench.clock.meanwhile.append(lambda: bench.operations.move(row, "refused", message="404"))
    script.shows()
    bench.sends()
    shown = bench.run(wait=False)
    assert (shown["outcome"], shown["sent"]) == ("accepted", True)


def test_only_observing_does_not_send_what_was_refused_meanwhile(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim()
    bench.clock.meanwhile.append(lambda: bench.operations.move(row, "refused", message="404"))
    script.shows()
    assert bench.run(observe_only=True)["outcome"] == "skipped"
    assert script.puts == []


@pytest.mark.row(110)
def test_two_runs_that_claim_at_once_send_once(bench: Bench, script: ZequenzeScript) -> None:
    """The other one claims after we looked into the journal, while we look at the device."""
    script.shows(status=False)
    script.baseline()
    bench.clock.meanwhile.append(lambda: bench.operations.move(bench.claim(), "accepted", sent=True))
    script.shows()
    script.baseline()
    script.logs(queued(8))
    script.restarted()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("done", False)
    assert script.puts == []


def test_a_claim_that_was_taken_over_is_not_sent(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline("sync")
    script.put().is_not_sent()
    script.put()

    def take_over() -> None:
        bench.operations.move(bench.row, "unknown", sent=True)
        bench.claim("sync", resend=True)

    bench.clock.meanwhile.append(take_over)
    shown = bench.run("sync")
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "Another process has taken over" in shown["message"]
    assert script.puts == []
    assert bench.row["state"] == "sending", "what the other one claimed is not ours to settle"


def test_what_a_person_asks_for_again_is_sent_again(bench: Bench, script: ZequenzeScript) -> None:
    bench.sends()
    script.logs(FAILURE)
    script.shows()
    script.runs_for(None)
    bench.run()
    bench.sends()
    assert bench.run(attempt=2, wait=False)["outcome"] == "accepted"
    script.clock.sleep(60)
    script.shows()
    script.restarted()
    assert bench.run(attempt=2)["outcome"] == "done"
    assert [row["attempt"] for row in bench.rows] == [1, 2]
    assert len(script.puts) == 2


def test_only_observing_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    assert bench.run(observe_only=True)["outcome"] == "skipped"
    bench.sends()
    bench.run(wait=False)
    script.clock.sleep(60)
    script.shows()
    script.restarted()
    assert bench.run(observe_only=True)["outcome"] == "done"
    assert len(script.puts) == 1


def break_journal(monkeypatch: pytest.MonkeyPatch, bench: Bench, method: str, after: int = 0) -> None:
    """Let a method of the journal's operations fail, after it has worked so many times."""
    works = getattr(bench.operations, method)
    calls = iter(range(100))

    def fails(*args: t.Any, **fields: t.Any) -> t.Any:
        if next(calls) < after:
            return works(*args, **fields)
        raise JournalError("The journal cannot be written: the disk is full.")

    monkeypatch.setattr(bench.operations, method, fails)


@pytest.mark.row(106)
@pytest.mark.parametrize("answer", ["accepted", "lost"])
def test_a_journal_that_fails_after_the_request_left_makes_it_unknown(
    bench: Bench, script: ZequenzeScript, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    script.shows()
    script.baseline()
    if answer == "accepted":
        script.put().answers(200)
    else:
        script.put().loses_the_answer()
    break_journal(monkeypatch, bench, "move")
    shown = bench.run()
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("unknown", True, True)
    assert "disk is full" in shown["message"]


def test_a_journal_that_fails_when_the_evidence_is_there_makes_it_unknown(
    bench: Bench, script: ZequenzeScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sends()
    bench.happens()
    break_journal(monkeypatch, bench, "move", after=1)
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("unknown", True)


@pytest.mark.row(106)
@pytest.mark.parametrize("method", ["earlier", "claim", "is_ours"])
def test_a_journal_that_fails_before_lets_nothing_leave(
    bench: Bench, script: ZequenzeScript, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    script.shows()
    if method != "earlier":
        script.baseline()
    if method == "is_ours":
        script.put()
    break_journal(monkeypatch, bench, method)
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "disk is full" in shown["message"]
    assert script.puts == []


def test_the_intent_is_on_disk_before_the_request_leaves(bench: Bench, script: ZequenzeScript) -> None:
    seen: list[t.Any] = []
    script.shows()
    script.baseline()
    script.accepts()
    exchange = script.exchange

    def watched(request: t.Any, **more: t.Any) -> t.Any:
        if request.method == "PUT":
            with Journal.open(bench.journal.place, bench.clock) as other:
                [row] = Bench(script, other).rows
            seen.append((row["state"], row["sent"], row["baseline"]["seen"]["uptime"], row["serial"]))
        return exchange(request, **more)

    script.exchange = watched  # type: ignore[method-assign]
    bench.run(wait=False)
    assert seen == [("sending", False, 86400.0, "ZX81TEST0007")]


# ------------------------------------------------------------------------------------------------------- guards


def test_without_the_windows_lock_nothing_is_even_looked_at(bench: Bench, script: ZequenzeScript) -> None:
    bench.lock(holder="another-window")
    bench.lock("other-device")
    script.shows()
    shown = bench.run(require_lock=True)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert f"does not show device {NAME} locked by window {WINDOW}" in shown["message"]
    assert bench.rows == []


def test_a_lock_that_is_not_confirmed_is_none(bench: Bench, script: ZequenzeScript) -> None:
    bench.locks.move(bench.lock(), "returning")
    script.shows()
    assert bench.run(require_lock=True)["outcome"] == "refused"


@pytest.mark.parametrize("lock_name", [NAME, "sdm-name-of-it"])
def test_with_the_windows_lock_it_is_sent(bench: Bench, lock_name: str) -> None:
    bench.lock(lock_name)
    bench.sends()
    shown = bench.run(require_lock=True, lock_names={NAME: lock_name}, wait=False)
    assert shown["outcome"] == "accepted"


def test_a_lock_under_its_own_name_is_none_where_another_is_asked_for(bench: Bench, script: ZequenzeScript) -> None:
    bench.lock(NAME)
    script.shows()
    shown = bench.run(require_lock=True, lock_names={NAME: "sdm-name-of-it"})
    assert shown["outcome"] == "refused"
    assert "sdm-name-of-it" in shown["message"]


def test_a_lock_that_is_lost_right_before_the_write_stops_it(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.lock()
    script.shows()
    script.baseline()
    script.put().is_not_sent()
    script.put()
    bench.clock.meanwhile.append(lambda: bench.locks.move(row, "lost"))
    shown = bench.run(require_lock=True)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "does not show" in shown["message"]
    assert script.puts == []
    assert bench.row["state"] == "refused"


@pytest.mark.parametrize("late", [0.0, 1.0])
def test_at_not_after_and_later_nothing_is_sent(bench: Bench, script: ZequenzeScript, late: float) -> None:
    script.shows()
    shown = bench.run(not_after=bench.clock.now() - late)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "past not_after" in shown["message"]
    assert bench.rows == []


def test_not_after_passes_while_a_busy_device_is_waited_for(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    script.put().answers(409)
    script.shows()
    shown = bench.run(not_after=bench.clock.now() + 30)
    assert shown["outcome"] == "refused"
    assert "past not_after" in shown["message"]
    assert len(script.puts) == 1


@pytest.mark.row(99, 101)
@pytest.mark.parametrize(("left", "outcome"), [(0.25, "refused"), (0.26, "accepted")])
def test_not_after_is_checked_right_before_the_write(
    bench: Bench, script: ZequenzeScript, left: float, outcome: str
) -> None:
    """The first connection fails; a quarter of a second later the second one is open and not_after is there."""
    script.shows()
    script.baseline()
    script.put().is_not_sent()
    script.put().answers(200)
    shown = bench.run(not_after=bench.clock.now() + left, wait=False)
    assert bench.clock.pauses == [0.25]
    assert shown["outcome"] == outcome
    assert len(script.puts) == (outcome == "accepted")


@pytest.mark.row(101)
def test_a_send_deadline_passes_while_the_process_is_suspended(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    script.put().is_not_sent()
    script.put()
    # The wall clock went on, the monotonic one did not: nothing else would notice.
    bench.clock.meanwhile.append(lambda: setattr(bench.clock, "_now", bench.clock._now + 3600))
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "time to send this request is over" in shown["message"]


def test_a_process_whose_run_is_dead_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    script.put()
    bench.alive = False
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "The Ansible run this task belongs to has ended" in shown["message"]
    assert script.puts == []


def test_a_run_that_dies_while_we_wait_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline()
    script.put().answers(409)
    bench.clock.meanwhile.append(lambda: setattr(bench, "alive", False))
    script.shows()
    script.baseline()
    script.put()
    assert bench.run()["outcome"] == "refused"
    assert len(script.puts) == 1


# ------------------------------------------------------------------------------------------- budget and in-flight


@pytest.mark.row(116)
@pytest.mark.parametrize(("allowed", "outcome"), [(1, "refused"), (2, "accepted"), (None, "accepted")])
def test_the_failure_budget(bench: Bench, script: ZequenzeScript, allowed: int | None, outcome: str) -> None:
    for device, state in (("1", "failed"), ("2", "unknown"), ("3", "done"), ("4", "accepted")):
        bench.operations.move(bench.claim(device=device, device_id=device), t.cast("t.Any", state), sent=True)
    bench.operations.move(bench.claim(device="5", device_id="5", window_id="W2"), "failed")
    script.shows()
    script.baseline()
    if outcome == "accepted":
        script.accepts()
    shown = bench.run(limits=Limits(max_failures=allowed), wait=False)
    assert shown["outcome"] == outcome
    assert ("2 other devices of window" in shown["message"]) is (outcome == "refused")


def test_a_device_that_is_only_busy_has_not_failed_yet(bench: Bench, script: ZequenzeScript) -> None:
    """Device 811 is waited out; meanwhile another one wants to start, and no failure is allowed."""
    verdicts = []

    def other() -> None:
        wanted = dataclasses.replace(_wanted_of(bench), device_id="9", device="other")
        verdicts.append(bench.operations.claim(wanted, Limits(max_failures=0)).verdict)

    script.shows()
    script.baseline()
    script.put().answers(409)
    bench.clock.meanwhile.append(other)
    script.shows()
    script.baseline()
    script.put().answers(409)
    assert bench.run(conflict_timeout=30.0)["outcome"] == "refused"
    other_late = dataclasses.replace(_wanted_of(bench), device_id="10", device="third")
    verdicts.append(bench.operations.claim(other_late, Limits(max_failures=0)).verdict)
    assert verdicts == ["send", "over_budget"]


def _wanted_of(bench: Bench) -> t.Any:
    from ansible_collections.netfleet.maintenance.plugins.module_utils._journal_operations import Wanted

    row = bench.rows[0]
    return Wanted(**{field.name: row[field.name] for field in dataclasses.fields(Wanted) if field.name in row})


@pytest.mark.row(116)
def test_a_full_window_is_waited_for(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim(device="1", device_id="1")
    script.shows()
    script.baseline()
    bench.clock.meanwhile.append(lambda: bench.operations.move(row, "done", sent=True))
    bench.sends()
    assert bench.run(limits=Limits(max_in_flight=1), wait=False)["outcome"] == "accepted"
    assert bench.clock.pauses == [30.0]


def test_while_a_window_is_full_nothing_is_asked(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim(device="1", device_id="1")
    script.shows()
    script.baseline()

    def still_full() -> None:
        """Let a pause pass in which nothing happens."""

    bench.clock.meanwhile += [still_full, still_full, lambda: bench.operations.move(row, "done", sent=True)]
    # What is scripted is one look before the pauses and one after them; any other call fails.
    bench.sends()
    assert bench.run(limits=Limits(max_in_flight=1), wait=False)["outcome"] == "accepted"
    assert bench.clock.pauses == [30.0] * 3


def test_a_window_that_stays_full_is_given_up_and_is_no_failure(bench: Bench, script: ZequenzeScript) -> None:
    bench.claim(device="1", device_id="1")
    script.shows()
    script.baseline()
    shown = bench.run(limits=Limits(max_in_flight=1), wait_timeout=10.0)
    assert shown["outcome"] == "refused"
    assert "max_in_flight" in shown["message"]
    assert len(bench.rows) == 1


# ---------------------------------------------------------------------------------------------- since, check mode


def test_since_skips_what_happened(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs(entry(1, action="reboot", datetime="2026-11-21T01:00:00Z"))
    shown = bench.run(since=bench.clock.now() - 7200, window_id=None)
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("skipped", False, False)
    assert "990001" in shown["evidence"][0]
    assert shown["message"] == "it happened after 2026-11-21T00:00:00.000+00:00."
    assert bench.rows == []


def test_since_sends_what_did_not_happen(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs()
    script.runs_for(UPTIME, script.clock.now())
    script.baseline()
    script.accepts()
    assert bench.run(since=bench.clock.now() - 7200, wait=False)["outcome"] == "accepted"


def test_since_that_cannot_be_answered_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.log().answers(403)
    assert bench.run(since=bench.clock.now() - 7200)["outcome"] == "refused"
    assert script.puts == []


def test_check_mode_reads_and_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    shown = bench.run(dry=True)
    assert (shown["outcome"], shown["changed"], shown["sent"]) == ("accepted", True, False)
    assert shown["message"] == "reboot would be sent."
    script.shows()
    assert "has to be locked" in bench.run(dry=True, require_lock=True)["message"]
    assert bench.rows == []


@pytest.mark.parametrize(
    ("state", "outcome", "changed"),
    [
        ("done", "skipped", False),
        ("failed", "failed", False),
        ("unknown", "skipped", False),
        ("sending", "skipped", False),
        ("accepted", "skipped", False),
        ("refused", "accepted", True),
    ],
)
def test_check_mode_knows_what_was_sent_earlier_and_leaves_it_alone(
    bench: Bench, script: ZequenzeScript, state: t.Any, outcome: str, changed: bool
) -> None:
    bench.operations.move(bench.claim(), state, message="said.")
    before = bench.rows
    script.shows()
    shown = bench.run(dry=True)
    assert (shown["outcome"], shown["changed"], shown["sent"]) == (outcome, changed, False)
    assert bench.rows == before
    assert bench.clock.pauses == []


def test_check_mode_answers_since(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs(entry(1, action="reboot", datetime="2026-11-21T01:00:00Z"))
    assert bench.run(dry=True, since=bench.clock.now() - 7200)["outcome"] == "skipped"
