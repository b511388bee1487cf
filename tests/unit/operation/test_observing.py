# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a device: which calls a look costs, and what becomes of old, dated and forced readings."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import Verdict
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import (
    CLOCKS_DIFFER,
    LOOK_BACK,
    QUEUE_LOOK_BACK,
    Baseline,
    Observer,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise
from tests.unit.support.script import Expected
from tests.unit.support.zequenze_script import (
    DEVICE,
    NAME,
    QUEUE_QUERY,
    UPTIME,
    ZequenzeScript,
    entry,
    log_query,
    queued,
)

NOON = "Sat, 21 Nov 2026 12:00:00 GMT"
NOON_AT = 1795262400.0
"""The platform's clock, hours ahead of ours."""


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript()


def at_noon(line: Expected) -> None:
    """Return an answer the platform's date."""
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
    script.logs()
    client = script.client()
    observer = Observer(client, script.clock)
    baseline = observer.baseline(client.device(NAME), operation)
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
    client = script.client()
    baseline = Observer(client, script.clock).baseline(client.device(NAME), "reboot")
    assert (baseline.seen.at, baseline.seen.server_at) == (script.clock.now(), NOON_AT)
    assert (baseline.seen.uptime, baseline.seen.uptime_read_at) == (UPTIME, NOON_AT - 7)
    assert (baseline.log_ids, baseline.queued) == (("990001", "990002", "990003"), ("990002",))
    assert Baseline.from_json(json.loads(json.dumps(baseline.to_json()))) == baseline


@pytest.mark.row(215)
def test_the_whole_queue_counts_however_old(script: ZequenzeScript) -> None:
    at_noon(script.shows())
    script.logs(entry(1))
    script.runs_for(UPTIME)
    script.expect("GET", "/inventory_device_log/", QUEUE_QUERY).answers(
        json=[queued(4, action="reboot", datetime="2025-11-01T12:00:00Z"), queued(3, action="set", variable_name="x")]
    )
    client = script.client()
    baseline = Observer(client, script.clock).baseline(client.device(NAME), "reboot")
    assert baseline.queued == ("990004",)
    script.done()


def test_where_the_queue_cannot_be_shown_alone_a_month_of_the_log_counts(script: ZequenzeScript) -> None:
    client, rows = script.client(), [queued(4, action="reboot", datetime="2026-11-01T12:00:00Z"), entry(2)]
    for asked in (True, False):
        at_noon(script.shows())
        script.logs(entry(1))
        if asked:
            script.expect("GET", "/inventory_device_log/", QUEUE_QUERY).answers(json=rows)
        script.expect("GET", "/inventory_device_log/", log_query(NOON_AT - QUEUE_LOOK_BACK)).answers(json=rows)
        assert Observer(client, script.clock).baseline(client.device(NAME), "sync").queued == ("990004",)
        script.done()


@pytest.mark.row(215)
@pytest.mark.parametrize("first", ["queued", "empty", "no answer"])
def test_only_a_queue_that_was_read_and_empty_is_not_read_again(script: ZequenzeScript, first: str) -> None:
    client = script.client(timeout=1.0)
    page_wise = PageWise(client, script.clock, 5.0)

    row = queued(4, action="reboot", datetime="2025-11-01T12:00:00Z")
    script.shows()
    script.logs(entry(1))
    line = script.expect("GET", "/inventory_device_log/", QUEUE_QUERY)
    observer = Observer(client, script.clock, page_wise)
    if first == "no answer":
        line.answers(403)
        with pytest.raises(Refused):
            observer.baseline(client.device(NAME), "sync")
    else:
        line.answers(json=[row] if first == "queued" else [])
        assert bool(observer.baseline(client.device(NAME), "sync").queued) is (first == "queued")
    script.clock.sleep(5.0)
    script.shows()
    script.logs(entry(1))
    if first != "empty":
        script.expect("GET", "/inventory_device_log/", QUEUE_QUERY).answers(json=[row])
    again = Observer(client, script.clock, page_wise).baseline(client.device(NAME), "sync")
    assert again.queued == (() if first == "empty" else ("990004",))
    script.done()


def test_without_the_platforms_clock_the_log_is_read_by_ours(script: ZequenzeScript) -> None:
    script.shows()
    script.expect("GET", "/inventory_device_log/", log_query(script.clock.now() - LOOK_BACK)).answers(json=[])
    script.logs()
    client = script.client()
    assert Observer(client, script.clock).baseline(client.device(NAME), "sync").seen.server_at is None


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
    assert Baseline.from_json(kept).seen.server_at is None


def test_while_the_operation_is_queued_a_look_costs_one_call(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.expect("GET", "/inventory_device_log/", log_query(NOON_AT - LOOK_BACK)).answers(json=[entry(1), queued(2)])
    assert look(script, observer, baseline) == Verdict(None, queued=True)


def test_an_entry_from_before_is_not_ours(script: ZequenzeScript) -> None:
    observer, baseline = take(script, "sync")
    script.logs(entry(1))
    assert look(script, observer, baseline, "sync").state is None


@pytest.mark.row(218)
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
    assert look(script, observer, baseline, "sync") == Verdict(None, doubts=("the device log works and shows no sync",))
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
    assert look(script, observer, baseline).state is None


def test_another_device_under_the_name_is_no_evidence(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.logs(entry(2))
    script.shows(serial_number="ZX81OTHER", last_status_change="2026-11-21T12:00:10Z")
    assert look(script, observer, baseline).state is None


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
    for uptime, state in ((20, None), (50, "done")):
        script.clock.sleep(30)
        script.logs()
        if seen == "gone":
            script.has_no_device()
        else:
            script.shows(serial_number="ZX81OTHER")
        returned = {**DEVICE, "id": 1811, "name": "factory-name", "last_status_change": "2026-11-21T12:00:10Z"}
        script.expect("GET", "/inventory_device_serial/ZX81TEST0007/").answers(json=returned)
        line = script.runs_for(uptime)
        assert line.query is not None
        line.query["parent__name"] = "factory-name"
        assert look(script, observer, baseline, "factory").state == state


def test_a_reset_device_that_never_returns_shows_nothing(script: ZequenzeScript) -> None:
    observer, baseline = take(script, "factory")
    script.logs()
    script.has_no_device()
    for query in ({"pending": "true"}, {}):
        script.expect("GET", "/inventory_device_serial/ZX81TEST0007/", query).answers(404)
    assert look(script, observer, baseline, "factory").state is None


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
    assert look(script, observer, baseline).state is None
    script.logs(entry(2))
    script.shows()
    script.runs_for(None)
    assert look(script, observer, baseline).state == "done"


def test_an_applied_entry_is_checked_against_a_reading_from_the_device(script: ZequenzeScript) -> None:
    """The log says applied, the platform repeats an old uptime: what the device itself says decides."""
    observer, baseline = take(script)
    script.clock.sleep(60)
    for forced in (UPTIME + 60, UPTIME + 65):
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME)
        script.runs_for(forced, forced=True)
        verdict = look(script, observer, baseline)
        assert verdict.state is None, "it went on counting"
        assert verdict.doubts == (
            "device log entry 990002 (command) was applied",
            "the uptime went on: it was 1 d 0 h before and is 1 d 0 h now",
        )
        script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME + 60)
    assert look(script, observer, baseline).state is None, "what is repeated is an old reading"
    script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME + 60)
    script.runs_for(30, forced=True)
    assert look(script, observer, baseline).state == "done"


