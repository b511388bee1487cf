# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving locks back: only what the journal shows as ours, and never forgotten."""

from __future__ import annotations

import os
import types
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError, NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock import returning
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from tests.unit.support.lock_bench import SERVER, Bench, Deed, LockScript, outcome

REFUSALS = [400, 403, 409, 423]

UNLOCKED, FREE_ALREADY = ("unlocked", True, False), ("unlocked", False, False)
NOT_OURS, FAILED = ("busy", False, False), ("unknown", False, True)


# The usual way


def test_a_lock_of_ours_is_given_back_once(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(204)
    result = bench.unlock()
    assert outcome(result) == UNLOCKED
    assert (result.shown["holder"], result.shown["locked_at"], result.shown["device_id"]) == (None, None, "ID41")
    assert bench.row()["state"] == "returned"
    assert bench.events() == ["lock_intended", "locked", "unlock_intended", "unlocked"]
    again = bench.unlock()
    assert outcome(again) == FREE_ALREADY
    assert again.shown["message"] == "unlocked earlier."
    assert len(bench.script.sent) == 1


def test_the_intent_is_in_the_journal_when_the_request_leaves(bench: Bench) -> None:
    bench.held()
    seen: list[str] = []
    bench.script.meanwhile = lambda: seen.append(bench.row()["state"])
    bench.script.expect_deed("Unlock").answers(204)
    bench.unlock()
    assert seen == ["returning"]


@pytest.mark.parametrize("state", ["taking", "returning"])
def test_what_a_crash_left_half_done_is_given_back(bench: Bench, state: t.Any) -> None:
    bench.locks.move(bench.held(), state)
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED
    assert bench.locks.all_open() == []


def test_as_many_locks_as_were_sent_are_given_back_because_a_server_may_count_them(bench: Bench) -> None:
    row = bench.held()
    bench.locks.count_request(row)
    bench.locks.count_request(row)
    for _ in range(3):
        bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED


def test_a_server_that_does_not_count_ends_that_with_its_first_refusal(bench: Bench) -> None:
    row = bench.held()
    bench.locks.count_request(row)
    bench.locks.count_request(row)
    bench.script.expect_deed("Unlock").answers(204)
    bench.script.expect_deed("Unlock").answers(400)
    assert outcome(bench.unlock()) == UNLOCKED
    assert bench.row()["state"] == "returned"


@pytest.mark.parametrize(("counts", "unlocks"), [(False, 1), (True, 3), (None, 3)])
def test_a_server_that_is_known_not_to_count_locks_is_asked_once(
    bench: Bench, counts: bool | None, unlocks: int
) -> None:
    bench.locks.learn_counts(SERVER, counts)
    row = bench.held()
    bench.locks.count_request(row)
    bench.locks.count_request(row)
    for _ in range(unlocks):
        bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED
    assert bench.row()["state"] == "returned"
    bench.script.done()


def test_what_is_known_of_counting_and_cannot_be_read_counts_as_not_known(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.locks.count_request(bench.held())

    def broken(*_arguments: object) -> t.NoReturn:
        raise JournalError("The journal cannot be read.")

    monkeypatch.setattr(bench.locks, "counts", broken)
    bench.script.expect_deed("Unlock").answers(204)
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED
    bench.script.done()


# Not ours


def test_what_the_journal_does_not_show_is_left_alone_without_failing(bench: Bench) -> None:
    result = bench.unlock()
    assert outcome(result) == ("unknown", False, False)
    assert "the journal shows no lock of CHG1; nothing was sent (force unlocks anyway)." in result.shown["message"]
    assert (bench.script.sent, bench.events()) == ([], [])


def test_the_lock_of_another_holder_is_left_alone_without_failing(bench: Bench) -> None:
    held = bench.held(holder="CHG2")
    result = bench.unlock()
    assert outcome(result) == NOT_OURS
    assert result.shown["holder"] == "CHG2"
    assert bench.script.sent == []
    assert bench.row() == held


@pytest.mark.parametrize("force", [True, False])
def test_a_lock_taken_with_another_account_says_which_one_can_unlock_it(bench: Bench, force: bool) -> None:
    held = bench.held(account="oldbot")
    result = bench.unlock(force=force)
    assert outcome(result) == FAILED
    assert (
        "locked with the account oldbot, which alone can unlock it; sign in with that one." in result.shown["message"]
    )
    assert bench.script.sent == []
    assert bench.row() == held


def test_the_account_is_the_same_in_any_case(bench: Bench) -> None:
    bench.held()
    bench.account = "LockBot"
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED


# Lost answers, and a server that is down


@pytest.mark.row(9)
@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_answer_is_settled_by_asking_again(bench: Bench, lost: bool) -> None:
    bench.held()
    line = bench.script.expect_deed("Unlock")
    line.loses_the_answer() if lost else line.answers(500)
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED


def test_a_lost_answer_of_a_server_that_refuses_to_unlock_a_free_device_is_settled_by_locking(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").loses_the_answer()
    bench.script.expect_deed("Unlock").answers(400)
    bench.script.expect_deed("Lock").answers(204)
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED
    assert bench.row()["state"] == "returned"


@pytest.mark.row(9)
def test_a_server_that_is_down_is_tried_until_the_limit_and_the_lock_stays_ours(bench: Bench) -> None:
    bench.held()
    for _ in range(5):
        bench.script.expect_deed("Unlock").answers(503)
    result = bench.unlock()
    assert outcome(result) == FAILED
    assert bench.row()["state"] == "returning"
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED


def test_a_server_that_comes_back_within_the_limit_is_given_the_lock_back(bench: Bench) -> None:
    bench.held()
    for _ in range(5):
        bench.script.expect_deed("Unlock").is_not_sent()
    for _ in range(5):
        bench.script.expect_deed("Unlock").answers(500)
    bench.script.expect_deed("Unlock").answers(204)
    started = bench.clock.monotonic()
    assert outcome(bench.unlock(wait_timeout=60.0)) == UNLOCKED
    assert bench.clock.monotonic() - started > 10.0


@pytest.mark.finding("A11")
def test_a_server_that_is_gone_is_waited_for_once_for_all_devices(bench: Bench) -> None:
    names = ["lax-sbc-01", *(f"d{number}" for number in range(100))]
    for number, name in enumerate(names):
        bench.held(name, f"ID{41 + number}")
    # Two waits: one for each time that it is asked at all.
    for _ in range(2 * 5):
        bench.script.expect_deed("Unlock").is_not_sent()
    keeper = bench.keeper(wait_timeout=8.0)
    started = bench.clock.monotonic()
    results = [returning.unlock(keeper, name) for name in names]
    assert bench.clock.monotonic() - started < 30.0
    assert {outcome(result) for result in results} == {FAILED}
    bench.script.done()
    for result in results[1:]:
        assert result.shown["message"].startswith("It may still be locked. Oracle SDM could not be reached")
    assert {bench.row(f"ID{42 + number}")["state"] for number in range(100)} == {"held"}
    # It is asked again later, and once it answers every device is unlocked.
    bench.clock.sleep(61.0)
    for number in range(len(names)):
        bench.script.expect_deed("Unlock", f"ID{41 + number}").answers(204)
    assert {outcome(returning.unlock(keeper, name)) for name in names} == {UNLOCKED}
    bench.script.done()


def test_a_server_that_fails_for_one_device_is_asked_for_the_others(bench: Bench) -> None:
    bench.held()
    bench.held("lax-sbc-02", "ID42")
    for _ in range(2 * 5):
        bench.script.expect_deed("Unlock").answers(500)
    bench.script.expect_deed("Unlock", "ID42").answers(204)
    keeper = bench.keeper(wait_timeout=8.0)
    assert outcome(returning.unlock(keeper, "lax-sbc-01")) == FAILED
    assert outcome(returning.unlock(keeper, "lax-sbc-02")) == UNLOCKED
    bench.script.done()


def test_neither_an_ended_lease_nor_time_stands_in_the_way(bench: Bench) -> None:
    bench.held(lease=1.0)
    bench.clock.sleep(30 * 86400.0)
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED


# Refused although it was ours


@pytest.mark.parametrize("status", REFUSALS)
def test_a_device_an_administrator_has_freed_is_given_back_by_taking_it_once_more(bench: Bench, status: int) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(status)
    bench.script.expect_deed("Lock").answers(204)
    bench.script.expect_deed("Unlock").answers(204)
    result = bench.unlock()
    assert outcome(result) == UNLOCKED
    assert result.shown["message"] == "had been unlocked by another user."
    assert bench.row()["state"] == "returned"


@pytest.mark.parametrize("status", sorted({*REFUSALS} - {403}))
def test_a_device_somebody_else_has_taken_over_is_left_to_them(bench: Bench, status: int) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(status)
    bench.script.expect_deed("Lock").answers(status)
    result = bench.unlock()
    assert outcome(result) == ("busy", True, False)
    assert "not locked by us any more" in result.shown["message"]
    assert bench.row()["state"] == "lost"
    assert outcome(bench.unlock()) == ("unknown", False, False)


@pytest.mark.row(29)
def test_an_account_that_may_neither_lock_nor_unlock_any_more_keeps_its_lock_in_the_journal(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(403)
    bench.script.expect_deed("Lock").answers(403)
    result = bench.unlock()
    assert outcome(result) == FAILED
    assert "may have lost its rights" in result.shown["message"]
    assert bench.row()["state"] == "returning"


@pytest.mark.parametrize("learned", [False, None])
def test_where_a_refused_lock_may_as_well_be_ours_nothing_is_concluded_from_it(
    script: LockScript, journal: Journal, learned: bool | None
) -> None:
    bench = Bench(script, journal)
    if learned is not None:
        bench.locks.learn_repeats(SERVER, learned)
    bench.held()
    script.expect_deed("Unlock").answers(400)
    script.expect_deed("Lock").answers(400)
    result = bench.unlock()
    assert outcome(result) == FAILED
    assert "may be locked by us still, or by another account. Unlock it in the SDM console" in result.shown["message"]
    assert bench.row()["state"] == "returning"


@pytest.mark.row(29)
def test_an_account_that_may_lock_but_no_longer_unlock_is_a_failure_that_is_kept(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(403)
    bench.script.expect_deed("Lock").answers(204)
    bench.script.expect_deed("Unlock").answers(403)
    result = bench.unlock()
    assert outcome(result) == ("locked", False, True)
    assert "locks it for us but refuses to unlock it" in result.shown["message"]
    assert bench.row()["state"] == "returning"


def test_a_lost_answer_is_not_taken_for_a_refusal_to_unlock(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(400)
    bench.script.expect_deed("Lock").answers(204)
    bench.script.expect_deed("Unlock").loses_the_answer()
    bench.script.expect_deed("Unlock").answers(400)
    assert outcome(bench.unlock()) == FAILED
    assert bench.row()["state"] == "returning"


@pytest.mark.row(28)
def test_a_rejected_password_keeps_the_lock_ours(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(401)
    bench.script.expect("POST", "/rest/v1.3/admin/login").answers(401)
    assert outcome(bench.unlock()) == FAILED
    assert bench.row()["state"] == "returning"


# Names


@pytest.mark.row(41)
def test_a_device_that_is_gone_from_the_list_is_unlocked_by_its_stored_id(bench: Bench) -> None:
    bench.held()
    bench.devices = {}
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock()) == UNLOCKED


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that SDM's list shows when it is read again."""
    ids: list[str] = []
    monkeypatch.setattr(OracleSdm, "devices", lambda _sdm: [types.SimpleNamespace(id=each) for each in ids])
    return ids


@pytest.mark.row(211)
def test_a_device_that_left_sdm_while_locked_is_told_once_and_ends_as_lost(bench: Bench, listed: list[str]) -> None:
    listed.append("ID42")
    bench.held()
    bench.script.expect_deed("Unlock").answers(404)
    result = bench.unlock()
    assert outcome(result) == ("unknown", True, True)
    assert "Its list does not show the device either" in result.shown["message"]
    assert (bench.row()["state"], bench.locks.all_open()) == ("lost", [])
    assert bench.row()["message"] == result.shown["message"]
    assert bench.events()[-1] == "lock_lost"
    # Nothing stands in the way of whatever comes next.
    assert outcome(bench.unlock()) == ("unknown", False, False)


def test_a_404_that_the_list_contradicts_keeps_the_row_and_says_how_to_close_it(
    bench: Bench, listed: list[str]
) -> None:
    listed.append("ID41")
    bench.held()
    bench.script.expect_deed("Unlock").answers(404)
    result = bench.unlock()
    assert outcome(result) == FAILED
    assert "name=lax-sbc-01 state=unlocked force=true reason=" in result.shown["message"]
    assert bench.row()["state"] == "returning"


def test_a_404_is_no_proof_when_the_list_cannot_be_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_sdm: OracleSdm) -> t.NoReturn:
        raise NoAnswer("no list")

    monkeypatch.setattr(OracleSdm, "devices", fail)
    bench.held()
    bench.script.expect_deed("Unlock").answers(404)
    assert outcome(bench.unlock()) == FAILED
    assert bench.row()["state"] == "returning"


@pytest.mark.row(211)
@pytest.mark.parametrize("answers", [[404], [500] * 5, [403, 403]])
def test_a_person_can_close_a_row_with_a_reason(bench: Bench, answers: list[int]) -> None:
    """Whatever the server answers; and that is written down."""
    bench.held(holder="CHG2")
    deeds: tuple[Deed, Deed] = ("Unlock", "Lock")
    for number, status in enumerate(answers):
        bench.script.expect_deed(deeds[number] if len(answers) == 2 else "Unlock").answers(status)
    result = bench.unlock(force=True, reason="unlocked by hand")
    assert outcome(result) == ("unknown", True, False)
    assert (bench.row()["state"], bench.locks.all_open()) == ("lost", [])
    assert "Closed by CHG1" in bench.row()["message"]
    assert "Reason: unlocked by hand" in bench.row()["message"]
    assert bench.events()[-1] == "lock_lost"


@pytest.mark.parametrize("name", ["lax-sbc-01", "renamed"])
@pytest.mark.parametrize("reason", ["", "I am sure"])
@pytest.mark.parametrize("elsewhere", [{}, {"host": "another-controller"}])
def test_force_never_unlocks_the_device_of_a_living_run(
    bench: Bench, name: str, reason: str, elsewhere: dict[str, str]
) -> None:
    """Whatever the device is called by now: it is the same one of the same server."""
    bench.devices["renamed"] = ["ID41"]
    ours = bench.journal.sender
    bench.journal.sender = {**this_process(os.getppid()), **elsewhere}
    held = bench.held(holder="CHG2")
    bench.journal.sender = ours
    result = bench.unlock(name, force=True, reason=reason)
    assert outcome(result) == ("busy", False, True)
    assert "is using it for CHG2" in result.shown["message"]
    assert bench.script.sent == []
    assert bench.row() == held


def test_force_under_a_new_name_returns_the_row_of_the_same_device(bench: Bench) -> None:
    bench.devices["renamed"] = ["ID41"]
    bench.held(holder="CHG2")
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock("renamed", force=True)) == UNLOCKED
    assert (bench.row()["holder"], bench.row()["state"]) == ("CHG2", "returned")


@pytest.mark.parametrize("name", ["old-name", "lax-sbc-01"])
def test_a_device_that_was_renamed_while_locked_is_unlocked_under_either_name(bench: Bench, name: str) -> None:
    bench.held("old-name")
    bench.script.expect_deed("Unlock").answers(204)
    result = bench.unlock(name)
    assert outcome(result) == UNLOCKED
    assert result.shown["device_id"] == "ID41"


def test_the_lock_of_another_device_is_never_taken_for_a_renamed_one(bench: Bench) -> None:
    held = bench.held("lax-sbc-02", "ID42")
    assert outcome(bench.unlock()) == ("unknown", False, False)
    assert bench.script.sent == []
    assert bench.row("ID42") == held


def test_two_locks_of_ours_under_one_name_need_the_id(bench: Bench) -> None:
    bench.held("twin", "ID1")
    bench.held("twin", "ID2")
    result = bench.unlock("twin")
    assert outcome(result) == FAILED
    assert "the journal shows 2 locks of devices with this name (ID1, ID2); give device_id." in result.shown["message"]
    assert bench.script.sent == []
    for device_id in ("ID1", "ID2"):
        bench.script.expect_deed("Unlock", device_id).answers(204)
        assert outcome(bench.unlock("twin", device_id)) == UNLOCKED


def test_of_twins_locked_by_two_holders_each_gives_its_own_back(bench: Bench) -> None:
    bench.held("twin", "ID1", "CHG2")
    bench.held("twin", "ID2", "CHG1")
    bench.script.expect_deed("Unlock", "ID2").answers(204)
    assert outcome(bench.unlock("twin")) == UNLOCKED
    assert [row["device_id"] for row in bench.locks.all_open()] == ["ID1"]


# Force


def test_force_unlocks_without_a_row_and_is_written_down(bench: Bench) -> None:
    bench.script.expect_deed("Unlock").answers(204)
    result = bench.unlock(force=True)
    assert outcome(result) == UNLOCKED
    assert "Unlocked by force by CHG1" in result.shown["message"]
    assert (bench.row()["state"], bench.locks.all_open()) == ("returned", [])
    assert "by force" in bench.row()["message"]
    assert bench.events() == ["lock_intended", "unlock_intended", "unlocked"]


def test_force_unlocks_for_another_holder_and_is_written_down(bench: Bench) -> None:
    bench.held(holder="CHG2")
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock(force=True)) == UNLOCKED
    assert (bench.row()["holder"], bench.row()["state"]) == ("CHG2", "returned")
    assert bench.row()["message"] == "Unlocked by force by CHG1."


def test_force_does_not_help_against_another_account_and_leaves_nothing_open(bench: Bench) -> None:
    bench.script.expect_deed("Unlock").answers(400)
    result = bench.unlock(force=True)
    assert outcome(result) == ("busy", False, True)
    assert "Only a console user may override it" in result.shown["message"]
    assert (bench.row()["state"], bench.locks.all_open()) == ("refused", [])


@pytest.mark.parametrize("sent", [True, False])
def test_force_on_a_server_that_does_not_answer_keeps_only_what_may_be_locked(bench: Bench, sent: bool) -> None:
    for _ in range(5):
        line = bench.script.expect_deed("Unlock")
        line.answers(500) if sent else line.is_not_sent()
    assert outcome(bench.unlock(force=True)) == FAILED
    assert bench.row()["state"] == ("returning" if sent else "refused")


def test_force_without_force_being_needed_is_the_usual_way(bench: Bench) -> None:
    bench.held()
    bench.script.expect_deed("Unlock").answers(204)
    result = bench.unlock(force=True)
    assert (outcome(result), result.shown["message"]) == (UNLOCKED, "")


def test_force_needs_one_device_of_the_name(bench: Bench) -> None:
    bench.devices["twin"] = ["ID1", "ID2"]
    assert outcome(bench.unlock("twin", force=True)) == FAILED
    assert outcome(bench.unlock("nowhere", force=True)) == FAILED
    assert bench.script.sent == []


# A run that has ended


def test_a_worker_of_an_ended_run_does_not_undo_what_the_next_run_did(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.held()
    is_ours = bench.locks.is_ours

    def lock_again_first(row: t.Any) -> bool:
        bench.locks.move(row, "held")
        return is_ours(row)

    monkeypatch.setattr(bench.locks, "is_ours", lock_again_first)
    bench.script.expect_deed("Unlock")
    result = bench.unlock()
    assert outcome(result) == FAILED
    assert bench.script.sent == []
    assert bench.row()["state"] == "held"


# Check mode


@pytest.mark.parametrize("force", [True, False])
def test_check_mode_predicts_and_neither_sends_nor_writes(bench: Bench, force: bool) -> None:
    bench.held()
    before = bench.everything()
    result = bench.unlock(dry=True, force=force)
    assert outcome(result) == UNLOCKED
    assert (bench.script.sent, bench.everything()) == ([], before)


@pytest.mark.parametrize(("force", "expected"), [(False, ("unknown", False, False)), (True, UNLOCKED)])
def test_check_mode_without_a_row_predicts_too(bench: Bench, force: bool, expected: tuple[str, bool, bool]) -> None:
    before = bench.everything()
    assert outcome(bench.unlock(dry=True, force=force)) == expected
    assert (bench.script.sent, bench.everything()) == ([], before)


# A journal that cannot be written


@pytest.mark.row(106)
def test_a_full_disk_does_not_keep_a_device_locked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.locks.count_request(bench.held())

    def full(*_arguments: object) -> t.NoReturn:
        raise JournalError("The journal cannot be written: the disk is full.")

    monkeypatch.setattr(bench.locks, "move", full)
    # Two Locks were sent, and the server may count them.
    bench.script.expect_deed("Unlock").answers(204)
    bench.script.expect_deed("Unlock").answers(204)
    result = bench.unlock()
    assert outcome(result) == ("unlocked", True, True)
    assert "the disk is full" in result.shown["message"]
    bench.script.done()
