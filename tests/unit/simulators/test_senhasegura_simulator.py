# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The senhasegura simulator keeps what docs/apis says, over real HTTP."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse

import pytest
import requests
from requests_oauthlib import OAuth1

from tests.simulators import Simulator, SimulatorError
from tests.simulators.senhasegura.oauth1 import NOBODY, OAuth1Check

Document = dict[str, t.Any]

GRANT = {"grant_type": "client_credentials"}
WEB = {
    "hostname": "web-01",
    "ip": "192.0.2.10",
    "model": "Debian 12",
    "type": "Server",
    "vendor": "Debian",
    "site": "POA",
}
SIGNER = ("sim-consumer", "sim-consumer-secret", "sim-token", "sim-token-secret")


class Client:
    """One OAuth 2 client with its token, or none."""

    def __init__(self, sim: Simulator, http: requests.Session, name: str | None = "sim-client") -> None:
        self.http = http
        self.base = sim.pam_url
        self.headers: dict[str, str] = {}
        if name is not None:
            answer = self.token(client_id=name, client_secret=f"{name}-secret")
            self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def token(self, prefix: str = "/iso", **fields: str) -> requests.Response:
        """The token call as the vendor's clients make it."""
        return self.http.post(f"{self.base}{prefix}/oauth2/token", data=GRANT | fields, timeout=10)

    def send(self, method: str, path: str, prefix: str = "/iso", **how: t.Any) -> requests.Response:
        """One call; a body as ``json`` or ``data``."""
        headers = self.headers | how.pop("headers", {})
        return self.http.request(method, self.base + prefix + path, headers=headers, timeout=10, **how)

    def get(self, path: str) -> Document:
        """The document of a GET that must succeed."""
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def error(self, method: str, path: str, **how: t.Any) -> int:
        """The exception code of a call that must fail as documented."""
        answer = self.send(method, path, **how)
        document = answer.json()
        code = document["exception"]["code"]
        assert answer.status_code == document["code"] == document["response"]["status"] == 400
        assert document["exception"]["message"] == document["response"]["message"]
        assert document["response"]["message"].startswith(f"{code}: ")
        assert (document["response"]["error"], document["response"]["error_code"]) == (True, 1)
        return int(code)


@pytest.fixture(scope="module")
def running_simulator() -> t.Iterator[Simulator]:
    with Simulator(devices=6) as running:
        yield running


@pytest.fixture
def client(sim: Simulator) -> t.Iterator[t.Callable[..., Client]]:
    with requests.Session() as http:
        http.trust_env = False

        def made(name: str | None = "sim-client") -> Client:
            return Client(sim, http, name)

        yield made


@pytest.fixture
def pam(client: Maker) -> Client:
    return client()


Maker = t.Callable[..., Client]


def effects(sim: Simulator) -> list[tuple[str, str | None]]:
    """(effect, device) of the ledger, without the tokens."""
    seen = sim.ledger(system="senhasegura")
    return [(entry["effect"], entry["device"]) for entry in seen if entry["effect"] != "token_issued"]


# Tokens


def test_the_token_call(client: Maker, sim: Simulator) -> None:
    pam = client(None)
    answer = pam.token(client_id="sim-client", client_secret="sim-client-secret")
    document = answer.json()
    assert (answer.status_code, document["token_type"], document["expires_in"]) == (200, "Bearer", 3600)
    head, claims, _ = (part + "=" * (-len(part) % 4) for part in document["access_token"].split("."))
    assert json.loads(base64.urlsafe_b64decode(head))["alg"] == "RS256"
    assert json.loads(base64.urlsafe_b64decode(claims))["aud"] == "sim-client"
    assert [entry["account"] for entry in sim.ledger(effect="token_issued")] == ["sim-client"]


@pytest.mark.parametrize(("way", "body", "basic"), [("both", 200, 200), ("body", 200, 401), ("basic", 401, 200)])
def test_the_client_comes_in_the_body_or_the_header(
    client: Maker, sim: Simulator, way: str, body: int, basic: int
) -> None:
    sim.knob("senhasegura.client_auth", way)
    pam = client(None)
    assert pam.token(client_id="sim-client", client_secret="sim-client-secret").status_code == body
    pair = ("sim-client", "sim-client-secret")
    assert pam.send("POST", "/oauth2/token", data=GRANT, auth=pair).status_code == basic
    assert pam.send("POST", "/oauth2/token", data=GRANT, headers={"Authorization": "Basic ?"}).status_code == 401


