# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a call is repeated, what becomes of a lost answer, and what an endpoint accepts."""

from __future__ import annotations

import email.utils
import math
import threading
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    JournalError,
    NoAnswer,
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import MOST_ATTEMPTS, Wire
from tests.unit.support.script import Script, VirtualClock

READ = Request("GET", "/x")
WRITE = Request("POST", "/x", body=b"{}")


# Repeating


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_repeatable_call_is_repeated_after(script: Script, status: int) -> None:
    script.expect("GET", "/x").answers(status)
    script.expect("GET", "/x").answers(200, text="at last")
    answer = script.wire().call(READ, repeatable=True)
    assert (answer.status, answer.body) == (200, b"at last")
    script.done()


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 405, 409, 423, 501])
def test_an_answer_that_says_something_is_given_back_at_once(script: Script, status: int) -> None:
    script.expect("GET", "/x").answers(status)
    assert script.wire().call(READ, repeatable=True).status == status
    script.done()


def test_a_repeatable_call_is_repeated_after_a_lost_answer_and_a_failure_to_connect(script: Script) -> None:
    script.expect("POST", "/x").loses_the_answer()
    script.expect("POST", "/x").is_not_sent()
    script.expect("POST", "/x").answers(204)
    answer = script.wire().call(WRITE, repeatable=True)
    assert (answer.status, answer.repeated) == (204, True)
    script.done()


@pytest.mark.row(10)
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 200, 409])
def test_any_other_call_is_sent_once_whatever_is_answered(script: Script, status: int) -> None:
    script.expect("POST", "/x").answers(status)
    assert script.wire().call(WRITE, repeatable=False).status == status
    script.done()


@pytest.mark.row(10)
def test_any_other_call_is_not_repeated_after_a_lost_answer(script: Script) -> None:
    script.expect("POST", "/x").loses_the_answer()
    with pytest.raises(NoAnswer):
        script.wire().call(WRITE, repeatable=False)
    script.done()
    assert len(script.sent) == 1


def test_any_other_call_keeps_a_body_that_broke_off_for_its_client_to_judge(script: Script) -> None:
    script.expect("POST", "/x").answers(200, problem="broke off in the middle of its answer")
    assert script.wire().call(WRITE, repeatable=False).problem
    script.done()


def test_a_failure_to_connect_is_repeated_for_any_call_because_nothing_left(script: Script) -> None:
    script.expect("POST", "/x").is_not_sent()
    script.expect("POST", "/x").answers(200)
    assert script.wire().call(WRITE, repeatable=False).status == 200
    script.done()


def test_a_call_is_tried_a_limited_number_of_times(script: Script) -> None:
    for _ in range(MOST_ATTEMPTS):
        script.expect("GET", "/x").is_not_sent()
    with pytest.raises(NotSent, match=r"nothing was sent \(tried 5 times in 4 s\)\.$"):
        script.wire(timeout=10_000).call(READ, repeatable=True)
    script.done()


def test_the_last_failed_answer_is_the_callers_to_judge(script: Script) -> None:
    for _ in range(MOST_ATTEMPTS):
        script.expect("GET", "/x").answers(503, headers={"retry-after": "3"})
    started = script.clock.monotonic()
    answer = script.wire().call(READ, repeatable=True)
    assert (answer.status, answer.attempts) == (503, MOST_ATTEMPTS)
    assert 12.0 <= answer.seconds == script.clock.monotonic() - started
    assert answer.tried == f" (tried 5 times in {math.ceil(answer.seconds)} s)"
    script.done()


@pytest.mark.row(33)
@pytest.mark.parametrize(
    ("status", "header", "patience", "waited", "ends"),
    [
        (429, "40", 0.0, 0.0, 429),
        (429, "40", 39.0, 0.0, 429),
        (429, "40", 100.0, 40.0, 200),
        (429, None, 100.0, 0.25, 200),
        (429, "soon", 100.0, 0.25, 200),
        (429, "86400", 299.0, 0.0, 429),
        (429, "86400", 301.0, 300.0, 200),
        (503, "40", 100.0, 40.0, 200),
        (500, "40", 100.0, 0.0, 500),
    ],
)
def test_a_pause_the_server_asks_for_counts_against_patience_and_not_against_the_timeout(
    script: Script, status: int, header: str | None, patience: float, waited: float, ends: int
) -> None:
    wire, began = script.wire(timeout=30.0), script.clock.monotonic()
    script.expect("GET", "/x").answers(status, headers={"Retry-After": header} if header else {})
    if ends == 200:
        script.expect("GET", "/x").answers(200)
    with wire.patient(patience):
        assert wire.call(READ, repeatable=True).status == ends
    assert script.clock.monotonic() - began == pytest.approx(waited, abs=0.2)
    script.done()


