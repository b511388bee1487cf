# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_info: what is said about devices, with which calls, and when nothing may be said."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    MaintenanceError,
    NoAnswer,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_info import inform
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import QUEUE_LOOK_BACK
from tests.unit.support.zequenze_script import DEVICE, HTML, NAME, QUEUE_QUERY, ZequenzeScript, entry, log_query, queued

LIST = "/inventory_device/"


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript()


def ask(script: ZequenzeScript, *names: str, **options: t.Any) -> list[dict[str, t.Any]]:
    params = {"name": list(names) or None, "all": False, "operations": None, "uptime": False, "concurrency": 1}
    result = inform(Task({**params, **options}, clock=script.clock), script.client())
    script.done()
    assert result["changed"] is False
    return t.cast("list[dict[str, t.Any]]", result["devices"])


def test_a_device_is_shown_with_what_is_queued(script: ZequenzeScript) -> None:
    script.shows()
    waiting = queued(2, datetime="2026-11-21T01:00:00Z")
    setting = queued(3, action="set", variable_name="Device.Time.NTPServer1")
    script.expect("GET", "/inventory_device_log/", QUEUE_QUERY).answers(
        json={"next": None, "results": [waiting, setting]}
    )
    assert ask(script, NAME) == [
        {
            "name": NAME,
            "found": True,
            "id": "811",
            "serial": "ZX81TEST0007",
            "status": "up",
            "last_status_change": "2026-11-18T08:00:00.000+00:00",
            "pending_settings": False,
            "ip": "192.0.2.44",
            "type": "3",
            "organization": "5",
            "uptime": None,
            "pending_operations": [{"id": "990002", "action": "command", "at": "2026-11-21T01:00:00.000+00:00"}],
        }
    ]


def test_where_the_queue_is_not_shown_alone_the_log_is_searched_by_the_servers_clock(script: ZequenzeScript) -> None:
    script.shows().answers(json=dict(DEVICE), headers={"Date": "Sat, 21 Nov 2026 05:00:00 GMT"})
    script.expect("GET", "/inventory_device_log/", QUEUE_QUERY).answers(json=[entry(1)])
    script.expect("GET", "/inventory_device_log/", log_query(1795237200.0 - QUEUE_LOOK_BACK)).answers(json=[])
    ask(script, NAME)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (True, "up"),
        (1, "up"),
        ("true", "up"),
        ("Up", "up"),
        (False, "down"),
        (0, "down"),
        ("False", "down"),
        ("odd", "unknown"),
        (None, "unknown"),
        (..., "unknown"),
    ],
)
def test_every_spelling_of_the_status_is_understood(script: ZequenzeScript, status: t.Any, shown: str) -> None:
    script.shows(status=status)
    assert ask(script, NAME, operations=False)[0]["status"] == shown


def test_what_the_platform_leaves_out_is_null(script: ZequenzeScript) -> None:
    script.record().answers(json={"id": "811", "name": NAME})
    [device] = ask(script, NAME, operations=False)
    assert (device["id"], device["serial"], device["status"], device["pending_settings"]) == (
        "811",
        None,
        "unknown",
        None,
    )
    assert device["last_status_change"] is None


@pytest.mark.parametrize(("read", "shown"), [(4711, 4711), (None, None)])
def test_the_uptime_is_read_on_request_only(script: ZequenzeScript, read: int | None, shown: int | None) -> None:
    script.shows()
    script.runs_for(read)
    assert ask(script, NAME, uptime=True, operations=False)[0]["uptime"] == shown


def test_devices_come_in_the_order_asked_and_an_absent_one_has_the_same_keys(script: ZequenzeScript) -> None:
    script.shows()
    script.has_no_device("nobody")
    present, absent = ask(script, NAME, "nobody", operations=False)
    assert (absent["name"], absent["found"], absent["id"], absent["status"]) == ("nobody", False, None, "unknown")
    assert (present["name"], present["found"]) == (NAME, True)
    assert list(absent) == list(present)


def test_when_a_device_is_not_found_first_the_api_itself_is_asked_for(script: ZequenzeScript) -> None:
    script.has_no_device()
    script.expect("GET", LIST, {"limit": "1"}).answers(json={"count": 0, "next": None, "results": []})
    assert ask(script, NAME)[0]["found"] is False


def test_a_wrong_address_does_not_look_like_a_missing_device(script: ZequenzeScript) -> None:
    script.has_no_device()
    script.expect("GET", LIST).answers(404, text="<h1>Not Found</h1>", headers=HTML)
    with pytest.raises(Refused, match="has no API at"):
        ask(script, NAME)


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [(401, SignInRefused, "api_token"), (403, Refused, "403"), (400, Refused, "400"), (204, NoAnswer, "204")],
)
def test_only_a_404_means_absent(script: ZequenzeScript, status: int, error: type[MaintenanceError], says: str) -> None:
    script.record().answers(status, json={"detail": "no"})
    with pytest.raises(error, match=says) as raised:
        ask(script, NAME)
    assert NAME in str(raised.value)