def test_a_token_lives_as_long_as_promised_or_not(client: Maker, sim: Simulator) -> None:
    sim.knob("senhasegura.expires_in", 60)
    pam = client()
    sim.advance(59)
    assert pam.send("GET", "/pam/device").status_code == 200
    sim.advance(2)
    answer = pam.send("GET", "/pam/device")
    assert (answer.status_code, answer.json()["error"]) == (401, "access_denied")
    sim.knob("senhasegura.token_lifetime", 10)
    pam = client()
    sim.advance(11)
    assert pam.send("GET", "/pam/device").status_code == 401
    assert sim.state()["senhasegura"]["tokens"] == 0


def test_a_bad_client_has_the_body_of_the_common_server(client: Maker, sim: Simulator) -> None:
    pam = client(None)
    answer = pam.token(client_id="sim-client", client_secret="wrong")
    text = "Client authentication failed"
    assert answer.json() == {"error": "invalid_client", "error_description": text, "message": text}
    assert answer.status_code == 401
    assert pam.send("POST", "/oauth2/token", data={"grant_type": "password"}).status_code == 400
    assert pam.send("GET", "/oauth2/token").status_code == 404
    assert sim.ledger(system="senhasegura") == []


@pytest.mark.parametrize(("style", "status"), [("envelope_400", 400), ("envelope_500", 500)])
def test_authentication_problems_may_come_in_the_envelope(
    client: Maker, sim: Simulator, style: str, status: int
) -> None:
    sim.knob("senhasegura.auth_error", style)
    pam = client(None)
    pam.headers["Authorization"] = "Bearer nonsense"
    for answer in (pam.token(client_id="x", client_secret="y"), pam.send("GET", "/pam/device")):
        document = answer.json()
        assert (answer.status_code, document["response"]["error"], "exception" in document) == (status, True, False)


def test_a_tenant_must_be_named_where_there_are_several(client: Maker, sim: Simulator) -> None:
    sim.knob("senhasegura.tenant", "north")
    pam = client(None)
    named = {"client_id": "sim-client", "client_secret": "sim-client-secret"}
    given = [pam.token(**named, **tenant).status_code for tenant in ({}, {"tenant": "south"}, {"tenant": "north"})]
    assert given == [401, 401, 200]


def test_without_a_header_there_is_no_route(client: Maker, sim: Simulator) -> None:
    pam = client(None)
    answer = pam.send("GET", "/pam/device")
    assert (answer.status_code, answer.json()) == (404, {"message": "no Route matched with those values"})
    sim.knob("senhasegura.no_header", 401)
    assert pam.send("GET", "/pam/device").status_code == 401


def test_permissions(client: Maker, sim: Simulator) -> None:
    reader = client("sim-reader")
    assert reader.send("GET", "/pam/device").status_code == 200
    writes = [("POST", "/pam/device"), ("DELETE", "/pam/device/2001"), ("PUT", "/pam/device/2001")]
    assert {reader.error(method, path) for method, path in writes} == {1039}
    outsider = client("sim-nopam")
    answer = outsider.send("GET", "/pam/device")
    assert answer.status_code == 500
    assert answer.json()["response"]["message"] == "You are not authorized to access this resource."
    sim.knob("senhasegura.no_pam_core", 403)
    assert outsider.send("GET", "/pam/device").status_code == 403
    assert effects(sim) == []


@pytest.mark.parametrize(("prefix", "iso", "api"), [("both", 200, 200), ("iso", 200, 404), ("api", 404, 200)])
def test_prefixes(client: Maker, sim: Simulator, prefix: str, iso: int, api: int) -> None:
    pam = client()
    sim.knob("senhasegura.prefix", prefix)
    assert [pam.send("GET", "/pam/device", prefix=p).status_code for p in ("/iso", "/api")] == [iso, api]
    named = {"client_id": "sim-client", "client_secret": "sim-client-secret"}
    assert [pam.token(prefix=p, **named).status_code for p in ("/iso", "/api")] == [iso, api]


