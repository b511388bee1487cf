# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to PAM Core: every envelope is understood, and every no gets its kind and one clear sentence."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    Conflict,
    NoAnswer,
    NotFound,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import listen, objection
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from tests.unit.support.pam_script import LAB, WEB, PamScript, envelope, failure

DEVICE = "/iso/pam/device/12"
RECORD = {name: WEB[name] for name in ("hostname", "ip", "model", "type", "vendor", "site")}


@pytest.fixture
def script() -> PamScript:
    return PamScript()


@pytest.fixture
def client(script: PamScript) -> Senhasegura:
    return script.client()


def without(document: dict[str, t.Any], *paths: str) -> dict[str, t.Any]:
    for path in paths:
        holder, _, name = path.rpartition(".")
        (document[holder] if holder else document).pop(name)
    return document


FULL = envelope("Device 12", device=WEB)
SUCCESSES = {
    "full": FULL,
    "no outer code": without(envelope("Device 12", device=WEB), "code"),
    "short": without(
        envelope("Device 12", device=WEB), "code", "response.error_code", "response.cod_erro", "response.detail"
    ),
    "Portuguese": {"response": {"status": 200, "mensagem": "Dispositivo 12", "erro": False}, "device": WEB},
    "with tenant and capital letter": {**envelope("Device 12", device=WEB), "tenant": "acme", "Message": "x"},
    "ids as numbers": envelope("Device 12", device={**WEB, "id": 12}),
    "a flag as text": {"response": {"status": "200", "error": "false", "message": "x"}, "device": WEB},
}


@pytest.mark.parametrize("name", SUCCESSES)
def test_every_envelope_of_a_success_is_understood(script: PamScript, client: Senhasegura, name: str) -> None:
    script.expect("GET", DEVICE).answers(json=SUCCESSES[name])
    row = client.device("12", "web-01")
    assert row == {
        **WEB,
        "device_domain": ["corp.example.com"],
        "device_tags": ["prod", "web"],
        "connectivities": ["SSH:22", "HTTPS:443"],
    }