@pytest.mark.row(208)
@pytest.mark.parametrize("answer", ["the same", "none", "unreachable"])
@pytest.mark.parametrize("shown", [UPTIME, 0])
def test_as_long_as_an_uptime_is_not_renewed_the_log_alone_proves_nothing(
    script: ZequenzeScript, answer: str, shown: int
) -> None:
    """The device may be restarting still, or have ignored it; what it shows at last decides."""
    observer, baseline = take(script)
    for number in range(1, 60):
        script.clock.sleep(5)
        script.logs(entry(2))
        script.shows()
        # One that reads 0 for the first time has just started, and is asked itself at the next look.
        started = shown == 0 and number == 2
        if not started:
            script.runs_for(shown)
        if started or number - 2 * (shown == 0) in (1, 2, 4, 8, 12, 13, 24, 25, 48, 49):
            if answer == "unreachable":
                script.uptime(forced=True).answers(409)
            else:
                script.runs_for(shown if answer == "the same" else None, forced=True)
        if started and answer != "the same":
            script.runs_for(shown)
        verdict = look(script, observer, baseline)
        assert verdict.state is None
        assert any("has not been read again" in doubt or "reads 0" in doubt for doubt in verdict.doubts)
    script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(UPTIME + 300)
    assert look(script, observer, baseline).state is None
    script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(20)
    assert look(script, observer, baseline).state == "done"