def test_unknown_paths(pam: Client, sim: Simulator) -> None:
    for path in ("/pam/devices", "/v2/pam/credentials", "/pam/device/1/2"):
        answer = pam.send("GET", path)
        assert (answer.status_code, answer.json()["response"]["message"]) == (404, "Resource sub not found")
    assert pam.send("PATCH", "/pam/device").status_code == 404
    sim.knob("senhasegura.unknown_path", "text")
    assert pam.send("GET", "/pam/devices").text == "Resource sub not found"


# OAuth 1


VECTORS = [
    ("GET", "https://vault.example.com/iso/pam/device", None, "Pfx1ETktHHR7gKm+CDck/Xq5uXs="),
    ("GET", "https://vault.example.com/iso/pam/device/lab%20switch%2001", None, "k80uwd9LE5izUgaGw8++DCPQPLc="),
    ("POST", "https://vault.example.com/iso/pam/device", '{"ip": "192.0.2.10"}', "GFtOJImeu22CNk78peQ+s/a3Gno="),
    (
        "POST",
        "https://vault.example.com/iso/pam/device",
        "ip=192.0.2.10&hostname=web-01&device_tags=prod%2Cweb",
        "6dd29tJIQnNz29ylMRTaa75lgdE=",
    ),
    ("GET", "https://vault.example.com:8443/iso/pam/credential/7?credential=7", None, "MrHfrBmwzpDScGwGpzTUVP5uCgA="),
]


def checked(method: str, url: str, body: str | None, signature: str, **other: str) -> bool:
    """What the server's own check says of a vector of docs/apis/senhasegura.md, 3.3."""
    check = OAuth1Check(("ck-demo-01", "cs-demo-secret"), ("tk-demo-01", "ts-demo-secret"), lambda: 1760000000.0)
    values = {
        "oauth_consumer_key": "ck-demo-01",
        "oauth_token": "tk-demo-01",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_version": "1.0",
        "oauth_nonce": "n0nce000000000000001",
        "oauth_timestamp": "1760000000",
        "oauth_signature": signature,
    } | other
    header = ", ".join(f'{name}="{urllib.parse.quote(value, safe="")}"' for name, value in values.items() if value)
    form = body is not None and not body.startswith("{")
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    headers = {"Authorization": f"OAuth {header}", "Content-Type": kind}
    return check.accepts(url, method, headers, (body or "").encode())


@pytest.mark.parametrize(("method", "url", "body", "signature"), VECTORS)
def test_the_documented_vectors(method: str, url: str, body: str | None, signature: str) -> None:
    assert checked(method, url, body, signature)
    assert not checked("PUT", url, body, signature)
    assert not checked(method, url.replace("vault.", "proxy."), body, signature)
    assert not checked(method, url, body, "A" + signature[1:])
    assert not checked(method, url, body, signature, oauth_token="tk-demo-02")
    assert not checked(method, url, body, signature, oauth_consumer_key="ck-demo-02")
    assert not checked(method, url, body, signature, oauth_version="")
    assert not checked(method, url, body, signature, oauth_signature_method="PLAINTEXT")
    assert not checked(method, url, body, signature, oauth_timestamp="1760009999")


def test_only_a_form_body_is_signed() -> None:
    method, url, body, signature = VECTORS[3]
    assert not checked(method, url, f"{body}&site=POA", signature)
    method, url, _, signature = VECTORS[2]
    assert checked(method, url, '{"site": "POA"}', signature)


def signed(pam: Client, method: str, path: str, signer: tuple[str, str, str, str] = SIGNER, **how: t.Any) -> t.Any:
    """A prepared request, signed by the vendor's sample library."""
    key, secret, token, token_secret = signer
    auth = OAuth1(key, client_secret=secret, resource_owner_key=token, resource_owner_secret=token_secret)
    return pam.http.prepare_request(requests.Request(method, f"{pam.base}/iso{path}", auth=auth, **how))


def test_signed_calls_are_admitted(client: Maker, sim: Simulator) -> None:
    pam = client(None)
    name = {"hostname": "lab switch 01"}
    calls = [
        signed(pam, "GET", "/pam/device"),
        signed(pam, "POST", "/pam/device", json=WEB | name),
        signed(pam, "POST", "/pam/device", data=WEB | name | {"device_tags": "prod,web"}),
        signed(pam, "GET", "/pam/device/lab%20switch%2001"),
        signed(pam, "GET", "/pam/device", params={"site": "LAX", "q": "a b&c"}),
    ]
    assert [pam.http.send(call, timeout=10).status_code for call in calls] == [200, 201, 201, 200, 200]
    assert effects(sim)[-1] == ("device_updated", "lab switch 01")
    assert sim.ledger(effect="device_created")[0]["account"] == "sim-consumer"


