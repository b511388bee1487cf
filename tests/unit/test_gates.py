# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of a window, each shut and open, over a real journal and a clock that only moves when told."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import gates_option
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rules import Rules, Shut, read_rules
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import (
    Limits,
    Operations,
    State,
    Wanted,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from tests.unit.script import VirtualClock

# 2026-11-21T02:00:00Z, the clock's first reading.
WINDOW = {
    "window_id": "CHG1",
    "window_opens_at": "2026-11-21T01:00:00+00:00",
    "window_duration": "2h",
    "window_cutoff": "20m",
}
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//EN\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n"
    "DTSTAMP:20260101T000000Z\r\nSUMMARY:Election\r\nDTSTART:{start}\r\nDTEND:{end}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
OPEN = Limits()


def nobody(_name: str) -> list[t.Any]:
    return []


def gates(journal: Journal, *, dry: bool = False, sessions: t.Any = nobody, **rules: t.Any) -> Gates:
    rules = {"window": read_window(WINDOW), "pam_names": {"a": "a"}, **rules}
    return Gates(Rules(**rules), "CHG1", journal, journal.clock, sessions, dry)


def operation(
    journal: Journal,
    device: str,
    state: State,
    operation: str = "sync",
    window: str = "CHG1",
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


def name_of(shut: Shut | None) -> str | None:
    return shut.gate if shut else None


# The clock


@pytest.mark.parametrize(
    ("ahead", "gate"),
    [(-3601, "window"), (-3600, None), (0, None), (2399, None), (2400, "cutoff"), (3599, "cutoff"), (3600, "window")],
)
def test_new_work_starts_between_opening_and_cutoff(
    journal: Journal, clock: VirtualClock, ahead: float, gate: str | None
) -> None:
    clock.sleep(ahead)
    shut = gates(journal).time()
    assert name_of(shut) == gate
    assert shut is None or (shut.planned and not shut.may_open and shut.message.startswith("not started: "))


@pytest.mark.row(100)
@pytest.mark.parametrize(("expected", "gate"), [(0, None), (2400, None), (2401, "duration")])
def test_a_device_needs_its_time_before_the_cutoff(journal: Journal, expected: float, gate: str | None) -> None:
    assert name_of(gates(journal, expected=expected).time()) == gate


def test_another_occurrence_than_the_runs_own_is_not_open(journal: Journal) -> None:
    other = gates(journal, window=read_window(WINDOW | {"window_id": "CHG2"})).time()
    assert name_of(other) == "window"
    assert other is not None
    assert "CHG2 is on now" in other.reason


@pytest.mark.row(102)
def test_a_calendar_is_read_anew_at_every_look(journal: Journal, tmp_path: Path) -> None:
    calendar = tmp_path / "holidays.ics"
    calendar.write_text(CALENDAR.format(start="20261225T000000Z", end="20261226T000000Z"))
    looked = gates(journal, window=read_window(WINDOW | {"window_freeze": [str(calendar)]}))
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
    window = read_window(WINDOW | {"window_freeze": [str(calendar)]})
    assert gates(journal, window=window, expected=600).time() is None
    assert name_of(gates(journal, window=window, expected=601).time()) == "duration"


def test_another_instant_counts_in_a_rehearsal_only(journal: Journal, clock: VirtualClock) -> None:
    late = clock.now() + 7200
    assert name_of(gates(journal, at=late, dry=True).time()) == "window"
    assert gates(journal, at=late).time() is None


def test_without_a_window_the_clock_shuts_nothing(journal: Journal) -> None:
    free = Gates(Rules(), None, journal, journal.clock, nobody)
    assert free.before_lock("a", OPEN) is None
    assert free.before_request("a") is None
    free.note("freeze", "not started", "a")
    assert journal.rows(sa.select(schema.EVENTS)) == []


# The other devices


def test_the_canary_must_have_been_through_everything(journal: Journal) -> None:
    looked = gates(journal, canaries=("c",), operations=("sync", "reboot"))
    assert name_of(looked.before_lock("a", OPEN)) == "canary"
    operation(journal, "c", "done")
    shut = looked.before_lock("a", OPEN)
    assert shut is not None
    assert "c: reboot not started" in shut.reason
    operation(journal, "c", "accepted", "reboot")
    shut = looked.before_lock("a", OPEN)
    assert shut is not None
    assert "c: reboot accepted" in shut.reason
    operation(journal, "c", "done", "reboot", window="CHG0")
    assert name_of(looked.before_lock("a", OPEN)) == "canary"
    assert looked.before_lock("c", OPEN) is None, "the canary itself"
    assert gates(journal, canaries=("c", "a"), operations=("sync", "reboot")).before_lock("a", OPEN) is None
    operations = Operations(journal)
    operations.move(operations.all_of("CHG1")[-1], "done")
    assert looked.before_lock("a", OPEN) is None


@pytest.mark.parametrize("state", ["failed", "unknown", "refused"])
def test_a_batch_that_failed_as_a_whole_is_the_last(journal: Journal, state: State) -> None:
    looked = gates(journal, previous=("b1", "b2"), operations=("sync",))
    assert looked.before_lock("a", OPEN) is None, "nothing went wrong"
    operation(journal, "b1", state)
    shut = looked.before_lock("a", OPEN)
    assert name_of(shut) == "batch"
    assert shut is not None
    assert f"b1: sync {state}" in shut.reason
    operation(journal, "b2", "done")
    assert looked.before_lock("a", OPEN) is None


def test_what_stopped_one_batch_stops_the_next(journal: Journal) -> None:
    looked = gates(journal, previous=("b1",), operations=("sync",))
    looked.note("live_session", "not started: somebody is there", "b1")
    assert looked.before_lock("a", OPEN) is None, "left out by choice"
    looked.note("batch", "not started: the batch before", "b1")
    assert name_of(looked.before_lock("a", OPEN)) == "batch"


def test_a_batch_whose_devices_could_not_be_locked_or_read_has_failed(journal: Journal) -> None:
    note_failure(journal, "CHG1", "b1", "lock busy", "held by another")
    shut = gates(journal, previous=("b1",), operations=("sync",)).before_lock("a", OPEN)
    assert shut is not None
    assert (shut.gate, "b1: lock busy" in shut.reason) == ("batch", True)


def test_a_batch_soaks_after_its_last_device(journal: Journal, clock: VirtualClock) -> None:
    looked = gates(journal, previous=("b1",), operations=("sync",), soak=60.0)
    assert looked.before_lock("a", OPEN) is None, "nothing was done"
    operation(journal, "b1", "done")
    shut = looked.before_lock("a", OPEN)
    assert name_of(shut) == "soak"
    assert shut is not None
    assert (shut.may_open, shut.until) == (True, clock.now() + 60)
    clock.sleep(60)
    assert looked.before_lock("a", OPEN) is None


def test_the_budget_counts_other_devices(journal: Journal) -> None:
    operation(journal, "b", "failed")
    operation(journal, "a", "failed")
    assert name_of(gates(journal).before_lock("a", Limits(max_failures=0))) == "budget"
    assert gates(journal).before_lock("a", Limits(max_failures=1)) is None


def test_the_cap_is_waited_for(journal: Journal, clock: VirtualClock) -> None:
    operation(journal, "b", "accepted")
    shut = gates(journal).before_lock("a", Limits(max_in_flight=1))
    assert name_of(shut) == "cap"
    assert shut is not None
    assert shut.may_open
    assert gates(journal).before_lock("b", Limits(max_in_flight=1)) is None
    clock.sleep(601)
    assert gates(journal).before_lock("a", Limits(max_in_flight=1)) is None


def test_a_rehearsal_does_not_wait_for_what_is_not_done(journal: Journal) -> None:
    rehearsal = gates(journal, dry=True, canaries=("c",), operations=("sync",))
    assert rehearsal.before_lock("a", OPEN) is None
    rehearsal.note("freeze", "not started", "a")
    assert journal.rows(sa.select(schema.EVENTS)) == []


# The device


def test_a_protected_device_is_left_alone(journal: Journal) -> None:
    looked = gates(journal, protected="emergency calls")
    for shut in (looked.before_lock("a", OPEN), looked.before_request("a")):
        assert name_of(shut) == "protected"
        assert shut is not None
        assert "(emergency calls)" in shut.reason


@pytest.mark.parametrize(("what", "may_open", "planned"), [("wait", True, False), ("skip", False, True)])
def test_somebody_at_work_shuts_the_gate(journal: Journal, what: str, may_open: bool, planned: bool) -> None:
    asked: list[str] = []

    def jdoe(name: str) -> list[dict[str, str]]:
        asked.append(name)
        return [{"user": "jdoe"}]

    looked = gates(journal, live_sessions=what, sessions=jdoe, pam_names={"a": "pam-a"})
    for shut in (looked.before_lock("a", OPEN), looked.before_request("a")):
        assert name_of(shut) == "live_session"
        assert shut is not None
        assert (shut.may_open, shut.planned) == (may_open, planned)
        assert "'jdoe'" in shut.reason
    assert asked == ["pam-a", "pam-a"]


@pytest.mark.parametrize("what", ["wait", "skip"])
def test_a_vault_that_does_not_answer_shuts_the_gate(journal: Journal, what: str) -> None:
    def lost(_name: str) -> list[t.Any]:
        raise NoAnswer("PAM Core gave no answer.")

    shut = gates(journal, live_sessions=what, sessions=lost).before_request("a")
    assert name_of(shut) == "live_session"
    assert shut is not None
    assert not shut.planned
    assert "PAM Core gave no answer." in shut.reason


def test_nobody_is_asked_when_sessions_are_ignored(journal: Journal) -> None:
    def never(_name: str) -> list[t.Any]:
        raise AssertionError("asked")

    assert gates(journal, sessions=never).before_lock("a", OPEN) is None


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


# The option


def given(**values: t.Any) -> dict[str, t.Any]:
    options = gates_option().options["gates"]["options"]
    return {name: rule.get("default") for name, rule in options.items()} | values


def test_no_option_means_no_rules() -> None:
    assert read_rules(None, ["a"]) == Rules()


def test_the_option_is_read() -> None:
    rules = read_rules(given(window=WINDOW, at="2026-11-21T02:00:00Z", protected="", pam_name=["p"]), ["a"])
    assert rules.window is not None
    assert (rules.at, rules.protected, dict(rules.pam_names)) == (1795226400.0, None, {"a": "p"})
    assert dataclasses.replace(rules, timeout=0.0).interval == 5.0


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"soak": -1.0}, "gates.soak"),
        ({"timeout": float("nan")}, "gates.timeout"),
        ({"expected_duration": float("inf")}, "gates.expected_duration"),
        ({"pam_name": ["a", "b"]}, "gates.pam_name"),
        ({"window": {"window_schedule": "FREQ=NEVER"}}, "window_"),
        ({"at": "yesterday"}, "at 'yesterday'"),
    ],
)
def test_an_option_that_cannot_be_understood_is_refused(wrong: dict[str, t.Any], named: str) -> None:
    with pytest.raises(BadInput) as error:
        read_rules(given(**wrong), ["a"])
    assert named in str(error.value)
