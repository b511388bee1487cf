# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a device: which calls a look costs, and what becomes of old, dated and forced readings."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import Verdict
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import (
    CLOCKS_DIFFER,
    LOOK_BACK,
    Baseline,
    Observer,
)
from tests.unit.script import Expected
from tests.unit.zequenze_script import DEVICE, NAME, UPTIME, ZequenzeScript, entry, log_query, queued

NOON = "Sat, 21 Nov 2026 12:00:00 GMT"
NOON_AT = 1795262400.0
"""The platform's clock, hours ahead of ours."""


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript()


def at_noon(line: Expected) -> None:
    """Give an answer the platform's date."""
    assert isinstance(line.ending, Answer)
    line.answers(text=line.ending.body.decode(), headers={"Date": NOON})


def take(
    script: ZequenzeScript,
    operation: str = "reboot",
    uptime: t.Any = UPTIME,
    read_at: float | None = None,
    **fields: t.Any,
) -> tuple[Observer, Baseline]:
    """Take a baseline at noon of the platform's clock, with one old entry in the log."""
    at_noon(script.shows(**fields))
    script.logs(entry(1))
    if operation in ("reboot", "factory", "device_factory"):
        script.runs_for(uptime, read_at)
    door = script.door()
    observer = Observer(door, script.clock)
    baseline = observer.baseline(door.device(NAME), operation)
    script.done()
    return observer, baseline


def look(script: ZequenzeScript, observer: Observer, baseline: Baseline, operation: str = "reboot") -> Verdict:
    verdict = observer.look(operation, baseline)
    script.done()
    return verdict


def test_a_baseline_is_by_the_platforms_clock_and_survives_the_journal(script: ZequenzeScript) -> None:
    at_noon(script.shows())
    script.expect("GET", "/inventory_device_log/", log_query(NOON_AT - LOOK_BACK)).answers(
        json=[entry(1), queued(2), queued(3, action="set", variable_name="x")]
    )
    script.runs_for(UPTIME, NOON_AT - 7)
    door = script.door()
    baseline = Observer(door, script.clock).baseline(door.device(NAME), "reboot")
    assert (baseline.seen.at, baseline.seen.server_at) == (script.clock.now(), NOON_AT)
    assert (baseline.seen.uptime, baseline.seen.uptime_read_at) == (UPTIME, NOON_AT - 7)
    assert (baseline.log_ids, baseline.queued) == (("990001", "990002", "990003"), ("990002",))
    assert Baseline.read(json.loads(json.dumps(baseline.kept()))) == baseline


def test_without_the_platforms_clock_the_log_is_read_by_ours(script: ZequenzeScript) -> None:
    script.shows()
    script.expect("GET", "/inventory_device_log/", log_query(script.clock.now() - LOOK_BACK)).answers(json=[])
    door = script.door()
    assert Observer(door, script.clock).baseline(door.device(NAME), "sync").seen.server_at is None


def test_a_baseline_of_an_older_version_is_still_read() -> None:
    kept: dict[str, t.Any] = {
        "name": NAME,
        "device_id": "811",
        "serial": None,
        "seen": {"at": 1.0, "device_id": "811", "up": True, "uptime": 5.0},
        "log_since": 0.0,
        "log_ids": [],
        "queued": [],
    }
    assert Baseline.read(kept).seen.server_at is None