@pytest.mark.parametrize(
    "signer",
    [
        ("wrong", *SIGNER[1:]),
        (SIGNER[0], "wrong", *SIGNER[2:]),
        (*SIGNER[:2], "wrong", SIGNER[3]),
        (*SIGNER[:3], "wrong"),
        ("wrong", NOBODY, *SIGNER[2:]),
        (*SIGNER[:2], "wrong", NOBODY),
    ],
)
def test_a_wrong_key_or_secret_is_an_invalid_signature(client: Maker, signer: tuple[str, str, str, str]) -> None:
    pam = client(None)
    answer = pam.http.send(signed(pam, "GET", "/pam/device", signer), timeout=10)
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid signature")


def test_a_nonce_is_good_once(client: Maker, sim: Simulator) -> None:
    pam = client(None)
    call = signed(pam, "GET", "/pam/device")
    assert [pam.http.send(call, timeout=10).status_code for _ in range(2)] == [200, 401]
    sim.knob("senhasegura.nonce", "ignore")
    assert pam.http.send(call, timeout=10).status_code == 200
    sim.advance(301)
    assert pam.http.send(call, timeout=10).status_code == 401
    sim.knob("senhasegura.oauth1_window", 0)
    assert pam.http.send(call, timeout=10).status_code == 200


# Devices


def test_the_list_has_exactly_the_documented_fields(pam: Client) -> None:
    document = pam.get("/pam/device")
    assert document["code"] == 200
    assert document["response"] == {
        "status": 200,
        "message": "6 devices found",
        "error": False,
        "error_code": 0,
        "detail": "",
        "mensagem": "6 devices found",
        "erro": False,
        "cod_erro": 0,
    }
    assert document["devices"][0] == {
        "id": "2001",
        "hostname": "lax-sbc-01",
        "ip": "198.51.100.1",
        "model": document["devices"][0]["model"],
        "type": "SBC",
        "vendor": document["devices"][0]["vendor"],
        "site": "LAX",
        "tags": document["devices"][0]["tags"],
    }
    assert "canary" in document["devices"][0]["tags"].split(",")


def test_one_device_by_id_and_by_hostname(pam: Client, sim: Simulator) -> None:
    device = pam.get("/pam/device/2001")["device"]
    assert device["device_domain"] == "corp.example.com,lab.example.net"
    assert device["connectivities"] == "SSH:22, HTTPS:443"
    assert device["session_remote_config"] == "SSH:Password.*:FILL"
    assert set(device) == {
        *("id", "hostname", "ip", "model", "type", "vendor", "site"),
        *("device_domain", "device_tags", "connectivities", "session_remote_config"),
    }
    assert pam.get("/pam/device/lax-sbc-01")["device"] == device
    assert pam.error("GET", "/pam/device/LAX-SBC-01") == 1011
    sim.knob("senhasegura.hostname_match", "casefold")
    assert pam.get("/pam/device/LAX-SBC-01")["device"] == device
    sim.knob("senhasegura.path_value", "id")
    assert pam.error("GET", "/pam/device/lax-sbc-01") == 1011
    assert pam.error("GET", "/pam/device/999999") == 1011


@pytest.mark.parametrize("how", ["json", "data", "params"])
def test_create_then_update_in_every_encoding(pam: Client, sim: Simulator, how: str) -> None:
    sent: Document = {how: WEB | {"device_tags": "api, app", "connectivities": "SSH:22"}}
    first = pam.send("POST", "/pam/device", **sent)
    document = first.json()
    assert (first.status_code, document["response"]["message"]) == (201, "Device successfully registered!")
    number = document["device"]["id"]
    assert document["device"] == WEB | {
        "id": number,
        "device_domain": "",
        "connectivities": "SSH:22",
        "session_remote_config": "",
        "device_tags": "api,app",
    }
    sent = {how: WEB | {"ip": "192.0.2.11"}}
    second = pam.send("POST", "/pam/device", **sent)
    assert (second.status_code, second.json()["response"]["message"]) == (201, "Device updated successfully!")
    device = pam.get(f"/pam/device/{number}")["device"]
    assert (device["ip"], device["device_tags"], device["connectivities"]) == ("192.0.2.11", "api,app", "SSH:22")
    assert [e for e in effects(sim) if e[1]] == [("device_created", "web-01"), ("device_updated", "web-01")]
    assert sim.ledger(effect="device_updated")[0]["changed"] == ["ip"]
    assert len(pam.get("/pam/device")["devices"]) == 7


