# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a request of an operation from leaving, right before it would."""

from __future__ import annotations

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from tests.unit.support.operation_bench import WINDOW, Bench
from tests.unit.support.zequenze_script import NAME, ZequenzeScript


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


@pytest.mark.row(229)
def test_a_lock_whose_lease_is_over_is_told_as_that(bench: Bench, script: ZequenzeScript) -> None:
    bench.lock()
    bench.clock.sleep(3601)
    script.shows()
    shown = bench.run(require_lock=True)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert (
        f"The lease of the lock that window {WINDOW} has on device {NAME} ended at 2026-11-21T03:00" in shown["message"]
    )
    assert script.puts == []


@pytest.mark.row(225)
def test_a_claim_whose_guard_cannot_read_the_journal_is_known_as_not_sent(
    bench: Bench, script: ZequenzeScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_row: object) -> bool:
        raise JournalError("The journal cannot be read: the database server is away.")

    bench.lock()
    script.shows()
    script.baseline()
    script.put()
    monkeypatch.setattr(bench.operations, "is_ours", away)
    shown = bench.run(require_lock=True)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert (bench.row["state"], bench.row["sent"]) == ("refused", False)
    monkeypatch.undo()
    bench.sends()
    assert bench.run(require_lock=True, wait=False)["outcome"] == "accepted"
    assert len(script.puts) == 1


@pytest.mark.parametrize("lock_name", [NAME, "sdm-name-of-it"])
def test_with_the_windows_lock_it_is_sent(bench: Bench, lock_name: str) -> None:
    bench.lock(lock_name)
    bench.sends()
    shown = bench.run(require_lock=True, devices={NAME: RecordedDevice(NAME, NAME, lock_name, NAME)}, wait=False)
    assert shown["outcome"] == "accepted"


def test_a_lock_under_its_own_name_is_none_where_another_is_asked_for(bench: Bench, script: ZequenzeScript) -> None:
    bench.lock(NAME)
    script.shows()
    other = {NAME: RecordedDevice(NAME, NAME, "sdm-name-of-it", NAME)}
    shown = bench.run(require_lock=True, devices=other)
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
