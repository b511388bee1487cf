# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes with somebody else in them: another window, another machine, a person at the SDM console, a lost journal.

Each is a function of a lane and a mutant (None: the client as it is) that gives the promises that were broken.
"""

from __future__ import annotations

import dataclasses
import time

from tests.crash import verdict
from tests.crash.controllers import CONTROLLERS, LIMITED
from tests.crash.kill import BY_NAME, Case, start_broken
from tests.crash.lane import Lane, LaneError, Run
from tests.crash.points import WritePoint
from tests.crash.scene_parts import ELSEWHERE, LATER, OTHER, OURS, REBOOT, SYNC, Scene, judged, killed, must
from tests.crash.steps import ACCOUNT, FAILED, OK, JournalPoint

GROUP = "ID41"
"""The network function of the lane's device, as the simulator numbers them."""


def another_window(lane: Lane, mutant: str | None) -> list[str]:
    """Another window of the same account holds the device: ours leaves it alone, and does its work afterwards."""
    lane.afresh()
    other = lane.start(OTHER, pause_before="sync").go().wait_for("lock")
    ours = lane.start(OURS, mutant=mutant).go().wait().settle()
    problems = must(ours.status == FAILED, "the run did not say that the device is busy")
    problems += must(bool(lane.simulator.state()["oracle_sdm"]["locks"]), "the other window has lost its lock")
    other.release().wait().settle()
    # Later, so that the uptimes of the two reboots differ by more than the second they are told in.
    lane.simulator.advance(LATER)
    again = lane.start(OURS, mutant=mutant, ahead=LATER).go().wait().settle()
    problems += must(again.status == OK, "the device was free and the rerun failed")
    return problems + judged(lane, [other, ours, again])


def another_window_died(lane: Lane, mutant: str | None) -> list[str]:
    """The other window was killed and its lease is not over: only its own rerun, or time, may take its lock."""
    lane.afresh()
    other = killed(lane, OTHER, "kill", SYNC)
    ours = lane.start(OURS, mutant=mutant).go().wait().settle()
    problems = must(ours.status == FAILED, "the run did not say that the device is busy")
    again = lane.start(OTHER, mutant=mutant).go().wait().settle()
    problems += must(again.status == OK, "the rerun of the other window failed")
    return problems + judged(lane, [other, ours, again])


def another_account(lane: Lane, mutant: str | None) -> list[str]:
    """Somebody else has locked the device: it is left alone."""
    lane.afresh()
    lane.simulator.patch_device(lane.device, {"oracle_sdm": {"lock_as": "alice"}})
    ours = lane.start(OURS, mutant=mutant).go().wait().settle()
    problems = must(ours.status == FAILED, "the run did not say that the device is busy")
    return problems + judged(lane, [ours]) + _alice_holds(lane)


def taken_over_before_the_reboot(lane: Lane, mutant: str | None) -> list[str]:
    """At the console somebody takes our lock over before the reboot: no reboot, and the lock stays theirs."""
    lane.afresh()
    ours = _interrupted(lane, "confirm", {"lock_as": "alice"}, mutant)
    problems = must(ours.status == FAILED, "the run did not say that its lock is gone")
    seen = verdict.record(lane, lane.device, [ours])
    problems += must(not seen.sent("PUT reboot"), "a reboot was sent after the lock had been taken over")
    return problems + judged(lane, [ours]) + _alice_holds(lane)


def taken_over_before_the_unlock(lane: Lane, mutant: str | None) -> list[str]:
    """At the console somebody takes our lock over after the reboot: the lock stays theirs."""
    lane.afresh()
    ours = _interrupted(lane, "unlock", {"lock_as": "alice"}, mutant)
    return judged(lane, [ours]) + _alice_holds(lane)


def unlocked_at_the_console(lane: Lane, mutant: str | None) -> list[str]:
    """At the console somebody removes our lock before the reboot: it is taken again, then the work goes on."""
    lane.afresh()
    ours = _interrupted(lane, "confirm", {"admin_unlock": True}, mutant)
    return must(ours.status == OK, "the window could have gone on and failed") + judged(lane, [ours])


def another_machine(lane: Lane, mutant: str | None) -> list[str]:
    """The controller dies and another machine takes over: not while the first may still live, and once it may not."""
    lane.afresh()
    problems: list[str] = []
    first = killed(lane, OURS, "kill", REBOOT)
    early = lane.start(OURS, mutant=mutant, host=ELSEWHERE).go().wait().settle()
    problems += must(early.status == FAILED, "another machine went on while the first one may still be at work")
    lane.simulator.advance(LATER)
    late = lane.start(OURS, mutant=mutant, host=ELSEWHERE, ahead=LATER).go().wait().settle()
    problems += must(late.status == OK, "the other machine could not go on although the first had long been silent")
    return problems + judged(lane, [first, early, late])


