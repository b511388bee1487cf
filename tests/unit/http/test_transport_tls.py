# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real transport over TLS and through proxies."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
import typing as t
import warnings
from pathlib import Path

import certifi
import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Request
from tests.simulators.certificates import Certificates
from tests.unit.http.test_transport import ask, transport
from tests.unit.support.servers import Peer, Server, answering, http, once

# Long after any deadline here: what knows none takes longer, and a busy machine does not.
LATE = 30.0
SECRET = Request("POST", "/x", headers={"Authorization": "Bearer canary"}, body=b"{}")


# TLS


@pytest.mark.row(16)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("self_signed", "self-signed|self signed"),
        ("expired", "expired"),
        ("elsewhere", "IP address mismatch|doesn't match"),
    ],
)
def test_a_certificate_that_cannot_be_trusted_ends_the_call_before_a_byte_left(
    certificates: Certificates, name: str, reason: str
) -> None:
    with (
        Server(answering(http()), certificates.context(name)) as server,
        pytest.raises(
            NotSent,
            match=rf"nothing was sent: its certificate is not trusted \(.*({reason}).*\); (set ca_path|renew it)",
        ),
    ):
        ask(transport(server.url, ca_path=str(certificates.authority)), SECRET)
    assert server.received == b""


def test_an_unknown_authority_is_refused_without_ca_path(certificates: Certificates) -> None:
    with Server(answering(http()), certificates.context()) as server, pytest.raises(NotSent, match="not trusted"):
        ask(transport(server.url), SECRET)
    assert server.received == b""


def test_an_authority_in_ca_path_is_trusted(certificates: Certificates) -> None:
    with Server(answering(http("200 OK", b"hello")), certificates.context()) as server:
        assert ask(transport(server.url, ca_path=str(certificates.authority)), SECRET).body == b"hello"
    assert b"Bearer canary" in server.received


def test_ca_path_may_be_a_folder_and_an_empty_one_trusts_nobody(certificates: Certificates, tmp_path: Path) -> None:
    with Server(answering(http()), certificates.context()) as server, pytest.raises(NotSent, match="not trusted"):
        ask(transport(server.url, ca_path=str(tmp_path)))
    assert server.received == b""


