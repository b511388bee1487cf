# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the devices of a window, each by itself: lock, operations with proof, hold, unlock.

No device waits for another but through the rules of the record (``scheduler.py``), and what waits for a rule holds no
thread and no lock. A device is unlocked when its own way ends, and the next one starts at that moment.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import defect
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate, excluded
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import THROUGH_STATES
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import (
    CHECK,
    NOTHING,
    WRONG_GATES,
    Progress,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import duration
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.scheduler import Plan, Situation, plan
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import GOOD, KEPT, Stage, Steps, Way

STEPS = ("lock", "operations", "hold", "unlock")

# A thread of the engine calls a few libraries and recurses nowhere; the usual 8 MiB would be reserved for each.
STACK = 1024 * 1024

# Seconds between two looks at what other controllers did, and whether the run still lives.
LOOK_AROUND = 5.0


class Crew:
    """Threads that work for the engine, one for each device under way."""

    def __init__(self) -> None:
        """Start without any."""
        self._changed = threading.Condition()
        self._at_work = 0
        self._ended = 0

    def start(self, name: str, work: t.Callable[[], None]) -> None:
        """Do the work for a device in a thread of its own."""
        with self._changed:
            self._at_work += 1
        threading.Thread(target=self._do, args=(work,), name=name, daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Return when some work has ended since the last wait, or ``seconds`` are over."""
        with self._changed:
            if not self._ended:
                self._changed.wait(seconds)
            self._ended = 0

    def join(self) -> None:
        """Return when all work has ended."""
        with self._changed:
            while self._at_work:
                self._changed.wait()

    def _do(self, work: t.Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._changed:
                self._at_work -= 1
                self._ended += 1
                self._changed.notify_all()


@dataclasses.dataclass
class Engine:
    """One run of a window, or of a part of it.

    ``wanted`` are the steps to take (of :data:`STEPS`), ``concurrency`` how many devices may be under way at once,
    whatever the record allows. ``read_progress`` reads how far the window is, by the journal; ``check`` says why a
    check of the user's keeps a device from being locked, ``control`` that an operator paused or stopped the window;
    ``sweep`` unlocks what an abnormal end of this run left. ``tell`` is called for every stage of every device, from
    any thread, and ``say`` with what holds up the whole run.
    """

    record: WindowRecord
    steps: Steps
    clock: Clock
    read_progress: t.Callable[[], dict[str, Progress]]
    check: t.Callable[[RecordedDevice], str | None] = lambda _device: None
    control: t.Callable[[], ClosedGate | None] = lambda: None
    sweep: t.Callable[[], object] = lambda: None
    wanted: t.Collection[str] = STEPS
    concurrency: int = 200
    dry: bool = False
    run_alive: t.Callable[[], bool] = lambda: True
    tell: t.Callable[[RecordedDevice, Stage], None] = lambda _device, _stage: None
    say: t.Callable[[str], None] = lambda _text: None
    crew: Crew = dataclasses.field(default_factory=Crew)

    def __post_init__(self) -> None:
        """Start with nothing done."""
        self._devices = {device.name: device for device in self.record.devices}
        # In a rehearsal no device is done, so none could come after another.
        together = [dataclasses.replace(device, batch=0) for device in self.record.devices]
        self._rollout = dataclasses.replace(self.record, devices=tuple(together)) if self.dry else self.record
        self._progress: dict[str, Progress] = {}
        self._ways: dict[str, Way] = {}
        self._waiting: dict[str, RecordedDevice] = {}
        self._at_work: set[str] = set()
        self._resting: dict[str, ClosedGate] = {}
        self._rests_since: dict[str, float] = {}
        self._ended: collections.deque[tuple[Way, ClosedGate | None]] = collections.deque()
        self._stopping = False
        self._said = ""
        self._busy_at = self._looked_at = 0.0

    def run(self, devices: t.Sequence[RecordedDevice]) -> list[Way]:
        """Take devices of the record through the wanted steps and return their ways, in the order asked.

        Raise what goes wrong with the run as a whole, after every device that was begun has been brought to its end
        and unlocked.
        """
        self._progress = self.read_progress()
        self._waiting = {device.name: device for device in devices}
        self._busy_at = self._looked_at = self.clock.monotonic()
        self._leave_out()
        # The size is the process's; other threads that it starts meanwhile are as small, which is enough for them.
        usual = threading.stack_size(STACK)
        try:
            while self._waiting or self._at_work:
                self._go_on()
        except BaseException:
            self._stopping = True
            self.crew.join()
            self.sweep()
            raise
        finally:
            threading.stack_size(usual)
        return [self._ways[device.name] for device in devices]

    def _go_on(self) -> None:
        """Collect what ended, start what may start, and wait for the next thing to happen."""
        self._collect()
        if not self.run_alive():
            self._give_up_waiting(ClosedGate("run", "the Ansible run has ended."))
        now = self.clock.now()
        step = plan(
            Situation(
                record=self._rollout,
                progress=self._progress,
                waiting=tuple(self._waiting),
                at_work=self._at_work,
                now=now,
                places=self.concurrency - len(self._at_work),
                resting=self._resting,
            )
        )
        for name, gate in step.closed.items():
            self._close(name, gate)
        for device in step.start:
            self._begin(self._devices[device.name])
        if step.closed:
            return
        if self._at_work or step.start:
            self._busy_at = self.clock.monotonic()
        elif self._is_out_of_patience(step):
            for name, gate in step.held_up.items():
                self._close(name, gate)
            return
        if self._waiting or self._at_work:
            self._wait(step, now)

    def _wait(self, step: Plan, now: float) -> None:
        """Wait until a device ended, a rule may have changed by time alone, or it is time to look around."""
        longest = LOOK_AROUND if self._at_work else min(LOOK_AROUND, max(0.05, self.record.rules.wait_interval))
        if step.wake_at is not None:
            longest = min(longest, max(0.01, step.wake_at - now))
        self.crew.wait(longest)
        if self._waiting and self.clock.monotonic() - self._looked_at >= longest:
            self._look_around()

    def _look_around(self) -> None:
        """Read what the journal shows: other controllers may be at work on the same window."""
        began = self.clock.monotonic()
        found = self.read_progress()
        for name, was in self._progress.items():
            if was.kept_back is not None:
                found[name] = dataclasses.replace(found.get(name, NOTHING), kept_back=was.kept_back)
        now = self.clock.monotonic()
        if found != self._progress:
            self._busy_at = now
        self._progress = found
        self._heed(self.control())
        # Where reading takes long, it is done less often.
        self._looked_at = now + 10 * (now - began)

    def _heed(self, control: ClosedGate | None) -> None:
        """Say that the window is paused or that this is over; of a stopped one, close what was not begun."""
        said = "" if control is None else control.reason
        if said != self._said:
            self._said = said
            patience = f" It waits for resume_window, at most {duration(self.record.rules.gate_timeout)}."
            waits = patience if control is not None and control.may_open else ""
            self.say(f"Nothing new starts: {said}{waits}" if said else "The window goes on: it was resumed.")
        if control is not None and not control.may_open and not self.dry:
            for name in list(self._waiting):
                if not self._progress.get(self._devices[name].sdm_name, NOTHING).is_begun():
                    self._close(name, control)

    def _is_out_of_patience(self, step: Plan) -> bool:
        """Return whether what waits, waits for others than this run, and has done so for long enough."""
        if any(gate.until is not None for gate in step.held_up.values()):
            return False
        return self.clock.monotonic() - self._busy_at >= self.record.rules.gate_timeout

    def _leave_out(self) -> None:
        """Take those off the list for which this run has nothing to do."""
        for name, device in list(self._waiting.items()):
            left_out = excluded(device)
            if left_out is not None:
                self._close(name, left_out)
                continue
            progress = self._progress.get(device.sdm_name, NOTHING)
            if not progress.locked and not self._is_left_to_do(device, progress):
                del self._waiting[name]
                done = ", ".join(self.record.stages)
                message = (
                    f"window {self.record.window_id} has done {done} on this device already; nothing is sent again."
                )
                self._ways[name] = Way(device, [Stage("lock", "skipped", message)])
                self.tell(device, self._ways[name].stages[0])
                continue
            problem = self.check(device) if "lock" in self.wanted else None
            if problem is not None:
                self._close(name, ClosedGate(CHECK, problem))

    def _is_left_to_do(self, device: RecordedDevice, progress: Progress) -> bool:
        if "lock" in self.wanted:
            return not progress.is_through(self.record.stages)
        return progress.locked

    def _collect(self) -> None:
        """Take in what the threads ended."""
        while self._ended:
            way, gate = self._ended.popleft()
            name = way.device.name
            self._at_work.discard(name)
            if gate is not None and self._may_rest(name, gate):
                continue
            if gate is not None:
                self._close(name, gate)
            else:
                self._ways[name] = way
                self._note(way)

    def _may_rest(self, name: str, gate: ClosedGate) -> bool:
        """Put a device back whose own gate is closed and may open; False when it waited for that long enough."""
        now = self.clock.monotonic()
        since = self._rests_since.setdefault(name, now)
        rules = self.record.rules
        if not gate.may_open or self.dry or self._stopping:
            return False
        if gate.until is None and now - since >= rules.gate_timeout:
            return False
        until = gate.until or self.clock.now() + max(0.05, rules.wait_interval)
        self._resting[name] = dataclasses.replace(gate, until=until)
        self._waiting = {name: self._devices[name], **self._waiting}
        return True

    def _close(self, name: str, gate: ClosedGate) -> None:
        """End a device's way before it began."""
        device = self._devices[name]
        self._waiting.pop(name, None)
        way = Way(device, [self.steps.keep_back(device, gate)])
        self._ways[name] = way
        self.tell(device, way.stages[0])
        if gate.gate in WRONG_GATES:
            was = self._progress.get(device.sdm_name, NOTHING)
            self._progress[device.sdm_name] = dataclasses.replace(was, kept_back=gate.gate)

    def _give_up_waiting(self, gate: ClosedGate) -> None:
        self._stopping = True
        for name in list(self._waiting):
            self._close(name, gate)

    def _begin(self, device: RecordedDevice) -> None:
        self._waiting.pop(device.name)
        self._resting.pop(device.name, None)
        self._at_work.add(device.name)
        way = Way(device)
        progress = self._progress.get(device.sdm_name, NOTHING)

        def work() -> None:
            gate: ClosedGate | None = None
            try:
                gate = self._take(way, progress)
            except Exception as error:  # noqa: BLE001 (told as the device's result, whatever it is)
                way.stages.append(Stage("engine", "failed", defect(error), failed=True))
            finally:
                self._ended.append((way, gate))

        self.crew.start(device.name, work)

    def _take(self, way: Way, progress: Progress) -> ClosedGate | None:
        """Take one device through its steps; return the gate that kept it from being locked, if one did."""
        device = way.device
        closed: ClosedGate | None = None
        try:
            if "lock" in self.wanted:
                locked = self.steps.lock(device, begun=progress.is_begun())
                if isinstance(locked, ClosedGate):
                    closed = locked
                    return closed
                self._done(way, locked)
            self._work(way, progress)
        finally:
            if "unlock" in self.wanted and closed is None and self._may_be_locked(way, progress):
                kept = self._kept_for(way, progress)
                self._done(way, kept or self.steps.unlock(device))
                if self._check(progress) == "again" and way.failure is None:
                    self.steps.pass_check(device)
        return None

    def _work(self, way: Way, progress: Progress) -> None:
        """Carry out what the record wants of a locked device and the journal does not show as done."""
        wanted = list(self.record.operations) if "operations" in self.wanted else []
        wanted += ["hold"] if "hold" in self.wanted and "hold" in self.record.stages else []
        operated = False
        for stage in wanted:
            if way.failure is not None or self._stopping or self._check(progress) == "failed":
                return
            if progress.states.get(stage) in THROUGH_STATES:
                continue
            if stage == "hold":
                self._done(way, self.steps.hold(way.device))
                continue
            if operated or "lock" not in self.wanted:
                confirmed = self.steps.confirm(way.device)
                if confirmed.failed:
                    self._done(way, confirmed)
                    return
            operated = True
            self._done(way, self.steps.operate(way.device, stage))
        if wanted and way.failure is None and not self._stopping and self._check(progress) != "failed":
            compared = self.steps.compare(way.device)
            if compared is not None:
                self._done(way, compared)

    def _check(self, progress: Progress) -> str | None:
        """Return how the check of a device stands; one that failed before this run's own lock is made again."""
        state = progress.states.get(CHECK)
        return "again" if state == "failed" and "lock" in self.wanted else state

    def _may_be_locked(self, way: Way, progress: Progress) -> bool:
        """Return whether there may be something to unlock."""
        lock = next((stage for stage in way.stages if stage.name == "lock"), None)
        return progress.locked or lock is None or lock.outcome in ("locked", "unknown")

    def _kept_for(self, way: Way, progress: Progress) -> Stage | None:
        """Return that a device stays locked for what is queued at the platform; None when nothing is, or it may not."""
        if self.record.rules.queued != "keep_lock":
            return None
        # What this way looked at, it knows better than the journal did before.
        queued = set(progress.queued) - {stage.name for stage in way.stages}
        queued |= {stage.name for stage in way.stages if stage.queued}
        if not queued:
            return None
        what = " and ".join(sorted(queued))
        text = (
            f"The device stays locked: {what} is queued at Zequenze Control and will still be carried out. Run the "
            "window again, or recover, to look for it. Recover unlocks the device when it is settled, or after "
            f"{duration(self.record.rules.lease)} (window_lease)."
        )
        return Stage("unlock", KEPT, text, failed=True)

    def _done(self, way: Way, stage: Stage) -> None:
        way.stages.append(stage)
        self.tell(way.device, stage)

    def _note(self, way: Way) -> None:
        """Bring what is known of a device up to date with the way it has gone."""
        was = self._progress.get(way.device.sdm_name, NOTHING)
        states = dict(was.states)
        for stage in way.stages:
            if stage.name in ("lock", "unlock", "engine") or stage.gate:
                continue
            states[stage.name] = "done" if stage.outcome in GOOD else stage.outcome
        failure = way.failure
        if failure is None and "unlock" in self.wanted and self._check(was) == "again":
            states[CHECK] = "done"
        problem = None if failure is None or failure.gate else f"{failure.name} {failure.outcome}"
        kept = next((stage.gate for stage in way.stages if stage.gate in WRONG_GATES), None)
        unlocked = any(stage.outcome == "unlocked" for stage in way.stages)
        locked = any(stage.name == "lock" and stage.outcome == "locked" for stage in way.stages)
        self._progress[way.device.sdm_name] = Progress(
            states=states,
            locked=not unlocked and (was.locked or locked),
            problem=problem,
            kept_back=kept,
            ended_at=self.clock.now(),
        )
