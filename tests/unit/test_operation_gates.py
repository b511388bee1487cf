# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates in front of one operation: looked at before the claim and before the first byte, told truthfully."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rules import Rules
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Means
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from tests.unit.operation_bench import WINDOW, Bench, HookedClock, Shown
from tests.unit.zequenze_script import NAME, ZequenzeScript, queued

# The clock starts at 02:00 UTC.
TIMES = {
    "window_id": WINDOW,
    "window_opens_at": "2026-11-21T01:00:00+00:00",
    "window_duration": "2h",
    "window_cutoff": "20m",
}


class GatedBench(Bench):
    """A bench whose orders are given in a window with gates."""

    def __init__(self, script: ZequenzeScript, journal: Journal) -> None:
        """Take the script and the journal; nobody is at work on the device."""
        super().__init__(script, journal)
        self.rules: dict[str, t.Any] = {"window": read_window(TIMES), "pam_names": {NAME: NAME}}
        self.sessions: list[list[dict[str, str]]] = []
        self.at_look: t.Callable[[], object] = lambda: None

    def means(self, *, dry: bool = False) -> Means:
        """Give what an order is carried out with."""
        usual = super().means(dry=dry)

        def live(_name: str) -> t.Any:
            self.at_look()
            return self.sessions.pop(0) if self.sessions else []

        gates = Gates(Rules(**self.rules), WINDOW, self.journal, self.clock, live, dry)
        return Means(usual.zequenze, usual.operations, usual.locks, usual.clock, usual.run_alive, dry=dry, gates=gates)

    def blocked(self) -> list[t.Any]:
        """Give the events of gates."""
        rows = self.journal.rows(sa.select(schema.EVENTS).where(schema.EVENTS.c.kind == "gate_blocked"))
        return [(row["device"], row["data"]["gate"], row["data"]["operation"]) for row in rows]


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript(HookedClock())


@pytest.fixture
def bench(script: ZequenzeScript, journal_path: Path) -> t.Iterator[GatedBench]:
    with Journal.open(str(journal_path), script.clock) as journal:
        yield GatedBench(script, journal)


def kept_back(bench: GatedBench, shown: Shown, gate: str) -> None:
    """Assert that nothing was sent, and that the result and the journal say why."""
    assert (shown["outcome"], shown["sent"], shown["changed"], shown["gate"]) == ("refused", False, False, gate)
    assert "not started" in shown["message"].lower()
    assert bench.blocked() == [(NAME, gate, "reboot")]
    assert bench.script.puts == []


def test_an_open_gate_lets_the_request_through(bench: GatedBench) -> None:
    bench.sends()
    assert "gate" not in bench.run(wait=False)
    assert bench.blocked() == []


def test_a_cutoff_that_passed_meanwhile_keeps_the_request_back(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.clock.sleep(2400)
    script.shows()
    kept_back(bench, bench.run(), "cutoff")
    assert bench.rows == []


def test_a_cutoff_between_the_claim_and_the_first_byte_keeps_it_back_and_is_no_failure(
    bench: GatedBench, script: ZequenzeScript
) -> None:
    bench.clock.sleep(2399)
    bench.rules["live_sessions"] = "wait"
    # The last gate before the claim takes a second.
    bench.at_look = lambda: bench.clock.sleep(1)
    script.shows()
    script.baseline("reboot")
    script.put()
    kept_back(bench, bench.run(), "cutoff")
    assert (bench.row["state"], bench.row["settled_at"]) == ("refused", None)
    other = bench.claim(device="812")
    assert bench.operations.by_id(other["id"])["state"] == "sending"
    bench.at_look = lambda: None
    bench.clock.sleep(-2000)
    bench.sends()
    assert bench.run(wait=False)["outcome"] == "accepted", "it may be claimed again"


def test_a_live_session_is_waited_for_as_long_as_agreed(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.rules |= {"live_sessions": "wait", "timeout": 60.0, "interval": 20.0}
    bench.sessions = [[{"user": "jdoe"}], [{"user": "jdoe"}]]
    for _look in range(3):
        script.shows()
        script.baseline("reboot")
    script.accepts()
    assert bench.run(wait=False)["outcome"] == "accepted"
    assert bench.clock.pauses == [20.0, 20.0]


def test_a_live_session_that_does_not_end_keeps_the_request_back(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.rules |= {"live_sessions": "wait", "timeout": 30.0, "interval": 20.0}
    bench.sessions = [[{"user": "jdoe"}]] * 5
    for _look in range(2):
        script.shows()
        script.baseline("reboot")
    shown = bench.run()
    kept_back(bench, shown, "live_session")
    assert "gates.timeout is over" in shown["message"]


@pytest.mark.parametrize(("seen", "gate"), [("offline", "device_up"), ("queued", "pending")])
def test_a_device_that_is_not_ready_is_a_gate_too(
    bench: GatedBench, script: ZequenzeScript, seen: str, gate: str
) -> None:
    fields = {"status": "Down"} if seen == "offline" else {}
    script.shows(**fields)
    script.logs(*([queued(3)] if seen == "queued" else []))
    script.runs_for(86400)
    kept_back(bench, bench.run(conflict_timeout=0.0), gate)


def test_a_lock_that_is_missing_is_a_gate_too(bench: GatedBench, script: ZequenzeScript) -> None:
    script.shows()
    shown = bench.run(require_lock=True)
    assert (shown["outcome"], shown["gate"]) == ("refused", "lock")
    assert bench.blocked() == [(NAME, "lock", "reboot")]


def test_a_lock_whose_lease_is_over_is_not_fresh(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.lock()
    bench.rules["window"] = None
    bench.clock.sleep(3600)
    script.shows()
    assert bench.run(require_lock=True)["gate"] == "lock"
    bench.clock.sleep(-1)
    bench.sends()
    assert bench.run(require_lock=True, wait=False)["outcome"] == "accepted"


def test_a_budget_that_is_used_up_is_a_gate_too(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.operations.move(bench.claim(device="812"), "failed")
    script.shows()
    script.baseline("reboot")
    kept_back(bench, bench.run(limits=Limits(max_failures=0)), "budget")


def test_what_was_sent_is_observed_whatever_the_gates_say(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.sends()
    bench.run(wait=False)
    bench.clock.sleep(7200)
    bench.rules["protected"] = "since just now"
    script.shows()
    script.restarted()
    assert bench.run()["outcome"] == "done"
    assert bench.blocked() == []