def test_unknown_catalogue_values_are_created_for_good(pam: Client, sim: Simulator) -> None:
    pam.send("POST", "/pam/device", json=WEB | {"site": "LAX"})
    created = sim.ledger(effect="catalogue_entry_created")
    assert [(entry["kind"], entry["value"]) for entry in created] == [
        ("model", "Debian 12"),
        ("type", "Server"),
        ("vendor", "Debian"),
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [("hostname", 1004), ("ip", 1005), ("site", 1019), ("model", 1020), ("vendor", 1021), ("type", 1022)],
)
def test_missing_fields(pam: Client, sim: Simulator, name: str, code: int) -> None:
    without = {key: value for key, value in WEB.items() if key != name}
    assert pam.error("POST", "/pam/device", json=without) == code
    assert pam.error("POST", "/pam/device", json=WEB | {name: ""}) == code
    assert pam.error("POST", "/pam/device", json=WEB | {name: None}) == code
    sim.knob("senhasegura.empty_required", "accepted")
    assert pam.send("POST", "/pam/device", json=WEB | {name: ""}).status_code == 201
    assert pam.error("POST", "/pam/device", json=without) == code


def test_the_first_or_the_last_missing_field_is_reported(pam: Client, sim: Simulator) -> None:
    assert pam.error("POST", "/pam/device", json={}) == 1004
    assert pam.error("POST", "/pam/device", data="not json", headers={"Content-Type": "application/json"}) == 1004
    sim.knob("senhasegura.missing_order", "reversed")
    assert pam.error("POST", "/pam/device", json={}) == 1022
    assert pam.send("POST", "/pam/device", json=WEB | {"device_tags": ["prod"]}).status_code == 500
    assert effects(sim) == []


def test_domains_must_be_registered(pam: Client, sim: Simulator) -> None:
    for wrong in ("other.example.com", "corp.example.com, lab.example.net", "corp,"):
        assert pam.error("POST", "/pam/device", json=WEB | {"device_domain": wrong}) == 1029
    for right in ("", "corp", "corp,lab.example.net"):
        device = pam.send("POST", "/pam/device", json=WEB | {"device_domain": right}).json()["device"]
        assert device["device_domain"] == right
    sim.knob("senhasegura.domain_form", "registered")
    assert pam.get("/pam/device/web-01")["device"]["device_domain"] == "corp.example.com,lab.example.net"


def test_deactivate_and_activate(pam: Client, sim: Simulator) -> None:
    answer = pam.send("DELETE", "/pam/device/2001")
    assert (answer.status_code, answer.json()["response"]["message"]) == (200, "Device successfully deactivated")
    assert len(pam.get("/pam/device")["devices"]) == 5
    assert pam.get("/pam/device/2001")["device"]["hostname"] == "lax-sbc-01"
    assert pam.error("DELETE", "/pam/device/2001") == 1011
    answer = pam.send("PUT", "/pam/device/lax-sbc-01")
    assert (answer.status_code, answer.json()["response"]["message"]) == (200, "Device successfully activated")
    assert pam.error("PUT", "/pam/device/2001") == 1044
    assert pam.error("PUT", "/pam/device/999999") == 1011
    assert effects(sim) == [("device_deactivated", "lax-sbc-01"), ("device_activated", "lax-sbc-01")]


