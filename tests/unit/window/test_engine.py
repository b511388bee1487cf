# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine over scripted steps: time only passes when it waits, and every device takes as long as the script says."""

from __future__ import annotations

import dataclasses
import re
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import Progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.engine import STEPS, Engine
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage, Way
from tests.unit.support.script import VirtualClock

Told = list[tuple[str, str, str]]


class Crew:
    """Does the work of a device when its time has passed; several devices are under way at once."""

    def __init__(self, clock: VirtualClock, seconds: t.Callable[[str], float]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._pending: list[tuple[float, str, t.Callable[[], None]]] = []
        self.most = 0

    def start(self, name: str, work: t.Callable[[], None]) -> None:
        self._pending.append((self._clock.now() + self._seconds(name), name, work))
        self.most = max(self.most, len(self._pending))

    def wait(self, seconds: float) -> None:
        until = self._clock.now() + seconds
        due = min(self._pending, default=None, key=lambda each: each[0])
        if due is None or due[0] > until:
            self._clock.sleep(seconds)
            return
        self._clock.sleep(max(0.0, due[0] - self._clock.now()))
        self._pending.remove(due)
        due[2]()

    def join(self) -> None:
        while self._pending:
            self.wait(1e6)


class Steps:
    """Steps that say what the script says, ``{(device, stage): outcome}``, and what was done in which order."""

    def __init__(
        self, clock: VirtualClock, script: t.Mapping[tuple[str, str], t.Any], journal: dict[str, Progress]
    ) -> None:
        self._clock = clock
        self._journal = journal
        self.script = dict(script)
        self.done: list[tuple[str, str]] = []
        self.kept_back: dict[str, str] = {}
        self.passed: list[str] = []

    def _stage(self, name: str, stage: str, usual: str) -> t.Any:
        self.done.append((name, stage))
        outcome = self.script.get((name, stage), usual)
        if isinstance(outcome, list):
            outcome = outcome.pop(0) if outcome else usual
        if isinstance(outcome, BaseException):
            raise outcome
        if isinstance(outcome, (ClosedGate, Stage)):
            return outcome
        bad = outcome in ("failed", "unknown", "refused", "busy")
        if stage != "confirm":
            was = self._journal.get(name, Progress())
            self._journal[name] = dataclasses.replace(
                was,
                states={**was.states, stage: outcome},
                locked=outcome != "unlocked" and (was.locked or outcome == "locked"),
                problem=f"{stage} {outcome}" if bad else was.problem,
                ended_at=self._clock.now(),
            )
        return Stage(stage, outcome, "it went wrong" if bad else "", True, bad, at=self._clock.now())

    def compare(self, device: RecordedDevice) -> t.Any:
        return self._stage(device.name, "check", "done") if (device.name, "check") in self.script else None

    def lock(self, device: RecordedDevice, *, begun: bool) -> t.Any:
        return self._stage(device.name, "lock", "locked")

    def confirm(self, device: RecordedDevice) -> t.Any:
        return self._stage(device.name, "confirm", "locked")

    def operate(self, device: RecordedDevice, operation: str) -> t.Any:
        return self._stage(device.name, operation, "done")

    def hold(self, device: RecordedDevice) -> t.Any:
        return self._stage(device.name, "hold", "done")

    def unlock(self, device: RecordedDevice) -> t.Any:
        return self._stage(device.name, "unlock", "unlocked")

    def pass_check(self, device: RecordedDevice) -> None:
        self.passed.append(device.name)

    def keep_back(self, device: RecordedDevice, gate: ClosedGate) -> Stage:
        self.kept_back[device.name] = gate.gate
        return Stage("lock", "not_started", gate.message, failed=not gate.planned, gate=gate.gate)


class Bench:
    """A window of scripted devices; :meth:`run` takes it to its end."""

    def __init__(self, devices: t.Sequence[RecordedDevice], **rules: t.Any) -> None:
        self.clock = VirtualClock()
        self.record = WindowRecord("W1", ("sync", "reboot"), tuple(devices), WindowRules(**{"hold": 1.0, **rules}))
        self.script: dict[tuple[str, str], t.Any] = {}
        self.journal: dict[str, Progress] = {}
        self.swept = 0
        self.told: Told = []
        self.seconds: dict[str, float] = {}
        self.alive = True

    def run(self, **fields: t.Any) -> dict[str, Way]:
        self.steps = Steps(self.clock, self.script, self.journal)
        self.crew = Crew(self.clock, lambda name: self.seconds.get(name, 10.0))
        engine = Engine(
            record=self.record,
            steps=t.cast("t.Any", self.steps),
            clock=self.clock,
            read_progress=lambda: dict(self.journal),
            sweep=self._sweep,
            run_alive=lambda: self.alive,
            tell=lambda device, stage: self.told.append((device.name, stage.name, stage.outcome)),
            crew=t.cast("t.Any", self.crew),
            **fields,
        )
        return {way.device.name: way for way in engine.run(self.record.devices)}

    def _sweep(self) -> None:
        self.swept += 1

    def order(self, stage: str) -> list[str]:
        """Return the devices in the order in which they came to a stage."""
        return [name for name, done in self.steps.done if done == stage]


def device(name: str, **fields: t.Any) -> RecordedDevice:
    return RecordedDevice(name, name, name, name, **fields)


def fleet(count: int, batch: t.Callable[[int], int] = lambda _number: 0, **fields: t.Any) -> list[RecordedDevice]:
    return [device(f"d{number}", batch=batch(number), **fields) for number in range(count)]


WHOLE = ["lock", "sync", "confirm", "reboot", "hold", "unlock"]


def test_each_device_goes_its_whole_way_and_is_unlocked_when_its_own_way_ends() -> None:
    bench = Bench(fleet(3))
    bench.seconds = {"d0": 100.0, "d1": 5.0, "d2": 50.0}
    ways = bench.run()
    assert {name: way.outcome for name, way in ways.items()} == dict.fromkeys(ways, "done")
    assert bench.order("unlock") == ["d1", "d2", "d0"]
    assert [stage for name, stage in bench.steps.done if name == "d1"] == WHOLE
    assert bench.clock.now() - VirtualClock().now() == pytest.approx(100.0)
    assert ("d1", "reboot", "done") in bench.told


@pytest.mark.finding("A6")
def test_the_next_device_starts_when_one_ends_and_never_more_than_the_cap_are_under_way() -> None:
    bench = Bench(fleet(7), max_in_flight=3)
    ways = bench.run()
    assert all(way.outcome == "done" for way in ways.values())
    assert bench.crew.most == 3
    assert bench.clock.now() - VirtualClock().now() == pytest.approx(30.0)


def test_concurrency_bounds_a_window_without_a_cap() -> None:
    bench = Bench(fleet(6))
    bench.run(concurrency=2)
    assert bench.crew.most == 2


def test_two_of_a_group_are_never_under_way_at_once() -> None:
    bench = Bench([device("a1", group="a"), device("a2", group="a"), device("b1", group="b")])
    bench.run()
    assert bench.crew.most == 2
    assert bench.order("lock") == ["a1", "b1", "a2"]


def test_the_canary_comes_first_and_the_batches_soak() -> None:
    bench = Bench(fleet(5, batch=lambda number: (number + 1) // 2), soak=60.0)
    bench.run()
    assert bench.order("unlock")[0] == "d0"
    assert bench.clock.now() - VirtualClock().now() == pytest.approx(10 + 60 + 10 + 60 + 10)


@pytest.mark.parametrize("outcome", ["failed", "unknown", "refused"])
def test_a_canary_that_fails_keeps_the_rest_back(outcome: str) -> None:
    bench = Bench(fleet(4, batch=lambda number: min(number, 2)))
    bench.script["d0", "reboot"] = outcome
    ways = bench.run()
    assert {name: way.outcome for name, way in ways.items()} == {
        "d0": outcome,
        "d1": "not_started",
        "d2": "not_started",
        "d3": "not_started",
    }
    assert set(bench.steps.kept_back.values()) == {"canary"}
    assert bench.order("unlock") == ["d0"]
    assert "hold" not in [stage for _name, stage in bench.steps.done]


def test_a_canary_that_comes_back_changed_keeps_the_rest_back_and_is_compared_again_in_the_next_run() -> None:
    bench = Bench(fleet(2, batch=lambda number: number))
    bench.script["d0", "check"] = "failed"
    ways = bench.run()
    assert {name: way.outcome for name, way in ways.items()} == {"d0": "failed", "d1": "not_started"}
    assert bench.order("unlock") == ["d0"]
    again = Bench(fleet(2, batch=lambda number: number))
    again.journal = {"d0": Progress(states={**dict.fromkeys(("sync", "reboot", "hold"), "done"), "check": "failed"})}
    again.script["d0", "check"] = "done"
    ways = again.run()
    assert {name: way.outcome for name, way in ways.items()} == {"d0": "done", "d1": "done"}
    assert [stage for name, stage in again.steps.done if name == "d0"] == ["lock", "check", "unlock"]
    assert again.steps.passed == ["d0"]
    del again.script["d0", "check"]
    again.journal = {"d0": Progress(states={**dict.fromkeys(("sync", "reboot", "hold"), "done"), "check": "failed"})}
    assert {way.outcome for way in again.run().values()} == {"done"}, "there may be nothing to compare any more"


def test_a_batch_of_which_nobody_succeeds_is_the_last_one() -> None:
    bench = Bench(fleet(6, batch=lambda number: 0 if number == 0 else 1 if number < 3 else 2))
    bench.script |= {("d1", "sync"): "failed", ("d2", "lock"): "busy"}
    ways = bench.run()
    assert [ways[f"d{number}"].outcome for number in range(6)] == [
        "done", "failed", "busy", "not_started", "not_started", "not_started",
    ]  # fmt: skip
    assert set(bench.steps.kept_back.values()) == {"batch"}


def test_the_failure_limit_stops_what_has_not_begun_and_not_the_device_that_is_tried_again() -> None:
    bench = Bench(fleet(4), max_failures=0)
    bench.script["d0", "sync"] = "failed"
    bench.journal = {"d3": Progress(states={"sync": "failed"}, problem="sync failed")}
    bench.run()
    assert bench.steps.kept_back == {"d0": "budget", "d1": "budget", "d2": "budget"}
    assert bench.order("lock") == ["d3"]


def test_a_gate_of_the_device_is_waited_for_without_holding_a_place() -> None:
    bench = Bench(fleet(2), gate_timeout=60.0, wait_interval=5.0, max_in_flight=1)
    closed = ClosedGate("live_session", "jdoe is logged in.", may_open=True)
    bench.script["d0", "lock"] = [closed, closed, "locked"]
    ways = bench.run()
    assert {way.outcome for way in ways.values()} == {"done"}
    assert bench.order("unlock") == ["d1", "d0"]


def test_a_gate_that_never_opens_ends_the_wait() -> None:
    bench = Bench(fleet(2), gate_timeout=60.0, wait_interval=5.0)
    bench.script["d0", "lock"] = [ClosedGate("live_session", "jdoe is logged in.", may_open=True)] * 100
    ways = bench.run()
    assert (ways["d0"].outcome, ways["d1"].outcome) == ("not_started", "done")
    assert bench.steps.kept_back == {"d0": "live_session"}


def test_a_gate_of_the_plan_is_no_failure() -> None:
    bench = Bench([*fleet(1), device("d9", excluded="protected: lawful intercept")])
    bench.script["d0", "lock"] = ClosedGate("cutoff", "the cut-off is reached.", planned=True)
    ways = bench.run()
    assert {name: (way.outcome, way.failure) for name, way in ways.items()} == {
        "d0": ("not_started", None),
        "d9": ("not_started", None),
    }


def test_what_another_controller_occupies_is_waited_for_only_while_it_moves() -> None:
    bench = Bench(fleet(1), max_in_flight=1, gate_timeout=60.0)
    bench.journal = {"other": Progress(in_flight=True)}
    ways = bench.run()
    assert bench.steps.kept_back == {"d0": "cap"}
    assert ways["d0"].failure is not None
    assert bench.clock.now() - VirtualClock().now() < 90


def test_a_rerun_does_what_is_left_and_repeats_nothing() -> None:
    bench = Bench(fleet(3))
    bench.journal = {
        "d0": Progress(states={"sync": "done", "reboot": "done", "hold": "done"}),
        "d1": Progress(states={"sync": "done"}, problem=None),
        "d2": Progress(states={"sync": "done", "reboot": "done", "hold": "done"}, locked=True),
    }
    ways = bench.run()
    assert ways["d0"].outcome == "skipped"
    assert [stage for name, stage in bench.steps.done if name == "d1"] == ["lock", "reboot", "hold", "unlock"]
    assert [stage for name, stage in bench.steps.done if name == "d2"] == ["lock", "unlock"]


def test_a_check_that_failed_is_run_again_and_the_reboot_is_not() -> None:
    bench = Bench(fleet(1))
    done = {"sync": "done", "reboot": "done", "hold": "done"}
    bench.journal = {"d0": Progress(states={**done, "check": "failed"}, problem="check failed")}
    assert bench.run(wanted=["lock"])["d0"].outcome == "done"
    bench.journal = {"d0": Progress(states={**done, "check": "again"}, locked=True, problem="check failed")}
    bench.run(wanted=["operations", "hold"])
    assert bench.steps.done == []
    bench.run(wanted=["unlock"])
    assert bench.steps.passed == ["d0"]


def test_nothing_is_sent_to_a_device_whose_check_has_just_failed() -> None:
    bench = Bench(fleet(1))
    bench.journal = {"d0": Progress(states={"check": "failed"}, locked=True, problem="check failed")}
    bench.run(wanted=["operations", "hold"])
    assert bench.steps.done == []


def test_a_lock_that_is_lost_before_the_reboot_keeps_it_from_being_sent() -> None:
    bench = Bench(fleet(1))
    bench.script["d0", "confirm"] = "busy"
    way = bench.run()["d0"]
    assert (way.outcome, bench.order("reboot"), bench.order("unlock")) == ("busy", [], ["d0"])


def test_a_defect_in_one_device_s_way_unlocks_it_and_leaves_the_others_alone() -> None:
    bench = Bench(fleet(2))
    bench.script["d0", "sync"] = ValueError("a defect")
    ways = bench.run()
    assert (ways["d0"].outcome, ways["d1"].outcome) == ("failed", "done")
    assert re.search(
        r"please report it: ValueError: a defect \(\w+\.py, line \d+\)$", t.cast("Stage", ways["d0"].failure).message
    )
    assert bench.order("unlock") == ["d0", "d1"]


def test_when_the_run_as_a_whole_fails_what_was_begun_is_brought_to_its_end_and_swept() -> None:
    bench = Bench(fleet(3), max_in_flight=2)
    bench.script["d0", "unlock"] = "unlocked"
    failing = iter([False, True])

    def alive() -> bool:
        if next(failing, True):
            raise RuntimeError("the scheduler broke")
        return True

    with pytest.raises(RuntimeError, match="the scheduler broke"):
        _run_with(bench, alive)
    assert bench.order("unlock") == ["d0", "d1"]
    assert bench.swept == 1
    assert bench.order("reboot") == []


def _run_with(bench: Bench, alive: t.Callable[[], bool]) -> None:
    bench.steps = Steps(bench.clock, bench.script, bench.journal)
    bench.crew = Crew(bench.clock, lambda _name: 10.0)
    Engine(
        record=bench.record,
        steps=t.cast("t.Any", bench.steps),
        clock=bench.clock,
        read_progress=dict,
        sweep=bench._sweep,
        run_alive=alive,
        crew=t.cast("t.Any", bench.crew),
    ).run(bench.record.devices)


def test_a_run_that_has_ended_starts_nothing_more() -> None:
    bench = Bench(fleet(3), max_in_flight=1)
    bench.alive = False
    ways = bench.run()
    assert {way.outcome for way in ways.values()} == {"not_started"}
    assert bench.steps.done == []


QUEUED = Stage("reboot", "unknown", "it waits", True, True, queued=True)


@pytest.mark.parametrize(("rule", "unlocked"), [("keep_lock", ["d1"]), ("unlock", ["d0", "d1"])])
def test_a_device_with_a_queued_operation_stays_locked_unless_the_window_says_otherwise(
    rule: str, unlocked: list[str]
) -> None:
    bench = Bench(fleet(2), queued=rule)
    bench.script["d0", "reboot"] = QUEUED
    ways = bench.run()
    assert sorted(bench.order("unlock")) == unlocked
    assert ways["d0"].outcome == "unknown"
    last = ways["d0"].stages[-1]
    assert (last.name, last.outcome) == ("unlock", "kept" if rule == "keep_lock" else "unlocked")
    if rule == "keep_lock":
        assert "reboot is queued at Zequenze Control and will still be carried out" in last.message


@pytest.mark.parametrize(
    ("rule", "found", "ends"),
    [
        ("keep_lock", None, "kept"),
        ("unlock", None, "unlocked"),
        ("keep_lock", "done", "unlocked"),
        ("keep_lock", "failed", "unlocked"),
        ("keep_lock", "unknown", "unlocked"),
        ("keep_lock", QUEUED, "kept"),
    ],
)
def test_what_was_queued_earlier_keeps_the_lock_until_it_is_looked_at(rule: str, found: t.Any, ends: str) -> None:
    """``found`` is what a further look brings; None: the task only unlocks, as between the hooks of a batch."""
    bench = Bench(fleet(1), queued=rule)
    states = {"sync": "done", "reboot": "unknown"}
    bench.journal["d0"] = Progress(states=states, locked=True, queued=frozenset({"reboot"}))
    bench.script["d0", "reboot"] = found
    way = bench.run(wanted=("unlock",) if found is None else STEPS)["d0"]
    assert way.stages[-1].outcome == ends
    assert bench.order("unlock") == (["d0"] if ends == "unlocked" else [])
    assert (way.failure is None) is (ends == "unlocked" and found in (None, "done"))


def test_a_device_that_cannot_be_looked_at_keeps_the_lock_for_what_is_queued() -> None:
    bench = Bench(fleet(1))
    bench.journal["d0"] = Progress(
        states={"sync": "done", "reboot": "unknown"}, locked=True, queued=frozenset({"reboot"})
    )
    bench.script["d0", "lock"] = "unknown"
    assert bench.run()["d0"].stages[-1].outcome == "kept"
    assert bench.order("unlock") == []


def test_the_steps_are_the_documented_ones() -> None:
    assert STEPS == ("lock", "operations", "hold", "unlock")
    assert {field.name for field in dataclasses.fields(Engine)} >= {"wanted", "concurrency"}


# Pause and stop

STOPPED = ClosedGate("stopped", "window W1 was stopped by alice on c1: alarm.", planned=True)
PAUSED = ClosedGate("paused", "window W1 was paused by alice on c1: alarm.", may_open=True)


def test_a_stop_lets_devices_at_work_end_and_does_not_wait_for_what_is_soaking() -> None:
    bench = Bench(fleet(4, lambda number: min(number, 1)), soak=10_000.0)
    said: list[str] = []
    began = bench.clock.now()
    control = lambda: STOPPED if bench.clock.now() - began > 12 else None  # noqa: E731
    ways = bench.run(control=control, say=said.append)
    assert ways["d0"].outcome == "done"
    assert [stage for name, stage in bench.steps.done if name == "d0"] == WHOLE
    assert bench.steps.kept_back == dict.fromkeys(("d1", "d2", "d3"), "stopped")
    assert {name for name, _stage in bench.steps.done} == {"d0"}
    assert bench.clock.now() - began < 100
    assert said == ["Nothing new starts: window W1 was stopped by alice on c1: alarm."]


def test_a_pause_is_said_once_with_its_bound_and_so_is_its_end() -> None:
    bench = Bench(fleet(2, lambda number: number), soak=60.0, gate_timeout=600.0)
    said: list[str] = []
    began = bench.clock.now()
    control = lambda: PAUSED if 12 < bench.clock.now() - began < 40 else None  # noqa: E731
    ways = bench.run(control=control, say=said.append)
    assert {way.outcome for way in ways.values()} == {"done"}
    assert said == [
        "Nothing new starts: window W1 was paused by alice on c1: alarm. It waits for resume_window, at most "
        "10 min 0 s.",
        "The window goes on: it was resumed.",
    ]


def test_a_device_that_was_begun_before_a_stop_is_finished_by_the_rerun() -> None:
    bench = Bench(fleet(2, lambda number: number), soak=0.0)
    bench.journal = {"d0": Progress(states={"sync": "done"}, locked=True)}
    bench.script = {("d1", "lock"): STOPPED}
    ways = bench.run(control=lambda: STOPPED)
    assert ways["d0"].outcome == "done"
    assert "d1" in bench.steps.kept_back


class Unwritten(dict[str, Progress]):
    """A journal as check mode has it: nothing is written."""

    def __setitem__(self, name: str, progress: Progress) -> None:
        """Write nothing."""


def test_a_rehearsal_goes_through_all_batches_although_no_device_is_done() -> None:
    pair = [device(name, batch=1, group="pair") for name in ("b", "c")]
    bench = Bench([device("a"), *pair, device("d", batch=2)], soak=600.0, max_in_flight=1)
    bench.journal = Unwritten()
    ways = bench.run(dry=True)
    assert {name: way.failure for name, way in ways.items()} == dict.fromkeys("abcd")
    assert bench.order("unlock") == ["a", "b", "c", "d"]
    assert bench.clock.now() - VirtualClock().now() == pytest.approx(40.0)
    assert {way.device.batch for way in ways.values()} == {0, 1, 2}
