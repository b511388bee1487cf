# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real transport against servers that speak in raw bytes."""

from __future__ import annotations

import gzip
import socket
import time
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, Blocked, NoAnswer, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._http import transport as _transport
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport
from tests.unit.support.servers import Peer, Server, answering, http, once

SHORT = 0.3
# Long after it: what knows no deadline takes longer, and a busy machine does not.
LATE = 30.0


def transport(url: str, **options: t.Any) -> HttpTransport:
    return HttpTransport(Endpoint("the system", url, **options))


def ask(
    target: Server | HttpTransport,
    request: Request | None = None,
    *,
    seconds: float = 3.0,
    fresh: bool = False,
    guard: Guard | None = None,
) -> Answer:
    carrier = transport(target.url) if isinstance(target, Server) else target
    return carrier.exchange(request or Request("GET", "/x"), seconds=seconds, fresh=fresh, guard=guard)


def answer_to(raw: bytes) -> Answer:
    with Server(once(raw)) as server:
        return ask(server)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return t.cast("int", listener.getsockname()[1])


# What leaves


def test_a_request_leaves_as_it_was_asked_for() -> None:
    request = Request(
        "PUT", "/a/b%2Fc", query=(("q", "1 2"), ("q", "ü")), headers={"Authorization": "Bearer T"}, body=b"{}"
    )
    with Server(once(http())) as server:
        ask(server, request)
    head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /a/b%2Fc?q=1+2&q=%C3%BC HTTP/1.1\r\n")
    assert {b"Authorization: Bearer T", b"Accept-Encoding: identity", b"Content-Length: 2"} <= set(head.split(b"\r\n"))
    assert body == b"{}"


@pytest.mark.row(54, 55)
@pytest.mark.parametrize("path", ["/%2E%2E%252Fx", "/a%252Fb", "/%3Fx%23y%3Bz", "/%20lead", "/%7Btpl%7D"])
def test_an_encoded_path_is_neither_decoded_nor_encoded_again(path: str) -> None:
    with Server(once(http())) as server:
        ask(server, Request("GET", path))
    assert server.received.split(b" ")[1].decode().replace("..", "%2E%2E") == path


def test_a_post_without_a_body_says_that_it_is_empty() -> None:
    with Server(once(http("204 No Content"))) as server:
        ask(server, Request("POST", "/logout"))
    assert b"Content-Length: 0" in server.received


@pytest.mark.row(32)
def test_a_netrc_file_never_replaces_the_authorization_header(monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\ndefault login thief password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(answering(http())) as server:
        ask(server, Request("GET", "/x", headers={"Authorization": "Bearer ours"}))
        ask(server, Request("GET", "/x"))
    assert server.received.count(b"Authorization: ") == 1
    assert b"Authorization: Bearer ours" in server.received


@pytest.mark.row(31)
def test_cookies_are_never_kept_between_requests() -> None:
    with Server(answering(http("200 OK", b"", "Set-Cookie: JSESSIONID=abc; Path=/"))) as server:
        carrier = transport(server.url)
        first = ask(carrier)
        ask(carrier)
        assert first.cookie("JSESSIONID") == "abc"
    assert b"Cookie: " not in server.received


@pytest.mark.row(32)
def test_a_line_break_in_a_credential_is_not_sent_and_not_shown() -> None:
    with Server(answering(http())) as server, pytest.raises(BadInput) as caught:
        ask(server, Request("GET", "/x", headers={"Authorization": "Bearer canary-4711\n"}))
    assert "line break" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert server.received == b""


@pytest.mark.row(32)
def test_what_is_no_http_and_says_our_credentials_back_is_masked() -> None:
    request = Request("GET", "/x", headers={"Authorization": "Bearer canary-4711"})
    with Server(once(b"you are Bearer canary-4711\r\n\r\n")) as server, pytest.raises(NoAnswer) as caught:
        ask(server, request)
    assert "canary" not in str(caught.value)


# What comes back


@pytest.mark.row(15)
@pytest.mark.parametrize("line", ["HTTP/1.1 204 204", "HTTP/1.1 204", "HTTP/1.1 204 ", "HTTP/1.0 204 No Content"])
def test_every_form_of_a_status_line_is_read(line: str) -> None:
    answer = answer_to(f"{line}\r\n\r\n".encode())
    assert (answer.status, answer.body, answer.problem) == (204, b"", None)


@pytest.mark.row(15)
def test_an_http_1_0_answer_ends_with_its_connection() -> None:
    answer = answer_to(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
    assert (answer.status, answer.body, answer.problem) == (200, b"all of it", None)


@pytest.mark.row(14)
def test_a_chunked_answer_with_trailers_is_read() -> None:
    answer = answer_to(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    )
    assert (answer.body, answer.problem) == (b"abcde", None)


@pytest.mark.row(15)
def test_100_continue_before_the_answer_is_passed_over() -> None:
    assert answer_to(b"HTTP/1.1 100 Continue\r\n\r\n" + http("200 OK", b"late")).body == b"late"


@pytest.mark.row(15)
def test_early_hints_are_no_answer_and_the_next_request_is_not_given_what_follows_them() -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", pause=0.05)
        peer.send(http("200 OK", b"of the first request"))
        if peer.request():
            peer.send(http("200 OK", b"of the second request"))

    with Server(handle) as server:
        carrier = transport(server.url)
        with pytest.raises(NoAnswer) as caught:
            ask(carrier)
        assert caught.value.status == 103
        time.sleep(0.1)
        with pytest.raises(NoAnswer):
            ask(carrier)
        assert len(server.peers) == 2


def test_header_names_are_lower_case_and_cookies_stay_apart() -> None:
    answer = answer_to(http("200 OK", b"", "X-A: b", "Set-Cookie: a=1; Path=/", "Set-Cookie: JSESSIONID=x.1; HttpOnly"))
    assert answer.headers["x-a"] == "b"
    assert answer.set_cookies == ("a=1; Path=/", "JSESSIONID=x.1; HttpOnly")
    assert answer.cookie("JSESSIONID") == "x.1"


@pytest.mark.row(13)
def test_an_encoded_body_is_not_decoded_because_a_plain_one_was_asked_for() -> None:
    answer = answer_to(http("200 OK", gzip.compress(b"x" * 100), "Content-Encoding: gzip"))
    assert (answer.status, answer.body) == (200, b"")
    assert "encoded" in str(answer.problem)


@pytest.mark.row(6, 14)
@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\nabc",
    ],
    ids=["short", "cut chunk", "malformed chunk"],
)
def test_a_broken_body_keeps_its_status_and_says_what_is_wrong(raw: bytes) -> None:
    answer = answer_to(raw)
    assert answer.status == 200
    assert "broke off" in str(answer.problem)


