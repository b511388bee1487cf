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
    UPTIME_TOLERANCE,
    Seen,
    Verdict,
    commands_pending,
    is_queued,
    judge,
    names_operation,
    own_entries,
    restart_seen,
)
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


# ---------------------------------------------------------------------------------------------------- uptimes

FRESH = 60.0
"""Seconds between the looks below; the device would have restarted 40 seconds before the second one."""

UPTIMES: dict[str, tuple[dict[str, t.Any], dict[str, t.Any], bool | None]] = {
    # name: (fields before, fields after, whether a restart is seen)
    "unknown before": ({"uptime": None}, {"uptime": 20.0}, None),
    "unknown after": ({}, {"uptime": None}, None),
    "started anew": ({}, {"uptime": 20.0}, True),
    "started anew this second": ({}, {"uptime": 0.0}, True),
    "went on counting": ({}, {"uptime": DAY + FRESH}, False),
    "went on counting, rounded down": ({}, {"uptime": DAY + FRESH - UPTIME_TOLERANCE}, False),
    "went on from a fresh start": ({"uptime": 0.0}, {"uptime": FRESH}, False),
    "counted on but seems late": ({}, {"uptime": DAY + 1}, False),
    "the same old value": ({}, {"uptime": DAY}, None),
    "the same value a moment later": ({}, {"uptime": DAY, "at": NOW + UPTIME_TOLERANCE}, False),
    "fell, but was started before the first look": ({}, {"uptime": FRESH + 600}, False),
    "restarted once more soon after a restart": ({"uptime": 50.0}, {"uptime": 40.0}, True),
    "grew, and may be late or started anew": ({"uptime": 20.0}, {"uptime": 40.0}, None),
    "dated, started anew": ({}, {"uptime": 20.0, "uptime_read_at": NOW + SKEW + FRESH}, True),
    "dated, started anew, seen late": ({}, {"uptime": 20.0, "uptime_read_at": NOW + SKEW + 30, "at": NOW + 9e3}, True),
    "dated, grew since a restart": (
        {"uptime": 20.0, "uptime_read_at": NOW + SKEW},
        {"uptime": 40.0, "uptime_read_at": NOW + SKEW + FRESH},
        True,
    ),
    "dated, went on": ({}, {"uptime": DAY + FRESH, "uptime_read_at": NOW + SKEW + FRESH}, False),
    "dated, started before the first look": (
        {"uptime_read_at": NOW + SKEW - 3600},
        {"uptime": 90.0, "uptime_read_at": NOW + SKEW + FRESH},
        False,
    ),
    "dated, read before the first look": ({}, {"uptime": 20.0, "uptime_read_at": NOW + SKEW - 5}, None),
    "dated, the same reading": (
        {"uptime_read_at": NOW + SKEW + 0.5},
        {"uptime": DAY, "uptime_read_at": NOW + SKEW + 0.5},
        None,
    ),
    "dated, but the platform's clock is not known": (
        {"server_at": None},
        {"uptime": 20.0, "uptime_read_at": NOW + SKEW - 5},
        True,
    ),
    "32 bits of seconds wrap": ({"uptime": 2.0**32 - 30}, {"uptime": 30.0}, None),
    "32 bits of hundredths wrap": ({"uptime": 2.0**32 / 100 - 30}, {"uptime": 30.0}, None),
    "32 bits of hundredths wrapped long ago": ({"uptime": 2.0**32 / 100 + DAY}, {"uptime": 30.0}, True),
}


@pytest.mark.parametrize("name", UPTIMES)
def test_uptimes(name: str) -> None:
    before, after, restarted = UPTIMES[name]
    assert restart_seen(dataclasses.replace(BEFORE, **before), look(FRESH, **after)) is restarted


def test_a_counter_may_wrap_during_a_long_wait() -> None:
    before = dataclasses.replace(BEFORE, uptime=2.0**32 / 100 - 2 * 3600)
    assert restart_seen(before, look(FRESH, uptime=30.0)) is True
    assert restart_seen(before, look(DAY, uptime=DAY - 2 * 3600)) is None


SECONDS = st.floats(0, 4e7)
WAITED = st.floats(0, 7 * DAY)