def test_any_number_of_pauses_is_waited_for_but_no_longer_than_patience_in_all(script: Script) -> None:
    wire, began = script.wire(timeout=30.0), script.clock.monotonic()
    for _ in range(8):
        script.expect("GET", "/x").answers(429, headers={"Retry-After": "60"})
    with wire.patient(450.0):
        answer = wire.call(READ, repeatable=True)
        assert (answer.status, answer.attempts) == (429, 8)
        script.expect("GET", "/x").answers(429, headers={"Retry-After": "60"})
        assert wire.call(READ, repeatable=True).status == 429
    assert 420.0 <= script.clock.monotonic() - began <= 450.0
    script.done()


def test_patience_ends_with_its_block_and_belongs_to_its_thread(script: Script) -> None:
    wire = script.wire(timeout=30.0)
    for _ in range(3):
        script.expect("GET", "/x").answers(429, headers={"Retry-After": "60"})
    with wire.patient(1000.0), wire.patient(0.0):
        assert wire.call(READ, repeatable=True).status == 429
    assert wire.call(READ, repeatable=True).status == 429
    with wire.patient(1000.0):
        answers: list[Answer] = []
        thread = threading.Thread(target=lambda: answers.append(wire.call(READ, repeatable=True)))
        thread.start()
        thread.join()
    assert answers[0].status == 429
    script.done()


def test_what_must_be_sent_once_is_never_repeated_by_patience(script: Script) -> None:
    wire = script.wire()
    script.expect("POST", "/x").answers(429, headers={"Retry-After": "1"})
    with wire.patient(1000.0):
        assert wire.call(WRITE, repeatable=False).status == 429
    script.done()


def test_what_was_tried_once_is_not_counted(script: Script) -> None:
    script.expect("GET", "/x").answers(404)
    assert script.wire().call(READ, repeatable=True).tried == ""
    script.done()


def test_a_body_that_always_breaks_off_is_no_answer_with_its_status(script: Script) -> None:
    for _ in range(MOST_ATTEMPTS):
        script.expect("GET", "/x").answers(200, problem="broke off in the middle of its answer")
    with pytest.raises(
        NoAnswer, match=r"^the system \(GET /x\) broke off in the middle of its answer \(tried 5 times in 4 s\)\.$"
    ) as caught:
        script.wire().call(READ, repeatable=True)
    assert caught.value.status == 200
    script.done()


# What an earlier try leaves behind


@pytest.mark.parametrize(
    "first",
    [
        lambda line: line.loses_the_answer(),
        lambda line: line.answers(500),
        lambda line: line.answers(200, problem="broke off in the middle of its answer"),
    ],
    ids=["lost", "failed", "broken"],
)
def test_an_answer_tells_that_an_earlier_try_may_have_been_executed(
    script: Script, first: t.Callable[[t.Any], None]
) -> None:
    first(script.expect("POST", "/x"))
    script.expect("POST", "/x").answers(400)
    assert script.wire().call(WRITE, repeatable=True).repeated is True


@pytest.mark.parametrize("status", [429, None])
def test_an_earlier_try_that_was_certainly_not_executed_is_not_told_of(script: Script, status: int | None) -> None:
    line = script.expect("POST", "/x")
    line.answers(status) if status else line.is_not_sent()
    script.expect("POST", "/x").answers(400)
    assert script.wire().call(WRITE, repeatable=True).repeated is False


def test_when_only_the_last_try_was_not_sent_nobody_knows(script: Script) -> None:
    script.expect("POST", "/x").loses_the_answer()
    for _ in range(MOST_ATTEMPTS - 1):
        script.expect("POST", "/x").is_not_sent()
    with pytest.raises(NoAnswer, match="earlier try got no answer and may have been executed"):
        script.wire().call(WRITE, repeatable=True)
    script.done()


