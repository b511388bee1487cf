# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operation on a device that is busy, offline or replaced meanwhile."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS
from tests.unit.support.operation_bench import Bench
from tests.unit.support.script import Expected
from tests.unit.support.zequenze_script import UPTIME, ZequenzeScript, entry, queued


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


@pytest.mark.row(33, 223)
@pytest.mark.parametrize("at", ["record", "log", "uptime", "queue"])
def test_a_read_that_is_told_to_wait_does_not_refuse_the_device(bench: Bench, script: ZequenzeScript, at: str) -> None:
    def busy(line: Expected) -> None:
        line.answers(429, headers={"Retry-After": "60"})

    bench.timeout = 5.0
    reads: dict[str, tuple[t.Callable[[], Expected], t.Callable[[], object]]] = {
        "record": (script.record, script.shows),
        "log": (script.log, script.logs),
        "uptime": (script.uptime, lambda: script.runs_for(UPTIME)),
        "queue": (script.log, script.logs),
    }
    for name, (asks, answers) in reads.items():
        for _time in range(2 if name == at else 0):
            busy(asks())
        answers()
    script.accepts()
    assert bench.run(wait=False)["outcome"] == "accepted"
    assert bench.clock.pauses == [pytest.approx(60.0, abs=0.3)] * 2


@pytest.mark.row(33)
@pytest.mark.parametrize(
    ("fields", "longest"),
    [
        ({"conflict_timeout": 120.0, "wait_timeout": 10.0}, 120.0),
        ({"conflict_timeout": 0.0, "wait_timeout": 200.0}, 200.0),
        ({"not_after": 90.0, "wait_timeout": 300.0}, 90.0),
        ({"not_after": 500.0, "wait_timeout": 10.0, "conflict_timeout": 0.0}, 500.0),
    ],
)
def test_a_platform_that_is_always_too_busy_is_waited_for_within_the_window_only(
    bench: Bench, script: ZequenzeScript, fields: dict[str, t.Any], longest: float
) -> None:
    began = bench.clock.now()
    for _read in range(int(longest // 60.125) + 1):
        script.record().answers(429, headers={"Retry-After": "60"})
    if "not_after" in fields:
        fields = {**fields, "not_after": began + fields["not_after"]}
    shown = bench.run(**fields)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "429" in shown["message"]
    assert bench.clock.now() - began <= longest


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
    script.logs()
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
    assert "is a different device now" in shown["message"]