def test_knobs_of_inactive_devices(pam: Client, sim: Simulator) -> None:
    sim.patch_device("lax-sbc-01", {"senhasegura": {"active": False}})
    device = pam.get("/pam/device/2001")["device"]
    base = {name: device[name] for name in WEB}
    assert pam.send("POST", "/pam/device", json=base).status_code == 201
    assert sim.state()["senhasegura"]["devices"]["lax-sbc-01"]["active"] is False
    sim.knob("senhasegura.delete_inactive", "200")
    assert pam.send("DELETE", "/pam/device/2001").status_code == 200
    sim.knob("senhasegura.delete_inactive", "text")
    answer = pam.send("DELETE", "/pam/device/2001")
    assert (answer.status_code, "exception" in answer.json()) == (400, False)
    sim.knob("senhasegura.list_inactive", "yes")
    assert len(pam.get("/pam/device")["devices"]) == 6
    sim.knob("senhasegura.get_inactive", "1011")
    assert pam.error("GET", "/pam/device/2001") == 1011
    sim.knob("senhasegura.post_inactive", "activates")
    pam.send("POST", "/pam/device", json=base)
    assert sim.state()["senhasegura"]["devices"]["lax-sbc-01"]["active"] is True


def test_a_device_outside_the_authorization_can_only_be_written(pam: Client, sim: Simulator) -> None:
    base = {name: pam.get("/pam/device/2001")["device"][name] for name in WEB}
    sim.patch_device("lax-sbc-01", {"senhasegura": {"visible": False}})
    assert "2001" not in [device["id"] for device in pam.get("/pam/device")["devices"]]
    assert pam.error("GET", "/pam/device/2001") == pam.error("DELETE", "/pam/device/2001") == 1011
    answer = pam.send("POST", "/pam/device", json=base | {"ip": "192.0.2.77"}).json()
    assert (answer["response"]["message"], answer["device"]["id"]) == ("Device updated successfully!", "2001")


def test_omitted_fields_and_merged_lists_are_knobs(pam: Client, sim: Simulator) -> None:
    full = WEB | {"device_tags": "a,b", "connectivities": "SSH:22", "session_remote_config": "SSH::"}
    pam.send("POST", "/pam/device", json=full)
    sim.knob("senhasegura.list_update", "merge")
    device = pam.send("POST", "/pam/device", json=WEB | {"device_tags": "b,c"}).json()["device"]
    assert (device["device_tags"], device["session_remote_config"]) == ("a,b,c", "SSH::")
    sim.knob("senhasegura.list_update", "replace")
    sim.knob("senhasegura.omitted_optional", "clear")
    device = pam.send("POST", "/pam/device", json=WEB | {"device_tags": "d"}).json()["device"]
    assert [device[name] for name in ("device_tags", "connectivities", "session_remote_config")] == ["d", "", ""]


def test_forms_of_replies(pam: Client, sim: Simulator) -> None:
    body = WEB | {"device_tags": "b, a", "connectivities": "SSH:22,HTTPS:443"}
    sim.knob("senhasegura.tags_form", "echoed")
    sim.knob("senhasegura.connectivities_form", "empty_in_post")
    sim.knob("senhasegura.post_reply", 200)
    sim.knob("senhasegura.ids", "int")
    answer = pam.send("POST", "/pam/device", json=body)
    device = answer.json()["device"]
    assert (answer.status_code, answer.json()["response"]["message"]) == (200, f"Device {device['id']}")
    assert (device["device_tags"], device["connectivities"], type(device["id"])) == ("b, a", "", int)
    sim.knob("senhasegura.language", "mixed")
    document = pam.get(f"/pam/device/{device['id']}")
    assert document["response"]["message"].startswith("Dispositivo")
    assert document["device"]["connectivities"] == "SSH:22,HTTPS:443"
    sim.knob("senhasegura.fields", "old")
    assert len(pam.get("/pam/device/2001")["device"]) == 7
    assert "tags" not in pam.get("/pam/device")["devices"][0]


@pytest.mark.parametrize(("form", "outer", "inner"), [("full", True, 8), ("no_code", False, 8), ("short", False, 5)])
def test_envelopes(pam: Client, sim: Simulator, form: str, outer: bool, inner: int) -> None:
    sim.knob("senhasegura.envelope", form)
    sim.knob("senhasegura.tenant_key", "present")
    document = pam.get("/pam/device/2001")
    assert ("code" in document, len(document["response"]), document["tenant"]) == (outer, inner, "example")
    failed = pam.send("GET", "/pam/device/0").json()
    assert ("code" in failed, failed["exception"]["code"]) == (outer, 1011)


