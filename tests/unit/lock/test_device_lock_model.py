# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locking against a model of SDM in every reading of its documentation, with faults and crashes at every request."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, NotSent
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.returning import unlock
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.taking import lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.support.lock_bench import deed_of

Fault = t.Literal[
    "none", "not sent", "lost before", "lost after", "500 before", "500 after", "crash before", "crash after"
]
Step = t.Literal["lock", "unlock", "admin frees", "admin takes", "admin leaves"]

OURS, ADMIN = "lockbot", "admin"
SERVERS = itertools.count(1)


class CrashError(BaseException):
    """The process is killed here."""


@dataclasses.dataclass
class Sdm:
    """One device of an SDM, in one reading of what is not documented (docs/apis/oracle_sdm.md, 8)."""

    repeat: int
    unlock_free: int
    foreign: int
    counts: bool
    faults: list[Fault] = dataclasses.field(default_factory=list)
    account: str | None = None
    count: int = 0

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Answer a request, with the next fault."""
        if request.path.endswith("/admin/login"):
            return Answer(200, set_cookies=("JSESSIONID=C1",))
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "not sent":
            raise NotSent("nothing was sent")
        if guard is not None:
            guard()
        self._fail(fault, "before")
        status = self._act(deed_of(request))
        self._fail(fault, "after")
        return Answer(500) if fault.startswith("500") else Answer(status)

    @staticmethod
    def _fail(fault: str, phase: str) -> None:
        if fault == f"crash {phase}":
            raise CrashError
        if fault == f"lost {phase}":
            raise NoAnswer("the answer was lost")
        if fault == f"500 {phase}" and phase == "before":
            raise NoAnswer("the server failed", status=500)

    def _act(self, deed: str) -> int:
        if self.account == ADMIN:
            return self.foreign
        if deed == "Lock":
            if self.account is None:
                self.account, self.count = OURS, 1
            elif self.repeat != 204:
                return self.repeat
            elif self.counts:
                self.count += 1
        elif self.account is None:
            return self.unlock_free
        else:
            self.count -= 1
            self.account = OURS if self.count else None
        return 204

    def admin(self, step: Step) -> None:
        """Do what a person with the right to override does in the console."""
        if step == "admin leaves" and self.account != ADMIN:
            return
        self.account, self.count = (ADMIN, 1) if step == "admin takes" else (None, 0)


class World:
    """A model, a journal, and tasks of one holder that come one after the other."""

    def __init__(self, sdm: Sdm, journal: Journal) -> None:
        """Take the model and the journal."""
        self.sdm = sdm
        self.journal = journal
        self.locks = Locks(journal)
        self.server = f"https://sdm-{next(SERVERS)}.example.com"

    def task(self, step: Step, faults: list[Fault]) -> DeviceResult | None:
        """Run one task; None when it was killed."""
        self.sdm.faults = list(faults)
        wire = Wire(Endpoint("Oracle SDM", self.server, timeout=600.0), self.sdm, self.journal.clock, rng=lambda: 0.5)
        sdm = OracleSdm(wire, OURS, "canary", "v1.3", MemoryStore())
        keeper = LockKeeper(sdm, self.locks, holder="CHG1", lease=60.0, wait_timeout=0.0, clock=self.journal.clock)
        try:
            return lock(keeper, "a", "ID1") if step == "lock" else unlock(keeper, "a", "ID1")
        except CrashError:
            return None
        finally:
            self.sdm.faults = []

    def check(self, result: DeviceResult) -> None:
        """What was said must be true."""
        shown = result.shown
        event(f"{shown['state']}{' (failed)' if result.failed else ''}")
        if shown["state"] == "locked" and not result.failed and not shown["message"]:
            assert self.sdm.account == OURS
            assert self.locks.is_held("a", "CHG1")
        if shown["state"] == "locked" and result.failed:
            assert self.sdm.account == OURS
        if shown["state"] in ("unlocked", "busy"):
            assert self.sdm.account != OURS
        if self.sdm.account == OURS:
            assert self.locks.open_on(self.server, "ID1") is not None, "locked by us, and the journal has forgotten it"


# Five in a row are more than a call repeats.
FAULTS = st.lists(st.sampled_from(t.get_args(Fault)), max_size=7) | st.sampled_from(t.get_args(Fault)).map(
    lambda one: [one] * 5
)
STEPS = st.lists(st.tuples(st.sampled_from(t.get_args(Step)), FAULTS), min_size=1, max_size=6)
READINGS = st.builds(
    Sdm,
    repeat=st.sampled_from([204, 400]),
    unlock_free=st.sampled_from([204, 400]),
    foreign=st.sampled_from([400, 403, 409, 423]),
    counts=st.booleans(),
)
# The Lock that asks whose the device is was counted twice, as its first answer was lost.
COUNTING = Sdm(repeat=204, unlock_free=400, foreign=400, counts=True)


@pytest.mark.parametrize("learned", [True, False], ids=["known server", "unknown server"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sdm=READINGS, steps=STEPS)
@example(sdm=COUNTING, steps=[("lock", []), ("admin frees", []), ("unlock", ["none", "lost after"])])
def test_what_is_said_is_true_and_no_lock_of_ours_is_ever_forgotten(
    sdm: Sdm, steps: list[tuple[Step, list[Fault]]], learned: bool, journal: Journal
) -> None:
    world = World(dataclasses.replace(sdm, faults=[]), journal)
    if learned:
        world.locks.learn_repeats(world.server, sdm.repeat == 204)
        world.locks.learn_counts(world.server, sdm.counts and sdm.repeat == 204)
    for step, faults in steps:
        if step not in ("lock", "unlock"):
            world.sdm.admin(step)
            continue
        result = world.task(step, faults)
        if result is not None:
            world.check(result)
    world.sdm.admin("admin leaves")
    for _ in range(2):
        result = world.task("unlock", [])
        assert result is not None
        world.check(result)
    assert world.sdm.account is None, "left locked"
    assert world.locks.open_on(world.server, "ID1") is None
