# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes about controllers and servers: suspended, out of disk, restarted, sharing a cap or a budget."""

from __future__ import annotations

import time
import typing as t

from tests.crash import verdict
from tests.crash.kill import BY_NAME, Case, start_broken
from tests.crash.lane import Lane, Run
from tests.crash.points import AnyPoint, named, process_of
from tests.crash.scene_parts import ELSEWHERE, LATER, OTHER, OURS, Scene, judged, must
from tests.crash.steps import FAILED, OK, JournalPoint
from tests.crash.verdict import Record

CLAIMED = JournalPoint("reboot", 1, "after_commit")
BEFORE_LOCK = JournalPoint("lock", 1, "before_write")
BEFORE_CLAIM = JournalPoint("reboot", 1, "before_write")
UNLOCK_INTENDED = JournalPoint("unlock", 1, "after_commit")
PAIR = "ID40"
"""The network function of the first two devices, as the simulator numbers them."""

CUTOFF = 0.8
LONG_BOOT = 0.5


def suspended_past_the_cutoff(lane: Lane, mutant: str | None) -> list[str]:
    """The machine is suspended right before the reboot leaves and wakes after the cut-off: nothing leaves."""
    lane.afresh()
    run = lane.start(OURS, mutant=mutant, cutoff=CUTOFF, die_at=CLAIMED, die="stop").go().wait_stopped()
    time.sleep(CUTOFF)
    run.resume().wait().settle()
    problems = must(run.status == FAILED, "the run did not say that the reboot was not sent")
    problems += must(_outcome(lane, run) == "refused", "the journal does not show that the reboot was not sent")
    return problems + _no_reboot(lane, run) + judged(lane, [run])


def suspended_and_replaced(lane: Lane, mutant: str | None) -> list[str]:
    """The machine sleeps with a claimed reboot and another one takes over: the sleeper wakes and sends nothing."""
    lane.afresh()
    sleeper = lane.start(OURS, mutant=mutant, die_at=CLAIMED, die="stop").go().wait_stopped()
    lane.simulator.advance(LATER)
    late = lane.start(OURS, mutant=mutant, host=ELSEWHERE, ahead=LATER).go().wait().settle()
    problems = must(late.status == FAILED, "the run did not say that the outcome is unknown")
    problems += must(_outcome(lane, late) == "unknown", "the journal does not call the reboot unknown")
    sleeper.resume().wait().settle()
    problems += _no_reboot(lane, sleeper)
    # Only the sleeper could know that nothing was sent; now that it has said so, the next run may send.
    again = lane.start(OURS, mutant=mutant, host=ELSEWHERE, ahead=LATER).go().wait().settle()
    problems += must(again.status == OK, "a reboot that was certainly not sent was not sent by the rerun either")
    return problems + judged(lane, [sleeper, late, again])


def suspended_before_the_claim(lane: Lane, mutant: str | None) -> list[str]:
    """The machine sleeps before it claims the reboot, and another one does all the work: the sleeper adds nothing."""
    lane.afresh()
    sleeper = lane.start(OURS, mutant=mutant, die_at=BEFORE_CLAIM, die="stop").go().wait_stopped()
    lane.simulator.advance(LATER)
    late = lane.start(OURS, mutant=mutant, host=ELSEWHERE, ahead=LATER).go().wait().settle()
    sleeper.resume().wait().settle()
    return must(late.status == OK, "the other machine could not go on") + judged(lane, [sleeper, late])


def suspended_before_the_unlock(lane: Lane, mutant: str | None) -> list[str]:
    """A sleeper wakes right before its Unlock, when another window has the device by now: it leaves that lock alone."""
    lane.afresh()
    sleeper = lane.start(OURS, mutant=mutant, die_at=UNLOCK_INTENDED, die="stop").go().wait_stopped()
    lane.simulator.advance(LATER)
    late = lane.start(OURS, mutant=mutant, play="recover", host=ELSEWHERE, ahead=LATER).go().wait().settle()
    other = lane.start(OTHER, mutant=mutant, ahead=LATER, pause_before="sync").go().wait_for("lock")
    sleeper.resume().wait().settle()
    problems = must(bool(lane.simulator.state()["oracle_sdm"]["locks"]), "the sleeper removed the other window's lock")
    other.release().wait().settle()
    problems += must(late.status == OK, "the recovery failed") + must(other.status == OK, "the other window failed")
    return problems + judged(lane, [sleeper, late, other])


