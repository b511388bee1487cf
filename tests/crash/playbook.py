# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same points through the real thing: ``ansible-playbook netfleet.maintenance.maintenance_window``."""

from __future__ import annotations

import dataclasses
import json
import random
import time
import typing as t
from pathlib import Path

from tests.crash import verdict
from tests.crash.hooks import MARK
from tests.crash.kill import Case, arm, cases, was_reached
from tests.crash.lane import Lane, LaneError, Run
from tests.crash.matrix import MOST_TRIES, WINDOW, Tried, Undisturbed, ended_as
from tests.crash.points import WirePoint, wire_points
from tests.integration.run import HERE as INTEGRATION
from tests.integration.run import Commands

CALLBACKS = Path(__file__).parent / "callback_plugins"
SAID = "record.jsonl"

VARIABLES: dict[str, t.Any] = {
    "window_id": WINDOW,
    "window_targets": "all",
    "window_wait_timeout": 3,
    "window_wait_interval": 0.1,
    "window_conflict_timeout": 3,
    "window_unlock_timeout": 5,
    "window_hold": 0.2,
    # The fast driver, whose requests these are compared with, knows no vault.
    "window_live_sessions": "ignore",
}
FAULTS = ("kill", "kill-lost", "ghost", "ghost-lost", "ghost-first", "term", "int", "hup", "reset")
"""What is sampled: all but the stall, which the real timeouts would make last for half a minute each time."""

SEED = 1
"""The sample is the same every time."""


@dataclasses.dataclass
class PlaybookRun(Run):
    """A run of ansible-playbook; its controller is the leader of its process group, as in a shell with job control."""

    def said(self) -> list[dict[str, t.Any]]:
        """Return the results of the tasks that ended while the controller lived."""
        path = self.folder / SAID
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        results = [json.loads(line) for line in lines if line.endswith("\n")]
        return [{"step": result["action"].rpartition(".")[2], "result": result["result"]} for result in results]

    def output(self) -> str:
        """Return nothing: Ansible prints, and that is no sign of trouble."""
        return ""

    def shown(self) -> str:
        """Return what a person would have seen."""
        return (self.folder / "output").read_text(errors="replace")


def start(lane: Lane, window_id: str = WINDOW, **variables: t.Any) -> PlaybookRun:
    """Start the playbook for the lane's device, with further variables; it waits for :meth:`Run.go`."""
    label, folder = lane.new_folder()
    commands = Commands(folder, lane.simulator)
    environment = commands.environment | {
        "ANSIBLE_CALLBACK_PLUGINS": f"{INTEGRATION / 'callback_plugins'}:{CALLBACKS}",
        "ANSIBLE_CALLBACKS_ENABLED": "recorder,marker",
        "NETFLEET_CRASH_MARK": f"{MARK} {label} {window_id}",
        "NETFLEET_JOURNAL": str(lane.journal()),
        "NETFLEET_TEST_RECORD": str(folder / SAID),
    }
    argv = ["ansible-playbook", "-i", commands.static_inventory({lane.device: {}})]
    extra = VARIABLES | {"window_id": window_id} | variables
    argv += ["netfleet.maintenance.maintenance_window", "-e", json.dumps(extra)]
    pid = lane.ask(command="spawn", argv=argv, environment=environment, folder=str(folder))
    return PlaybookRun(lane, label, window_id, folder, pid)


def undisturbed(lane: Lane) -> Undisturbed:
    """Run the playbook without any fault. Raises LaneError when it does not do what the fast driver does."""
    lane.afresh()
    run = start(lane).go().wait().settle()
    seen = verdict.record(lane, lane.device, [run])
    problems = [*verdict.broken_promises(seen, [WINDOW]), *verdict.left_behind(seen)]
    problems += verdict.differs(seen, seen, WINDOW, run)
    if problems:
        raise LaneError(f"the undisturbed playbook failed: {problems} {t.cast('PlaybookRun', run).shown()}")
    return Undisturbed(seen, [case for case in cases(wire_points(seen.requests)) if case.fault.name in FAULTS])


def sample(all_cases: t.Sequence[Case], most: int) -> list[Case]:
    """Return some of the cases: each fault in turn, and for each the requests that change something twice as often."""
    chooser = random.Random(SEED)
    by_fault = {name: [case for case in all_cases if case.fault.name == name] for name in FAULTS}
    for some in by_fault.values():
        writing = [case for case in some if t.cast("WirePoint", case.point).writes]
        some += writing
        chooser.shuffle(some)
    chosen: list[Case] = []
    while len(chosen) < most and any(by_fault.values()):
        for name in FAULTS:
            while by_fault[name]:
                case = by_fault[name].pop()
                if case not in chosen:
                    chosen.append(case)
                    break
    return chosen[:most]


def attempt(lane: Lane, case: Case, reference: Undisturbed) -> Tried[Case]:
    """Break a run of the playbook as the case says, run it again, judge."""
    started = time.monotonic()
    for _try in range(MOST_TRIES):
        lane.afresh()
        broken = start(lane)
        arm(lane.simulator, t.cast("WirePoint", case.point), case.fault, broken.pid)
        broken.go().wait()
        if case.fault.group or case.fault.patient:
            broken.settle()
        reached = was_reached(lane, broken, case)
        rerun = start(lane).go().wait().settle()
        broken.settle()
        tried = ended_as(lane, case, reference.record, [broken, rerun], reached, time.monotonic() - started)
        if tried.ended != "missed":
            break
    return tried
