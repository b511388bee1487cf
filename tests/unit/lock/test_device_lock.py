# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking locks: the journal is the memory, the server the judge."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock import taking
from tests.unit.support.lock_bench import DEVICES, SERVER, Bench, LockScript, outcome

MAYBE_FOREIGN = [400, 403, 409, 423]

LOCKED, STILL_LOCKED = ("locked", True, False), ("locked", False, False)
BUSY, UNKNOWN = ("busy", False, True), ("unknown", False, True)


# The usual way


def test_a_free_device_is_locked(bench: Bench) -> None:
    bench.script.expect_deed("Lock").answers(204)
    result = bench.lock()
    assert outcome(result) == LOCKED
    assert result.shown == {
        "name": "lax-sbc-01",
        "device_id": "ID41",
        "state": "locked",
        "changed": True,
        "holder": "CHG1",
        "locked_at": "2026-11-21T02:00:00.000+00:00",
        "message": "",
    }
    assert (bench.row()["state"], bench.row()["account"], bench.row()["lease"]) == ("held", "lockbot", 60.0)
    assert bench.locks.is_held("lax-sbc-01", "CHG1")
    assert bench.events() == ["lock_intended", "locked"]


def test_a_lock_of_ours_is_asserted_again_and_unchanged(bench: Bench) -> None:
    bench.held()
    bench.clock.sleep(9)
    bench.script.expect_deed("Lock").answers(204)
    result = bench.lock()
    assert outcome(result) == STILL_LOCKED
    assert result.shown["locked_at"] == "2026-11-21T02:00:00.000+00:00"
    assert (bench.row()["confirmed_at"], bench.row()["requests"]) == (bench.clock.now(), 2)


def test_the_intent_is_in_the_journal_when_the_request_leaves(bench: Bench) -> None:
    seen: list[tuple[str, str]] = []
    bench.script.meanwhile = lambda: seen.append((bench.row()["state"], bench.row()["holder"]))
    bench.script.expect_deed("Lock").answers(204)
    bench.lock()
    assert seen == [("taking", "CHG1")]


def test_an_id_that_is_given_is_not_looked_up(bench: Bench) -> None:
    bench.devices = {}
    bench.script.expect_deed("Lock", "ID99").answers(204)
    assert bench.lock("not-listed", "ID99").shown["device_id"] == "ID99"


# Busy


def test_a_device_of_another_holder_is_busy_and_nothing_is_sent(bench: Bench) -> None:
    held = bench.held(holder="CHG2")
    result = bench.lock()
    assert outcome(result) == BUSY
    assert result.shown["holder"] == "CHG2"
    assert "locked for CHG2 since 2026-11-21T02:00:00" in result.shown["message"]
    assert "(lease 60 s)" in result.shown["message"]
    assert bench.script.sent == []
    assert bench.row() == held


def test_a_device_locked_with_another_account_is_busy_and_nothing_is_sent(bench: Bench) -> None:
    held = bench.held(account="oldbot")
    result = bench.lock()
    assert outcome(result) == BUSY
    assert "locked with the account oldbot, which alone can unlock it" in result.shown["message"]
    assert bench.script.sent == []
    assert bench.row() == held


@pytest.mark.parametrize("status", MAYBE_FOREIGN)
def test_a_device_of_another_account_is_busy_and_the_intent_is_closed(bench: Bench, status: int) -> None:
    bench.script.expect_deed("Lock").answers(status)
    result = bench.lock()
    assert outcome(result) == BUSY
    assert f"({status}): another account holds its lock" in result.shown["message"]
    assert bench.row()["state"] == "refused"
    assert bench.locks.all_open() == []


def test_401_is_busy_only_after_signing_in_again_did_not_help(bench: Bench) -> None:
    bench.script.expect_deed("Lock").answers(401)
    bench.script.expect("POST", "/rest/v1.3/admin/login").answers(xml="<session/>", cookie="JSESSIONID=C2")
    bench.script.expect_deed("Lock").answers(401)
    assert outcome(bench.lock()) == BUSY
    assert bench.locks.all_open() == []


def test_an_error_in_a_success_is_busy(bench: Bench) -> None:
    bench.script.expect_deed("Lock").answers(200, xml="<error>held by admin</error>")
    result = bench.lock()
    assert outcome(result) == BUSY
    assert "held by admin" in result.shown["message"]
    assert bench.locks.all_open() == []


# Waiting


