# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence table: which observations prove an operation, which disprove it, and which say nothing."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import (
    Verdict,
    commands_pending,
    is_queued,
    judge,
    names_operation,
    own_entries,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import Seen, read_uptimes
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import (
    OPERATIONS,
    REPEATABLE,
    RESETS,
    RESTARTS,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import LogRow

NOW = 1_795_226_400.0
SKEW = 7200.0
"""How far the platform's clock is ahead of ours here: nothing may mix the two up."""

DAY = 86400.0


def row(number: int = 1, **fields: t.Any) -> LogRow:
    """A log entry: an applied command that names no operation, unless told otherwise."""
    usual = LogRow(
        id=str(number),
        device_id="811",
        at=None,
        action="command",
        variable=None,
        new_value=None,
        pending=False,
        applied=True,
        error=None,
    )
    return dataclasses.replace(usual, **fields)


APPLIED = row()
QUEUED = row(pending=True, applied=False)
FAILED = row(applied=False, error="9002: Internal error")
EVENT = row(2, action="event", new_value="1 BOOT")
SETTING = row(3, action="set", variable="Device.Time.NTPServer1", new_value="ntp2.example.net")
SETTING_QUEUED = dataclasses.replace(SETTING, pending=True, applied=False)

BEFORE = Seen(
    at=NOW, device_id="811", server_at=NOW + SKEW, up=True, pending=False, last_status_change=NOW - DAY, uptime=DAY
)


def look(passed: float, **fields: t.Any) -> Seen:
    """What is seen ``passed`` seconds later: a device that is up and shows no uptime, unless told otherwise."""
    usual = dataclasses.replace(BEFORE, at=NOW + passed, server_at=NOW + SKEW + passed, uptime=None, log=())
    return dataclasses.replace(usual, **fields)


# ---------------------------------------------------------------------------------------------------- restarts

FRESH = 60.0
"""Seconds from the look before to the first of two looks, which are five seconds apart."""

UPTIME_CASES: dict[str, tuple[float | None, float | None]] = {
    "restarted": (20.0, 25.0),
    "fell once": (20.0, 20.0),
    "went on": (DAY + FRESH, DAY + FRESH + 5),
    "unknown": (None, None),
    "old": (DAY, DAY),
    "not read": (0.0, 0.0),
}
LOGS: dict[str, tuple[LogRow, ...]] = {
    "applied": (APPLIED,),
    "queued": (QUEUED,),
    "error": (FAILED,),
    "absent": (),
    "event": (EVENT,),
    "setting": (SETTING,),
    "foreign": (row(1), row(2)),
    "foreign queued": (row(1), row(2, pending=True, applied=False)),
    "named": (row(1, new_value="{operation}"), row(2)),
    "other named": (row(1, action="{other}"),),
    "other named, ours failed": (row(1, action="{other}"), row(2, action="{operation}", applied=False, error="9002")),
}


def spelled(log: tuple[LogRow, ...], operation: str) -> tuple[LogRow, ...]:
    other = "sync" if operation != "sync" else "reboot"
    words = {"{operation}": operation, "{other}": other}
    return tuple(
        dataclasses.replace(
            each,
            action=words.get(each.action, each.action),
            new_value=words.get(str(each.new_value), each.new_value),
        )
        for each in log
    )


def expected_of_restart(uptime: str, was_down: bool, up: bool | None, log: str, usable: bool) -> str | None:
    """The table in words: what a restart's evidence comes to; ``usable`` says that the status may prove it."""
    if log in ("queued", "foreign queued"):
        return None
    if "error" in log or "failed" in log:
        failed = uptime != "restarted"
        return "failed" if failed else (None if up is False else "done")
    if uptime == "went on" or up is False:
        return None
    if uptime == "restarted" or (log in ("applied", "named") and uptime in ("fell once", "no uptime")):
        return "done"
    return "done" if was_down and up is True and usable and uptime == "no uptime" else None


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("operation", sorted(RESTARTS))
@pytest.mark.parametrize("log", LOGS)
def test_the_table_of_restarts(operation: str, log: str, accepted: bool) -> None:
    for uptime, was_down, up, log_works in itertools.product(
        (*UPTIME_CASES, "no uptime"), (True, False), (True, False, None), (True, False)
    ):
        before = BEFORE if uptime != "no uptime" else dataclasses.replace(BEFORE, uptime=None)
        first, second = UPTIME_CASES.get(uptime, (None, None))
        changed = NOW + SKEW + 10 if was_down else BEFORE.last_status_change
        entries = spelled(LOGS[log], operation)
        looks = [
            look(FRESH - 30, up=not was_down),
            look(FRESH, uptime=first, last_status_change=changed),
            look(FRESH + 5, uptime=second, up=up, last_status_change=changed, log=entries),
        ]
        verdict = judge(operation, before, looks, accepted=accepted, log_works=log_works)
        silent = log in ("absent", "event", "setting", "other named")
        expected = expected_of_restart(uptime, was_down, up, log, accepted and not (log_works and silent))
        assert verdict.state == expected, (uptime, was_down, up, log_works, verdict)
        assert verdict.evidence or verdict.state is None, "a verdict shows why"
        assert verdict.queued is (log in ("queued", "foreign queued"))


@pytest.mark.parametrize("changed", [NOW + SKEW + 1, NOW - 1, NOW + SKEW + DAY, None])
def test_a_status_that_only_changed_proves_nothing(changed: float | None) -> None:
    """The platform moves it at informs, and when it lost all of its devices for a moment."""
    before = dataclasses.replace(BEFORE, uptime=None)
    verdict = judge("reboot", before, [look(FRESH, last_status_change=changed)])
    assert verdict.state is None
    assert ("which alone proves no restart" in " ".join(verdict.doubts)) is (changed is not None)


def test_a_device_that_shows_an_uptime_has_the_last_word() -> None:
    """Its log and its status say nothing as long as its uptime has not been read again since they did."""
    old = look(FRESH, uptime=DAY + 1, last_status_change=NOW + SKEW + 30, log=(APPLIED,))
    looks = [look(1, uptime=DAY + 1), look(20, up=False, log=(APPLIED,)), old]
    assert judge("reboot", BEFORE, looks).state is None
    went_on = look(FRESH, uptime=DAY + FRESH, last_status_change=NOW + SKEW + 30, log=(APPLIED,))
    verdict = judge("reboot", BEFORE, [went_on])
    assert verdict.state is None
    assert verdict.doubts == (
        "device log entry 1 (command) was applied",
        "the status changed at 2026-11-21T04:00:30.000+00:00",
        "the uptime went on: it was 1 d 0 h before and is 1 d 0 h now",
    ), "the contradiction is told"
    fell = look(FRESH + 5, uptime=10.0, last_status_change=NOW + SKEW + 30, log=(APPLIED,))
    assert judge("reboot", BEFORE, [*looks, fell]).state == "done"


@pytest.mark.parametrize(("uptime", "proves"), [(None, True), (0.0, False), (DAY, False), (DAY - 100, False)])
def test_the_log_alone_proves_a_restart_only_where_there_is_no_uptime(uptime: float | None, proves: bool) -> None:
    """0 may be read in a moment, a number that fell a little is an older reading."""
    before = dataclasses.replace(BEFORE, uptime=uptime and DAY)
    assert judge("reboot", before, [look(10, uptime=uptime, log=(APPLIED,))]).state == ("done" if proves else None)


def test_an_uptime_that_always_reads_0_is_none_after_a_minute() -> None:
    before = dataclasses.replace(BEFORE, uptime=0.0)
    for passed, state in ((60, None), (62, "done")):
        looks = [look(10, uptime=0.0), look(passed, uptime=0.0, log=(APPLIED,))]
        assert judge("reboot", before, looks).state == state


def test_a_fall_below_what_was_known_is_believed_of_a_log_only_if_it_fits_the_request() -> None:
    for uptime, state in ((FRESH - 5, "done"), (FRESH + 600, None)):
        assert judge("reboot", BEFORE, [look(FRESH, uptime=uptime, log=(APPLIED,))]).state == state


def test_the_evidence_of_a_restart_is_told_in_full() -> None:
    looks = [
        look(10, up=False),
        look(FRESH - 5, uptime=15.0, last_status_change=NOW + SKEW + 30),
        look(FRESH, uptime=20.0, last_status_change=NOW + SKEW + 30, log=(APPLIED,)),
    ]
    assert judge("reboot", BEFORE, looks).evidence == (
        "the uptime was 1 d 0 h before and is 20 s now",
        "device log entry 1 (command) was applied",
        "the device was seen down and is up again since 2026-11-21T04:00:30.000+00:00",
    )


# ---------------------------------------------------------------------------------------------------- sync, reconf


@pytest.mark.parametrize("operation", sorted(REPEATABLE))
@pytest.mark.parametrize("log", LOGS)
def test_the_table_of_syncs(operation: str, log: str) -> None:
    for was_pending, is_pending in itertools.product((True, False, None), repeat=2):
        before = dataclasses.replace(BEFORE, pending=was_pending)
        verdict = judge(operation, before, [look(FRESH, pending=is_pending, log=spelled(LOGS[log], operation))])
        if log in ("queued", "foreign queued"):
            expected = None
        elif "error" in log or "failed" in log:
            expected = "failed"
        elif log in ("applied", "named") or (was_pending is True and is_pending is False):
            expected = "done"
        else:
            expected = None
        assert verdict.state == expected, (was_pending, is_pending, verdict)


@pytest.mark.parametrize("operation", sorted(REPEATABLE))
def test_a_restart_is_no_evidence_of_a_sync(operation: str) -> None:
    after = look(FRESH, uptime=20.0, last_status_change=NOW + SKEW + 30)
    assert judge(operation, BEFORE, [after]) == Verdict(None)


# ---------------------------------------------------------------------------------------------------- the log


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("field", ["action", "variable", "new_value"])
def test_an_entry_that_names_the_operation_is_ours_among_others(operation: str, field: str) -> None:
    ours = row(1, **{field: f" {operation.upper()} "})
    others = [row(2), row(3), row(4, action=next(each for each in OPERATIONS if each != operation))]
    assert own_entries(operation, [*others, ours]) == [ours]
    assert names_operation(operation, [*others, ours]) == [ours]


def test_one_resets_entry_is_not_the_others() -> None:
    assert sorted(RESETS) == ["device_factory", "factory"]
    assert own_entries("factory", [row(1, action="device_factory")]) == []
    assert own_entries("device_factory", [row(1, action="factory")]) == []


@pytest.mark.parametrize("action", ["set", "get", "event", "alert", "config_change", "update"])
def test_settings_and_events_are_no_commands_whatever_they_name(action: str) -> None:
    told = row(1, action=action, new_value="reboot")
    assert own_entries("reboot", [told]) == []
    assert commands_pending([dataclasses.replace(told, pending=True, applied=False)]) == []
    assert judge("reboot", dataclasses.replace(BEFORE, uptime=None), [look(FRESH, log=(told,))]) == Verdict(None)


@pytest.mark.parametrize("action", ["command", "", "execute", "restart", "operation"])
def test_a_single_command_of_any_spelling_is_ours(action: str) -> None:
    ours = row(1, action=action)
    assert own_entries("reboot", [ours, EVENT, SETTING]) == [ours]
    assert own_entries("reboot", [ours, row(2, action=action)]) == [], "one of two may be somebody else's"


def test_two_entries_of_the_same_name_are_waited_for_both() -> None:
    log = (row(1, action="reboot"), row(2, action="reboot", pending=True, applied=False))
    after = look(FRESH, uptime=20.0, log=log)
    assert judge("reboot", BEFORE, [after]) == Verdict(None, queued=True)


@pytest.mark.parametrize(
    ("entry", "waits"),
    [
        (QUEUED, True),
        (row(pending=True, applied=True), False),
        (row(pending=True, applied=False, error="9002"), False),
        (APPLIED, False),
        (SETTING_QUEUED, False),
        (row(action="sync", pending=True, applied=False), True),
        (row(variable="Device.Reboot", pending=True, applied=False), False),
    ],
)
def test_what_waits(entry: LogRow, waits: bool) -> None:
    assert commands_pending([entry]) == ([entry] if waits else [])


def test_a_foreign_command_that_is_named_does_not_hold_ours_up() -> None:
    log = [row(1), row(2, action="sync", pending=True, applied=False)]
    assert is_queued("reboot", log) is False
    assert is_queued("sync", log) is True


# ---------------------------------------------------------------------------------------------------- properties

INSTANTS = st.one_of(st.none(), st.floats(NOW - 2 * DAY, NOW + 2 * DAY))
ENTRIES = st.builds(
    LogRow,
    id=st.text("0123456789", min_size=1, max_size=4),
    device_id=st.just("811"),
    at=INSTANTS,
    action=st.sampled_from(["", "command", "set", "event", "alert", *OPERATIONS]),
    variable=st.sampled_from([None, "Device.X", "reboot"]),
    new_value=st.sampled_from([None, "1 BOOT", *OPERATIONS]),
    pending=st.booleans(),
    applied=st.booleans(),
    error=st.sampled_from([None, "9002"]),
)
LOOKS = st.builds(
    Seen,
    at=st.floats(NOW, NOW + DAY),
    device_id=st.just("811"),
    server_at=INSTANTS,
    up=st.sampled_from([True, False, None]),
    pending=st.sampled_from([True, False, None]),
    last_status_change=INSTANTS,
    uptime=st.one_of(st.none(), st.floats(0, 4e7)),
    uptime_read_at=INSTANTS,
    log=st.lists(ENTRIES, max_size=3).map(tuple),
)

SERIES = st.lists(LOOKS, min_size=1, max_size=4)


@given(operation=st.sampled_from(OPERATIONS), before=LOOKS, looks=SERIES, accepted=st.booleans())
def test_never_done_without_positive_evidence(operation: str, before: Seen, looks: list[Seen], accepted: bool) -> None:
    verdict = judge(operation, before, looks, accepted=accepted)
    if verdict.state != "done":
        return
    after = looks[-1]
    assert verdict.evidence
    assert not is_queued(operation, after.log)
    own_applied = any(entry.applied for entry in own_entries(operation, after.log))
    if operation in REPEATABLE:
        assert own_applied or (before.pending and after.pending is False)
        return
    assert after.up is not False
    uptimes = read_uptimes(before, looks)
    by_status = accepted and not uptimes.readable and after.up and any(each.up is False for each in looks)
    assert uptimes.restarted or own_applied or by_status


@given(operation=st.sampled_from(OPERATIONS), seen=LOOKS)
def test_a_device_that_looks_as_before_proves_nothing(operation: str, seen: Seen) -> None:
    assert judge(operation, seen, [dataclasses.replace(seen, log=())]).state is None


@given(operation=st.sampled_from(OPERATIONS), before=LOOKS, looks=SERIES)
def test_a_failure_is_only_what_the_log_calls_one(operation: str, before: Seen, looks: list[Seen]) -> None:
    if judge(operation, before, looks).state == "failed":
        assert any(entry.error for entry in own_entries(operation, looks[-1].log))
        assert read_uptimes(before, looks).restarted is not True or operation in REPEATABLE