def lost_journal(lane: Lane, mutant: str | None) -> list[str]:
    """The journal is gone with a lock in it: recovery alone leaves the device, the explicit option frees it."""
    lane.afresh()
    first = killed(lane, OURS, "kill", SYNC)
    for path in lane.journal().parent.iterdir():
        path.unlink()
    blind = lane.start(OURS, mutant=mutant, play="recover").go().wait().settle()
    seen = verdict.record(lane, lane.device, [first, blind])
    problems = must(not seen.sent("Unlock"), "a lock that no journal shows was removed without being asked to")
    explicit = lane.start(OURS, mutant=mutant, play="recover_lost").go().wait().settle()
    problems += must(explicit.status == OK, "the recovery of a lost journal failed")
    return problems + judged(lane, [first, blind, explicit])


def journal_put_back(lane: Lane, mutant: str | None) -> list[str]:
    """A copy of the journal from before the reboot is put back: nothing is sent again, and the device is unlocked."""
    return _put_back(lane, mutant, keep_memory=True)


def journal_put_back_elsewhere(lane: Lane, mutant: str | None) -> list[str]:
    """The same on a control node that has never seen the journal: the device itself shows that it restarted."""
    return _put_back(lane, mutant, keep_memory=False)


def _put_back(lane: Lane, mutant: str | None, *, keep_memory: bool) -> list[str]:
    lane.afresh()
    first = lane.start(OURS, pause_before="reboot").go().wait_for_pause()
    journal = lane.journal()
    copies = {path.name: path.read_bytes() for path in journal.parent.iterdir() if path.suffix != ".seen"}
    first.release().wait().settle()
    problems = must(first.status == OK, "the undisturbed run failed")
    for path in journal.parent.iterdir():
        if path.suffix != ".seen" or not keep_memory:
            path.unlink()
    for name, content in copies.items():
        (journal.parent / name).write_bytes(content)
    again = lane.start(OURS, mutant=mutant).go().wait().settle()
    problems += must(again.status == FAILED, "the rerun did not say that the journal has lost something")
    seen = verdict.record(lane, lane.device, [first, again])
    problems += must(len(seen.sent("PUT reboot")) == 1, "the reboot was sent again")
    problems += must(not lane.simulator.state()["oracle_sdm"]["locks"], "a lock is left")
    return problems


def another_namespace(lane: Lane, mutant: str | None) -> list[str]:
    """A run in another container with the same host name: it leaves the lock of the living one alone."""
    lane.afresh()
    first = lane.start(OURS, pause_before="reboot").go().wait_for_pause()
    second = lane.start(OURS, mutant=mutant, namespace=4711).go().wait().settle()
    problems = must(second.status == FAILED, "the second run went on while the first one may still be at work")
    recovery = lane.start(OURS, mutant=mutant, namespace=4711, play="recover").go().wait().settle()
    held = lane.device in lane.simulator.state()["oracle_sdm"]["locks"]
    problems += must(held, "the lock of a living run was removed")
    first.release().wait().settle()
    problems += must(first.status == OK, "the first run failed")
    return problems + judged(lane, [first, second, recovery])


def stuck_lock(lane: Lane, mutant: str | None) -> list[str]:
    """What a dead run locked cannot be unlocked for a while: it is said, nothing is sent, and later all is well."""
    lane.afresh()
    first = killed(lane, OURS, "kill", SYNC)
    lane.simulator.fault(method="POST", path="/action$", phase="before_effect", kind="status", status=403, times=None)
    early = lane.start(OURS, mutant=mutant).go().wait().settle()
    problems = must(early.status == FAILED, "the run did not say that the device cannot be unlocked")
    seen = verdict.record(lane, lane.device, [first, early])
    problems += must(not seen.sent("PUT reboot"), "a device that cannot be unlocked was rebooted")
    lane.simulator.clear_faults()
    late = lane.start(OURS, mutant=mutant).go().wait().settle()
    problems += must(late.status == OK, "the run failed although the device can be unlocked again")
    return problems + judged(lane, [first, early, late])


