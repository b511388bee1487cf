# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What uses up a window's failure budget: operations that failed, and devices that never came to one."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import failures_of, note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from tests.unit.support.operation_bench import WINDOW, Bench, HookedClock
from tests.unit.support.zequenze_script import NAME, ZequenzeScript


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript(HookedClock())


@pytest.fixture
def bench(script: ZequenzeScript, journal: Journal) -> Bench:
    return Bench(script, journal)


def used(bench: Bench, but: str = "another") -> int:
    """How many devices have failed, which is what no limit below lets start another one."""
    for most in range(10):
        if bench.operations.over_limit(WINDOW, but, Limits(max_failures=most)) is None:
            return most
    raise AssertionError("more failures than the test made")


def test_a_device_is_counted_once_however_it_failed(bench: Bench) -> None:
    note_failure(bench.journal, WINDOW, "a", "lock busy", "held by another")
    note_failure(bench.journal, WINDOW, "a", "lock unknown", "no answer")
    bench.operations.move(bench.claim(device="a", device_id="1", lock_name="a"), "failed", sent=True)
    note_failure(bench.journal, WINDOW, "b", "lock busy", "held by another")
    note_failure(bench.journal, "another window", "c", "lock busy", "held by another")
    assert (used(bench), used(bench, but="a"), used(bench, but="b")) == (2, 1, 1)
    assert failures_of(bench.journal, WINDOW, ["a", "c"]) == {"a": "lock unknown"}


def test_what_is_locked_after_all_has_not_failed(bench: Bench) -> None:
    note_failure(bench.journal, WINDOW, "a", "lock busy", "held by another")
    bench.clock.sleep(1)
    bench.lock("a")
    assert used(bench) == 0
    bench.clock.sleep(1)
    note_failure(bench.journal, WINDOW, "a", "lock lost", "it is gone")
    assert used(bench) == 1


@pytest.mark.row(30)
def test_a_device_that_cannot_be_read_uses_up_the_budget_and_says_why(bench: Bench, script: ZequenzeScript) -> None:
    script.record().answers(403, json={"detail": "You do not have permission to perform this action."})
    shown = bench.run(devices={NAME: RecordedDevice(NAME, NAME, "as locked", NAME)})
    assert (shown["outcome"], bench.rows) == ("refused", [])
    (event,) = bench.journal.rows(sa.select(schema.EVENTS).where(schema.EVENTS.c.kind == "device_failed"))
    assert (event["window_id"], event["device"], event["data"]["operation"]) == (WINDOW, NAME, "reboot")
    assert event["data"]["message"] == shown["message"]
    assert (used(bench), used(bench, but="as locked")) == (1, 0)
    script.shows()
    script.baseline()
    other = {NAME: RecordedDevice(NAME, NAME, "b", NAME)}
    assert "1 other device of" in bench.run(devices=other, limits=Limits(max_failures=0))["message"]


@pytest.mark.parametrize("how", [{"dry": True}, {"observe_only": True}, {"window_id": None}])
def test_only_a_window_that_would_work_on_it_counts_it(
    bench: Bench, script: ZequenzeScript, how: dict[str, t.Any]
) -> None:
    script.record().answers(403, json={"detail": "You do not have permission to perform this action."})
    assert bench.run(**how)["outcome"] == "refused"
    assert used(bench) == 0


def test_what_cannot_be_written_takes_nothing_from_the_result(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> t.NoReturn:
        raise JournalError("the disk is full.")

    monkeypatch.setattr(bench.journal, "writing", full)
    note_failure(bench.journal, WINDOW, "a", "lock busy", "held by another")