@pytest.mark.row(12)
def test_a_body_without_end_is_given_up_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_transport, "MOST_BYTES", 200_000)
    sent = 0

    def handle(peer: Peer) -> None:
        nonlocal sent
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(2000):
            peer.send(b"x" * 10_000)
            sent += 10_000

    with Server(handle) as server:
        answer = ask(server)
    assert answer.body == b""
    assert "more than" in str(answer.problem)
    assert sent < 10_000_000


@pytest.mark.row(14)
@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nabcde",
        b"this is not HTTP\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"",
    ],
    ids=["two lengths", "no HTTP", "status", "many headers", "long header", "nothing"],
)
def test_what_is_no_believable_answer_is_no_answer(raw: bytes) -> None:
    with pytest.raises(NoAnswer, match="after the request had left"):
        answer_to(raw)


# Redirects: the transport gives them as they are


@pytest.mark.row(21, 22, 23, 24)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_redirect_is_followed(status: str, method: str) -> None:
    with Server(answering(http())) as other:
        location = f"Location: {other.url}/somewhere"
        with Server(answering(http(status, b"", location))) as server:
            answer = ask(server, Request(method, "/x", headers={"Authorization": "Bearer T"}, body=b"{}"))
            assert answer.status == int(status[:3])
            assert len(server.peers) == 1
        assert other.peers == []


# Time


@pytest.mark.row(7, 11)
@pytest.mark.parametrize("part", ["headers", "body", "nothing"])
def test_a_server_that_drips_is_given_up_at_the_total_deadline(part: str) -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        if part == "nothing":
            peer.request()
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n"
        peer.send(head + (b"\r\n" if part == "body" else b"X-Drip: "))
        peer.send(*[b"x"] * 6000, pause=0.01)

    started = time.monotonic()
    with Server(handle) as server:
        if part == "body":
            answer = ask(server, seconds=SHORT)
            assert "time ran out" in str(answer.problem)
        else:
            with pytest.raises(NoAnswer, match="time ran out"):
                ask(server, seconds=SHORT)
        assert time.monotonic() - started < LATE


@pytest.mark.row(11)
def test_a_server_that_falls_silent_late_is_given_up_at_the_same_deadline() -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n", pause=SHORT)
        peer.send(b"Content-Length: 5\r\n\r\n")
        peer.request()

    started = time.monotonic()
    with Server(handle) as server:
        answer = ask(server, seconds=SHORT + 0.1)
        assert "time ran out" in str(answer.problem)
        assert time.monotonic() - started < LATE