TEXT = "1039: Without PAM Configuration Access permission"
FAILURES = {
    "full": (400, failure(1039, "Without PAM Configuration Access permission")),
    "no outer code": (400, without(failure(1039, "x"), "code")),
    "no exception": (400, {"response": {"status": 400, "message": TEXT, "error": True}}),
    "only an exception": (400, {"exception": {"code": 1039, "message": TEXT, "detail": None}}),
    "Portuguese": (400, {"response": {"mensagem": "1039: Sem permissão", "erro": True}}),
    "a code as text": (400, {"response": {"message": "no", "error": True}, "exception": {"code": "1039"}}),
    "HTTP says 200": (200, failure(1039, "x", 400)),
    "only the flag says no": (200, {"response": {"status": 200, "message": TEXT, "error": True}}),
    "only the alias says no": (200, {"response": {"status": 200, "message": TEXT, "error": False, "erro": True}}),
    "only the exception says no": (200, {"response": {"message": "ok", "error": False}, "exception": {"code": 1039}}),
    "only the inner status says no": (201, {"response": {"status": 400, "message": TEXT, "error": False}}),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_envelope_of_a_failure_is_understood(script: PamScript, client: Senhasegura, name: str) -> None:
    status, body = FAILURES[name]
    script.expect("POST", "/iso/pam/device").answers(status, json=body)
    with pytest.raises(Refused) as caught:
        client.write_device(RECORD)
    assert (caught.value.code, caught.value.status) == (1039, status)


def test_a_refusal_is_one_clear_sentence(script: PamScript, client: Senhasegura) -> None:
    script.refuses("POST", "/iso/pam/device", 1039, "Without PAM Configuration Access permission")
    with pytest.raises(Refused) as caught:
        client.write_device(RECORD)
    assert str(caught.value) == (
        "senhasegura PAM Core did not write the device 'web-01' (HTTP 400, code 1039: Without PAM Configuration Access "
        "permission); the authorization of these credentials is read-only; it needs 'Read and write' on PAM Core."
    )


@pytest.mark.parametrize("code", [1004, 1005, 1019, 1020, 1021, 1022, 1029, 1031])
def test_every_other_code_is_a_refusal_with_that_code(script: PamScript, client: Senhasegura, code: int) -> None:
    script.refuses("POST", "/iso/pam/device", code)
    with pytest.raises(Refused, match=f"HTTP 400, code {code}: Some text") as caught:
        client.write_device(RECORD)
    assert caught.value.kind == "refused"


def test_not_there_is_only_said_for_1011(script: PamScript, client: Senhasegura) -> None:
    script.refuses("GET", DEVICE, 1011, "Device not found")
    with pytest.raises(NotFound, match=r"'web-01' \(id 12\).*code 1011: Device not found"):
        client.device("12", "web-01")


NEVER_NOT_THERE = [
    (401, {"error": "access_denied", "message": "denied"}, SignInRefused),
    (404, {"message": "no Route matched with those values"}, SignInRefused),
    (404, failure(None, "Resource sub not found", 404), Refused),
    (403, {"message": "forbidden"}, Refused),
    (500, failure(None, "You are not authorized to access this resource.", 500), Refused),
    (400, failure(None, "Something happened"), Refused),
    (400, {"message": "odd"}, Refused),
    (418, {"message": "odd"}, Refused),
    (429, {"message": "slow down"}, Conflict),
    (502, {"message": "bad gateway"}, NoAnswer),
]


@pytest.mark.parametrize(("status", "body", "kind"), NEVER_NOT_THERE)
def test_no_other_failure_is_taken_for_not_there(status: int, body: t.Any, kind: type[Exception]) -> None:
    answer = Answer(status, {"content-type": "application/json"}, json.dumps(body).encode())
    error = objection(listen(answer, "PAM", 0.0), "show the device 'web-01'")
    assert type(error) is kind
    assert f"HTTP {status}" in str(error)


@pytest.mark.row(27, 42)
@pytest.mark.parametrize(
    ("status", "kind"), [(200, SignInRefused), (401, SignInRefused), (404, Refused), (502, NoAnswer)]
)
def test_a_web_page_is_never_data(status: int, kind: type[Exception]) -> None:
    answer = Answer(status, {"content-type": "text/html; charset=utf-8"}, b"<html><title>Login</title></html>")
    assert type(objection(listen(answer, "PAM", 0.0), "list the devices")) is kind


@pytest.mark.parametrize(
    "body", [b"", b"not JSON", b"[]", b'"text"', b"null", b'{"response": {}, "response": {}}', b"\xff\xfe"]
)
def test_a_success_without_a_believable_body_is_no_answer(script: PamScript, client: Senhasegura, body: t.Any) -> None:
    script.expect("GET", DEVICE).ending = Answer(200, {"content-type": "application/json"}, body)
    with pytest.raises(NoAnswer):
        client.device("12", "web-01")


def test_a_body_that_broke_off_is_no_answer(script: PamScript, client: Senhasegura) -> None:
    for _attempt in range(5):
        script.expect("GET", DEVICE).answers(200, text="{", problem="broke off in the middle of its answer")
    with pytest.raises(NoAnswer, match="broke off"):
        client.device("12", "web-01")


@pytest.mark.row(42)
@given(st.integers(200, 599).filter(lambda status: not 300 <= status < 400), st.binary(max_size=80))
def test_any_bytes_are_understood_or_no_answer(status: int, body: t.Any) -> None:
    try:
        said = listen(Answer(status, {}, body), "PAM", 0.0)
    except NoAnswer:
        assert status < 300
        return
    if said.failed:
        assert str(objection(said, "do it")).isprintable()


@pytest.mark.row(56)
def test_what_the_server_says_cannot_break_a_message(script: PamScript, client: Senhasegura) -> None:
    hostile = "line\r\nbreak \x1b[31m\u202e" + "x" * 5000
    script.refuses("POST", "/iso/pam/device", 1029, hostile)
    with pytest.raises(Refused) as caught:
        client.write_device(RECORD)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


@pytest.mark.row(55)
def test_the_answer_for_another_device_is_not_taken(script: PamScript, client: Senhasegura) -> None:
    script.shows(LAB, device_id="12")
    with pytest.raises(NoAnswer, match=r"answered with the device 'lab switch 01' \(id 40\) instead"):
        client.device("12", "web-01")


def test_an_id_is_encoded_once_in_the_path(script: PamScript, client: Senhasegura) -> None:
    script.shows({**WEB, "id": "a%2F b"}, device_id="a%252F%20b")
    assert client.device("a%2F b", "web-01")["id"] == "a%2F b"


@pytest.mark.parametrize("status", [200, 201])
def test_a_write_is_a_json_post_and_gives_the_device(script: PamScript, client: Senhasegura, status: int) -> None:
    script.writes(WEB, status)
    row = client.write_device(RECORD)
    assert row is not None
    assert row["id"] == "12"
    assert script.body(0) == RECORD
    assert script.sent[0].headers["Content-Type"] == "application/json"


def test_a_write_whose_reply_shows_nothing_gives_nothing(script: PamScript, client: Senhasegura) -> None:
    script.writes(None)
    assert client.write_device(RECORD) is None


def test_a_lost_answer_is_asked_for_again(script: PamScript, client: Senhasegura) -> None:
    script.expect("POST", "/iso/pam/device").loses_the_answer()
    script.writes(WEB)
    assert client.write_device(RECORD)
    script.done()


@pytest.mark.parametrize("answer", [envelope("ok"), None])
def test_deactivating_takes_200_and_204(
    script: PamScript, client: Senhasegura, answer: dict[str, t.Any] | None
) -> None:
    script.expect("DELETE", DEVICE).answers(200 if answer else 204, json=answer)
    assert client.deactivate("12", "web-01") is True


def test_deactivating_what_is_not_there_says_so(script: PamScript, client: Senhasegura) -> None:
    script.refuses("DELETE", DEVICE, 1011)
    assert client.deactivate("12", "web-01") is False


@pytest.mark.parametrize("code", [1039, 1008, None])
def test_deactivating_fails_for_every_other_no(script: PamScript, client: Senhasegura, code: int | None) -> None:
    script.expect("DELETE", DEVICE).answers(400, json=failure(code, "The device is already inactive"))
    with pytest.raises(Refused, match="did not deactivate the device 'web-01'"):
        client.deactivate("12", "web-01")


def test_activating_tells_whether_it_was_inactive(script: PamScript, client: Senhasegura) -> None:
    script.activates("12")
    script.refuses("PUT", DEVICE, 1044)
    assert [client.activate("12", "web-01"), client.activate("12", "web-01")] == [True, False]
    assert [request.body for request in script.sent] == [None, None]


SESSION = {"id": 7, "session_id": "abc", "user": "jdoe", "device": "web-01:22", "protocol": "SSH", "end": None}


@pytest.mark.parametrize("key", ["remote_sessions", "remote_session", "sessions"])
def test_live_sessions_are_those_without_an_end(script: PamScript, client: Senhasegura, key: str) -> None:
    ended = {**SESSION, "id": 8, "end": "2026-11-20 10:00:00"}
    zero = {**SESSION, "id": 9, "end": "0000-00-00 00:00:00"}
    script.expect("GET", "/iso/pam/session/remotesessions").answers(json=envelope("x") | {key: [SESSION, ended, zero]})
    assert [session["id"] for session in client.live_sessions()] == ["7", "9"]


def test_sessions_are_found_at_the_other_documented_address(script: PamScript, client: Senhasegura) -> None:
    script.expect("GET", "/iso/pam/session/remotesessions").answers(404, json=failure(None, "Resource sub not found"))
    script.expect("GET", "/iso/session/remotesessions").answers(json=envelope("0", remote_sessions=[]))
    assert client.live_sessions() == []


@pytest.mark.parametrize("sessions", [None, {}, "none", [None], [{**SESSION, "device": ""}], [{"id": 1}]])
def test_sessions_that_cannot_be_told_are_no_answer(script: PamScript, client: Senhasegura, sessions: t.Any) -> None:
    script.expect("GET", "/iso/pam/session/remotesessions").answers(json=envelope("x", remote_sessions=sessions))
    with pytest.raises(NoAnswer):
        client.live_sessions()


def test_only_1039_says_that_the_credentials_may_not_write(script: PamScript, client: Senhasegura) -> None:
    script.refuses("POST", "/iso/pam/device", 1004)
    script.refuses("POST", "/iso/pam/device", 1039)
    assert client.may_write() is None
    assert client.may_write() is False
    assert script.body(0) == {}


def test_a_system_that_takes_a_device_without_a_name_is_reported(script: PamScript, client: Senhasegura) -> None:
    script.writes(None)
    with pytest.raises(NoAnswer, match="without a hostname"):
        client.may_write()