def test_a_guard_that_blocks_a_repeat_does_not_hide_the_lost_answer(script: Script) -> None:
    script.expect("POST", "/x").loses_the_answer()
    script.expect("POST", "/x")
    turns: list[None] = []

    def guard() -> None:
        turns.append(None)
        if len(turns) == 2:
            raise Blocked("it is past not_after.")

    with pytest.raises(NoAnswer, match="past not_after"):
        script.wire().call(WRITE, repeatable=True, guard=guard)


# The guard


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_guard_that_blocks_ends_the_call_at_once(script: Script, repeatable: bool) -> None:
    script.expect("POST", "/x")

    def guard() -> None:
        raise Blocked("it is past not_after")

    with pytest.raises(Blocked, match=r"^it is past not_after$"):
        script.wire().call(WRITE, repeatable=repeatable, guard=guard)
    assert script.sent == []


def test_a_guard_that_cannot_read_the_journal_ends_the_call_at_once(script: Script) -> None:
    script.expect("POST", "/x")

    def guard() -> None:
        raise JournalError("the disk is full")

    with pytest.raises(JournalError):
        script.wire().call(WRITE, repeatable=True, guard=guard)
    assert script.sent == []


# Time


class Slow:
    """A transport that uses all the time it is given, and notes how much that was."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.given: list[float] = []
        self.fresh: list[bool] = []

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        self.given.append(seconds)
        self.fresh.append(fresh)
        self.clock.sleep(seconds)
        raise NoAnswer("it stalled")


def test_a_stalled_repeatable_call_leaves_time_for_its_repeats_and_keeps_the_deadline(clock: VirtualClock) -> None:
    transport, started = Slow(clock), clock.monotonic()
    wire = Wire(Endpoint("the system", "https://api.example.com", timeout=30.0), transport, clock, rng=lambda: 0.5)
    with pytest.raises(NoAnswer):
        wire.call(READ, repeatable=True)
    assert clock.monotonic() - started <= 30.0
    assert len(transport.given) >= 3
    assert transport.given[0] == 15.0
    assert transport.fresh == [False] * len(transport.given)


def test_a_call_that_is_sent_once_gets_all_the_time_and_its_own_connection(clock: VirtualClock) -> None:
    transport = Slow(clock)
    wire = Wire(Endpoint("the system", "https://api.example.com", timeout=30.0), transport, clock)
    with pytest.raises(NoAnswer):
        wire.call(WRITE, repeatable=False)
    assert (transport.given, transport.fresh) == ([30.0], [True])


@pytest.mark.row(33)
@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_the_server_asks_for_is_kept(script: Script, status: int) -> None:
    script.expect("GET", "/x").answers(status, headers={"Retry-After": "7"})
    script.expect("GET", "/x").answers(200)
    started = script.clock.monotonic()
    script.wire().call(READ, repeatable=True)
    assert 7.0 <= script.clock.monotonic() - started <= 7.25


@pytest.mark.row(35)
def test_a_pause_longer_than_the_time_left_ends_the_call_instead_of_being_slept(script: Script) -> None:
    script.expect("GET", "/x").answers(429, headers={"Retry-After": "60"})
    started = script.clock.monotonic()
    answer = script.wire(timeout=30.0).call(READ, repeatable=True)
    assert (answer.status, answer.retry_after(script.clock.now())) == (429, 60.0)
    assert script.clock.monotonic() == started
    script.done()


@pytest.mark.row(34)
def test_a_date_to_retry_after_is_read_by_the_servers_own_clock(script: Script) -> None:
    skewed = script.clock.now() + 86400
    headers = {"Date": email.utils.formatdate(skewed, usegmt=True)}
    headers["Retry-After"] = email.utils.formatdate(skewed + 9, usegmt=True)
    script.expect("GET", "/x").answers(503, headers=headers)
    script.expect("GET", "/x").answers(200)
    started = script.clock.monotonic()
    script.wire().call(READ, repeatable=True)
    assert 9.0 <= script.clock.monotonic() - started <= 9.25


@pytest.mark.row(9, 11, 35)
@given(timeout=st.floats(0.01, 100.0), jitter=st.floats(0.0, 1.0))
def test_no_call_outlives_its_timeout(timeout: float, jitter: float) -> None:
    clock = VirtualClock()
    transport, started = Slow(clock), clock.monotonic()
    wire = Wire(Endpoint("the system", "https://api.example.com", timeout=timeout), transport, clock, lambda: jitter)
    with pytest.raises(NoAnswer):
        wire.call(READ, repeatable=True)
    assert clock.monotonic() - started <= timeout + 1e-6
    assert len(transport.given) <= MOST_ATTEMPTS


# Redirects


@pytest.mark.row(21, 22, 23)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://evil.example.net/x", "https://evil.example.net"),
        ("http://api.example.com/x", "http://api.example.com"),
        ("https://api.example.com:8443/x", "https://api.example.com:8443"),
        ("//other.example.com", "https://other.example.com"),
        ("/elsewhere", "https://api.example.com"),
        ("", "https://api.example.com"),
    ],
)
def test_a_redirect_ends_the_call_and_its_message_names_the_target(
    script: Script, status: int, location: str, target: str
) -> None:
    script.expect("POST", "/x").answers(status, headers={"Location": location})
    with pytest.raises(NoAnswer) as unknown:
        script.wire().call(WRITE, repeatable=False)
    assert f"a redirect ({status}) to {target}, which is never followed; check api_url." in str(unknown.value)
    script.expect("GET", "/x").answers(status, headers={"Location": location})
    with pytest.raises(Refused) as refused:
        script.wire().call(READ, repeatable=True)
    assert refused.value.status == status
    script.done()


@pytest.mark.row(21)
@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("location", ["/login?next=/x", "https://sso.example.com/SignIn", "/ui/Login.jsp"])
def test_a_redirect_to_a_login_page_means_that_nothing_was_executed(
    script: Script, location: str, repeatable: bool
) -> None:
    script.expect("POST", "/x").answers(302, headers={"Location": location})
    with pytest.raises(SignInRefused, match="login page"):
        script.wire().call(WRITE, repeatable=repeatable)
    script.done()


def test_a_device_called_login_does_not_make_a_redirect_a_login_page(script: Script) -> None:
    script.expect("PUT", "/devices/login-gw/").answers(
        308, headers={"Location": "https://b.example.com/devices/login-gw/"}
    )
    with pytest.raises(NoAnswer):
        script.wire().call(Request("PUT", "/devices/login-gw/"), repeatable=False)


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "https://h:99999/", "https://u:canary@evil.example.net/", "http://\u202eevil/", "https://℀.com"],
)
def test_a_nonsense_target_is_no_defect_and_shows_no_credentials(script: Script, location: str) -> None:
    script.expect("POST", "/x").answers(302, headers={"Location": location})
    with pytest.raises(NoAnswer, match="never followed") as caught:
        script.wire().call(WRITE, repeatable=False)
    assert str(caught.value).isprintable()
    assert "canary" not in str(caught.value)


def test_a_redirect_after_a_lost_answer_tells_of_it(script: Script) -> None:
    script.expect("GET", "/x").loses_the_answer()
    script.expect("GET", "/x").answers(302, headers={"Location": "/elsewhere"})
    with pytest.raises(Refused) as caught:
        script.wire().call(READ, repeatable=True)
    assert caught.value.repeated is True


def test_a_message_never_shows_the_query(script: Script) -> None:
    script.expect("GET", "/x").answers(302, headers={"Location": "https://b.example.com/?token=canary"})
    with pytest.raises(Refused) as caught:
        script.wire().call(Request("GET", "/x", query=(("token", "canary"),)), repeatable=True)
    assert "canary" not in str(caught.value)


# Answers


def test_the_media_type_is_read_without_its_parameters() -> None:
    assert Answer(200, {"content-type": " Application/XML ; charset=UTF-8"}).media_type == "application/xml"
    assert Answer(200).media_type == ""


def test_a_cookie_is_found_among_several() -> None:
    answer = Answer(
        200, set_cookies=("a=1; Path=/; Comment=JSESSIONID=no", "JSESSIONID = x=y.tomcat1 ; HttpOnly", "bare")
    )
    assert answer.cookie("JSESSIONID") == "x=y.tomcat1"
    assert answer.cookie("bare") is None
    assert answer.cookie("missing") is None


# Endpoints


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sdm.example.com",
        "ftp://sdm.example.com",
        "https://",
        "https://:8443",
        "https://sdm.example.com:0",
        "https://sdm.example.com:port",
        "https://sdm.example.com:99999",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_cannot_be_called_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match=r"^the system: api_url is not a usable http or https address.$"):
        Endpoint("the system", url)


@pytest.mark.row(32)
@pytest.mark.parametrize("url", ["https://user:canary@sdm.example.com", "https://canary@sdm.example.com"])
def test_credentials_in_the_address_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(BadInput, match="holds credentials") as caught:
        Endpoint("the system", url)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://sdm.example.com?x=y", "https://sdm.example.com#x"])
def test_a_query_or_a_fragment_in_the_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="query or a fragment"):
        Endpoint("the system", url)


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf"), 1e12])
def test_a_timeout_that_is_no_length_of_time_is_refused(timeout: float) -> None:
    with pytest.raises(BadInput, match="timeout must be more than 0 and at most"):
        Endpoint("the system", "https://sdm.example.com", timeout=timeout)


def test_a_client_key_without_its_certificate_is_refused() -> None:
    with pytest.raises(BadInput, match="client_key is only of use with client_cert"):
        Endpoint("the system", "https://sdm.example.com", client_key="/etc/key.pem")


@pytest.mark.parametrize("url", ["https://sdm.example.com:8443/Api/V1", " HTTPS://SDM.Example.com:8443/Api/V1// "])
def test_an_endpoint_is_built_from_the_options_in_one_spelling(url: str) -> None:
    params = {"api_url": url, "timeout": 7, "validate_certs": False, "ca_path": None}
    endpoint = Endpoint.from_params("the system", {**params, "client_cert": "/c", "client_key": "/k"})
    assert endpoint == Endpoint("the system", "https://sdm.example.com:8443/Api/V1", 7.0, False, None, "/c", "/k")


def kept(url: str) -> str:
    """Return an address as the journal keeps it."""
    unused = dict.fromkeys(("ca_path", "client_cert", "client_key"))
    return Endpoint.from_params(
        "the system", {"api_url": url, "timeout": 7, "validate_certs": True, "allow_plain_http": True, **unused}
    ).base_url


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://h.example.com:443/api", "https://h.example.com/api"),
        ("HTTPS://H.example.com:0443", "https://h.example.com"),
        ("https://h.example.com:/api/", "https://h.example.com/api"),
        ("http://h.example.com:80/api", "http://h.example.com/api"),
        ("https://[2001:DB8::443]:443/api", "https://[2001:db8::443]/api"),
    ],
)
def test_the_port_a_scheme_has_anyway_makes_no_other_server(url: str, base: str) -> None:
    assert kept(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example.com:80/api",
        "http://h.example.com:443/api",
        "https://h.example.com:4443/api:443",
        "https://[2001:db8::443]/api",
        "https://[2001:db8::1]:8443",
    ],
)
def test_what_only_looks_like_the_scheme_s_port_stays(url: str) -> None:
    assert kept(url) == url


@pytest.mark.parametrize("url", ["https://2001:db8::443", "https://h.example.com:0", "https://u:c@h.example.com:443"])
def test_an_address_that_is_none_is_no_better_without_its_port(url: str) -> None:
    with pytest.raises(BadInput):
        kept(url)


# Credentials


@pytest.mark.row(32)
def test_a_refusal_that_says_our_credentials_back_is_masked(script: Script) -> None:
    headers = {"Authorization": "Bearer c4nary-token", "Cookie": "JSESSIONID=c4nary-cookie"}
    script.expect("PUT", "/x").answers(400, text="you sent c4nary-token and c4nary-cookie")
    answer = script.wire().call(Request("PUT", "/x", headers=headers), repeatable=False)
    assert answer.body == b"you sent ******** and ********"
    script.done()


@pytest.mark.row(32)
@pytest.mark.parametrize("length", [4, 16])
def test_a_success_that_says_a_long_credential_back_is_masked_too(script: Script, length: int) -> None:
    secret = "c4na" * (length // 4)
    script.expect("GET", "/x").answers(200, text=f"error: {secret} is not known")
    answer = script.wire().call(Request("GET", "/x", headers={"Authorization": f"Bearer {secret}"}), repeatable=True)
    assert (secret.encode() in answer.body) is (length < 16)