def test_while_the_operation_is_queued_a_look_costs_one_call(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.expect("GET", "/inventory_device_log/", log_query(NOON_AT - LOOK_BACK)).answers(json=[entry(1), queued(2)])
    assert look(script, observer, baseline) == Verdict(None, queued=True)


def test_an_entry_from_before_is_not_ours(script: ZequenzeScript) -> None:
    observer, baseline = take(script, "sync")
    script.logs(entry(1))
    assert look(script, observer, baseline, "sync").state is None


@pytest.mark.parametrize(
    ("age", "counts"), [(0, True), (CLOCKS_DIFFER - 1, True), (CLOCKS_DIFFER + 1, False), (None, True)]
)
def test_an_entry_that_shows_up_late_is_told_by_its_date(
    script: ZequenzeScript, age: float | None, counts: bool
) -> None:
    observer, baseline = take(script, "sync")
    dated = (
        {} if age is None else {"datetime": f"2026-11-21T11:59:{60 - age:06.3f}Z" if age else "2026-11-21T12:00:00Z"}
    )
    script.logs(entry(1), entry(2, **dated))
    assert look(script, observer, baseline, "sync").state == ("done" if counts else None)


def test_a_sync_with_nothing_pending_is_settled_by_the_log_alone(script: ZequenzeScript) -> None:
    observer, baseline = take(script, "sync")
    script.logs(entry(2, is_applied=False, error_code="9002"))
    assert look(script, observer, baseline, "sync").state == "failed"


def test_a_sync_with_settings_pending_is_seen_on_the_device(script: ZequenzeScript) -> None:
    observer, baseline = take(script, "sync", pending_settings=True)
    script.logs()
    script.shows(pending_settings=True)
    assert look(script, observer, baseline, "sync") == Verdict(None)
    script.logs()
    script.shows(pending_settings=False)
    assert look(script, observer, baseline, "sync").evidence == ("the settings that were pending before are applied",)


def test_while_the_device_is_down_its_uptime_is_not_asked_for(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.logs(entry(2))
    script.shows(status=False, last_status_change="2026-11-21T12:00:10Z")
    assert look(script, observer, baseline).state is None


def test_a_device_that_is_gone_for_a_moment_shows_nothing(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.logs(entry(2))
    script.has_no_device()
    assert look(script, observer, baseline) == Verdict(None)


def test_another_device_under_the_name_is_no_evidence(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.logs(entry(2))
    script.shows(serial_number="ZX81OTHER", last_status_change="2026-11-21T12:00:10Z")
    assert look(script, observer, baseline) == Verdict(None)


@pytest.mark.parametrize(("device_id", "same"), [(811, True), (812, False)])
def test_without_serial_numbers_a_device_is_told_by_its_id(script: ZequenzeScript, device_id: int, same: bool) -> None:
    observer, baseline = take(script, serial_number=None)
    script.clock.sleep(60)
    script.logs(entry(2))
    script.shows(serial_number=None, id=device_id)
    if same:
        script.runs_for(20)
    assert look(script, observer, baseline).state == ("done" if same else None)


@pytest.mark.parametrize("seen", ["gone", "another"])
def test_after_a_reset_the_device_is_found_by_its_serial_number(script: ZequenzeScript, seen: str) -> None:
    observer, baseline = take(script, "factory")
    script.logs()
    if seen == "gone":
        script.has_no_device()
    else:
        script.shows(serial_number="ZX81OTHER")
    returned = {**DEVICE, "id": 1811, "name": "factory-name", "last_status_change": "2026-11-21T12:00:10Z"}
    script.expect("GET", "/inventory_device_serial/ZX81TEST0007/").answers(json=returned)
    line = script.runs_for(20)
    assert line.query is not None
    line.query["parent__name"] = "factory-name"
    assert look(script, observer, baseline, "factory").state == "done"


def test_a_reset_device_that_never_returns_shows_nothing(script: ZequenzeScript) -> None:
    observer, baseline = take(script, "factory")
    script.logs()
    script.has_no_device()
    for query in ({"pending": "true"}, {}):
        script.expect("GET", "/inventory_device_serial/ZX81TEST0007/", query).answers(404)
    assert look(script, observer, baseline, "factory") == Verdict(None)


def test_what_cannot_be_read_is_no_verdict(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    for _attempt in range(5):
        script.log().loses_the_answer()
    with pytest.raises(NoAnswer):
        observer.look("reboot", baseline)


# ---------------------------------------------------------------------------------------------------- uptimes


def test_a_profile_without_uptime_is_judged_by_the_rest(script: ZequenzeScript) -> None:
    observer, baseline = take(script, uptime=None)
    script.logs()
    script.shows()
    script.runs_for(None)
    assert look(script, observer, baseline) == Verdict(None)
    script.logs(entry(2))
    script.shows()
    script.runs_for(None)
    assert look(script, observer, baseline).state == "done"


def test_an_applied_entry_is_checked_against_a_reading_from_the_device(script: ZequenzeScript) -> None:
    """The log says applied, the platform repeats an old uptime: what the device itself says decides."""
    observer, baseline = take(script)
    script.clock.sleep(60)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME)
    script.runs_for(UPTIME + 60, forced=True)
    assert look(script, observer, baseline).state is None, "it went on counting"
    for _look in range(2):
        script.clock.sleep(5)
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME + 60)
        assert look(script, observer, baseline).state is None, "what is repeated is as old as when it was seen first"
    script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME + 60)
    script.runs_for(30, forced=True)
    assert look(script, observer, baseline).state == "done"


def test_an_uptime_that_cannot_be_renewed_leaves_the_word_to_the_log(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.clock.sleep(60)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME)
    script.runs_for(UPTIME, forced=True)
    assert look(script, observer, baseline).evidence == ("device log entry 990002 (command) was applied",)


def test_a_reading_that_is_older_than_the_last_one_is_no_news(script: ZequenzeScript) -> None:
    """The platform does not keep what it was made to read: its next answer is the old value again."""
    observer, baseline = take(script)
    script.clock.sleep(60)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME)
    script.runs_for(UPTIME + 60, forced=True)
    assert look(script, observer, baseline).state is None
    script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME)
    assert look(script, observer, baseline).state is None


