# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many devices of a window may fail, and how many may be in flight."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from tests.unit.support.operation_bench import Bench
from tests.unit.support.zequenze_script import ZequenzeScript


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
        wanted = dataclasses.replace(_wanted_of(bench), device_id="9", device="other", lock_name="other")
        verdicts.append(bench.operations.claim(wanted, Limits(max_failures=0)).verdict)

    script.shows()
    script.baseline()
    script.put().answers(409)
    bench.clock.meanwhile.append(other)
    script.shows()
    script.baseline()
    script.put().answers(409)
    assert bench.run(conflict_timeout=30.0)["outcome"] == "refused"
    other_late = dataclasses.replace(_wanted_of(bench), device_id="10", device="third", lock_name="third")
    verdicts.append(bench.operations.claim(other_late, Limits(max_failures=0)).verdict)
    assert verdicts == ["send", "over"]


def _wanted_of(bench: Bench) -> t.Any:
    from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Wanted

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