def replaced_device(lane: Lane, mutant: str | None) -> list[str]:
    """After a crash another device answers under the name: it is not rebooted, and the lock is given back."""
    lane.afresh()
    first = killed(lane, OURS, "kill-lost", REBOOT)
    lane.simulator.patch_device(lane.device, {"zequenze": {"serial_number": "ANOTHER-1", "id": 4711}})
    sent = len(verdict.record(lane, lane.device, []).sent("PUT reboot"))
    again = lane.start(OURS, mutant=mutant).go().wait().settle()
    seen = verdict.record(lane, lane.device, [first, again])
    problems = must(again.status == FAILED, "the rerun did not say that the device is another one")
    problems += must(len(seen.sent("PUT reboot")) == sent, "the device in its place was rebooted")
    return problems + judged(lane, [first, again])


def replaced_within_the_window(lane: Lane, mutant: str | None) -> list[str]:
    """Between sync and reboot another device is put in its place, under its name and id: it is not rebooted."""
    lane.afresh()
    ours = lane.start(OURS, mutant=mutant, pause_before="reboot").go().wait_for_pause()
    lane.simulator.patch_device(lane.device, {"zequenze": {"serial_number": "ANOTHER-1"}})
    ours.release().wait().settle()
    seen = verdict.record(lane, lane.device, [ours])
    problems = must(ours.status == FAILED, "the run did not say that the device is another one")
    problems += must(not seen.sent("PUT reboot"), "the device in its place was rebooted")
    return problems + judged(lane, [ours])


def slow_reboot(lane: Lane, mutant: str | None) -> list[str]:
    """The reboot comes long after it was accepted, and the run dies in between: the lock stays until it has come."""
    lane.afresh()
    lane.simulator.knob("zequenze.session_delay", 0.6)
    first = killed(lane, OURS, "kill", REBOOT)
    again = lane.start(OURS, mutant=mutant).go().wait().settle()
    return must(again.status == OK, "the rerun failed") + judged(lane, [first, again])


def slow_reboot_recovered(lane: Lane, mutant: str | None) -> list[str]:
    """The same, and only recovery follows, when the lease is over: it waits for the reboot, too."""
    lane.afresh()
    lane.simulator.knob("zequenze.session_delay", 0.6)
    first = killed(lane, OURS, "kill", REBOOT)
    recovered = lane.start(OURS, mutant=mutant, play="recover").go().wait().settle()
    return must(recovered.status == OK, "the recovery failed") + judged(lane, [first, recovered])


def ghost_ends_last(lane: Lane, mutant: str | None) -> list[str]:
    """A ghost finishes the last step while the rerun is at its beginning: somebody has to unlock all the same."""
    lane.afresh()
    point = WritePoint(JournalPoint("hold", 1, "after_commit"), "the hold begins")
    ghost = start_broken(lane, Case(point, BY_NAME["ghost"]), OURS, hold=1.0, mutant=mutant).wait()
    again = lane.start(OURS, pause_before="lock", mutant=mutant).go().wait_for("lock_recovery")
    ghost.settle()
    again.release().wait().settle()
    return must(again.status == OK, "the rerun failed") + judged(lane, [ghost, again])


def ghost_settles_late(lane: Lane, mutant: str | None) -> list[str]:
    """A ghost writes down that its reboot was not sent, right after the rerun has read that it may have been."""
    lane.afresh()
    point = WritePoint(JournalPoint("reboot", 1, "after_commit"), "the reboot is claimed")
    ghost = start_broken(lane, Case(point, BY_NAME["ghost"]), OURS, linger=0.7, mutant=mutant).wait()
    device = r"inventory_device_name/[^/]+/$"
    lane.simulator.fault(method="GET", path=device, phase="after_effect", kind="stall", seconds=0.9)
    again = lane.start(OURS, mutant=mutant).go().wait().settle()
    return must(again.status == OK, "the rerun failed") + judged(lane, [ghost.settle(), again])


def our_account_by_hand(lane: Lane, mutant: str | None) -> list[str]:
    """A person locked the device at the console with our account: recovery has no business with it."""
    lane.afresh()
    lane.simulator.patch_device(lane.device, {"oracle_sdm": {"lock_as": ACCOUNT}})
    ours = lane.start(OURS, mutant=mutant, play="recover").go().wait().settle()
    held = lane.device in lane.simulator.state()["oracle_sdm"]["locks"]
    return must(ours.status == OK, "the recovery failed") + must(held, "a lock no journal shows was removed")


