# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of a window, each closed and open, over a real journal and a clock that only moves when told."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import (
    Operations,
    State,
    Wanted,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from tests.unit.support import record as support
from tests.unit.support.record import TIMES, device, record
from tests.unit.support.script import VirtualClock

CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//EN\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n"
    "DTSTAMP:20260101T000000Z\r\nSUMMARY:Election\r\nDTSTART:{start}\r\nDTEND:{end}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def nobody(_device: RecordedDevice) -> list[t.Any]:
    return []


# The device that is looked at; others come before it.
A = device("a", batch=2)


def gates(
    journal: Journal,
    *others: RecordedDevice,
    dry: bool = False,
    sessions: t.Any = nobody,
    a: RecordedDevice = A,
    **more: t.Any,
) -> Gates:
    """The gates of a window whose canary is ``c``, unless others are given, and whose last device is ``a``."""
    return support.gates(journal, record(*others, a, **{"operations": ("sync",), **more}), dry=dry, sessions=sessions)


def operation(
    journal: Journal,
    device: str,
    state: State,
    operation: str = "sync",
    window: str | None = "CHG1",
) -> None:
    """Write an operation as another run left it."""
    operations = Operations(journal)
    wanted = Wanted(
        server="https://api.example.com",
        window_id=window,
        device_id=f"id of {device}",
        device=device,
        serial=None,
        operation=operation,
        baseline={},
        send_deadline=journal.clock.now() + 30,
        busy_until=journal.clock.now() + 600,
    )
    row = operations.claim(wanted, Limits()).row
    if state != "sending":
        operations.move(row, state)


def name_of(closed: ClosedGate | None) -> str | None:
    return closed.gate if closed else None


# The clock


@pytest.mark.parametrize(
    ("ahead", "gate"),
    [(-3601, "window"), (-3600, None), (0, None), (2399, None), (2400, "cutoff"), (3599, "cutoff"), (3600, "window")],
)
def test_new_work_starts_between_opening_and_cutoff(
    journal: Journal, clock: VirtualClock, ahead: float, gate: str | None
) -> None:
    clock.sleep(ahead)
    closed = gates(journal).time()
    assert name_of(closed) == gate
    assert closed is None or (closed.planned and not closed.may_open and closed.message.startswith("not started: "))


@pytest.mark.row(100)
@pytest.mark.parametrize(("expected", "gate"), [(0, None), (2400, None), (2401, "duration")])
def test_a_device_needs_its_time_before_the_cutoff(journal: Journal, expected: float, gate: str | None) -> None:
    slow = device("a", expected_duration=float(expected))
    assert name_of(gates(journal, a=slow).time(slow)) == gate


def test_another_occurrence_than_the_runs_own_is_not_open(journal: Journal) -> None:
    other = gates(journal, times={**TIMES, "window_id": "CHG2"}).time()
    assert name_of(other) == "window"
    assert other is not None
    assert "CHG2 is on now" in other.reason


@pytest.mark.row(102)
def test_a_calendar_is_read_again_at_every_look(journal: Journal, tmp_path: Path) -> None:
    calendar = tmp_path / "holidays.ics"
    calendar.write_text(CALENDAR.format(start="20261225T000000Z", end="20261226T000000Z"))
    looked = gates(journal, times={**TIMES, "window_freeze": [str(calendar)]})
    assert looked.time() is None
    calendar.write_text(CALENDAR.format(start="20261121T000000Z", end="20261122T000000Z"))
    frozen = looked.time()
    assert name_of(frozen) == "freeze"
    assert frozen is not None
    assert "Election" in frozen.reason
    calendar.unlink()
    unreadable = looked.time()
    assert name_of(unreadable) == "calendar"
    assert unreadable is not None
    assert not unreadable.planned


def test_a_freeze_that_is_to_come_leaves_less_time(journal: Journal, tmp_path: Path) -> None:
    calendar = tmp_path / "holidays.ics"
    calendar.write_text(CALENDAR.format(start="20261121T021000Z", end="20261122T000000Z"))
    looked = gates(journal, times={**TIMES, "window_freeze": [str(calendar)]})
    assert looked.time(device("a", expected_duration=600.0)) is None
    assert name_of(looked.time(device("a", expected_duration=601.0))) == "duration"


def test_another_instant_counts_in_a_rehearsal_only(journal: Journal) -> None:
    late = "2026-11-21T04:00:00+00:00"
    assert name_of(gates(journal, at=late, dry=True).time()) == "window"
    assert gates(journal, at=late).time() is None


@pytest.mark.parametrize("window_id", [None, "CHG1"])
def test_a_bare_id_has_no_gates_and_no_limits(journal: Journal, window_id: str | None) -> None:
    operation(journal, "b", "failed")
    operation(journal, "c", "accepted")
    free = support.gates(journal, None, window_id=window_id)
    assert free.before_lock(A) is None
    assert free.before_request(A) is None
    # A bare id can be paused by an operator.
    assert free.none_can_close is (window_id is None)


def test_without_a_window_nothing_is_noted(journal: Journal) -> None:
    support.gates(journal, None, window_id=None).note("freeze", "not started", "a")
    assert journal.rows(sa.select(schema.EVENTS)) == []