@given(uptime=SECONDS, waited=WAITED, error=st.floats(-1.0, 1.0), dated=st.booleans(), applied=st.booleans())
def test_an_uptime_that_kept_growing_as_fast_as_time_never_proves_a_restart(
    uptime: float, waited: float, error: float, dated: bool, applied: bool
) -> None:
    before = dataclasses.replace(BEFORE, uptime=uptime, uptime_read_at=NOW + SKEW if dated else None)
    read_at = NOW + SKEW + waited if dated else None
    after = look(waited, uptime=max(0.0, uptime + waited + error), uptime_read_at=read_at)
    assert restart_seen(before, after) is not True
    for operation in RESTARTS:
        verdict = judge(operation, before, dataclasses.replace(after, log=(APPLIED,) if applied else ()))
        near_a_wrap = restart_seen(before, after) is None
        assert verdict.state is None or (applied and near_a_wrap)


@given(uptime=SECONDS, waited=st.floats(10, 7 * DAY), lag=st.floats(0, 1), dated=st.booleans())
def test_a_device_that_was_up_before_the_first_look_never_counts_as_restarted(
    uptime: float, waited: float, lag: float, dated: bool
) -> None:
    """However old the reading before was: what has been up for longer than we wait was not restarted by us."""
    now_up = waited + 2 * UPTIME_TOLERANCE + uptime
    after = look(waited, uptime=now_up, uptime_read_at=NOW + SKEW + waited * lag if dated else None)
    assert restart_seen(BEFORE, after) is not True


@given(uptime=st.floats(3600, 4e7), down=st.floats(0, 600), since=st.floats(0, 1800), dated=st.booleans())
def test_a_real_restart_is_never_taken_for_counting_on(uptime: float, down: float, since: float, dated: bool) -> None:
    waited = down + since
    after = look(waited, uptime=float(int(since)), uptime_read_at=NOW + SKEW + waited if dated else None)
    assert restart_seen(dataclasses.replace(BEFORE, uptime=uptime), after) is not False or waited < UPTIME_TOLERANCE


# ---------------------------------------------------------------------------------------------------- restarts

UPTIME_CASES = {"restarted": 20.0, "went on": DAY + FRESH, "unknown": None, "old": DAY}
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


def expected_of_restart(uptime: str, moved: bool, up: bool | None, log: str) -> str | None:
    """The table in words: what a restart's evidence comes to."""
    if log in ("queued", "foreign queued"):
        return None
    if "error" in log or "failed" in log:
        failed = uptime != "restarted"
        return "failed" if failed else (None if up is False else "done")
    if uptime == "went on" or up is False:
        return None
    if uptime == "restarted" or log in ("applied", "named") or (moved and up is True):
        return "done"
    return None


@pytest.mark.parametrize("operation", sorted(RESTARTS))
@pytest.mark.parametrize("log", LOGS)
def test_the_table_of_restarts(operation: str, log: str) -> None:
    for uptime, moved, up in itertools.product(UPTIME_CASES, (True, False), (True, False, None)):
        after = look(
            FRESH,
            uptime=UPTIME_CASES[uptime],
            up=up,
            # Before the reading of the uptime, so that the uptime is the newer word.
            last_status_change=NOW + SKEW + 10 if moved else BEFORE.last_status_change,
            log=spelled(LOGS[log], operation),
        )
        verdict = judge(operation, BEFORE, after)
        assert verdict.state == expected_of_restart(uptime, moved, up, log), (uptime, moved, up, verdict)
        assert verdict.evidence or verdict.state is None, "a verdict shows why"
        assert verdict.queued is (log in ("queued", "foreign queued"))


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (NOW, NOW + 1, True),
        (NOW, NOW, False),
        (NOW, NOW - 1, False),
        (NOW, None, False),
        (None, NOW - DAY, False),
        (None, NOW + SKEW, False),
        (None, NOW + SKEW + 5, True),
    ],
)
def test_only_a_status_that_changed_after_the_first_look_is_evidence(
    before: float | None, after: float | None, moved: bool
) -> None:
    verdict = judge(
        "reboot",
        dataclasses.replace(BEFORE, last_status_change=before),
        look(FRESH, last_status_change=after),
    )
    assert verdict.state == ("done" if moved else None)