@pytest.mark.row(3)
def test_a_connection_that_nobody_accepts_is_given_up_and_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        # A queue of one is full after one connection; the next one is dropped on the floor.
        with socket.create_connection(("127.0.0.1", port)), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(("127.0.0.1", port))
            started = time.monotonic()
            with pytest.raises(NotSent, match="time ran out"):
                ask(transport(f"http://127.0.0.1:{port}"), seconds=SHORT)
            assert time.monotonic() - started < LATE


def test_when_no_time_is_left_nothing_is_sent() -> None:
    with Server(answering(http())) as server, pytest.raises(NotSent, match="time ran out"):
        ask(server, seconds=0.0)
    assert server.received == b""


def test_a_guard_that_takes_too_long_leaves_nothing_sent() -> None:
    with Server(answering(http())) as server, pytest.raises(NotSent, match="time ran out"):
        ask(server, seconds=0.1, guard=lambda: time.sleep(0.15))
    assert server.received == b""


# Not sent, or nobody knows


@pytest.mark.row(2)
def test_a_refused_connection_is_not_sent(closed_port: int) -> None:
    with pytest.raises(
        NotSent, match=r"the system cannot be reached at http://127.0.0.1:\d+, nothing was sent: .*refused"
    ):
        ask(transport(f"http://127.0.0.1:{closed_port}"))


@pytest.mark.row(1)
def test_an_unknown_host_name_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: object, **_more: object) -> t.NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotSent, match=r"at https://sdm\.example\.com, .*: its name is not found"):
        ask(transport("https://sdm.example.com"))


@pytest.mark.row(4)
def test_a_reset_before_the_request_was_read_is_no_answer() -> None:
    def handle(peer: Peer) -> None:
        peer.await_bytes()
        peer.reset()

    with Server(handle) as server, pytest.raises(NoAnswer, match="after the request had left"):
        ask(server, Request("POST", "/x", body=b"y"), fresh=True)


@pytest.mark.row(5)
def test_a_reset_after_the_request_is_no_answer() -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.reset()

    with Server(handle) as server, pytest.raises(NoAnswer, match="after the request had left"):
        ask(server, Request("POST", "/x", body=b"y"), fresh=True)


def test_a_message_never_shows_the_query() -> None:
    with Server(once(b"")) as server, pytest.raises(NoAnswer) as caught:
        ask(server, Request("GET", "/x", query=(("token", "canary"),)))
    assert "canary" not in str(caught.value)


# The guard


def test_the_guard_runs_after_the_connection_is_made_and_before_the_first_byte() -> None:
    seen: list[tuple[int, bytes]] = []
    with Server(answering(http())) as server:

        def guard() -> None:
            server.await_peers(1)
            seen.append((len(server.peers), server.received))

        ask(server, Request("POST", "/x", body=b"y"), fresh=True, guard=guard)
    assert seen == [(1, b"")]


@pytest.mark.parametrize("fresh", [True, False])
def test_a_guard_that_blocks_leaves_not_one_byte_on_the_server(fresh: bool) -> None:
    def guard() -> None:
        raise Blocked("it is past not_after")

    with Server(answering(http())) as server:
        with pytest.raises(Blocked, match="past not_after"):
            ask(server, Request("PUT", "/x", body=b"y"), fresh=fresh, guard=guard)
        server.await_peers(1)
    assert server.received == b""


def test_the_guard_runs_again_on_a_connection_that_is_used_again() -> None:
    ran: list[int] = []
    with Server(answering(http())) as server:
        carrier = transport(server.url)
        for turn in (1, 2):
            ask(carrier, guard=lambda turn=turn: ran.append(turn))  # type: ignore[misc]
        assert len(server.peers) == 1
    assert ran == [1, 2]


# Connections


@pytest.mark.row(10)
def test_repeatable_requests_share_a_connection_and_others_have_their_own() -> None:
    with Server(answering(http())) as server:
        carrier = transport(server.url)
        ask(carrier)
        ask(carrier)
        assert len(server.peers) == 1
        ask(carrier, fresh=True)
        ask(carrier, fresh=True)
        assert len(server.peers) == 3


@pytest.mark.row(10)
def test_a_connection_the_server_closed_meanwhile_is_not_used_for_the_next_request() -> None:
    with Server(once(http())) as server:
        carrier = transport(server.url)
        ask(carrier)
        time.sleep(0.05)
        assert ask(carrier).status == 200
        assert len(server.peers) == 2


@pytest.mark.row(10)
def test_a_connection_that_dies_under_a_request_is_not_tried_again_by_the_library() -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(http())
        peer.request()

    with Server(handle) as server:
        carrier = transport(server.url)
        ask(carrier)
        with pytest.raises(NoAnswer):
            ask(carrier)
        assert len(server.peers) == 1