def test_without_any_hint_the_device_is_asked_late_and_rarely(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    forced = []
    for number in range(1, 61):
        script.clock.sleep(5)
        script.logs()
        script.shows()
        script.runs_for(UPTIME)
        if number in (12, 13, 48, 49):
            forced.append(script.runs_for(UPTIME, forced=True))
        assert look(script, observer, baseline).state is None
    assert len(forced) == 4


def test_with_a_hint_the_device_is_asked_sooner_and_rarely(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.clock.sleep(1)
    for number in range(30):
        script.clock.sleep(5)
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME + 6 if number else UPTIME)
        if number in (0, 1, 3, 7, 11, 12, 23, 24):
            script.runs_for(UPTIME + 6 if number == 0 else None, forced=True)
        look(script, observer, baseline)


def test_a_log_entry_alone_does_not_count_before_the_device_was_asked_at_a_time_when_it_can_tell(
    script: ZequenzeScript,
) -> None:
    """Asked in the same second as before, a device shows the same number, restarted or not."""
    observer, baseline = take(script)
    for number in range(1, 7):
        script.clock.sleep(0.3)
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME)
        if number in (1, 2, 4):
            script.runs_for(UPTIME, forced=True)
        assert look(script, observer, baseline).state is None
    script.clock.sleep(1)
    for number in (7, 8):
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME)
        if number == 8:
            script.runs_for(UPTIME + 3, forced=True)
        verdict = look(script, observer, baseline)
        assert verdict.state is None
    assert any("went on" in doubt for doubt in verdict.doubts)


def test_a_live_uptime_costs_no_reading_from_the_device(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    for waited in range(5, 100, 5):
        script.clock.sleep(5)
        script.logs(entry(2))
        script.shows()
        script.runs_for(UPTIME + waited)
        assert look(script, observer, baseline).state is None
    script.clock.sleep(5)
    script.logs(entry(2))
    script.shows()
    script.runs_for(4)
    assert look(script, observer, baseline).evidence == ("device log entry 990002 (command) was applied",)


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
    assert look(script, observer, baseline).state is None
    script.clock.sleep(5)
    script.logs()
    script.shows()
    script.runs_for(25, NOON_AT + 205)
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
    restored = Baseline.from_json(json.loads(json.dumps(baseline.to_json())))
    observer = Observer(script.client(), script.clock)
    for uptime, state in ((500, None), (505, None), (510, "done")):
        script.restarted(uptime)
        assert look(script, observer, restored).state == state
        script.clock.sleep(5)


def test_an_entry_that_is_dated_before_the_request_is_told(script: ZequenzeScript) -> None:
    """The log's clock is behind: the entry may be an older one, and a person can see why nothing is confirmed."""
    observer, baseline = take(script, "sync")
    script.logs(entry(2, action="sync", datetime="2026-11-21T11:59:20Z"))
    assert look(script, observer, baseline, "sync").doubts[0] == (
        "device log entry 990002 (sync) is dated 40 s before the request, so it may be another one; compare the clocks "
        "of Zequenze Control"
    )


def test_another_device_under_the_name_is_told(script: ZequenzeScript) -> None:
    observer, baseline = take(script)
    script.logs()
    script.shows(serial_number="ZX81OTHER")
    assert look(script, observer, baseline).doubts == (
        f"{NAME} is a different device now: its serial number was ZX81TEST0007 and is ZX81OTHER",
    )