def test_a_status_change_without_anything_to_compare_it_with_proves_nothing() -> None:
    before = dataclasses.replace(BEFORE, last_status_change=None, server_at=None)
    assert judge("reboot", before, look(FRESH, last_status_change=NOW + DAY)) == Verdict(None)


def test_an_uptime_that_was_read_before_the_status_changed_does_not_deny_it() -> None:
    after = look(FRESH, uptime=DAY + 1, at=NOW + 1, last_status_change=NOW + SKEW + 30)
    assert judge("reboot", BEFORE, after).state == "done"
    still_up = dataclasses.replace(after, uptime=DAY + 40, at=NOW + 40)
    assert judge("reboot", BEFORE, still_up).state is None


def test_the_evidence_of_a_restart_is_told_in_full() -> None:
    after = look(FRESH, uptime=20.0, last_status_change=NOW + SKEW + 30, log=(APPLIED,))
    assert judge("reboot", BEFORE, after).evidence == (
        "the uptime started anew: 86400 s before, 20 s after",
        "the status changed at 2026-11-21T04:00:30.000+00:00 and the device is up again",
        "device log entry 1 (command) was applied",
    )


# ---------------------------------------------------------------------------------------------------- sync, reconf


@pytest.mark.parametrize("operation", sorted(REPEATABLE))
@pytest.mark.parametrize("log", LOGS)
def test_the_table_of_syncs(operation: str, log: str) -> None:
    for was_pending, is_pending in itertools.product((True, False, None), repeat=2):
        before = dataclasses.replace(BEFORE, pending=was_pending)
        verdict = judge(operation, before, look(FRESH, pending=is_pending, log=spelled(LOGS[log], operation)))
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
    assert judge(operation, BEFORE, after) == Verdict(None)


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
    assert judge("reboot", BEFORE, look(FRESH, log=(told,))) == Verdict(None)


@pytest.mark.parametrize("action", ["command", "", "execute", "restart", "operation"])
def test_a_single_command_of_any_spelling_is_ours(action: str) -> None:
    ours = row(1, action=action)
    assert own_entries("reboot", [ours, EVENT, SETTING]) == [ours]
    assert own_entries("reboot", [ours, row(2, action=action)]) == [], "one of two may be somebody else's"


def test_two_entries_of_the_same_name_are_waited_for_both() -> None:
    log = (row(1, action="reboot"), row(2, action="reboot", pending=True, applied=False))
    after = look(FRESH, uptime=20.0, log=log)
    assert judge("reboot", BEFORE, after) == Verdict(None, queued=True)


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
    uptime=st.one_of(st.none(), SECONDS),
    uptime_read_at=INSTANTS,
    log=st.lists(ENTRIES, max_size=3).map(tuple),
)


@given(operation=st.sampled_from(OPERATIONS), before=LOOKS, after=LOOKS)
def test_never_done_without_positive_evidence(operation: str, before: Seen, after: Seen) -> None:
    verdict = judge(operation, before, after)
    if verdict.state != "done":
        return
    assert verdict.evidence
    assert not is_queued(operation, after.log)
    own_applied = any(entry.applied for entry in own_entries(operation, after.log))
    if operation in REPEATABLE:
        assert own_applied or (before.pending and after.pending is False)
        return
    assert after.up is not False
    restarted = restart_seen(before, after)
    moved = (
        after.up is True
        and after.last_status_change is not None
        and (after.last_status_change > (before.last_status_change or before.server_at or NOW + 9 * DAY))
    )
    assert restarted or moved or own_applied
    assert restarted is not False or moved


@given(operation=st.sampled_from(OPERATIONS), seen=LOOKS)
def test_a_device_that_looks_as_before_proves_nothing(operation: str, seen: Seen) -> None:
    assert judge(operation, seen, dataclasses.replace(seen, log=())).state is None


@given(operation=st.sampled_from(OPERATIONS), before=LOOKS, after=LOOKS)
def test_a_failure_is_only_what_the_log_calls_one(operation: str, before: Seen, after: Seen) -> None:
    if judge(operation, before, after).state == "failed":
        assert any(entry.error for entry in own_entries(operation, after.log))
        assert restart_seen(before, after) is not True or operation in REPEATABLE
