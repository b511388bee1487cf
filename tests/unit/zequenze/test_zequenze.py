# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to Zequenze Control: what each status means at each call, and pages of every kind."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    Conflict,
    MaintenanceError,
    NoAnswer,
    NotFound,
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import MOST_PAGES
from tests.unit.support.zequenze_script import DEVICE, HTML, NAME, TOKEN, ZequenzeScript, entry, log_query

LOG = "/inventory_device_log/"
LIST = "/inventory_device/"
SINCE = 1795226400.0
ELSEWHERE = "https://elsewhere.example.net:8443/steal"


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript()


def page(*numbers: int, following: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    return {"next": following, "previous": None, "results": [entry(number) for number in numbers], **more}


def log_ids(script: ZequenzeScript) -> list[str]:
    rows = script.client().log("811", SINCE)
    script.done()
    return [row.id for row in rows]


def never() -> None:
    """A guard that lets everything pass."""


# ---------------------------------------------------------------------------------------------------- reading


def test_a_device_is_asked_for_by_its_encoded_name(script: ZequenzeScript) -> None:
    name = "lab cpe?07#ü%2F"
    script.expect("GET", "/inventory_device_name/lab%20cpe%3F07%23%C3%BC%252F/", {"pending": "true"}).answers(
        json={**DEVICE, "name": name}
    )
    assert script.client().device(name).id == "811"
    script.done()
    assert script.sent[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.row(54)
@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", "x" * 256, "\ud800"])
def test_names_no_path_can_carry_are_refused(script: ZequenzeScript, name: str) -> None:
    for call in (script.client().device, lambda each: script.client().operate(each, "reboot", never)):
        with pytest.raises(BadInput):
            call(name)
    assert script.sent == []


@pytest.mark.row(55, 57)
@pytest.mark.parametrize("twin", ["LAX-SBC-01", "lax-sbc-01 ", "lax-sbc-0１"])
def test_an_answer_about_another_device_is_refused(script: ZequenzeScript, twin: str) -> None:
    script.record().answers(json={**DEVICE, "name": twin})
    with pytest.raises(NoAnswer, match="was asked for device"):
        script.client().device(NAME)


def test_a_serial_number_finds_a_device_and_no_other(script: ZequenzeScript) -> None:
    path = "/inventory_device_serial/ZX81TEST0007/"
    script.expect("GET", path).answers(json={**DEVICE, "id": 1811, "name": "factory-name"})
    assert script.client().device_by_serial("ZX81TEST0007").id == "1811"
    script.expect("GET", path).answers(json={**DEVICE, "serial_number": "ZX81TEST0008"})
    with pytest.raises(NoAnswer, match="serial number"):
        script.client().device_by_serial("ZX81TEST0007")


READING: list[tuple[int, type[MaintenanceError], str]] = [
    (400, Refused, "400"),
    (401, SignInRefused, "Check api_token .ZEQUENZE_TOKEN"),
    (403, Refused, "may not do this"),
    (404, NotFound, "case-sensitive"),
    (405, Refused, "405"),
    (409, Refused, "409"),
    (422, Refused, "422"),
    (202, NoAnswer, "202"),
]


@pytest.mark.parametrize(("status", "error", "says"), READING)
def test_what_a_status_means_when_reading(
    script: ZequenzeScript, status: int, error: type[MaintenanceError], says: str
) -> None:
    script.record().answers(status, json={"detail": "the server's words"})
    if status == 404:
        script.record().answers(status, json={"detail": "the server's words"})
        script.expect("GET", "/inventory_device/").answers(json={"count": 1, "results": []})
    with pytest.raises(error, match=says) as raised:
        script.client().device(NAME)
    script.done()
    assert type(raised.value) is error
    assert ("the server's words" in str(raised.value)) is (status not in (401, 404))


def test_a_404_below_a_wrong_address_says_nothing_of_a_device(script: ZequenzeScript) -> None:
    client = script.client()
    for _try in range(2):
        script.record().answers(404)
    script.expect("GET", "/inventory_device/").answers(404)
    with pytest.raises(
        Refused, match=r"has no API at .* \(404\). api_url .ZEQUENZE_URL. usually ends with /api/v1"
    ) as no:
        client.device(NAME)
    assert not isinstance(no.value, NotFound)
    script.expect("GET", "/inventory_device/").answers(404)
    with pytest.raises(Refused, match="has no API at"):
        client.check()
    script.shows()
    client.device(NAME)
    for _try in range(2):
        script.record().answers(404)
    with pytest.raises(NotFound):
        client.device(NAME)
    script.done()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_reading_is_repeated_and_ends_in_no_answer_or_a_refusal(script: ZequenzeScript, status: int) -> None:
    for _attempt in range(5):
        script.record().answers(status)
    with pytest.raises(NoAnswer if status >= 500 else Refused, match=str(status)):
        script.client(timeout=600).device(NAME)
    script.done()


@pytest.mark.parametrize(
    ("text", "headers", "error"),
    [
        ("<html>Please sign in</html>", HTML, SignInRefused),
        ("<!DOCTYPE HTML><title>proxy</title>", {}, SignInRefused),
        ("not json", {"content-type": "application/json"}, NoAnswer),
        ("", {}, NoAnswer),
        ("null", {}, NoAnswer),
        ('{"id": 811, "id": 812, "name": "lax-sbc-01"}', {}, NoAnswer),
        ('{"id": NaN, "name": "lax-sbc-01"}', {}, NoAnswer),
    ],
)
def test_a_200_that_is_no_record_is_no_record(
    script: ZequenzeScript, text: str, headers: dict[str, str], error: type[MaintenanceError]
) -> None:
    script.record().answers(200, text=text, headers=headers)
    with pytest.raises(error):
        script.client().device(NAME)


@pytest.mark.row(24)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_reading_follows_no_redirect(script: ZequenzeScript, status: int) -> None:
    script.record().answers(status, headers={"location": ELSEWHERE})
    with pytest.raises(Refused, match=r"redirect.*elsewhere\.example\.net"):
        script.client().device(NAME)
    script.done()


@pytest.mark.parametrize(
    "body",
    [b'{"detail": "Not now."}', b'["Not now."]', b'"Not now."', b"Not now.", b'{"non_field_errors": ["Not now."]}'],
)
def test_the_servers_words_are_passed_on_whatever_their_form(script: ZequenzeScript, body: bytes) -> None:
    script.record().answers(400, text=body.decode())
    with pytest.raises(Refused, match="Not now"):
        script.client().device(NAME)


def test_a_page_for_people_is_not_quoted(script: ZequenzeScript) -> None:
    script.record().answers(400, text="<html>" + "x" * 5000, headers=HTML)
    with pytest.raises(Refused) as raised:
        script.client().device(NAME)
    assert len(str(raised.value)) < 200


# ---------------------------------------------------------------------------------------------------- pages


def test_the_log_is_read_by_cursor_without_trusting_the_address_of_the_next_page(script: ZequenzeScript) -> None:
    query = log_query(SINCE)
    script.expect("GET", LOG, query).answers(json=page(1, 2, following=f"{ELSEWHERE}?cursor=cD0x%3D&limit=100"))
    script.expect("GET", LOG, {"cursor": "cD0x=", "limit": "100"}).answers(json=page(3, following=None))
    assert log_ids(script) == ["990001", "990002", "990003"]
    assert {request.path for request in script.sent} == {LOG}


def test_the_log_is_read_by_offset(script: ZequenzeScript) -> None:
    script.expect("GET", LOG, log_query(SINCE)).answers(json=page(1, following="https://api.example.com/x?offset=1&a="))
    script.expect("GET", LOG, {"offset": "1", "a": ""}).answers(json=page(2, following=""))
    assert log_ids(script) == ["990001", "990002"]


def test_the_log_is_asked_for_with_an_offset_and_whole_seconds(script: ZequenzeScript) -> None:
    script.expect("GET", LOG, log_query(SINCE)).answers(json=page())
    script.client().log("811", SINCE + 0.9)
    assert dict(script.sent[0].query)["datetime__gte"] == "2026-11-21T02:00:00+00:00"


def test_a_bare_list_is_a_page(script: ZequenzeScript) -> None:
    script.log().answers(json=[entry(1)])
    assert log_ids(script) == ["990001"]


def test_rows_that_move_to_the_next_page_are_given_once(script: ZequenzeScript) -> None:
    script.log().answers(json=page(1, 2, 2, following="?offset=2"))
    script.log().answers(json=page(2, 3))
    assert log_ids(script) == ["990001", "990002", "990003"]


def test_entries_of_other_devices_are_left_out(script: ZequenzeScript) -> None:
    rows = [entry(1), entry(2, parent={"id": 812}), entry(3, parent=None), entry(4, parent="811")]
    script.log().answers(json={"results": rows})
    assert log_ids(script) == ["990001", "990003", "990004"]


@pytest.mark.row(52)
def test_a_repeated_page_is_an_error(script: ZequenzeScript) -> None:
    script.log().answers(json=page(1, 2, following="?offset=2"))
    script.log().answers(json=page(1, 2, following="?offset=4"))
    with pytest.raises(NoAnswer, match="same page"):
        log_ids(script)
    script.done()


@pytest.mark.row(52)
def test_pages_in_a_circle_are_an_error(script: ZequenzeScript) -> None:
    script.log().answers(json=page(1, following="?offset=2"))
    script.log().answers(json=page(2, following="?offset=2"))
    with pytest.raises(NoAnswer, match="in a circle"):
        log_ids(script)
    script.done()


@pytest.mark.row(52)
def test_pages_without_end_are_an_error(script: ZequenzeScript) -> None:
    for number in range(MOST_PAGES):
        script.log().answers(json=page(number, following=f"?offset={number + 1}"))
    with pytest.raises(NoAnswer, match="without end"):
        log_ids(script)
    script.done()


@pytest.mark.row(50)
@pytest.mark.parametrize(
    "document", [{}, {"results": None}, {"results": {}}, {"results": "x"}, "x", 5, None, {"detail": "x"}]
)
def test_a_page_without_results_is_an_error_and_not_an_empty_one(script: ZequenzeScript, document: t.Any) -> None:
    script.log().answers(text=json.dumps(document))
    with pytest.raises(NoAnswer):
        log_ids(script)


@pytest.mark.parametrize("row", [None, "x", [], {}])
def test_a_row_that_is_none_is_an_error(script: ZequenzeScript, row: t.Any) -> None:
    script.log().answers(json={"results": [row]})
    with pytest.raises(NoAnswer):
        log_ids(script)


@pytest.mark.parametrize("following", [{"url": "x"}, ["x"], 7, True])
def test_a_next_page_that_is_no_address_is_an_error(script: ZequenzeScript, following: t.Any) -> None:
    script.log().answers(json=page(1, following=following))
    with pytest.raises(NoAnswer, match="no address"):
        log_ids(script)


@pytest.mark.row(53)
def test_a_failure_in_the_middle_of_paging_gives_no_part_of_the_list(script: ZequenzeScript) -> None:
    script.expect("GET", LIST).answers(json={"count": 2, "next": "?offset=1", "results": [dict(DEVICE)]})
    script.expect("GET", LIST).answers(403)
    with pytest.raises(Refused):
        script.client().devices()
    script.done()


@pytest.mark.row(52)
def test_a_list_may_be_longer_than_its_count_but_not_shorter(script: ZequenzeScript) -> None:
    both = [dict(DEVICE), {**DEVICE, "id": 812, "name": "lax-sbc-02"}]
    for count in (1, 1, 2):
        script.expect("GET", LIST).answers(json={"count": count, "next": None, "results": both})
    assert [row.id for row in script.client().devices()] == ["811", "812"]
    script.expect("GET", LIST).answers(json={"count": 3, "next": None, "results": both})
    with pytest.raises(NoAnswer, match="counts 3"):
        script.client().devices()


@pytest.mark.row(61)
def test_twins_are_both_listed(script: ZequenzeScript) -> None:
    twins = [dict(DEVICE), {**DEVICE, "id": "812"}]
    for _call in range(2):
        script.expect("GET", LIST).answers(json={"count": 2, "next": None, "results": twins})
    assert [(row.id, row.name) for row in script.client().devices()] == [("811", NAME), ("812", NAME)]


# ---------------------------------------------------------------------------------------------------- uptime


@pytest.mark.parametrize("status", [400, 404])
def test_a_profile_without_the_variable_has_no_uptime(script: ZequenzeScript, status: int) -> None:
    script.uptime().answers(status)
    assert script.client().uptime(NAME) is None


@pytest.mark.parametrize("status", [401, 403, 409])
def test_any_other_refusal_is_no_word_about_the_uptime(script: ZequenzeScript, status: int) -> None:
    script.uptime(forced=True).answers(status)
    with pytest.raises(Refused):
        script.client().uptime(NAME, force=True)


# ---------------------------------------------------------------------------------------------------- operating


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
@pytest.mark.parametrize(
    ("body", "execution_id"),
    [
        ('{"id": 4471, "operation": "sync", "device_name": "lax-sbc-01", "execution_id": "op_3f9c"}', "op_3f9c"),
        ('{"operation": "sync"}', None),
        ('{"execution_id": 17}', "17"),
        ('{"execution_id": null}', None),
        ("", None),
        ("  ", None),
        ("OK", None),
        ("[]", None),
        ('{"operation": "syn', None),
    ],
)
def test_any_success_means_accepted(script: ZequenzeScript, status: int, body: str, execution_id: str | None) -> None:
    script.put().answers(status, text=body)
    assert script.client().operate(NAME, "sync", never).execution_id == execution_id
    [request] = script.sent
    assert request.body == b'{"operation": "sync"}'
    assert request.headers["Content-Type"] == "application/json"


def test_an_accepted_operation_stays_accepted_when_its_body_breaks_off(script: ZequenzeScript) -> None:
    script.put().answers(200, text='{"execution_id": "op', problem="broke off in the middle of its answer")
    assert script.client().operate(NAME, "reboot", never).execution_id is None


OPERATING: list[tuple[int, type[MaintenanceError]]] = [
    (400, Refused),
    (401, SignInRefused),
    (403, Refused),
    (404, NotFound),
    (405, Refused),
    (408, Refused),
    (409, Conflict),
    (415, Refused),
    (422, Refused),
    (429, Conflict),
    (500, NoAnswer),
    (501, NoAnswer),
    (502, NoAnswer),
    (503, NoAnswer),
    (504, NoAnswer),
    (599, NoAnswer),
]


@pytest.mark.row(36)
@pytest.mark.parametrize("body", ['{"detail": "Not now."}', "<html>Not now</html>", ""])
@pytest.mark.parametrize(("status", "error"), OPERATING)
def test_what_a_status_means_when_operating_and_that_it_is_sent_once(
    script: ZequenzeScript, status: int, error: type[MaintenanceError], body: str
) -> None:
    script.put().answers(status, text=body)
    with pytest.raises(error) as raised:
        script.client().operate(NAME, "reboot", never)
    script.done()
    assert type(raised.value) is error
    assert len(script.sent) == 1
    assert NAME in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert "<html>" not in str(raised.value)


@pytest.mark.row(27, 42)
@pytest.mark.parametrize(
    ("text", "headers"), [("<p>Welcome</p>", HTML), ("<!doctype html>Welcome", {}), (" <html>", {})]
)
def test_a_page_for_people_is_no_acceptance(script: ZequenzeScript, text: str, headers: dict[str, str]) -> None:
    script.put().answers(200, text=text, headers=headers)
    with pytest.raises(NoAnswer, match="HTML page"):
        script.client().operate(NAME, "reboot", never)


@pytest.mark.row(21, 23)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_operating_follows_no_redirect_and_does_not_know_what_happened(script: ZequenzeScript, status: int) -> None:
    script.put().answers(status, headers={"location": ELSEWHERE})
    with pytest.raises(NoAnswer, match="redirect"):
        script.client().operate(NAME, "reboot", never)
    assert len(script.sent) == 1


@pytest.mark.row(21)
def test_a_redirect_to_the_login_page_is_a_refusal(script: ZequenzeScript) -> None:
    script.put().answers(302, headers={"location": "/accounts/login/?next=x"})
    with pytest.raises(SignInRefused):
        script.client().operate(NAME, "reboot", never)


@pytest.mark.parametrize(
    ("status", "retry_after", "read"),
    [(429, "7", 7.0), (409, "7", 7.0), (503, "7", 7.0), (429, "-7", None), (429, "soon", None), (429, "999999", 300.0)],
)
def test_the_pause_a_server_asks_for(script: ZequenzeScript, status: int, retry_after: str, read: float | None) -> None:
    script.put().answers(status, headers={"Retry-After": retry_after})
    with pytest.raises((Conflict, NoAnswer)) as raised:
        script.client().operate(NAME, "reboot", never)
    assert isinstance(raised.value, (Conflict, NoAnswer))
    assert raised.value.retry_after == read


def test_a_pause_given_as_a_date_is_by_the_servers_clock(script: ZequenzeScript) -> None:
    dates = {"Retry-After": "Sat, 21 Nov 2026 09:00:10 GMT", "Date": "Sat, 21 Nov 2026 09:00:00 GMT"}
    script.put().answers(429, headers=dates)
    with pytest.raises(Conflict) as raised:
        script.client().operate(NAME, "reboot", never)
    assert raised.value.retry_after == 10.0


def test_a_lost_answer_is_no_answer_and_is_not_sent_again(script: ZequenzeScript) -> None:
    script.put().loses_the_answer()
    with pytest.raises(NoAnswer):
        script.client().operate(NAME, "reboot", never)
    script.done()


def test_what_did_not_leave_is_tried_again(script: ZequenzeScript) -> None:
    script.put().is_not_sent()
    script.put().answers(200)
    script.client().operate(NAME, "reboot", never)
    assert len(script.sent) == 1


def test_what_never_leaves_is_not_sent(script: ZequenzeScript) -> None:
    for _attempt in range(5):
        script.put().is_not_sent()
    with pytest.raises(NotSent, match="tried 5 times"):
        script.client(timeout=600).operate(NAME, "reboot", never)
    script.done()


def test_a_guard_stops_the_request(script: ZequenzeScript) -> None:
    def guard() -> None:
        raise Blocked("Not any more.")

    script.put()
    with pytest.raises(Blocked):
        script.client().operate(NAME, "reboot", guard)
    assert script.sent == []


# Asking about a right


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        ({"json": {"name": "Operation", "actions": {"PUT": {"operation": {}}}}}, True),
        ({"json": {"name": "Operation", "actions": {"POST": {}}}}, None),
        ({"json": {"name": "Operation"}}, None),
        ({"json": [1]}, None),
        ({"text": "<html>", "headers": HTML}, None),
        ({"status": 405, "json": {"detail": "Method not allowed."}}, None),
        ({"status": 403, "json": {"detail": "No."}}, None),
        ({"status": 404}, None),
    ],
)
def test_only_a_list_that_names_put_says_that_the_token_may_operate(
    script: ZequenzeScript, answer: dict[str, t.Any], may: bool | None
) -> None:
    script.expect("OPTIONS", f"/inventory_device_name_operation/{NAME}/").answers(**answer)
    assert script.client().may_operate(NAME) is may
    script.done()
    assert script.sent[0].body is None


def test_a_token_that_is_not_accepted_is_said_when_asking_too(script: ZequenzeScript) -> None:
    script.expect("OPTIONS", f"/inventory_device_name_operation/{NAME}/").answers(401)
    with pytest.raises(SignInRefused):
        script.client().may_operate(NAME)