def test_a_busy_device_is_waited_for_as_long_as_the_option_says(bench: Bench) -> None:
    started = bench.clock.monotonic()
    for _ in range(3):
        bench.script.expect_deed("Lock").answers(409)
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock(wait_timeout=300.0)) == LOCKED
    assert bench.clock.monotonic() - started == 15.0


def test_waiting_ends_with_one_last_try_at_the_limit(bench: Bench) -> None:
    started = bench.clock.monotonic()
    for _ in range(4):
        bench.script.expect_deed("Lock").answers(400)
    assert outcome(bench.lock(wait_timeout=12.0)) == BUSY
    assert bench.clock.monotonic() - started == 12.0


def test_a_device_another_holder_gives_back_meanwhile_is_locked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    held = bench.held(holder="CHG2")
    sleep = bench.clock.sleep

    def give_back(seconds: float) -> None:
        sleep(seconds)
        bench.locks.move(held, "returned")

    monkeypatch.setattr(bench.clock, "sleep", give_back)
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock(wait_timeout=60.0)) == LOCKED


# Nothing can have been executed


@pytest.mark.parametrize(
    ("status", "text"),
    [(404, "does not exist"), (405, "answered 405"), (429, "answered 429")],
)
def test_a_request_that_was_turned_away_leaves_nothing_open(bench: Bench, status: int, text: str) -> None:
    for _ in range(5 if status == 429 else 1):
        bench.script.expect_deed("Lock").answers(status)
    result = bench.lock()
    assert outcome(result) == UNKNOWN
    assert text in result.shown["message"]
    assert (bench.row()["state"], bench.locks.all_open()) == ("refused", [])


def test_a_request_that_was_not_sent_leaves_nothing_open(bench: Bench) -> None:
    for _ in range(5):
        bench.script.expect("POST", f"{DEVICES}/ID41/action").is_not_sent()
    bench.script.deeds = ["Lock"] * 5
    assert outcome(bench.lock()) == UNKNOWN
    assert (bench.row()["state"], bench.locks.all_open()) == ("refused", [])


def test_a_rejected_password_leaves_nothing_open(bench: Bench) -> None:
    bench.script.expect_deed("Lock").answers(401)
    bench.script.expect("POST", "/rest/v1.3/admin/login").answers(401)
    result = bench.lock()
    assert outcome(result) == UNKNOWN
    assert "did not accept the account lockbot" in result.shown["message"]
    assert "canary" not in result.shown["message"]
    assert bench.locks.all_open() == []


def test_a_redirect_leaves_nothing_open(bench: Bench) -> None:
    bench.script.expect_deed("Lock").answers(307, headers={"Location": "https://other.example.com/x"})
    result = bench.lock()
    assert outcome(result) == UNKNOWN
    assert "https://other.example.com" in result.shown["message"]
    assert bench.locks.all_open() == []


@pytest.mark.row(54)
def test_an_id_that_cannot_be_part_of_an_address_is_not_sent(bench: Bench) -> None:
    assert outcome(bench.lock("x", "../ID41")) == UNKNOWN
    assert (bench.script.sent, bench.locks.all_open()) == ([], [])


# Nobody knows


@pytest.mark.row(8)
@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_answer_is_settled_by_asking_again(bench: Bench, lost: bool) -> None:
    line = bench.script.expect_deed("Lock")
    line.loses_the_answer() if lost else line.answers(500)
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == LOCKED
    assert bench.row()["requests"] == 2


def lose_all(bench: Bench) -> None:
    for _ in range(5):
        bench.script.expect_deed("Lock").answers(500)


@pytest.mark.row(8)
def test_a_device_that_may_be_locked_stays_ours_until_that_is_known(bench: Bench) -> None:
    lose_all(bench)
    assert outcome(bench.lock()) == UNKNOWN
    assert (bench.row()["state"], bench.row()["requests"]) == ("taking", 5)
    assert not bench.locks.is_held("lax-sbc-01", "CHG1")
    assert outcome(bench.lock(holder="CHG2")) == BUSY
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == LOCKED
    assert bench.row()["requests"] == 6


def test_a_lost_answer_is_not_forgotten_when_the_repeats_are_not_sent(bench: Bench) -> None:
    bench.script.expect_deed("Lock").loses_the_answer()
    for _ in range(4):
        bench.script.expect_deed("Lock").is_not_sent()
    assert outcome(bench.lock()) == UNKNOWN
    assert bench.row()["state"] == "taking"


