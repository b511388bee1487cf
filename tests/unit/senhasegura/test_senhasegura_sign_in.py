# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in to PAM Core: tokens are fetched and renewed once, signatures are those of docs/apis/senhasegura.md, 3.3."""

from __future__ import annotations

import base64
import concurrent.futures
import threading
import typing as t
import urllib.parse

import oauthlib.oauth1.rfc5849
import pytest
import requests

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer, SignInRefused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer, Guard, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.sign_in import (
    OAuth1,
    OAuth2,
    choose_sign_in,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from tests.unit.support.pam_script import WEB, PamScript, envelope, failure
from tests.unit.support.script import Expected

OAUTH2 = {"client_id": "fleet", "client_secret": "top/secret", "api_prefix": "/iso"}
OAUTH1 = {
    "consumer_key": "ck-demo-01",
    "consumer_secret": "cs-demo-secret",
    "token_key": "tk-demo-01",
    "token_secret": "ts-demo-secret",
}
TOKEN = "/iso/oauth2/token"
REFUSED = {"error": "invalid_client", "error_description": "Client authentication failed", "message": "failed"}


@pytest.fixture
def script() -> PamScript:
    return PamScript()


def signed_client(script: PamScript, store: Store | None = None, **params: t.Any) -> Senhasegura:
    wire = script.wire("https://vault.example.com")
    return Senhasegura(wire, choose_sign_in({**OAUTH2, **params}, wire, store or MemoryStore()), "/iso")


def grants(script: PamScript, token: t.Any = "aaa.bbb.ccc", **more: t.Any) -> Expected:
    answer = {"token_type": "Bearer", "expires_in": 3600, "access_token": token, **more}
    return script.expect("POST", TOKEN).answers(json=answer)


def bearer(script: PamScript, number: int) -> str:
    return script.sent[number].headers["Authorization"]


def test_one_token_serves_every_call_and_every_task_of_the_run(script: PamScript) -> None:
    store = MemoryStore()
    grants(script)
    script.lists(WEB)
    script.shows(WEB)
    script.lists(WEB)
    client = signed_client(script, store)
    client.devices()
    client.device("12", "web-01")
    signed_client(script, store).devices()
    script.done()
    assert {bearer(script, number) for number in (1, 2, 3)} == {"Bearer aaa.bbb.ccc"}


def test_the_token_call_is_a_form_with_the_client_in_its_body(script: PamScript) -> None:
    grants(script)
    script.lists()
    signed_client(script, tenant="acme").devices()
    assert script.sent[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert urllib.parse.parse_qs((script.sent[0].body or b"").decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["fleet"],
        "client_secret": ["top/secret"],
        "tenant": ["acme"],
    }


def test_a_token_is_renewed_before_it_expires(script: PamScript) -> None:
    client = signed_client(script)
    grants(script, "first.one.x", expires_in="600")
    script.lists()
    client.devices()
    script.clock.sleep(600 - 60 - 1)
    script.lists()
    client.devices()
    script.clock.sleep(2)
    grants(script, "second.one.x")
    script.lists()
    client.devices()
    script.done()
    assert bearer(script, 2) == "Bearer first.one.x"
    assert bearer(script, 4) == "Bearer second.one.x"


@pytest.mark.row(26)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": "access_denied", "message": "denied"}),
        (403, {}),
        (400, failure(None, "Client authentication failed.")),
        (500, failure(None, "Client authentication failed.", 500)),
        (404, {"message": "no Route matched with those values"}),
        (200, failure(None, "Sign in", 200)),
    ],
)
def test_a_token_that_seems_to_be_over_is_renewed_once(script: PamScript, status: int, body: t.Any) -> None:
    client = signed_client(script)
    grants(script, "old.old.old")
    for _attempt in range(5 if status == 500 else 1):
        script.expect("GET", "/iso/pam/device").answers(status, json=body)
    grants(script, "new.new.new")
    script.lists(WEB)
    assert [row["id"] for row in client.devices()] == ["12"]
    script.done()
    assert bearer(script, -1) == "Bearer new.new.new"


@pytest.mark.row(27)
def test_a_login_page_in_place_of_data_renews_the_token_too(script: PamScript) -> None:
    client = signed_client(script)
    grants(script, "old.old.old")
    script.expect("GET", "/iso/pam/device").answers(text="<!doctype html><title>Login</title>")
    grants(script, "new.new.new")
    script.lists()
    assert client.devices() == []
    script.done()