# The other devices


def test_the_canary_must_have_been_through_everything(journal: Journal) -> None:
    canary = device("c")
    looked = gates(journal, canary, operations=("sync", "reboot"))
    assert name_of(looked.before_lock(A)) == "canary"
    operation(journal, "c", "done")
    closed = looked.before_lock(A)
    assert closed is not None
    assert "c: reboot not started" in closed.reason
    operation(journal, "c", "accepted", "reboot")
    closed = looked.before_lock(A)
    assert closed is not None
    assert "c: reboot accepted" in closed.reason
    operation(journal, "c", "done", "reboot", window="CHG0")
    assert name_of(looked.before_lock(A)) == "canary"
    assert looked.before_lock(canary) is None, "the canary itself"
    operations = Operations(journal)
    operations.move(operations.all_of("CHG1")[-1], "done")
    assert looked.before_lock(A) is None


def test_a_hold_belongs_to_what_the_canary_goes_through(journal: Journal) -> None:
    looked = gates(journal, device("c"), hold=30.0)
    operation(journal, "c", "done")
    closed = looked.before_lock(A)
    assert closed is not None
    assert "c: hold not started" in closed.reason


@pytest.mark.parametrize("state", ["failed", "unknown", "refused"])
def test_a_batch_that_failed_as_a_whole_is_the_last(journal: Journal, state: State) -> None:
    operation(journal, "c", "done")
    looked = gates(journal, device("c"), device("b1", batch=1), device("b2", batch=1))
    assert looked.before_lock(A) is None, "nothing went wrong"
    operation(journal, "b1", state)
    closed = looked.before_lock(A)
    assert name_of(closed) == "batch"
    assert closed is not None
    assert f"b1: sync {state}" in closed.reason
    operation(journal, "b2", "done")
    assert looked.before_lock(A) is None


def test_what_stopped_one_batch_stops_the_next(journal: Journal) -> None:
    operation(journal, "c", "done")
    looked = gates(journal, device("c"), device("b1", batch=1))
    looked.note("live_session", "not started: a session is open", "b1")
    assert looked.before_lock(A) is None, "left out by choice"
    looked.note("batch", "not started: the batch before", "b1")
    assert name_of(looked.before_lock(A)) == "batch"


def test_a_batch_whose_devices_could_not_be_locked_or_read_has_failed(journal: Journal) -> None:
    operation(journal, "c", "done")
    note_failure(journal, "CHG1", "b1", "lock busy", "held by another")
    closed = gates(journal, device("c"), device("b1", batch=1)).before_lock(A)
    assert closed is not None
    assert (closed.gate, "b1: lock busy" in closed.reason) == ("batch", True)


def test_a_batch_soaks_after_its_last_device(journal: Journal, clock: VirtualClock) -> None:
    operation(journal, "c", "done")
    looked = gates(journal, device("c"), device("b1", batch=1), soak=60.0)
    assert looked.before_lock(A) is None, "nothing was done"
    operation(journal, "b1", "done")
    closed = looked.before_lock(A)
    assert name_of(closed) == "soak"
    assert closed is not None
    assert (closed.may_open, closed.until) == (True, clock.now() + 60)
    clock.sleep(60)
    assert looked.before_lock(A) is None


def test_the_failure_limit_counts_other_devices(journal: Journal) -> None:
    operation(journal, "b", "failed")
    operation(journal, "a", "failed")
    closed = gates(journal, max_failures=0).before_lock(A)
    assert closed is not None
    assert (closed.gate, closed.reason) == ("budget", "1 other device of window CHG1 failed; max_failures is 0.")
    assert gates(journal, max_failures=1).before_lock(A) is None


def test_the_cap_is_waited_for(journal: Journal, clock: VirtualClock) -> None:
    operation(journal, "b", "accepted")
    capped = gates(journal, device("b"), max_in_flight=1)
    closed = capped.before_lock(device("a"))
    assert closed is not None
    assert (closed.gate, closed.may_open) == ("cap", True)
    assert capped.before_lock(device("b")) is None
    clock.sleep(601)
    assert capped.before_lock(device("a")) is None


def test_the_fleet_cap_counts_every_window_and_what_is_outside_of_any(journal: Journal, clock: VirtualClock) -> None:
    operation(journal, "b", "accepted", window="CHG0")
    operation(journal, "i", "accepted", window=None)
    for most, gate in ((2, "fleet_cap"), (3, None)):
        assert name_of(gates(journal, fleet_max_in_flight=most).before_lock(A)) == gate
    assert gates(journal, max_in_flight=1).before_lock(A) is None, "the window's own cap counts its own devices"
    clock.sleep(601)
    assert gates(journal, fleet_max_in_flight=1).before_lock(A) is None


def test_a_limit_of_the_task_counts_for_a_bare_id(journal: Journal) -> None:
    operation(journal, "b", "failed")
    bare = support.gates(journal, None, limits=Limits(max_failures=0))
    assert name_of(bare.before_lock(A)) == "budget"


