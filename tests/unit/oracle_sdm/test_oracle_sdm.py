# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to Oracle SDM: signing in once, listing, locking, unlocking, signing out."""

from __future__ import annotations

import json
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
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
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm import sign_in as _sdm_sign_in
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import (
    SESSION_KEY,
    sign_out_saved,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache
from tests.unit.support.script import Script

LOGIN, LOGOUT = "/rest/v1.3/admin/login", "/rest/v1.3/admin/logout"
LIST = "/rest/v1.3/inventory/deviceMgmt/devices"
ACTION = f"{LIST}/ID41/action"
PAGE = {"content-type": "text/html"}


class Shared(MemoryStore):
    """A store whose sessions outlive the task."""

    shared = True


def client(script: Script, password: str = "canary", store: Store | None = None) -> OracleSdm:
    return OracleSdm(script.wire(), "LockBot", password, "v1.3", Shared() if store is None else store)


def expect_sign_in(script: Script, cookie: str = "C1") -> None:
    script.expect("POST", LOGIN).answers(xml="<session/>", cookie=f"JSESSIONID={cookie}; Path=/rest; HttpOnly")


def cookies(script: Script) -> list[str | None]:
    return [request.headers.get("Cookie") for request in script.sent]


# Signing in


def test_the_first_call_signs_in_and_the_next_ones_use_its_cookie(script: Script) -> None:
    expect_sign_in(script, "0F3C.tomcat1")
    script.expect("POST", ACTION).answers(204)
    script.expect("POST", ACTION).answers(204)
    sdm = client(script)
    sdm.lock("ID41")
    sdm.unlock("ID41")
    script.done()
    login, lock, unlock = script.sent
    assert login.body == (
        b"<?xml version='1.0' encoding='utf-8'?>\n"
        b"<session><userName>LockBot</userName><password>canary</password></session>"
    )
    assert login.headers == {"Accept": "application/xml", "Content-Type": "application/xml"}
    assert cookies(script) == [None, "JSESSIONID=0F3C.tomcat1", "JSESSIONID=0F3C.tomcat1"]
    assert b"<deviceAction><type>Lock</type></deviceAction>" in (lock.body or b"")
    assert b"<deviceAction><type>Unlock</type></deviceAction>" in (unlock.body or b"")


@pytest.mark.parametrize(
    "sign_in",
    [
        {"xml": "<session><sessionId>C1</sessionId></session>"},
        {"json": {"sessionId": "C1", "idleTimeout": 0}},
        {"xml": "<session><sessionId>other</sessionId></session>", "cookie": "JSESSIONID=C1; Path=/rest"},
        {"text": "", "cookie": "JSESSIONID=C1"},
    ],
    ids=["xml", "json", "header first", "no body"],
)
def test_the_cookie_comes_from_its_header_or_else_from_the_body(script: Script, sign_in: dict[str, t.Any]) -> None:
    script.expect("POST", LOGIN).answers(**sign_in)
    script.expect("POST", ACTION).answers(204)
    client(script).lock("ID41")
    assert cookies(script)[-1] == "JSESSIONID=C1"


@pytest.mark.row(31)
@pytest.mark.parametrize("cookie", ["", "a b", "a;b", "a,b", "a\\r\\nX: y", 'a"b', "é"])
def test_a_cookie_that_cannot_be_sent_back_is_no_session(script: Script, cookie: str) -> None:
    script.expect("POST", LOGIN).answers(json={"sessionId": cookie})
    with pytest.raises(NoAnswer, match="no usable session cookie"):
        client(script).lock("ID41")


class Counting:
    """A server that takes a moment for everything and counts what it is asked."""

    def __init__(self, login: t.Callable[[], Answer]) -> None:
        self.login = login
        self.asked: list[str] = []
        self.all_refused = threading.Barrier(8)

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        self.asked.append(request.path)
        if request.path == LOGIN:
            time.sleep(0.05)
            return self.login()
        if request.headers["Cookie"] == "JSESSIONID=new":
            return Answer(204)
        self.all_refused.wait(10)
        return Answer(401)


def at_once(number: int, work: t.Callable[[], object]) -> list[BaseException]:
    """Do the same in several threads at the same moment; give what they raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(number)

    def run() -> None:
        barrier.wait(5)
        try:
            work()
        except MaintenanceError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return errors


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Shared() if request.param == "memory" else RunCache(str(tmp_path / "shared"))


def counting_client(server: Counting, store: Store) -> OracleSdm:
    wire = Wire(Endpoint("Oracle SDM", "https://api.example.com", timeout=0.4), server, Clock(), rng=lambda: 0.5)
    return OracleSdm(wire, "lockbot", "canary", "v1.3", store)


def new_session() -> Answer:
    return Answer(200, set_cookies=("JSESSIONID=new",))


def test_many_threads_sign_in_once(store: Store) -> None:
    server = Counting(new_session)
    assert at_once(8, lambda: counting_client(server, store).lock("ID41")) == []
    assert server.asked.count(LOGIN) == 1


@pytest.mark.row(26)
def test_many_threads_renew_a_session_that_is_over_once(store: Store) -> None:
    server = Counting(new_session)
    sdm = counting_client(server, store)
    store.save(
        f"{SESSION_KEY} https://api.example.com v1.3 lockbot", {"cookie": "old", "version": "v1.3", "endpoint": {}}
    )
    assert at_once(8, lambda: sdm.lock("ID41")) == []
    assert server.asked.count(LOGIN) == 1


@pytest.mark.row(25)
def test_many_threads_try_a_rejected_password_once(store: Store) -> None:
    server = Counting(lambda: Answer(401))
    errors = at_once(8, lambda: counting_client(server, store).lock("ID41"))
    assert [type(error) for error in errors] == [SignInRefused] * 8
    assert server.asked == [LOGIN]


def test_many_threads_wait_once_for_a_server_that_does_not_answer(store: Store) -> None:
    def stall() -> t.NoReturn:
        raise NoAnswer("it stalled")

    server = Counting(stall)
    errors = at_once(8, lambda: counting_client(server, store).device_ids())
    assert [type(error) for error in errors] == [NoAnswer] * 8
    one_call = [LOGIN, LOGIN]
    assert server.asked == one_call
    at_once(1, lambda: counting_client(server, store).device_ids())
    assert server.asked == one_call * 2


# A rejected password


@pytest.mark.row(25)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_rejected_password_is_tried_once_per_run(script: Script, status: int) -> None:
    script.expect("POST", LOGIN).answers(status)
    store = Shared()
    for _ in range(3):
        with pytest.raises(SignInRefused) as caught:
            client(script, store=store).lock("ID41")
        assert f"did not accept the account LockBot ({status}). Check username and" in str(caught.value)
    script.done()


@pytest.mark.parametrize(
    "refusal",
    [
        {"text": "<html>Sign in</html>", "headers": PAGE, "cookie": "JSESSIONID=C1"},
        {"xml": "<error>wrong password</error>", "cookie": "JSESSIONID=C1"},
        {"status": 302, "headers": {"Location": "/login.jsp"}},
    ],
    ids=["page", "error", "redirect"],
)
def test_a_rejection_in_any_form_is_one(script: Script, refusal: dict[str, t.Any]) -> None:
    script.expect("POST", LOGIN).answers(**refusal)
    store = Shared()
    for _ in range(2):
        with pytest.raises(SignInRefused):
            client(script, store=store).lock("ID41")
    script.done()


@pytest.mark.row(28)
def test_a_password_that_was_changed_during_the_run_is_tried(script: Script) -> None:
    store = Shared()
    script.expect("POST", LOGIN).answers(401)
    with pytest.raises(SignInRefused):
        client(script, "old", store).lock("ID41")
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(204)
    client(script, "new", store).lock("ID41")
    script.done()


@pytest.mark.row(32)
def test_neither_the_password_nor_the_cookie_is_in_a_message_or_kept_after_a_rejection(script: Script) -> None:
    store = Shared()
    script.expect("POST", LOGIN).answers(401)
    with pytest.raises(SignInRefused) as caught:
        client(script, store=store).lock("ID41")
    assert "canary" not in str(caught.value)
    assert "canary" not in json.dumps(store._values)


def test_a_sign_in_that_failed_otherwise_is_tried_again_by_the_next_call(script: Script) -> None:
    store = Shared()
    for _ in range(5):
        script.expect("POST", LOGIN).answers(503)
    with pytest.raises(NoAnswer, match="answered 503 to the sign-in"):
        client(script, store=store).lock("ID41")
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(204)
    client(script, store=store).lock("ID41")
    script.done()


def test_an_unknown_version_is_named_as_the_reason(script: Script) -> None:
    script.expect("POST", LOGIN).answers(404)
    with pytest.raises(
        Refused, match=r"has no REST interface v1\.3 at .*Check api_url .ORACLE_SDM_URL. and api_version"
    ):
        client(script).lock("ID41")


@pytest.mark.parametrize("version", ["", "..", "v1/../x", "v1.3\n"])
def test_a_version_that_is_no_path_segment_is_refused(script: Script, version: str) -> None:
    with pytest.raises(BadInput):
        OracleSdm(script.wire(), "lockbot", "canary", version, MemoryStore())


# A session that is over


@pytest.mark.row(26, 27)
@pytest.mark.parametrize(
    "sign",
    [
        {"status": 401},
        {"text": "<!DOCTYPE html><html>Sign in</html>", "headers": PAGE},
        {"status": 302, "headers": {"Location": "https://api.example.com/login"}},
    ],
    ids=["401", "page", "redirect"],
)
def test_a_session_that_is_over_is_renewed_once(script: Script, sign: dict[str, t.Any]) -> None:
    expect_sign_in(script, "old")
    script.expect("POST", ACTION).answers(**sign)
    expect_sign_in(script, "new")
    script.expect("POST", ACTION).answers(204)
    client(script).unlock("ID41")
    script.done()
    assert cookies(script)[-1] == "JSESSIONID=new"


@pytest.mark.row(25)
@pytest.mark.parametrize(
    ("sign", "kind"),
    [
        ({"status": 401}, Conflict),
        ({"text": "<html>", "headers": PAGE}, SignInRefused),
        ({"status": 302, "headers": {"Location": "/login"}}, SignInRefused),
    ],
    ids=["401", "page", "redirect"],
)
def test_a_session_is_not_renewed_twice_for_one_call(
    script: Script, sign: dict[str, t.Any], kind: type[MaintenanceError]
) -> None:
    for cookie in ("old", "new"):
        expect_sign_in(script, cookie)
        script.expect("POST", ACTION).answers(**sign)
    with pytest.raises(kind):
        client(script).lock("ID41")
    script.done()


def test_a_list_that_is_refused_even_after_signing_in_again_says_so(script: Script) -> None:
    for cookie in ("old", "new"):
        expect_sign_in(script, cookie)
        script.expect("GET", LIST).answers(401)
    with pytest.raises(SignInRefused, match="even right after signing in"):
        client(script).devices()


def test_a_lost_answer_is_not_forgotten_when_the_session_is_renewed(script: Script) -> None:
    expect_sign_in(script, "old")
    script.expect("POST", ACTION).loses_the_answer()
    script.expect("POST", ACTION).answers(401)
    expect_sign_in(script, "new")
    script.expect("POST", ACTION).answers(400)
    with pytest.raises(Conflict) as caught:
        client(script).lock("ID41")
    assert caught.value.repeated is True


@pytest.mark.parametrize("refused", [True, False])
def test_a_lost_answer_stays_unknown_when_the_session_cannot_be_renewed(script: Script, refused: bool) -> None:
    expect_sign_in(script, "old")
    script.expect("POST", ACTION).loses_the_answer()
    script.expect("POST", ACTION).answers(401)
    if refused:
        script.expect("POST", LOGIN).answers(401)
    else:
        for _ in range(5):
            script.expect("POST", LOGIN).is_not_sent()
    with pytest.raises(NoAnswer, match="may have been executed"):
        client(script).lock("ID41")
    script.done()


# Locking


@pytest.mark.parametrize(
    "success",
    [{"status": 204}, {"status": 200}, {"status": 200, "xml": "<deviceAction><type>Lock</type></deviceAction>"}],
)
def test_200_and_204_are_success(script: Script, success: dict[str, t.Any]) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(**success)
    client(script).lock("ID41")
    script.done()


@pytest.mark.parametrize("status", [400, 403, 409, 423])
def test_every_refusal_that_may_mean_another_account_is_taken_as_one(script: Script, status: int) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(status, text="<b>whatever</b>")
    with pytest.raises(
        Conflict,
        match=rf"refused to lock device ID41 \({status}\): another account holds its lock, or the account LockBot",
    ) as caught:
        client(script).lock("ID41")
    assert (caught.value.status, caught.value.repeated) == (status, False)


@pytest.mark.row(43)
def test_an_error_element_in_a_success_is_a_refusal(script: Script) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(200, xml="<error>held by admin</error>")
    with pytest.raises(Conflict, match="refused to unlock device ID41: held by admin"):
        client(script).unlock("ID41")


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (404, NotFound, "does not exist, or the account LockBot may not see it"),
        (405, Refused, "answered 405"),
        (202, NoAnswer, "not an answer this call has"),
        (501, NoAnswer, "what it did is not known"),
    ],
)
def test_every_other_status_has_its_meaning(
    script: Script, status: int, kind: type[MaintenanceError], text: str
) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(status)
    with pytest.raises(kind, match=text) as caught:
        client(script).lock("ID41")
    assert type(caught.value) is kind


def test_a_server_failure_is_repeated_and_then_unknown(script: Script) -> None:
    expect_sign_in(script)
    for _ in range(5):
        script.expect("POST", ACTION).answers(500)
    with pytest.raises(NoAnswer, match="answered 500 about device ID41"):
        client(script).lock("ID41")
    script.done()


def test_a_lost_answer_is_settled_by_repeating(script: Script) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).loses_the_answer()
    script.expect("POST", ACTION).answers(204)
    client(script).lock("ID41")
    script.done()


def test_a_404_after_a_lost_answer_tells_of_it(script: Script) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).loses_the_answer()
    script.expect("POST", ACTION).answers(404)
    with pytest.raises(NotFound) as caught:
        client(script).lock("ID41")
    assert caught.value.repeated is True


def test_the_guard_runs_for_the_action_and_not_for_the_sign_in(script: Script) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION)

    def guard() -> None:
        assert [request.path for request in script.sent] == [LOGIN]
        raise Blocked("the run has ended")

    with pytest.raises(Blocked, match="the run has ended"):
        client(script).lock("ID41", guard)


@pytest.mark.row(54)
@pytest.mark.parametrize("device_id", ["", "..", "ID1/../ID2", "ID1\r\n"])
def test_an_id_that_is_no_path_segment_is_not_sent(script: Script, device_id: str) -> None:
    with pytest.raises(BadInput):
        client(script).lock(device_id)
    assert script.sent == []


@pytest.mark.row(55)
def test_an_id_is_encoded_once(script: Script) -> None:
    expect_sign_in(script)
    script.expect("POST", f"{LIST}/ID%2041%252F/action").answers(204)
    client(script).lock("ID 41%2F")
    script.done()


# Listing


def test_names_are_resolved_from_one_list_per_run(script: Script) -> None:
    expect_sign_in(script)
    script.expect("GET", LIST).answers(
        xml="<devices><devices><id>ID1</id><name>a</name></devices><devices><id>ID2</id><name>b</name></devices>"
        "<devices><id>ID3</id><name>a</name></devices><devices><id>ID4</id></devices></devices>"
    )
    store = Shared()
    for _ in range(2):
        assert client(script, store=store).device_ids() == {"a": ["ID1", "ID3"], "b": ["ID2"]}
    script.done()


def test_who_reads_the_list_makes_the_table_of_the_run(script: Script) -> None:
    expect_sign_in(script)
    script.expect("GET", LIST).answers(
        xml="<devices><devices><id>ID1</id><name>a</name></devices><devices><id>ID2</id><name>b</name></devices></devices>"
    )
    store = Shared()
    assert len(client(script, store=store).devices()) == 2
    assert client(script, store=store).device_ids() == {"a": ["ID1"], "b": ["ID2"]}
    script.done()


@pytest.mark.parametrize("status", [204, 403, 404, 500])
def test_no_list_is_never_an_empty_list(script: Script, status: int) -> None:
    expect_sign_in(script)
    for _ in range(5):
        script.expect("GET", LIST).answers(status)
    store = Shared()
    with pytest.raises(MaintenanceError, match="the list of devices"):
        client(script, store=store).device_ids()
    assert not any(key.startswith("oracle_sdm_devices") and "failure" not in key for key in store._values)


def test_the_account_is_compared_without_regard_to_case(script: Script) -> None:
    assert client(script).account == "lockbot"
    assert client(script).server == "https://api.example.com"


# Signing out


def test_a_session_that_nobody_shares_is_closed_at_the_end(script: Script) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(204)
    script.expect("POST", LOGOUT).answers(204)
    with client(script, store=MemoryStore()) as sdm:
        sdm.lock("ID41")
    script.done()
    assert cookies(script)[-1] == "JSESSIONID=C1"
    assert script.sent[-1].body is None


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_how_the_sign_out_ends_does_not_matter_to_the_task(script: Script, status: int) -> None:
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(400)
    for _ in range(5 if status == 500 else 1):
        script.expect("POST", LOGOUT).answers(status)
    with pytest.raises(Conflict), client(script, store=MemoryStore()) as sdm:
        sdm.lock("ID41")
    script.done()


def test_a_shared_session_stays_open_for_the_next_task(script: Script) -> None:
    store = Shared()
    expect_sign_in(script)
    for _ in range(2):
        script.expect("POST", ACTION).answers(204)
        with client(script, store=store) as sdm:
            sdm.lock("ID41")
    script.done()


def test_who_never_signed_in_does_not_sign_out(script: Script) -> None:
    with client(script, store=MemoryStore()):
        pass
    assert script.sent == []


def test_the_end_of_a_run_signs_out_with_what_the_store_kept(
    script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = RunCache(str(tmp_path / "shared"))
    expect_sign_in(script)
    script.expect("POST", ACTION).answers(204)
    client(script, store=store).lock("ID41")
    saved = store.with_prefix(SESSION_KEY)
    assert len(saved) == 1
    assert "canary" not in json.dumps(saved)

    def connect(endpoint: Endpoint) -> Script:
        assert endpoint == script.wire(system="the system").endpoint
        return script

    monkeypatch.setattr(_sdm_sign_in, "HttpTransport", connect)
    script.expect("POST", LOGOUT).answers(204)
    sign_out_saved(saved[0])
    script.done()
    assert cookies(script)[-1] == "JSESSIONID=C1"


def test_a_rejected_session_needs_no_sign_out() -> None:
    sign_out_saved({"refused": "no."})


def test_a_sign_out_that_fails_at_the_end_of_a_run_is_an_error_for_its_warning(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sdm_sign_in, "HttpTransport", lambda _endpoint: script)
    script.expect("POST", LOGOUT).answers(400)
    endpoint = {"system": "Oracle SDM", "base_url": "https://api.example.com"}
    with pytest.raises(NoAnswer, match="answered 400 to the sign-out"):
        sign_out_saved({"cookie": "C1", "version": "v1.3", "endpoint": endpoint})


def test_a_server_that_cannot_be_reached_is_not_sent_anything(script: Script) -> None:
    for _ in range(5):
        script.expect("POST", LOGIN).is_not_sent()
    with pytest.raises(NotSent):
        client(script).lock("ID41")
    script.done()