def locked_by_its_group(lane: Lane, mutant: str | None) -> list[str]:
    """The device is locked by its network function, and the run dies: its rerun, or recovery alone, unlocks that."""
    problems: list[str] = []
    for fault, point, play in (("kill", REBOOT, "window"), ("kill", SYNC, "sweep"), ("ghost", REBOOT, "window")):
        lane.afresh()
        first = start_broken(
            lane, Case(dataclasses.replace(point, phase="after_effect"), BY_NAME[fault]), OURS, group=GROUP
        )
        first.wait()
        again = lane.start(OURS, mutant=mutant, play=play, group=GROUP).go().wait().settle()
        first.settle()
        problems += must(again.status == OK, f"the {play} after a {fault} failed") + judged(lane, [first, again])
        asked = lane.simulator.requests(method="POST")
        problems += must(any(f"/groups/{GROUP}/action" in row["path"] for row in asked), "the group was not locked")
    return problems


def two_at_once(lane: Lane, mutant: str | None) -> list[str]:
    """Two controllers with one window at the same time: together they do what one would."""
    lane.afresh()
    runs = [lane.start(OURS, mutant=mutant) for _ in range(2)]
    for run in runs:
        run.go()
    for run in runs:
        run.wait().settle()
    runs.append(lane.start(OURS, mutant=mutant).go().wait().settle())
    return must(runs[-1].status == OK, "a third run, when both were over, failed") + judged(lane, runs)


def two_windows_at_once(lane: Lane, mutant: str | None) -> list[str]:
    """Two windows at the same time: one gets the device, and the other leaves it alone until it is free."""
    lane.afresh()
    runs = [lane.start(window_id, mutant=mutant) for window_id in (OURS, OTHER)]
    for run in runs:
        run.go()
    for run in runs:
        run.wait().settle()
    return must(any(run.status == OK for run in runs), "neither of the two did its work") + judged(lane, runs)


def asked_for_again(lane: Lane, mutant: str | None) -> list[str]:
    """A reboot was lost on its way, its outcome is unknown: a person asks for another attempt, and gets one."""
    lane.afresh()
    first = killed(lane, OURS, "kill-lost", REBOOT)
    unsure = lane.start(OURS, mutant=mutant).go().wait().settle()
    problems = must(unsure.status == FAILED, "the rerun did not say that the outcome is unknown")
    again = lane.start(OURS, mutant=mutant, attempt=2).go().wait().settle()
    problems += must(again.status == OK, "the second attempt failed")
    return problems + judged(lane, [first, unsure, again])


SCENES: tuple[Scene, ...] = (
    another_window,
    another_window_died,
    another_account,
    taken_over_before_the_reboot,
    taken_over_before_the_unlock,
    unlocked_at_the_console,
    another_machine,
    lost_journal,
    journal_put_back,
    journal_put_back_elsewhere,
    another_namespace,
    stuck_lock,
    replaced_device,
    replaced_within_the_window,
    slow_reboot,
    slow_reboot_recovered,
    ghost_ends_last,
    ghost_settles_late,
    our_account_by_hand,
    locked_by_its_group,
    two_at_once,
    two_windows_at_once,
    asked_for_again,
    *CONTROLLERS,
)

FOR_MUTANTS: tuple[Scene, ...] = (
    another_window,
    another_window_died,
    another_account,
    unlocked_at_the_console,
    our_account_by_hand,
    *LIMITED,
)
"""The scenes that do not rely on anything a broken client may not do."""


def _interrupted(lane: Lane, step: str, at_the_console: dict[str, object], mutant: str | None) -> Run:
    """Run a window, and have something done at the console while the first request of a step is on its way."""
    # Before them come the Lock, and its repeat.
    nth = {"confirm": 3, "unlock": 4}[step]
    path, seconds = "/action$", 0.4
    lane.simulator.fault(method="POST", path=path, phase="before_accept", kind="stall", seconds=seconds, after=nth - 1)
    run = lane.start(OURS, mutant=mutant).go()
    until = time.monotonic() + 10
    while not any(fault["used"] for fault in lane.simulator.call("GET", "faults")["faults"]):
        if time.monotonic() > until:
            raise LaneError(f"the run did not come to {step}")
        time.sleep(0.01)
    lane.simulator.patch_device(lane.device, {"oracle_sdm": at_the_console})
    return run.wait().settle()


def _alice_holds(lane: Lane) -> list[str]:
    locks = lane.simulator.state()["oracle_sdm"]["locks"]
    held = locks.get(lane.device, {}).get("account")
    return must(held == "alice", f"the lock of alice was removed; it is held by {held}")