def test_an_applied_entry_within_the_same_second_is_not_yet_believed(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME)
    script.runs_for(UPTIME, forced=True)
    assert look(script, observer, baseline).state is None


def test_a_device_that_cannot_be_reached_for_a_reading_does_not_end_the_look(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME)
    script.uptime(forced=True).answers(409)
    assert look(script, observer, baseline).state == "done"


def test_without_any_hint_the_device_is_asked_late_and_rarely(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    forced = []
    for number in range(1, 61):
        script.clock.sleep(5)
        script.logs()
        script.shows()
        script.runs_for(UPTIME)
        if number in (12, 48):
            forced.append(script.runs_for(UPTIME, forced=True))
        assert look(script, observer, baseline).state is None
    assert len(forced) == 2


def test_with_a_hint_the_device_is_asked_three_times_at_most(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.clock.sleep(1)
    for number in range(30):
        script.clock.sleep(5)
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME + 1 if number else UPTIME)
        if number in (0, 3, 11):
            script.runs_for(UPTIME + 1 if number == 0 else None, forced=True)
        look(script, observer, baseline)


def test_a_live_uptime_costs_no_reading_from_the_device(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    for waited in range(5, 100, 5):
        script.clock.sleep(5)
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME + waited)
        assert look(script, observer, baseline).state is None
    script.clock.sleep(5)
    script.restarted(4)
    assert look(script, observer, baseline).evidence == ("the uptime started anew: 86400 s before, 4 s after",)


def test_a_dated_uptime_is_judged_by_its_date(script: ZequenzeScript) -> None:
    observer, baseline = take(script, read_at=NOON_AT - 100)
    script.clock.sleep(300)
    script.logs()
    script.shows()
    # Read 90 seconds before we sent anything, shortly after a restart that was not ours.
    script.runs_for(5, NOON_AT - 90)
    assert look(script, observer, baseline).state is None
    script.logs()
    script.shows()
    script.runs_for(20, NOON_AT + 200)
    assert look(script, observer, baseline).state == "done"


def test_a_restart_before_we_sent_anything_is_not_ours(script: ZequenzeScript) -> None:
    """The platform had not noticed it when we looked: its old reading is replaced only afterwards."""
    observer, baseline = take(script)
    script.clock.sleep(5)
    script.logs()
    script.shows()
    script.runs_for(40)
    assert look(script, observer, baseline).state is None
    script.clock.sleep(60)
    script.logs()
    script.shows()
    script.runs_for(40)
    assert look(script, observer, baseline).state is None, "the same reading gets no fresher by being repeated"


def test_a_look_by_another_process_starts_from_the_journal(script: ZequenzeScript) -> None:
    _observer, baseline = take(script)
    script.clock.sleep(600)
    restored = Baseline.read(json.loads(json.dumps(baseline.kept())))
    script.restarted(500)
    assert look(script, Observer(script.door(), script.clock), restored).state == "done"