def test_a_lost_answer_is_not_forgotten_when_the_device_is_gone_then(bench: Bench) -> None:
    bench.script.expect_deed("Lock").loses_the_answer()
    bench.script.expect_deed("Lock").answers(404)
    assert outcome(bench.lock()) == UNKNOWN
    assert bench.row()["state"] == "taking"


def test_after_a_crash_what_may_be_locked_is_adopted(bench: Bench) -> None:
    bench.locks.intend(
        server=SERVER, device_id="ID41", device="lax-sbc-01", account="lockbot", holder="CHG1", lease=1.0
    )
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == LOCKED
    assert len(bench.locks.all_open()) == 1


@pytest.mark.parametrize("status", [None, 404, 405])
def test_after_a_crash_what_may_be_locked_stays_ours_when_it_cannot_be_asked_for_again(
    bench: Bench, status: int | None
) -> None:
    bench.locks.intend(
        server=SERVER, device_id="ID41", device="lax-sbc-01", account="lockbot", holder="CHG1", lease=1.0
    )
    for _ in range(1 if status else 5):
        line = bench.script.expect_deed("Lock")
        line.answers(status) if status else line.is_not_sent()
    assert outcome(bench.lock()) == UNKNOWN
    assert bench.row()["state"] == "taking"


@pytest.mark.row(8)
def test_a_refusal_after_a_lost_answer_is_foreign_where_owners_may_repeat(bench: Bench) -> None:
    bench.script.expect_deed("Lock").loses_the_answer()
    bench.script.expect_deed("Lock").answers(400)
    assert outcome(bench.lock()) == BUSY
    assert bench.row()["state"] == "refused"


# A server that refuses a repeated Lock even to the owner


@pytest.mark.parametrize("learned", [False, None])
def test_a_refusal_after_a_lost_answer_is_settled_by_what_only_the_owner_can_do(
    script: LockScript, journal: Journal, learned: bool | None
) -> None:
    bench = Bench(script, journal)
    if learned is not None:
        bench.locks.learn_repeats(SERVER, learned)
    script.expect_deed("Lock").loses_the_answer()
    script.expect_deed("Lock").answers(400)
    script.expect_deed("Unlock").answers(204)
    script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == LOCKED
    assert bench.row()["state"] == "held"
    assert bench.locks.repeats(SERVER) is False


@pytest.mark.row(8)
def test_if_the_owners_deed_is_refused_the_device_is_somebody_elses(bench: Bench) -> None:
    bench.locks.learn_repeats(SERVER, False)
    bench.script.expect_deed("Lock").loses_the_answer()
    bench.script.expect_deed("Lock").answers(400)
    bench.script.expect_deed("Unlock").answers(400)
    assert outcome(bench.lock()) == BUSY
    assert bench.row()["state"] == "refused"


def test_an_answer_lost_while_settling_keeps_the_device_ours(bench: Bench) -> None:
    bench.locks.learn_repeats(SERVER, False)
    bench.script.expect_deed("Lock").loses_the_answer()
    bench.script.expect_deed("Lock").answers(400)
    bench.script.expect_deed("Unlock").answers(204)
    bench.script.expect_deed("Lock").loses_the_answer()
    bench.script.expect_deed("Lock").answers(400)
    assert outcome(bench.lock()) == UNKNOWN
    assert bench.row()["state"] == "taking"


def test_an_unlock_whose_answer_was_lost_while_settling_is_followed_by_the_lock(bench: Bench) -> None:
    bench.locks.learn_repeats(SERVER, False)
    bench.script.expect_deed("Lock").loses_the_answer()
    bench.script.expect_deed("Lock").answers(400)
    bench.script.expect_deed("Unlock").loses_the_answer()
    bench.script.expect_deed("Unlock").answers(400)
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == LOCKED


def test_a_lock_of_ours_stays_ours_when_it_cannot_be_confirmed(bench: Bench) -> None:
    bench.locks.learn_repeats(SERVER, False)
    bench.held()
    bench.script.expect_deed("Lock").answers(400)
    result = bench.lock()
    assert outcome(result) == STILL_LOCKED
    assert "held since 2026-11-21T02:00:00" in result.shown["message"]
    assert bench.locks.is_held("lax-sbc-01", "CHG1")