def test_a_failing_server_and_a_lost_answer_fail_the_task(script: ZequenzeScript) -> None:
    for _attempt in range(4):
        script.record().answers(503)
    script.record().loses_the_answer()
    with pytest.raises(NoAnswer, match=NAME):
        ask(script, NAME)
    script.done()


def test_the_record_of_another_device_is_refused(script: ZequenzeScript) -> None:
    script.record().answers(json={**DEVICE, "name": "lon-sbc-01"})
    with pytest.raises(NoAnswer, match="answered with 'lon-sbc-01'"):
        ask(script, NAME)


def test_where_pending_filters_a_device_with_nothing_pending_is_found(script: ZequenzeScript) -> None:
    script.expect("GET", f"/inventory_device_name/{NAME}/", {"pending": "true"}).answers(404)
    record = {key: value for key, value in DEVICE.items() if key != "pending_settings"}
    script.expect("GET", f"/inventory_device_name/{NAME}/", {}).answers(json=record)
    [device] = ask(script, NAME, operations=False)
    assert (device["found"], device["pending_settings"]) == (True, False)


def test_all_reads_the_list_and_no_device_by_itself(script: ZequenzeScript) -> None:
    other = {**DEVICE, "id": "812", "name": "lax-sbc-02", "pending_settings": True}
    script.expect("GET", LIST, {"limit": "100", "pending": "true"}).answers(
        json={
            "count": 2,
            "next": "https://elsewhere.example.net/x/?limit=100&offset=100&pending=true",
            "results": [dict(DEVICE)],
        }
    )
    script.expect("GET", LIST, {"limit": "100", "offset": "100", "pending": "true"}).answers(
        json={"count": 2, "next": None, "results": [other]}
    )
    script.expect("GET", LIST, {"limit": "1"}).answers(
        json={"count": 2, "next": "x?offset=1", "results": [dict(DEVICE)]}
    )
    devices = ask(script, all=True)
    assert [(each["id"], each["pending_settings"], each["pending_operations"]) for each in devices] == [
        ("811", False, None),
        ("812", True, None),
    ]


def test_all_with_operations_and_uptime_asks_every_device(script: ZequenzeScript) -> None:
    script.expect("GET", LIST).answers(json={"count": 1, "next": None, "results": [dict(DEVICE)]})
    script.expect("GET", LIST).answers(json={"count": 1, "next": None, "results": [dict(DEVICE)]})
    script.runs_for(60)
    script.logs(queued())
    [device] = ask(script, all=True, operations=True, uptime=True)
    assert (device["uptime"], [each["id"] for each in device["pending_operations"]]) == (60, ["990001"])


def test_where_pending_filters_the_fleet_is_still_whole(script: ZequenzeScript) -> None:
    plain = [
        {key: value for key, value in DEVICE.items() if key != "pending_settings"}
        | {"id": number, "name": f"d{number}"}
        for number in (1, 2, 3)
    ]
    script.expect("GET", LIST, {"limit": "100", "pending": "true"}).answers(
        json={"count": 1, "next": None, "results": [{**plain[1], "pending_settings": True}]}
    )
    script.expect("GET", LIST, {"limit": "1"}).answers(json={"count": 3, "next": None, "results": plain[:1]})
    script.expect("GET", LIST, {"limit": "100"}).answers(json={"count": 3, "next": None, "results": plain})
    assert [(each["name"], each["pending_settings"]) for each in ask(script, all=True)] == [
        ("d1", False),
        ("d2", True),
        ("d3", False),
    ]


def test_a_pending_flag_that_nobody_reports_is_null(script: ZequenzeScript) -> None:
    plain = {key: value for key, value in DEVICE.items() if key != "pending_settings"}
    for _call in range(3):
        script.expect("GET", LIST).answers(json=[plain])
    assert ask(script, all=True)[0]["pending_settings"] is None


@pytest.mark.row(52)
def test_a_list_that_is_shorter_than_its_count_is_no_fleet(script: ZequenzeScript) -> None:
    script.expect("GET", LIST).answers(json={"count": 2, "next": None, "results": [dict(DEVICE)]})
    with pytest.raises(NoAnswer, match="counts 2 entries in the list of devices but gave 1"):
        ask(script, all=True)


@pytest.mark.parametrize(("names", "everything"), [((), False), ((NAME,), True)])
def test_names_and_all_exclude_each_other_and_one_is_needed(
    script: ZequenzeScript, names: tuple[str, ...], everything: bool
) -> None:
    with pytest.raises(BadInput, match="name"):
        ask(script, *names, all=everything)
    assert script.sent == []


def test_a_name_that_no_path_can_carry_is_refused_before_anything_is_sent(script: ZequenzeScript) -> None:
    with pytest.raises(BadInput, match="URL path"):
        ask(script, "lab/cpe-07")
    assert script.sent == []