@pytest.mark.parametrize("agreed", [None, 3])
def test_a_limit_that_contradicts_the_record_is_refused_by_name(journal: Journal, agreed: int | None) -> None:
    with pytest.raises(BadInput, match="max_in_flight is 5 here"):
        support.gates(journal, record(A, max_in_flight=agreed), limits=Limits(max_in_flight=5))
    same = support.gates(journal, record(A, max_in_flight=5), limits=Limits(max_in_flight=5))
    assert same.limits == Limits(max_in_flight=5)


def test_a_rehearsal_does_not_wait_for_what_is_not_done(journal: Journal) -> None:
    rehearsal = gates(journal, device("c"), dry=True)
    assert rehearsal.before_lock(A) is None
    rehearsal.note("freeze", "not started", "a")
    assert journal.rows(sa.select(schema.EVENTS)) == []


# The device


def test_a_protected_device_is_left_alone(journal: Journal) -> None:
    protected = device("a", excluded="protected: emergency calls")
    looked = gates(journal, a=protected)
    for closed in (looked.before_lock(protected), looked.before_request(protected)):
        assert name_of(closed) == "protected"
        assert closed is not None
        assert "(protected: emergency calls)" in closed.reason


@pytest.mark.parametrize(("what", "may_open", "planned"), [("wait", True, False), ("skip", False, True)])
def test_a_live_session_closes_the_gate(journal: Journal, what: str, may_open: bool, planned: bool) -> None:
    asked: list[str] = []

    def jdoe(asked_for: RecordedDevice) -> list[dict[str, str]]:
        asked.append(asked_for.pam_name)
        return [{"user": "jdoe"}]

    a = RecordedDevice("a", "a", "a", "pam-a")
    looked = gates(journal, a=a, live_sessions=what, sessions=jdoe)
    for closed in (looked.before_lock(a), looked.before_request(a)):
        assert name_of(closed) == "live_session"
        assert closed is not None
        assert (closed.may_open, closed.planned) == (may_open, planned)
        assert closed.reason == "1 live privileged session on the device, of 'jdoe'."
    assert asked == ["pam-a", "pam-a"]


@pytest.mark.parametrize("what", ["wait", "skip"])
def test_a_vault_that_does_not_answer_closes_the_gate(journal: Journal, what: str) -> None:
    def lost(_device: RecordedDevice) -> list[t.Any]:
        raise NoAnswer("PAM Core gave no answer.")

    closed = gates(journal, live_sessions=what, sessions=lost).before_request(A)
    assert name_of(closed) == "live_session"
    assert closed is not None
    assert not closed.planned
    assert "PAM Core gave no answer." in closed.reason


def test_nothing_is_asked_when_sessions_are_ignored(journal: Journal) -> None:
    def never(_device: RecordedDevice) -> list[t.Any]:
        raise AssertionError("asked")

    assert gates(journal, sessions=never).before_lock(A) is None


def test_what_was_kept_back_is_an_event(journal: Journal) -> None:
    gates(journal).note("freeze", "not started: Election", "a", server="https://api.example.com", operation="reboot")
    [event] = journal.rows(sa.select(schema.EVENTS))
    assert (event["kind"], event["window_id"], event["device"], event["server"]) == (
        "gate_blocked",
        "CHG1",
        "a",
        "https://api.example.com",
    )
    assert event["data"] == {"gate": "freeze", "message": "not started: Election", "operation": "reboot"}


@pytest.mark.parametrize(("state", "may_open"), [("paused", True), ("stopped", False)])
@pytest.mark.parametrize(("scope", "target"), [("window_id", "CHG1"), ("window_name", "core"), ("all", "")])
def test_a_pause_keeps_devices_from_being_locked_and_lets_begun_ones_go_on(
    journal: Journal, state: t.Any, may_open: bool, scope: t.Any, target: str
) -> None:
    agreed = dataclasses.replace(record(device("a")), name="core")
    assert support.gates(journal, agreed).before_lock(device("a")) is None
    Controls(journal).add(scope, target, state, "alarm in LAX", None)
    closed = support.gates(journal, agreed).before_lock(device("a"))
    assert closed is not None
    assert (closed.gate, closed.may_open, closed.planned) == (state, may_open, not may_open)
    assert f"was {state} by" in closed.message
    assert "alarm in LAX" in closed.message
    assert support.gates(journal, agreed).before_request(device("a")) is None
    Controls(journal).end(scope, target)
    assert support.gates(journal, agreed).before_lock(device("a")) is None


def test_a_pause_of_another_window_closes_nothing(journal: Journal) -> None:
    Controls(journal).add("window_id", "CHG2", "paused", "alarm", None)
    Controls(journal).add("window_name", "edge", "stopped", "alarm", None)
    assert (
        support.gates(journal, dataclasses.replace(record(device("a")), name="core")).before_lock(device("a")) is None
    )


def test_a_bare_id_is_paused_too(journal: Journal) -> None:
    Controls(journal).add("all", "", "paused", "alarm", None)
    bare = support.gates(journal, None, window_id="CHG7")
    assert not bare.none_can_close
    assert bare.before_lock(device("a")) is not None