def test_a_lock_of_ours_on_a_server_nobody_knows_is_confirmed_by_what_only_the_owner_can_do(
    script: LockScript, journal: Journal
) -> None:
    bench = Bench(script, journal)
    bench.held()
    script.expect_deed("Lock").answers(400)
    script.expect_deed("Unlock").answers(204)
    script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == STILL_LOCKED
    assert bench.locks.is_held("lax-sbc-01", "CHG1")
    assert bench.locks.repeats(SERVER) is False


def test_while_that_is_not_settled_the_lock_does_not_count_as_held(script: LockScript, journal: Journal) -> None:
    bench = Bench(script, journal)
    bench.held()
    script.expect_deed("Lock").answers(400)
    script.expect_deed("Unlock").answers(204)
    lose_all(bench)
    assert outcome(bench.lock()) == UNKNOWN
    assert not bench.locks.is_held("lax-sbc-01", "CHG1")
    assert bench.row()["state"] == "taking"


@pytest.mark.parametrize(("answer", "accepts"), [(204, True), (400, False), (403, False)])
def test_what_a_server_answers_to_the_owner_is_learned_with_the_first_lock(
    script: LockScript, journal: Journal, answer: int, accepts: bool
) -> None:
    bench = Bench(script, journal)
    script.expect_deed("Lock").answers(204)
    script.expect_deed("Lock").answers(answer)
    result = bench.lock()
    assert outcome(result) == LOCKED
    assert result.shown["message"] == ""
    assert bench.locks.repeats(SERVER) is accepts
    assert (bench.row()["state"], bench.row()["requests"]) == ("held", 2)
    script.expect_deed("Lock", "ID42").answers(204)
    assert outcome(bench.lock("lax-sbc-02")) == LOCKED


def test_a_lock_stands_when_nothing_can_be_learned(script: LockScript, journal: Journal) -> None:
    bench = Bench(script, journal)
    script.expect_deed("Lock").answers(204)
    lose_all(bench)
    assert outcome(bench.lock()) == LOCKED
    assert bench.locks.repeats(SERVER) is None
    assert bench.row()["state"] == "held"


# A lock that is gone