def test_spoiled_lists(pam: Client, sim: Simulator) -> None:
    def listed(fault: str) -> tuple[str, t.Any]:
        sim.knob("senhasegura.list_fault", fault)
        document = pam.get("/pam/device")
        return document["response"]["message"], document["devices"]

    assert listed("empty") == ("0 devices found", [])
    assert listed("null") == ("6 devices found", None)
    message, devices = listed("partial")
    assert (message, len(devices)) == ("6 devices found", 4)
    message, devices = listed("object")
    assert (message, sorted(devices)) == ("6 devices found", ["0", "1", "2", "3", "4", "5"])
    sim.reset(devices=1)
    with requests.Session() as http:
        http.trust_env = False
        fresh = Client(sim, http)
        sim.knob("senhasegura.list_fault", "object")
        assert fresh.get("/pam/device")["devices"]["hostname"] == "lax-sbc-01"
    sim.reset(devices=6)


def test_a_device_added_to_the_world_is_registered(pam: Client, sim: Simulator) -> None:
    sim.add_device(name="new-01", pam_id="9000")
    assert pam.get("/pam/device/9000")["device"]["hostname"] == "new-01"
    assert pam.send("POST", "/pam/device", json=WEB).json()["device"]["id"] == "9001"


# Sessions


def live(pam: Client) -> list[str]:
    """The devices of the sessions without an end."""
    return [item["device"] for item in pam.get("/pam/session/remotesessions")["remote_sessions"] if not item["end"]]


def test_a_session_lives_while_it_has_no_end(pam: Client, sim: Simulator) -> None:
    assert len(pam.get("/session/remotesessions")["remote_sessions"]) == 3
    assert live(pam) == []
    sim.patch_device("lax-sbc-01", {"senhasegura": {"session": True}})
    sim.patch_device("lax-sbc-02", {"senhasegura": {"session": {"seconds": 60, "protocol": "HTTPS", "port": 443}}})
    assert live(pam) == ["lax-sbc-01:22", "lax-sbc-02:443"]
    sim.advance(61)
    assert live(pam) == ["lax-sbc-01:22"]
    sim.patch_device("lax-sbc-01", {"senhasegura": {"end_sessions": True}})
    assert live(pam) == []
    assert [effect for effect, _ in effects(sim)] == [
        "session_opened",
        "session_opened",
        "session_ended",
        "session_ended",
    ]


def test_a_session_can_be_read_and_dropped(pam: Client, client: Maker, sim: Simulator) -> None:
    sim.patch_device("lax-sbc-01", {"senhasegura": {"session": {"user": "carol"}}})
    session = pam.get("/pam/session/remotesessions/7004")["remote_session"]
    assert (session["user"], session["device"], session["end"]) == ("carol", "lax-sbc-01:22", "")
    path = f"/pam/session/drop/{session['session_id']}"
    assert client("sim-reader").error("DELETE", path) == 1039
    assert pam.send("DELETE", path).status_code == 200
    assert pam.send("DELETE", path).status_code == 400
    assert pam.send("GET", "/pam/session/remotesessions/1").status_code == 400
    assert live(pam) == []
    assert effects(sim)[-1] == ("session_dropped", "lax-sbc-01")


def test_knobs_of_sessions(pam: Client, sim: Simulator) -> None:
    sim.knob("senhasegura.session_lag", 120)
    sim.patch_device("lax-sbc-01", {"senhasegura": {"session": True}})
    assert live(pam) == []
    sim.advance(121)
    sim.knob("senhasegura.session_device", "ip")
    sim.knob("senhasegura.session_end", "null")
    sim.knob("senhasegura.timestamps", "offset")
    assert live(pam) == ["198.51.100.1:22"]
    session = pam.get("/pam/session/remotesessions")["remote_sessions"][-1]
    assert (session["end"], session["start"][-6:], session["time"]) == (None, "-03:00", "00:02:01")
    sim.knob("senhasegura.session_fault", "null")
    assert pam.get("/pam/session/remotesessions")["remote_sessions"] is None


@pytest.mark.parametrize(
    "change", [{"session": 5}, {"session": {"x": "y"}}, {"session": {"port": "22"}}, {"active": "no"}, {"state": True}]
)
def test_a_patch_nobody_knows_is_refused_whole(sim: Simulator, change: dict[str, object]) -> None:
    with pytest.raises(SimulatorError):
        sim.patch_device("lax-sbc-01", {"senhasegura": {"visible": False, **change}})
    assert sim.state()["senhasegura"]["devices"]["lax-sbc-01"]["visible"] is True