def suspended_between_a_pair_and_its_member(lane: Lane, mutant: str | None) -> list[str]:
    """A run that has looked around sleeps before it notes its lock, and another window locks what is part of it.

    One of them locks a pair as a whole, the other one a member of it alone: the sleeper wakes and locks nothing.
    """
    problems: list[str] = []
    for asleep, awake in ((PAIR, None), (None, PAIR)):
        lane.afresh()
        first, second = (str(device["name"]) for device in lane.simulator.devices()[:2])
        sleeper = lane.start(OURS, mutant=mutant, device=first, group=asleep, die_at=BEFORE_LOCK, die="stop")
        sleeper.go().wait_stopped()
        other = lane.start(OTHER, mutant=mutant, device=second, group=awake, pause_before="sync").go().wait_for("lock")
        sleeper.resume().wait().settle()
        problems += must(sleeper.status == FAILED, "the sleeper did not say that a lock is in its way")
        locked = [row for row in lane.simulator.requests(method="POST") if named(row) == "Lock"]
        problems += must(
            all((sent := process_of(row)) is not None and sent.run == other.label for row in locked),
            "a pair and its member were locked at once",
        )
        other.release().wait().settle()
        problems += must(other.status == OK, "the other window failed")
        again = lane.start(OURS, mutant=mutant, device=first, group=asleep).go().wait().settle()
        problems += must(again.status == OK, "the rerun failed")
        for device, runs in ((first, [sleeper, again]), (second, [other])):
            seen = verdict.record(lane, device, runs)
            problems += verdict.broken_promises(seen, [OURS, OTHER]) + verdict.left_behind(seen)
    return problems


def disk_full(lane: Lane, mutant: str | None) -> list[str]:
    """The journal's disk is full when the reboot is to be claimed: no reboot, and the lock is given back."""
    lane.afresh()
    run = lane.start(OURS, mutant=mutant, full_from="reboot").go().wait().settle()
    problems = must(run.status == FAILED, "the run did not say that its journal cannot be written")
    problems += must(not lane.simulator.state()["oracle_sdm"]["locks"], "a full disk kept the device locked")
    problems += _no_reboot(lane, run)
    again = lane.start(OURS, mutant=mutant).go().wait().settle()
    return problems + must(again.status == OK, "with room on the disk the rerun failed") + judged(lane, [run, again])


def server_restarted(lane: Lane, mutant: str | None) -> list[str]:
    """Oracle SDM restarts and forgets sessions and locks: the lock is taken again before the reboot."""
    lane.afresh()
    run = lane.start(OURS, mutant=mutant, pause_before="confirm").go().wait_for("sync")
    lane.simulator.knob("oracle_sdm.lock_survives_restart", False)
    lane.simulator.knob("oracle_sdm.restarts", 1)
    run.release().wait().settle()
    return must(run.status == OK, "the window could have gone on and failed") + judged(lane, [run])


def a_cap_of_one(lane: Lane, mutant: str | None) -> list[str]:
    """Three controllers share a window with a cap of one, and one is killed: never are two devices down."""
    lane.afresh()
    lane.simulator.knob("zequenze.boot", LONG_BOOT)
    names = [str(device["name"]) for device in lane.simulator.devices()]
    victim = Case(AnyPoint(2, "after_effect", "PUT", f"_operation/{names[0]}"), BY_NAME["kill"])
    runs = [start_broken(lane, victim, OURS, device=names[0], mutant=mutant, max_in_flight=1)]
    runs += [lane.start(OURS, device=name, mutant=mutant, max_in_flight=1).go() for name in names[1:]]
    for run in runs:
        run.wait().settle()
    again = [lane.start(OURS, device=name, mutant=mutant, max_in_flight=1).go().wait().settle() for name in names]
    problems = must(all(run.status == OK for run in again), "the reruns, one after the other, failed")
    seen = verdict.record(lane, lane.device, [*runs, *again])
    most = _most_at_once(seen)
    problems += must(most == 1, f"{most} devices were rebooting at once, and one is allowed")
    return problems + _each_once(seen, names) + verdict.left_behind(seen)


def a_pair_whose_first_run_dies(lane: Lane, mutant: str | None) -> list[str]:
    """A run dies at the reboot of one of a pair: another window leaves the other one alone until that is proven up."""
    lane.afresh()
    lane.simulator.knob("zequenze.boot", LONG_BOOT)
    names = first, second = [str(device["name"]) for device in lane.simulator.devices()[:2]]
    victim = Case(AnyPoint(2, "after_effect", "PUT", f"_operation/{first}"), BY_NAME["kill"])
    died = start_broken(lane, victim, OURS, device=first, partner=second, mutant=mutant).wait().settle()
    other: dict[str, t.Any] = {"device": second, "partner": first, "mutant": mutant}
    early = lane.start(OTHER, **other).go().wait().settle()
    problems = must(early.status == FAILED, "the other window did not say that the partner is not proven up")
    touched = [row for row in lane.simulator.ledger() if row.get("device") == second]
    problems += must(not touched, "the other member was touched before its partner was proven up")
    again = lane.start(OURS, device=first, partner=second, mutant=mutant).go().wait().settle()
    late = lane.start(OTHER, **other).go().wait().settle()
    problems += must((again.status, late.status) == (OK, OK), "the reruns, one after the other, failed")
    seen = verdict.record(lane, second, [died, early, again, late])
    problems += must(_most_at_once(seen) == 1, "both members were rebooting at once")
    return problems + _each_once(seen, names) + verdict.left_behind(seen)