@pytest.mark.row(25)
def test_a_new_token_that_is_refused_too_ends_it(script: PamScript) -> None:
    client = signed_client(script)
    for token in ("old.old.old", "new.new.new"):
        grants(script, token)
        script.expect("GET", "/iso/pam/device").answers(401, json={"error": "access_denied", "message": token})
    with pytest.raises(SignInRefused, match=r"did not list the devices \(HTTP 401") as caught:
        client.devices()
    script.done()
    assert "new.new.new" not in str(caught.value)


def test_an_error_with_a_number_is_no_sign_in_problem(script: PamScript) -> None:
    grants(script)
    script.refuses("PUT", "/iso/pam/device/12", 1044)
    assert signed_client(script).activate("12", "web-01") is False
    script.done()


def test_a_token_that_somebody_else_renewed_is_taken_over(script: PamScript) -> None:
    store = MemoryStore()
    wire = script.wire("https://vault.example.com")
    grants(script, "old.old.old")
    first = OAuth2(wire, store, OAUTH2)
    old = first.signed(Request("GET", "/"))
    first.renew(old)
    grants(script, "new.new.new")
    second = OAuth2(wire, store, OAUTH2)
    second.signed(Request("GET", "/"))
    first.renew(old)
    assert first.signed(Request("GET", "/")).headers["Authorization"] == "Bearer new.new.new"
    script.done()


@pytest.mark.row(26)
def test_many_threads_fetch_one_token() -> None:
    class Slow(PamScript):
        def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
            started.wait(0.2)
            return super().exchange(request, seconds=seconds, fresh=fresh, guard=guard)

    started = threading.Event()
    script = Slow()
    grants(script)
    sign_in = OAuth2(script.wire("https://vault.example.com"), MemoryStore(), OAUTH2)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        requests_made = list(pool.map(lambda _n: sign_in.signed(Request("GET", "/")), range(8)))
    assert {request.headers["Authorization"] for request in requests_made} == {"Bearer aaa.bbb.ccc"}
    assert len(script.sent) == 1


def test_another_client_never_gets_this_clients_token(script: PamScript) -> None:
    wire, store = script.wire("https://vault.example.com"), MemoryStore()
    grants(script, "mine.mine.mine")
    grants(script, "yours.yours.yours")
    OAuth2(wire, store, OAUTH2).signed(Request("GET", "/"))
    other = OAuth2(wire, store, {**OAUTH2, "client_secret": "guessed"}).signed(Request("GET", "/"))
    assert other.headers["Authorization"] == "Bearer yours.yours.yours"


def test_an_appliance_up_to_3_25_gets_the_client_in_a_basic_header(script: PamScript) -> None:
    script.expect("POST", TOKEN).answers(401, json=REFUSED)
    grants(script)
    script.lists()
    signed_client(script).devices()
    scheme, _, pair = script.sent[1].headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"fleet:top/secret")
    assert script.sent[1].body == b"grant_type=client_credentials"


@pytest.mark.row(32)
@pytest.mark.parametrize(
    ("status", "body"),
    [(401, REFUSED), (400, failure(None, "Client authentication failed: top/secret")), (403, {"message": "no"})],
)
def test_a_refused_client_is_refused_and_its_secret_stays_hidden(script: PamScript, status: int, body: t.Any) -> None:
    script.expect("POST", TOKEN).answers(status, json=body)
    script.expect("POST", TOKEN).answers(status, json=body)
    with pytest.raises(SignInRefused, match="did not accept the sign-in") as caught:
        signed_client(script).devices()
    assert "top/secret" not in str(caught.value)
    assert caught.value.status == status
    script.done()


@pytest.mark.row(25)
def test_a_refused_client_is_not_tried_again_by_every_task_of_the_run(script: PamScript) -> None:
    store = MemoryStore()
    for _way in ("body", "header"):
        script.expect("POST", TOKEN).answers(401, json=REFUSED)
    for _task in range(3):
        with pytest.raises(SignInRefused, match="HTTP 401"):
            signed_client(script, store).devices()
    script.done()
    script.clock.sleep(61)
    grants(script)
    script.lists()
    assert signed_client(script, store).devices() == []


@pytest.mark.parametrize("body", [failure(None, "Resource sub not found", 404), {"message": "no Route matched"}])
def test_a_wrong_address_is_no_refused_sign_in(script: PamScript, body: t.Any) -> None:
    script.expect("POST", TOKEN).answers(404, json=body)
    if "response" not in body:
        script.expect("POST", TOKEN).answers(404, json=body)
    with pytest.raises(Exception, match=r"has no sign-in at .*Check api_url .SENHASEGURA_URL.,"):
        signed_client(script).devices()


