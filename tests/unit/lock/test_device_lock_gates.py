# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates in front of a lock for new work; what is begun, and every unlock, passes without them."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.taking import lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from tests.unit.support.lock_bench import Bench, LockScript, outcome
from tests.unit.support.record import device, gates, record

NAME = "lax-sbc-01"
SESSION = [{"user": "jdoe"}]
PAST = {"window_opens_at": "2026-11-20T00:00:00+00:00", "window_duration": "1h"}


class GatedBench(Bench):
    """A bench whose keepers look at gates."""

    def __init__(self, script: LockScript, journal: Journal) -> None:
        """Take the script and the journal; no gate is shut."""
        super().__init__(script, journal)
        self.times: dict[str, t.Any] = {}
        self.rules: dict[str, t.Any] = {}
        self.group: str | None = None
        self.sessions: list[t.Any] = []
        self.looks = 0

    def agreed(self, name: str = NAME) -> RecordedDevice:
        """Return a device as the record of the window has it."""
        return device(name, group=self.group)

    def keeper(self, holder: str = "CHG1", **more: t.Any) -> LockKeeper:
        """Return a keeper for a holder."""

        def live(_device: RecordedDevice) -> t.Any:
            self.looks += 1
            return self.sessions.pop(0) if self.sessions else []

        agreed = record(self.agreed(), window_id=holder, times=self.times, **self.rules)
        return super().keeper(holder, **{"gates": gates(self.journal, agreed, window_id=holder, sessions=live), **more})

    def lock(self, name: str = NAME, device_id: str | None = None, **more: t.Any) -> DeviceResult:
        """Lock a device as the window agreed on it, and assert that the whole script was held."""
        result = lock(self.keeper(**more), name, device_id, self.agreed(name))
        self.script.done()
        return result

    def blocked(self) -> list[t.Any]:
        """Return the events of gates."""
        rows = self.journal.rows(sa.select(schema.EVENTS).where(schema.EVENTS.c.kind == "gate_blocked"))
        return [(row["device"], row["data"]["gate"]) for row in rows]


@pytest.fixture
def bench(script: LockScript, journal: Journal) -> GatedBench:
    bench = GatedBench(script, journal)
    bench.locks.learn_repeats("https://api.example.com", True)
    return bench


def kept_back(bench: GatedBench, result: DeviceResult, gate: str, *, failed: bool) -> None:
    assert (result.shown["state"], result.shown["changed"], result.shown["gate"]) == ("unknown", False, gate)
    assert result.shown["message"].startswith("not started: ")
    assert result.failed is failed
    assert bench.blocked() == [(result.shown["name"], gate)]
    assert not [row for row in bench.locks.all_open() if row["device"] == result.shown["name"]]


def test_new_work_is_not_locked_outside_the_window(bench: GatedBench) -> None:
    bench.times = PAST
    kept_back(bench, bench.lock(), "window", failed=False)


def test_what_is_locked_already_is_confirmed_outside_the_window(bench: GatedBench) -> None:
    bench.held()
    bench.times = PAST
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock())[0] == "locked"


def test_what_is_under_way_is_locked_outside_the_window(bench: GatedBench) -> None:
    wanted = Wanted(
        server="https://zequenze.example.com",
        window_id="CHG1",
        device_id="811",
        device="zequenze-name",
        serial=None,
        operation="reboot",
        baseline={},
        send_deadline=bench.clock.now() + 30,
        busy_until=bench.clock.now() + 600,
        lock_name=NAME,
    )
    Operations(bench.journal).claim(wanted, Limits())
    bench.times = PAST
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock())[0] == "locked"


def test_unlocking_passes_no_gate(bench: GatedBench) -> None:
    bench.held()
    bench.times = PAST
    bench.rules["live_sessions"] = "wait"
    bench.script.expect_deed("Unlock").answers(204)
    assert outcome(bench.unlock())[0] == "unlocked"
    assert bench.looks == 0


def test_a_live_session_is_waited_for(bench: GatedBench) -> None:
    bench.rules |= {"live_sessions": "wait", "gate_timeout": 60.0, "wait_interval": 20.0}
    bench.sessions = [SESSION, SESSION]
    started = bench.clock.monotonic()
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock())[0] == "locked"
    assert bench.clock.monotonic() - started == 40


def test_a_live_session_that_does_not_end_is_a_failure(bench: GatedBench) -> None:
    bench.rules |= {"live_sessions": "wait", "gate_timeout": 60.0, "wait_interval": 20.0}
    bench.sessions = [SESSION] * 9
    kept_back(bench, bench.lock(), "live_session", failed=True)


def test_gates_are_looked_at_before_every_try_of_a_busy_device(bench: GatedBench) -> None:
    bench.rules["live_sessions"] = "skip"
    bench.sessions = [[], SESSION]
    bench.script.expect_deed("Lock").answers(400)
    kept_back(bench, bench.lock(wait_timeout=60.0), "live_session", failed=False)


def test_another_device_of_the_group_is_waited_for(bench: GatedBench) -> None:
    other = bench.locks.intend(
        server="https://sdm.example.com",
        device_id="ID9",
        device="lon-sbc-01",
        account="bot",
        holder="CHG9",
        lease=60.0,
        group="pair=1",
    )
    bench.rules |= {"gate_timeout": 60.0, "wait_interval": 20.0}
    bench.group = "pair=1"
    result = bench.lock()
    kept_back(bench, result, "exclusive", failed=True)
    assert "device lon-sbc-01 of the same group (pair=1) is locked for CHG9" in result.shown["message"]
    bench.group = None
    bench.script.expect_deed("Lock", "ID42").answers(204)
    assert outcome(bench.lock("lax-sbc-02"))[0] == "locked"
    bench.group = "pair=1"
    bench.locks.move(other, "returned")
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock())[0] == "locked"
    bench.script.expect_deed("Lock").answers(204)
    assert outcome(bench.lock())[0] == "locked", "its own lock is not in its way"


def test_another_device_in_oracle_sdm_than_the_agreed_one_is_not_locked(bench: GatedBench) -> None:
    agreed = device(NAME, sdm_id="ID99")
    result = lock(bench.keeper(), NAME, None, agreed)
    assert (result.failed, result.shown["state"]) == (True, "unknown")
    assert "its id in Oracle SDM was ID99 and is ID41" in result.shown["message"]
    bench.script.done()


def test_a_budget_that_is_used_up_keeps_the_next_device_unlocked(bench: GatedBench) -> None:
    operations = Operations(bench.journal)
    wanted = Wanted(
        server="https://zequenze.example.com",
        window_id="CHG1",
        device_id="812",
        device="lax-sbc-02",
        serial=None,
        operation="sync",
        baseline={},
        send_deadline=bench.clock.now(),
        busy_until=bench.clock.now(),
    )
    operations.move(operations.claim(wanted, Limits()).row, "failed")
    bench.rules["max_failures"] = 0
    kept_back(bench, bench.lock(), "budget", failed=True)
