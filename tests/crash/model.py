# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model of what people and machines do around a device, in any order; the invariants are checked after every deed.

The rules are runs of two windows, whole or broken anywhere, side by side, from this machine or another; recovery; a
person at the SDM console; time going by; a device replaced; a journal lost. Nothing here knows how the client works:
the invariants are read off the ledger.
"""

from __future__ import annotations

import typing as t

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.crash import verdict
from tests.crash.kill import BY_NAME, Case, start_broken
from tests.crash.lane import Lane, Run
from tests.crash.points import AnyPoint, named, process_of
from tests.crash.steps import ACCOUNT
from tests.simulators.ledger import PHASES

WINDOWS = ("CHG-A", "CHG-B")
MOST_REQUESTS = 36
SILENCE = 400.0
INSTANT = 0.3
"""Seconds that go by after every deed, so that a device that was told to reboot has done it."""

windows = st.sampled_from(WINDOWS)
deadly = st.sampled_from([BY_NAME[name] for name in ("kill", "kill-lost", "term", "ghost-first")])
harmless = st.sampled_from([BY_NAME[name] for name in ("reset", "stall")])
ghosts = st.sampled_from([BY_NAME[name] for name in ("ghost", "ghost-lost")])
places = st.builds(AnyPoint, nth=st.integers(1, MOST_REQUESTS), phase=st.sampled_from(PHASES))
hosts = st.sampled_from([None, None, None, "elsewhere.example.net"])


class Maintenance(RuleBasedStateMachine):
    """One device, two windows, and everything that may happen to them. :func:`tell` gives it its lane."""

    lane: t.ClassVar[Lane]

    def __init__(self) -> None:
        """Begin a story: with a new world."""
        super().__init__()
        self._lane = self.lane
        self._lane.afresh()
        self._device = self._lane.device
        self._runs: list[Run] = []
        self._journals: list[set[str]] = [set()]
        self._ahead = 0.0
        self._serials = 0
        self._serial = str(self._lane.simulator.state()["zequenze"]["devices"][self._device]["serial_number"])
        self._received = 0
        self._blind = False

    # What machines do

    @rule(window_id=windows, host=hosts)
    def run(self, window_id: str, host: str | None) -> None:
        """A run that nothing happens to; at first the start of a window, later a rerun."""
        self._end(self._start(window_id, host=host))

    @rule(window_id=windows, fault=deadly | harmless, place=places, host=hosts)
    def run_broken(self, window_id: str, fault: t.Any, place: AnyPoint, host: str | None) -> None:
        """A run that dies, or whose connection breaks, at any place."""
        self._end(self._broken(window_id, fault, place, host))

    @rule(first=windows, second=windows, fault=ghosts, place=places)
    def ghost_beside_a_run(self, first: str, second: str, fault: t.Any, place: AnyPoint) -> None:
        """A controller is killed, and the next run begins while its worker still goes on."""
        ghost = self._broken(first, fault, place, None).wait()
        self._end(self._start(second))
        self._end(ghost)

    @rule(first=windows, second=windows, fault=deadly | harmless, place=places, broken=st.booleans())
    def two_at_once(self, first: str, second: str, fault: t.Any, place: AnyPoint, broken: bool) -> None:
        """Two controllers at the same time, with the same window or different ones; one of them may break."""
        one = self._broken(first, fault, place, None) if broken else self._start(first)
        other = self._start(second)
        self._end(one)
        self._end(other)

    @rule(window_id=windows, host=hosts)
    def recover(self, window_id: str, host: str | None) -> None:
        """Recovery alone, for a window that is to be run again."""
        self._end(self._start(window_id, play="recover", host=host))

    # What people and time do

    @rule()
    def somebody_takes_the_device(self) -> None:
        """Another account locks the device at the console, with the right to override whoever has it."""
        self._lane.simulator.patch_device(self._device, {"oracle_sdm": {"lock_as": "alice"}})

    @rule()
    def the_console_unlocks(self) -> None:
        """An administrator removes whatever lock there is."""
        self._lane.simulator.patch_device(self._device, {"oracle_sdm": {"admin_unlock": True}})

    @rule()
    def time_goes_by(self) -> None:
        """Nobody does anything for longer than a run on another machine may be silent."""
        self._pass(SILENCE)

    @precondition(lambda self: self._serials < 2)
    @rule()
    def the_device_is_replaced(self) -> None:
        """Another device is put in its place, under its name."""
        self._replace()

    @precondition(lambda self: self._serials < 2)
    @rule(window_id=windows, step=st.sampled_from(["sync", "confirm", "reboot"]))
    def the_device_is_replaced_under_a_run(self, window_id: str, step: str) -> None:
        """The same while a run is at work, right before one of its steps; it may never come so far."""
        run = self._start(window_id, pause_before=step)
        run.wait_for_pause()
        # What was sent until now was for the device that was there.
        self._seen = verdict.record(self._lane, self._device, self._runs, settling=0.0)
        self.only_the_device_that_the_window_knows()
        self._replace()
        self._end(run.release())

    @precondition(lambda self: len(self._journals) < 3)
    @rule(explicitly=st.booleans())
    def the_journal_is_lost(self, explicitly: bool) -> None:
        """The journal is gone; then the operator recovers explicitly, or does not know."""
        for path in self._lane.journal().parent.iterdir():
            path.unlink()
        self._journals.append(set())
        if explicitly:
            self._end(self._start(WINDOWS[0], play="recover_lost"))
        self._blind = self._blind or not explicitly

    # What must always be so

    @invariant()
    def nothing_was_done_twice(self) -> None:
        """I1: per window at most one reboot is received, and carried out, as far back as the journal goes."""
        self._pass(INSTANT)
        seen = self._seen = verdict.record(self._lane, self._device, self._runs, settling=0.0)
        reboots = [process_of(request) for request in seen.sent("PUT reboot")]
        done = [seen.sender(row) for row in seen.effects if row["effect"] == "operation" and _is_reboot(row)]
        for labels in self._journals:
            for window_id in WINDOWS:
                for what, senders in (("received", reboots), ("carried out", done)):
                    own = [who for who in senders if who and who.run in labels and who.window_id == window_id]
                    assert len(own) <= 1, f"{len(own)} reboots of {window_id} were {what}"

    @invariant()
    def only_under_our_own_lock(self) -> None:
        """I2 and I4; without the journal nobody can tell one's own lock from another window's."""
        if not self._blind:
            assert not verdict.broken_locks(self._seen)

    @invariant()
    def only_the_device_that_the_window_knows(self) -> None:
        """I7: what is sent reaches the device whose serial number the journal has for the window, never another."""
        news, self._received = self._seen.requests[self._received :], len(self._seen.requests)
        for request in news:
            sender = process_of(request)
            if sender is None or not named(request).startswith("PUT "):
                continue
            rows = [row for row in self._seen.operations if row["window_id"] == sender.window_id]
            serials = {row["serial"] for row in rows}
            assert serials == {self._serial}, f"{named(request)} to {self._serial} of a window about {serials}"

    @invariant()
    def only_the_truth_was_said(self) -> None:
        """I6, and no run broke by a defect of its own."""
        assert not verdict.untrue(self._seen)
        assert not [run.output() for run in self._runs if run.output()]

    def teardown(self) -> None:
        """I3: when everybody else has left and every window was run once more, nothing of ours is locked."""
        if not hasattr(self, "_seen"):
            return
        self._pass(SILENCE)
        if self._lane.simulator.state()["oracle_sdm"]["locks"].get(self._device, {}).get("account") != ACCOUNT:
            self.the_console_unlocks()
        for window_id in sorted({run.window_id for run in self._runs}):
            self._end(self._start(window_id))
        self.nothing_was_done_twice()
        self.only_under_our_own_lock()
        self.only_the_truth_was_said()
        if not self._blind:
            assert not verdict.left_behind(self._seen)

    def _start(self, window_id: str, **more: t.Any) -> Run:
        run = self._lane.start(window_id, ahead=self._ahead, device=self._device, **more).go()
        return self._known(run)

    def _broken(self, window_id: str, fault: t.Any, place: AnyPoint, host: str | None) -> Run:
        self._lane.simulator.call("DELETE", "signals")
        self._lane.simulator.clear_faults()
        more: dict[str, t.Any] = {"ahead": self._ahead, "device": self._device, "host": host}
        return self._known(start_broken(self._lane, Case(place, fault), window_id, **more))

    def _replace(self) -> None:
        self._serials += 1
        self._serial = f"ANOTHER-{self._serials}"
        self._lane.simulator.patch_device(self._device, {"zequenze": {"serial_number": self._serial}})

    def _known(self, run: Run) -> Run:
        self._runs.append(run)
        self._journals[-1].add(run.label)
        return run

    def _end(self, run: Run) -> None:
        run.wait().settle()
        self._lane.simulator.call("DELETE", "signals")
        self._lane.simulator.clear_faults()

    def _pass(self, seconds: float) -> None:
        self._lane.simulator.advance(seconds)
        self._ahead += seconds


def tell(lane: Lane, stories: int, deeds: int, *, the_same: bool) -> None:
    """Tell random stories of so many deeds, ``the_same`` ones every time or new ones. Raises AssertionError."""
    run_state_machine_as_test(
        type("Story", (Maintenance,), {"lane": lane}),
        settings=settings(
            max_examples=stories,
            stateful_step_count=deeds,
            deadline=None,
            derandomize=the_same,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=not the_same,
        ),
    )


def _is_reboot(effect: t.Mapping[str, t.Any]) -> bool:
    return effect.get("operation") == "reboot"