@pytest.mark.row(29)
def test_a_lock_that_cannot_be_confirmed_for_want_of_rights_is_not_held_and_not_lost(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Lock").answers(403)
    result = bench.lock()
    assert outcome(result) == ("unknown", False, True)
    assert "may have lost its rights" in result.shown["message"]
    assert bench.row()["state"] == "taking"
    assert not bench.locks.is_held("lax-sbc-01", "CHG1")


@pytest.mark.parametrize("status", sorted({*MAYBE_FOREIGN} - {403}))
def test_a_lock_that_was_taken_over_is_lost_and_says_so(bench: Bench, status: int) -> None:
    bench.held()
    bench.script.expect_deed("Lock").answers(status)
    result = bench.lock()
    assert outcome(result) == BUSY
    assert "the lock of CHG1 is gone (removed in the SDM console, or taken over)" in result.shown["message"]
    assert bench.row()["state"] == "lost"
    assert not bench.locks.is_held("lax-sbc-01", "CHG1")


def test_a_lock_the_server_forgot_is_taken_again(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == STILL_LOCKED


# Names


@pytest.mark.row(61)
def test_twins_are_refused_by_name_and_told_apart_by_id(bench: Bench) -> None:
    bench.devices["twin"] = ["ID1", "ID2"]
    result = bench.lock("twin")
    assert outcome(result) == UNKNOWN
    assert "has 2 devices called 'twin' (ID1, ID2); give device_id." in result.shown["message"]
    bench.script.expect_deed("Lock", "ID2").answers(204)
    assert outcome(bench.lock("twin", "ID2")) == LOCKED


@pytest.mark.parametrize("name", ["LAX-SBC-01", "lax-sbc-01 ", "", "all", "*", "\u202elax"])
def test_a_name_that_is_not_exactly_a_devices_is_not_found(bench: Bench, name: str) -> None:
    result = bench.lock(name)
    assert outcome(result) == UNKNOWN
    assert "shows no device called" in result.shown["message"]
    assert result.shown["message"].isprintable()
    assert (bench.script.sent, bench.events()) == ([], [])


def test_a_device_that_was_renamed_while_locked_is_ours_under_its_new_name(bench: Bench) -> None:
    bench.held("old-name")
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock()) == STILL_LOCKED
    assert bench.locks.is_held("lax-sbc-01", "CHG1")


# A login and a window of one name


@pytest.mark.parametrize("name", ["root@vm", "root", "CHG1", "monthly@20261108T020000Z"])
@pytest.mark.parametrize("login", [True, False])
@pytest.mark.parametrize("dry", [True, False])
def test_a_window_and_a_login_of_one_name_do_not_get_each_others_lock(
    bench: Bench, name: str, login: bool, dry: bool
) -> None:
    """The run that took it has ended, so nothing but the kind of its holder tells them apart."""
    bench.held(holder=name, login=login)
    result = bench.lock(holder=name, login=not login, dry=dry)
    assert result.shown["state"] == "busy"
    assert f"locked for the {'login' if login else 'window'} {name}" in result.shown["message"]
    assert bench.script.sent == []
    if not dry:
        bench.script.expect_deed("Lock").answers(204)
        assert outcome(bench.lock(holder=name, login=login)) == STILL_LOCKED


def test_a_lock_under_a_login_of_the_windows_name_is_not_the_windows_lock(bench: Bench) -> None:
    bench.held(holder="CHG1", login=True)
    assert not bench.locks.is_held("lax-sbc-01", "CHG1")


# A run that has ended


def test_a_worker_whose_run_has_ended_locks_nothing(bench: Bench) -> None:
    bench.script.expect_deed("Lock")
    result = bench.lock(run_alive=lambda: False)
    assert outcome(result) == UNKNOWN
    assert "has ended; nothing was sent" in result.shown["message"]
    assert bench.script.sent == []


def test_a_worker_whose_lock_another_run_has_settled_does_not_lock_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_ours = bench.locks.is_ours

    def settle_first(row: t.Any) -> bool:
        bench.locks.move(row, "returned")
        return is_ours(row)

    monkeypatch.setattr(bench.locks, "is_ours", settle_first)
    bench.script.expect_deed("Lock")
    result = bench.lock()
    assert outcome(result) == UNKNOWN
    assert "Another run has gone on with this lock; nothing was sent." in result.shown["message"]
    assert bench.script.sent == []
    assert bench.row()["state"] == "returned"


def test_an_answer_that_comes_after_another_run_went_on_changes_nothing(bench: Bench) -> None:
    def adopt() -> None:
        row = bench.locks.open_on(SERVER, "ID41")
        assert row is not None
        bench.journal.sender = {**bench.journal.sender, "pid": 1}
        bench.locks.move(row, "held")

    bench.script.meanwhile = adopt
    bench.script.expect_deed("Lock").answers(400)
    result = bench.lock()
    assert outcome(result) == UNKNOWN
    assert "another process has gone on with the lock" in result.shown["message"]
    assert bench.row()["state"] == "held"


# Check mode


def test_check_mode_predicts_and_neither_sends_nor_writes(bench: Bench) -> None:
    before = bench.everything()
    result = bench.lock(dry=True)
    assert outcome(result) == LOCKED
    assert (result.shown["holder"], result.shown["locked_at"]) == ("CHG1", None)
    assert (bench.script.sent, bench.everything()) == ([], before)


def test_check_mode_knows_what_is_locked_already_and_what_is_busy(bench: Bench) -> None:
    bench.held()
    bench.held("lax-sbc-02", "ID42", "CHG2")
    before = bench.everything()
    assert outcome(bench.lock(dry=True)) == STILL_LOCKED
    started = bench.clock.monotonic()
    assert outcome(bench.lock("lax-sbc-02", dry=True, wait_timeout=300.0)) == BUSY
    assert bench.clock.monotonic() == started
    assert (bench.script.sent, bench.everything()) == ([], before)


def test_check_mode_of_another_account_is_busy(bench: Bench) -> None:
    bench.held(account="oldbot")
    assert outcome(bench.lock(dry=True)) == BUSY


# Threads


def test_one_keeper_may_be_used_by_many_threads_and_learns_once(
    script: LockScript, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(script, journal)
    bench.devices = {f"device-{number}": [f"ID{number}"] for number in range(8)}
    keeper = bench.keeper()
    asked: list[str] = []
    guard = threading.Lock()

    def lock(device_id: str, check: t.Callable[[], None] | None = None) -> None:
        assert check is not None
        check()
        with guard:
            asked.append(device_id)

    monkeypatch.setattr(keeper.sdm, "lock", lock)
    threads = [threading.Thread(target=taking.lock, args=(keeper, name)) for name in bench.devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 9
    assert {row["state"] for row in bench.locks.all_open()} == {"held"}
