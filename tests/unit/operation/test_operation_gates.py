# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates in front of one operation: looked at before the claim and before the first byte, told truthfully."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from tests.unit.support.operation_bench import SERIAL, WINDOW, Bench, Shown
from tests.unit.support.record import device, gates, record
from tests.unit.support.zequenze_script import NAME, ZequenzeScript, queued


class GatedBench(Bench):
    """A bench whose orders are given in a window with gates."""

    def __init__(self, script: ZequenzeScript, journal: Journal) -> None:
        """Take the script and the journal; nobody is at work on the device."""
        super().__init__(script, journal)
        self.rules: dict[str, t.Any] = {}
        self.times: dict[str, t.Any] | None = None
        self.agreed = device(NAME)
        self.sessions: list[list[dict[str, str]]] = []
        self.at_look: t.Callable[[], object] = lambda: None

    def gates(self, dry: bool) -> Gates:
        """Return the gates of a recorded window."""

        def live(_device: RecordedDevice) -> t.Any:
            self.at_look()
            return self.sessions.pop(0) if self.sessions else []

        rules = {**self.rules, "max_failures": self.limits.max_failures}
        agreed = record(self.agreed, window_id=WINDOW, times=self.times, **rules)
        return gates(self.journal, agreed, window_id=WINDOW, sessions=live, dry=dry)

    def run(self, operation: t.Any = "reboot", *, dry: bool = False, **fields: t.Any) -> Shown:
        """Carry an order out on the device as the window agreed on it."""
        return super().run(operation, dry=dry, **{"devices": {NAME: self.agreed}, **fields})

    def blocked(self) -> list[t.Any]:
        """Return the events of gates."""
        rows = self.journal.rows(sa.select(schema.EVENTS).where(schema.EVENTS.c.kind == "gate_blocked"))
        return [(row["device"], row["data"]["gate"], row["data"]["operation"]) for row in rows]


@pytest.fixture
def bench(script: ZequenzeScript, journal: Journal) -> GatedBench:
    return GatedBench(script, journal)


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
    bench.rules |= {"live_sessions": "wait", "gate_timeout": 60.0, "wait_interval": 20.0}
    bench.sessions = [[{"user": "jdoe"}], [{"user": "jdoe"}]]
    for _look in range(3):
        script.shows()
        script.baseline("reboot")
    script.accepts()
    assert bench.run(wait=False)["outcome"] == "accepted"
    assert bench.clock.pauses == [20.0, 20.0]


def test_a_live_session_that_does_not_end_keeps_the_request_back(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.rules |= {"live_sessions": "wait", "gate_timeout": 30.0, "wait_interval": 20.0}
    bench.sessions = [[{"user": "jdoe"}]] * 5
    for _look in range(2):
        script.shows()
        script.baseline("reboot")
    shown = bench.run()
    kept_back(bench, shown, "live_session")
    assert "window_gate_timeout is over" in shown["message"]


@pytest.mark.parametrize(("seen", "gate"), [("offline", "device_up"), ("queued", "pending")])
def test_a_device_that_is_not_ready_is_a_gate_too(
    bench: GatedBench, script: ZequenzeScript, seen: str, gate: str
) -> None:
    fields = {"status": "Down"} if seen == "offline" else {}
    script.shows(**fields)
    script.logs(*([queued(3)] if seen == "queued" else []))
    script.runs_for(86400)
    if seen == "offline":
        script.logs()
    kept_back(bench, bench.run(conflict_timeout=0.0), gate)


def test_a_lock_that_is_missing_is_a_gate_too(bench: GatedBench, script: ZequenzeScript) -> None:
    script.shows()
    shown = bench.run(require_lock=True)
    assert (shown["outcome"], shown["gate"]) == ("refused", "lock")
    assert bench.blocked() == [(NAME, "lock", "reboot")]


def test_a_lock_whose_lease_is_over_is_not_fresh(bench: GatedBench, script: ZequenzeScript) -> None:
    bench.lock()
    bench.times = {}
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
    bench.agreed = device(NAME, excluded="protected: since just now")
    script.shows()
    script.restarted()
    assert bench.run()["outcome"] == "done"
    assert bench.blocked() == []


@pytest.mark.parametrize(
    ("agreed", "what"),
    [
        ({"zequenze_id": "9999", "serial": None}, "its id was 9999 and is 811"),
        ({"zequenze_id": "811", "serial": "OTHER"}, f"its serial number was OTHER and is {SERIAL}"),
    ],
)
def test_another_device_than_the_agreed_one_is_sent_nothing(
    bench: GatedBench, script: ZequenzeScript, agreed: dict[str, t.Any], what: str
) -> None:
    bench.agreed = device(NAME, **agreed)
    script.shows()
    script.baseline("reboot")
    script.put()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert what in shown["message"]
    assert bench.script.puts == []


def test_the_agreed_device_is_sent_its_request(bench: GatedBench) -> None:
    bench.agreed = device(NAME, zequenze_id="811", serial=SERIAL)
    bench.sends()
    assert bench.run(wait=False)["outcome"] == "accepted"


def test_after_a_reset_that_changed_the_id_the_serial_number_counts(bench: GatedBench) -> None:
    bench.agreed = device(NAME, zequenze_id="700", serial=SERIAL)
    bench.sends()
    assert bench.run(wait=False)["outcome"] == "accepted"
