# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Learning what an SDM answers to a repeated Lock and Unlock, on one device, without ever leaving it locked."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.learning import Learned, learn
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from tests.unit.support.lock_bench import SERVER, Bench, Deed, LockScript, SharedStore


@pytest.fixture
def bench(script: LockScript, journal: Journal) -> Bench:
    return Bench(script, journal)


def learner(bench: Bench) -> LockKeeper:
    sdm = OracleSdm(bench.script.wire(), bench.account, "canary", "v1.3", SharedStore(bench.account, bench.devices))
    return LockKeeper(sdm, bench.locks, holder="doctor x@y", lease=60.0, wait_timeout=0.0, clock=bench.clock)


@pytest.mark.parametrize(("lock", "unlock"), [(204, 204), (400, 400), (204, 400), (400, 204)])
@pytest.mark.parametrize("known", [None, True])
def test_both_answers_are_learned_and_kept(
    bench: Bench, journal: Journal, lock: int, unlock: int, known: bool | None
) -> None:
    if known is not None:
        # What was learned before is asked again: an upgrade may have changed it.
        bench.locks.learn_repeats(SERVER, known)
    bench.script.expect_deed("Lock").answers(204)
    bench.script.expect_deed("Lock").answers(lock)
    bench.script.expect_deed("Unlock").answers(204)
    # A Lock that was asked for twice is unlocked twice, for an SDM that counts; then comes the repetition.
    bench.script.expect_deed("Unlock").answers(unlock)
    bench.script.expect_deed("Unlock").answers(unlock)
    found = learn(learner(bench), "lax-sbc-01")
    # Where a Lock is refused, none is counted; where an Unlock of a free device is accepted, nothing shows it.
    counts = False if lock == 400 or unlock == 400 else None
    assert found == Learned(True, True, lock == 204, unlock == 204, counts)
    assert (bench.locks.repeats(SERVER), bench.locks.unlock_repeats(SERVER)) == (lock == 204, unlock == 204)
    assert (bench.locks.counts(SERVER), Locks(journal).counts(SERVER)) == (counts, counts)
    assert bench.row()["state"] == "returned"
    bench.script.done()


def test_an_sdm_that_counts_shows_it_where_it_refuses_to_unlock_a_free_device(bench: Bench) -> None:
    bench.locks.learn_counts(SERVER, False)
    for deed, answer in (("Lock", 204), ("Lock", 204), ("Unlock", 204), ("Unlock", 204), ("Unlock", 400)):
        bench.script.expect_deed(t.cast("Deed", deed)).answers(answer)
    found = learn(learner(bench), "lax-sbc-01")
    assert found == Learned(True, True, True, False, True)
    assert bench.locks.counts(SERVER) is True
    bench.script.done()


def test_what_is_not_shown_any_more_is_forgotten(bench: Bench) -> None:
    bench.locks.learn_counts(SERVER, False)
    for deed in ("Lock", "Lock", "Unlock", "Unlock", "Unlock"):
        bench.script.expect_deed(deed).answers(204)
    assert learn(learner(bench), "lax-sbc-01").counts_locks is None
    assert bench.locks.counts(SERVER) is None
    bench.script.done()


@pytest.mark.parametrize(("lost", "refused"), [("Lock", 400), ("Unlock", 204)])
def test_a_request_that_was_sent_again_proves_nothing_about_counting(bench: Bench, lost: Deed, refused: int) -> None:
    """What got no answer may have been carried out all the same, so nobody knows how many were."""
    bench.script.expect_deed("Lock").answers(204)
    if lost == "Lock":
        bench.script.expect_deed("Lock").answers(503)
    bench.script.expect_deed("Lock").answers(refused)
    if lost == "Unlock":
        bench.script.expect_deed("Unlock").answers(503)
    for answer in (204, *([400] * (3 if lost == "Lock" else 2))):
        bench.script.expect_deed("Unlock").answers(answer)
    assert learn(learner(bench), "lax-sbc-01").counts_locks is None
    assert bench.locks.counts(SERVER) is None
    bench.script.done()


def test_an_account_without_the_right_to_lock_again_proves_nothing_about_counting(bench: Bench) -> None:
    for deed, answer in (("Lock", 204), ("Lock", 403), ("Unlock", 204), ("Unlock", 204), ("Unlock", 204)):
        bench.script.expect_deed(t.cast("Deed", deed)).answers(answer)
    assert learn(learner(bench), "lax-sbc-01").counts_locks is None
    bench.script.done()


def test_a_device_that_is_held_by_somebody_else_is_left_alone(bench: Bench) -> None:
    bench.script.expect_deed("Lock").answers(400)
    found = learn(learner(bench), "lax-sbc-01")
    assert (found.locked, found.repeats_lock, found.repeats_unlock) == (False, None, None)
    assert "another account holds its lock" in found.problem
    assert bench.row()["state"] == "refused"
    bench.script.done()


def test_a_lost_answer_to_the_unlock_gives_the_device_back_the_usual_way(bench: Bench) -> None:
    bench.locks.learn_repeats(SERVER, True)
    bench.script.expect_deed("Lock").answers(204)
    bench.script.expect_deed("Lock").answers(204)
    for _attempt in range(5):
        bench.script.expect_deed("Unlock").answers(503)
    bench.script.expect_deed("Unlock").answers(204)
    bench.script.expect_deed("Unlock").answers(204)
    found = learn(learner(bench), "lax-sbc-01")
    assert (found.locked, found.unlocked, found.repeats_unlock) == (True, True, None)
    assert "503" in found.problem
    assert bench.row()["state"] == "returned"
    bench.script.done()


def test_a_name_that_is_not_there_is_said_and_nothing_is_sent(bench: Bench) -> None:
    found = learn(learner(bench), "nosuch")
    assert (found.locked, found.unlocked) == (False, False)
    assert "nosuch" in found.problem
    bench.script.done()