def a_partner_that_is_disregarded(lane: Lane, mutant: str | None) -> list[str]:
    """Another window has the partner: only who disregards it on purpose goes on, which is written down."""
    lane.afresh()
    first, second = (str(device["name"]) for device in lane.simulator.devices()[:2])
    ours: dict[str, t.Any] = {"device": first, "partner": second, "mutant": mutant}
    other = lane.start(OTHER, device=second, partner=first, mutant=mutant, pause_before="sync").go().wait_for("lock")
    kept = lane.start(OURS, **ours).go().wait().settle()
    problems = must(kept.status == FAILED, "the run did not say that the partner is locked")
    touched = [row for row in lane.simulator.ledger() if row.get("device") == first]
    problems += must(not touched, "a device was touched while another window had its partner")
    lax = lane.start(OURS, require_partners=False, **ours).go().wait().settle()
    problems += must(lax.status == OK, "the run that disregards the partner failed")
    problems += must(second in lane.simulator.state()["oracle_sdm"]["locks"], "the partner's lock was removed")
    other.release().wait().settle()
    problems += must(other.status == OK, "the other window failed")
    seen = verdict.record(lane, first, [kept, lax, other])
    noted = [row["data"].get("partners") for row in seen.events if row["kind"] == "without_require_partners"]
    # Once for the sync, once for the reboot.
    problems += must(noted == [[second], [second]], f"the journal names other partners: {noted}")
    return problems + _each_once(seen, [first, second]) + verdict.left_behind(seen)


def a_budget_of_none(lane: Lane, mutant: str | None) -> list[str]:
    """No device may fail, and one has: other controllers of the window start nothing any more, nor do their reruns."""
    lane.afresh()
    first, second = (str(device["name"]) for device in lane.simulator.devices()[:2])
    lane.simulator.patch_device(first, {"zequenze": {"log_result": "error"}})
    runs = [
        lane.start(OURS, device=name, mutant=mutant, max_failures=0).go().wait().settle()
        for name in (first, second, second)
    ]
    problems = must(all(run.status == FAILED for run in runs), "a run did not say that it did not do its work")
    seen = verdict.record(lane, second, runs)
    touched = [row for row in seen.effects if row["effect"] == "operation" and row["device"] == second]
    problems += must(not touched, "a device was touched after the window's budget was spent")
    return problems + verdict.left_behind(seen)


CONTROLLERS: tuple[Scene, ...] = (
    suspended_past_the_cutoff,
    suspended_and_replaced,
    suspended_before_the_claim,
    suspended_before_the_unlock,
    suspended_between_a_pair_and_its_member,
    disk_full,
    server_restarted,
    a_cap_of_one,
    a_pair_whose_first_run_dies,
    a_partner_that_is_disregarded,
    a_budget_of_none,
)

LIMITED: tuple[Scene, ...] = (a_cap_of_one, a_budget_of_none)
"""The scenes a client without limits must not survive."""


def _outcome(lane: Lane, run: Run) -> str | None:
    return verdict.record(lane, lane.device, [run]).outcomes(OURS).get("reboot")


def _no_reboot(lane: Lane, run: Run) -> list[str]:
    sent = verdict.record(lane, lane.device, [run]).sent("PUT reboot")
    return must(not sent, "a reboot was sent that must not have been")


def _most_at_once(seen: Record) -> int:
    """Return on how many devices at most a reboot was accepted and not over, at any time."""
    under_way: set[t.Any] = set()
    most = 0
    for row in sorted(seen.effects, key=lambda row: (row["at"], row["seq"])):
        if row["effect"] == "operation" and row.get("operation") == "reboot":
            under_way.add(row["device"])
        elif row["effect"] == "up":
            under_way.discard(row["device"])
        most = max(most, len(under_way))
    return most


def _each_once(seen: Record, names: t.Sequence[str]) -> list[str]:
    reboots = [
        row["device"] for row in seen.effects if row["effect"] == "operation" and row.get("operation") == "reboot"
    ]
    return must(sorted(reboots) == sorted(names), f"of {sorted(names)}, these were rebooted: {sorted(reboots)}")