@pytest.mark.parametrize("token", [None, "", 7, "two words", "line\nbreak", "umläut"])
def test_a_sign_in_without_a_usable_token_is_no_sign_in(script: PamScript, token: t.Any) -> None:
    grants(script, token)
    with pytest.raises(NoAnswer, match="no usable token"):
        signed_client(script).devices()


@pytest.mark.parametrize("lifetime", [None, "soon", -1, 0, 1e12])
def test_a_lifetime_that_makes_no_sense_is_taken_for_a_short_one(script: PamScript, lifetime: t.Any) -> None:
    client = signed_client(script)
    grants(script, expires_in=lifetime)
    script.lists()
    client.devices()
    script.clock.sleep(301)
    grants(script, "new.new.new")
    script.lists()
    client.devices()
    script.done()


VECTORS = [
    ("GET", "https://vault.example.com/iso/pam/device", None, "Pfx1ETktHHR7gKm+CDck/Xq5uXs="),
    ("GET", "https://vault.example.com/iso/pam/device/lab%20switch%2001", None, "k80uwd9LE5izUgaGw8++DCPQPLc="),
    ("POST", "https://vault.example.com/iso/pam/device", b'{"ip": "192.0.2.10"}', "GFtOJImeu22CNk78peQ+s/a3Gno="),
    (
        "GET",
        "https://vault.example.com:8443/iso/pam/credential/7?credential=7",
        None,
        "MrHfrBmwzpDScGwGpzTUVP5uCgA=",
    ),
]


@pytest.mark.parametrize(("method", "url", "body", "signature"), VECTORS)
def test_signatures_are_the_documented_vectors(
    monkeypatch: pytest.MonkeyPatch, method: str, url: str, body: t.Any, signature: str
) -> None:
    monkeypatch.setattr(oauthlib.oauth1.rfc5849, "generate_nonce", lambda: "n0nce000000000000001")
    monkeypatch.setattr(oauthlib.oauth1.rfc5849, "generate_timestamp", lambda: "1760000000")
    headers = {"Content-Type": "application/json"} if body else {}
    signed = OAuth1(OAUTH1).signed(Request(method, "/", headers=headers, body=body))
    prepared = requests.Request(method, url, headers=headers, data=body, auth=signed.sign).prepare()
    raw: t.Any = prepared.headers["Authorization"]
    header = raw.decode() if isinstance(raw, bytes) else raw
    assert f'oauth_signature="{urllib.parse.quote(signature, safe="")}"' in header
    assert 'oauth_signature_method="HMAC-SHA1"' in header
    assert "secret" not in header
    assert (prepared.url, prepared.body) == (url, body)


def test_every_repeat_has_its_own_nonce() -> None:
    sign = OAuth1(OAUTH1).signed(Request("GET", "/")).sign
    headers = {
        str(requests.Request("GET", "https://vault.example.com/", auth=sign).prepare().headers["Authorization"])
        for _repeat in range(3)
    }
    assert len(headers) == 3


def test_a_refused_signature_is_not_repeated(script: PamScript) -> None:
    script.expect("GET", "/iso/pam/device").answers(401, json={"error": "invalid_signature", "message": "bad"})
    wire = script.wire("https://vault.example.com")
    client = Senhasegura(wire, choose_sign_in({**OAUTH1, "api_prefix": "/iso"}, wire, MemoryStore()), "/iso")
    with pytest.raises(SignInRefused):
        client.devices()
    script.done()


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "no credentials"),
        ({"client_id": "fleet"}, "give client_secret too"),
        ({**OAUTH1, "token_key": ""}, "give token_key too"),
    ],
)
def test_credentials_that_are_not_complete_are_bad_input(
    script: PamScript, params: dict[str, t.Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        choose_sign_in({"api_prefix": "/iso", **params}, script.wire(), MemoryStore())


def test_the_recommended_way_goes_first(script: PamScript) -> None:
    assert isinstance(choose_sign_in({**OAUTH1, **OAUTH2}, script.wire(), MemoryStore()), OAuth2)


def test_the_answer_of_the_token_call_is_read_strictly(script: PamScript) -> None:
    script.expect("POST", TOKEN).ending = Answer(200, {}, b'{"access_token": "a", "access_token": "b"}')
    with pytest.raises(NoAnswer, match="twice"):
        signed_client(script).devices()


def test_an_envelope_says_nothing_about_a_token(script: PamScript) -> None:
    script.expect("POST", TOKEN).answers(json=envelope("fine"))
    with pytest.raises(NoAnswer, match="no usable token"):
        signed_client(script).devices()