def test_the_authorities_of_the_environment_are_used(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(certificates.authority.read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with Server(answering(http()), certificates.context()) as server:
        assert ask(transport(server.url, client_cert=None)).status == 200


@pytest.mark.finding("A7")
def test_the_authorities_of_the_environment_replace_none(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A private authority in the environment leaves public servers trusted."""
    other = tmp_path / "other.pem"
    other.write_bytes(certificates.self_signed.read_bytes())
    monkeypatch.setattr(certifi, "where", lambda: str(certificates.authority))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    with Server(answering(http()), certificates.context()) as server:
        assert ask(transport(server.url)).status == 200


def test_a_server_that_does_not_speak_tls_is_said_so() -> None:
    def plain(peer: Peer) -> None:
        peer.await_bytes()
        peer.send(http("400 Bad Request"))

    with Server(plain) as server, pytest.raises(NotSent, match="it does not speak TLS there") as caught:
        ask(transport(server.url.replace("http:", "https:")))
    assert caught.value.is_final
    assert f"https://127.0.0.1:{server.port}" in str(caught.value)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("name", ["self_signed", "expired", "elsewhere"])
def test_without_validation_any_certificate_is_accepted(certificates: Certificates, name: str) -> None:
    with Server(answering(http()), certificates.context(name)) as server:
        assert ask(transport(server.url, validate_certs=False)).status == 200


@pytest.mark.row(16)
def test_a_server_that_only_speaks_an_old_tls_is_refused(certificates: Certificates) -> None:
    context = certificates.context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server(answering(http()), context) as server, pytest.raises(NotSent, match="nothing was sent"):
        ask(transport(server.url, ca_path=str(certificates.authority)), SECRET)
    assert server.received == b""


@pytest.mark.row(16)
def test_a_server_that_speaks_no_tls_at_all_is_not_sent_anything() -> None:
    with Server(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server, pytest.raises(NotSent):
        ask(transport(server.url.replace("http:", "https:")), SECRET)


def test_a_handshake_that_never_ends_is_given_up_at_the_deadline() -> None:
    def handle(peer: Peer) -> None:
        peer.request()

    started = time.monotonic()
    with Server(handle) as server:
        with pytest.raises(NotSent, match="time ran out"):
            ask(transport(server.url.replace("http:", "https:")), SECRET, seconds=0.2)
        assert time.monotonic() - started < LATE


def test_over_tls_too_the_guard_runs_before_the_first_byte(certificates: Certificates) -> None:
    seen: list[bytes] = []
    with Server(answering(http()), certificates.context()) as server:
        carrier = transport(server.url, ca_path=str(certificates.authority))
        ask(carrier, SECRET, fresh=True, guard=lambda: seen.append(server.received))
        ask(carrier, SECRET, fresh=True)
        assert len(server.peers) == 2
    assert seen == [b""]


def test_a_connection_cut_without_goodbye_over_tls_is_a_broken_answer(certificates: Certificates) -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        peer.reset()

    with Server(handle, certificates.context()) as server:
        try:
            answer = ask(transport(server.url, ca_path=str(certificates.authority)))
        except NoAnswer:
            return
        assert "broke off" in str(answer.problem)


@pytest.mark.parametrize("option", ["ca_path", "client_cert"])
def test_a_tls_file_that_cannot_be_read_is_named(option: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(BadInput, match=rf"{option}: .*{missing}"):
        transport("https://sdm.example.com", **{option: missing})
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    with pytest.raises(BadInput, match=option):
        transport("https://sdm.example.com", **{option: str(rubbish)})


def test_an_encrypted_client_key_is_refused_and_nobody_is_asked_for_its_password(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = ssl.SSLContext.load_cert_chain

    def watched(context: ssl.SSLContext, certfile: t.Any, keyfile: t.Any = None, password: t.Any = None) -> None:
        assert password is not None, "OpenSSL would ask at the terminal"
        load(context, certfile, keyfile, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
    with pytest.raises(BadInput, match=r"client_cert: .*cannot be loaded"):
        transport(
            "https://sdm.example.com",
            client_cert=str(certificates.client),
            client_key=str(certificates.client_key),
        )


def test_a_client_certificate_is_shown_to_the_server(certificates: Certificates) -> None:
    context = certificates.context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificates.authority)
    with Server(answering(http()), context) as server:
        carrier = transport(server.url, ca_path=str(certificates.authority), client_cert=str(certificates.server))
        assert ask(carrier).status == 200


# Several addresses


@pytest.mark.row(20)
def test_of_two_addresses_the_dead_one_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = listener.getsockname()
    with Server(answering(http())) as server:

        def two(*_arguments: object, **_more: object) -> list[t.Any]:
            kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*kind, dead), (*kind, ("127.0.0.1", server.port))]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        assert ask(transport("http://sdm.example.com", allow_plain_http=True)).status == 200


@pytest.mark.row(20)
def test_all_addresses_together_keep_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            three = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 3
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_more: three)
            started = time.monotonic()
            with pytest.raises(NotSent, match="time ran out"):
                ask(transport("http://sdm.example.com", allow_plain_http=True), seconds=0.3)
            assert time.monotonic() - started < LATE


# Plain http


LOOPBACK = ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://localhost:1", "http://LOCALHOST.:1"]
ELSEWHERE = [
    "http://sdm.example.com",
    "HTTP://sdm.example.com",
    "http://10.0.0.1",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://[fe80::1]",
    "http://0.0.0.0",
    "http://2130706433",
]


@pytest.mark.parametrize("url", LOOPBACK)
def test_credentials_go_to_this_machine_unencrypted(url: str) -> None:
    transport(url)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_credentials_go_nowhere_else_unencrypted_unless_that_is_allowed(url: str) -> None:
    with pytest.raises(BadInput, match=r"would send the credentials unencrypted\. Use https, or set allow_plain_http"):
        transport(url)
    transport(url, allow_plain_http=True)
    transport(url, has_credentials=False)


def test_credentials_for_this_machine_do_not_go_through_a_proxy_unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:canary@proxy.example.com:3128")
    with pytest.raises(BadInput, match="through the proxy") as caught:
        transport("http://127.0.0.1:1")
    assert "canary" not in str(caught.value)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    transport("http://127.0.0.1:1")


# Proxies


def tunnel(target: Server) -> t.Callable[[Peer], None]:
    """Return the handler of a proxy that grants every CONNECT and passes bytes on to one server."""

    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", target.port)) as onward:
            back = threading.Thread(target=_pump, args=(onward, peer._sock), daemon=True)
            back.start()
            _pump(peer._sock, onward)
            back.join(2)

    return handle


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_a_proxy_of_the_environment_is_used_and_keeps_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(once(http("200 OK", b"through"))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:word@"))
        assert ask(transport("http://sdm.example.com", allow_plain_http=True), SECRET).body == b"through"
    assert proxy.received.startswith(b"POST http://sdm.example.com/x HTTP/1.1\r\n")
    assert proxy.received.count(b"\r\nAuthorization: Bearer canary\r\n") == 1
    assert b"proxy-authorization: Basic " + base64.b64encode(b"user:word") in proxy.received


def test_no_proxy_of_the_environment_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answering(http())) as proxy, Server(answering(http("200 OK", b"direct"))) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert ask(transport(server.url)).body == b"direct"
        assert proxy.peers == []


@pytest.mark.row(32)
def test_through_a_tunnel_the_proxy_sees_neither_credentials_nor_the_request(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    with (
        Server(answering(http("200 OK", b"inside")), certificates.context()) as server,
        Server(tunnel(server)) as proxy,
    ):
        monkeypatch.setenv("https_proxy", proxy.url)
        carrier = transport(server.url, ca_path=str(certificates.authority))
        answer = ask(carrier, SECRET, fresh=True, guard=lambda: seen.append(server.received))
        assert answer.body == b"inside"
        assert proxy.received.startswith(b"CONNECT 127.0.0.1:")
        assert b"canary" not in proxy.received
        assert b"Bearer canary" in server.received
    assert seen == [b""]


@pytest.mark.row(18)
@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_the_tunnel_leaves_the_request_unsent(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(once(http(status, b"<html>"))) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(NotSent, match=rf"nothing was sent: .*{status}"):
            ask(transport("https://sdm.example.com"), SECRET, fresh=True)
    assert b"canary" not in proxy.received


def test_a_proxy_that_cannot_be_reached_leaves_the_request_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://user:canary@127.0.0.1:{port}")
    with pytest.raises(NotSent, match="refused") as caught:
        ask(transport("http://sdm.example.com", allow_plain_http=True), SECRET)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://user:canary@127.0.0.1:9",
        "ftp://user:canary@127.0.0.1:9",
        "http://user:canary@127.0.0.1:99999",
        "http://user:canary@",
        "http://user:canary%E2%98%83@127.0.0.1:9",
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_rather_than_gone_round(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(BadInput, match=r"the system: the proxy .* name the system in no_proxy") as caught:
        transport("http://sdm.example.com", allow_plain_http=True)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("host", ["\u2603\ufe0f.example", "\ud800", "[v1.x]"])
def test_an_address_that_cannot_be_one_is_refused(host: str) -> None:
    with pytest.raises(BadInput, match="the system: api_url is not a usable address") as caught:
        transport(f"http://{host}:1", allow_plain_http=True)
    assert str(caught.value).isprintable()
