# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``since``: what proves that an operation already happened, and what only looks as if it did."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, State, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.since import happened_since
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from tests.unit.support.zequenze_script import DEVICE, NAME, ZequenzeScript, entry, log_query


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript()


@pytest.fixture
def midnight(script: ZequenzeScript) -> float:
    return script.clock.now() - 7200


def ask(
    script: ZequenzeScript, journal: Journal, since: float, operation: str = "reboot", **fields: t.Any
) -> str | None:
    script.record().answers(json={**DEVICE, **fields})
    # The record is asked for first, whatever was written down before.
    script._page.insert(0, script._page.pop())
    client: Zequenze = script.client()
    proof = happened_since(client, Operations(journal), client.device(NAME), operation, since, script.clock)
    script.done()
    return proof


def done_by_us(journal: Journal, state: State = "done", serial: str | None = "ZX81TEST0007", sent: bool = True) -> None:
    operations = Operations(journal)
    wanted = Wanted(
        server="https://api.example.com/api/v1",
        window_id="W1",
        device_id="811",
        device=NAME,
        serial=serial,
        operation="reboot",
        baseline={},
        send_deadline=journal.clock.now() + 30,
        busy_until=journal.clock.now() + 630,
    )
    row = operations.claim(wanted, Limits()).row
    operations.move(operations.move(row, "accepted", sent=sent), state)


def test_the_journal_proves_what_we_did(script: ZequenzeScript, journal: Journal, midnight: float) -> None:
    done_by_us(journal)
    assert ask(script, journal, midnight) == "the journal shows it done at 2026-11-21T02:00:00.000+00:00"


def nothing_else(script: ZequenzeScript) -> None:
    script.logs()


@pytest.mark.parametrize("state", ["failed", "unknown", "refused"])
def test_what_was_not_done_proves_nothing(
    script: ZequenzeScript, journal: Journal, midnight: float, state: State
) -> None:
    done_by_us(journal, state)
    nothing_else(script)
    assert ask(script, journal, midnight) is None


def test_what_was_done_before_proves_nothing(script: ZequenzeScript, journal: Journal) -> None:
    done_by_us(journal)
    nothing_else(script)
    assert ask(script, journal, script.clock.now()) is None


@pytest.mark.parametrize(("serial", "same"), [("ZX81OTHER", False), (None, True)])
def test_what_was_done_to_the_device_that_was_replaced_proves_nothing(
    script: ZequenzeScript, journal: Journal, midnight: float, serial: str | None, same: bool
) -> None:
    done_by_us(journal)
    if not same:
        nothing_else(script)
    assert bool(ask(script, journal, midnight, serial_number=serial)) is same


@pytest.mark.parametrize("named", [{"action": "reboot"}, {"variable_name": "reboot"}, {"new_value": "reboot"}])
def test_the_log_proves_what_it_names(
    script: ZequenzeScript, journal: Journal, midnight: float, named: dict[str, str]
) -> None:
    script.expect("GET", "/inventory_device_log/", log_query(midnight)).answers(
        json=[entry(1), entry(2, datetime="2026-11-21T01:00:00Z", **named)]
    )
    proof = ask(script, journal, midnight)
    assert proof is not None
    assert "device log entry 990002" in proof
    assert "2026-11-21T01:00:00" in proof


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"action": "sync"},
        {"action": "event", "new_value": "reboot"},
        {"action": "set", "variable_name": "reboot"},
        {"action": "reboot", "is_applied": False},
        {"action": "reboot", "error_code": "9002"},
        {"action": "reboot", "datetime": "2026-11-21T00:00:00Z"},
        {"action": "reboot", "datetime": None},
    ],
)
def test_an_entry_that_does_not_prove_it(
    script: ZequenzeScript, journal: Journal, midnight: float, fields: dict[str, t.Any]
) -> None:
    script.logs(entry(1, **{"datetime": "2026-11-21T01:00:00Z", **fields}))
    assert ask(script, journal, midnight) is None


# name: (seconds since the status changed, the uptimes shown and when each was read, whether it counts as restarted)
UPTIMES: dict[str, tuple[float, list[tuple[t.Any, float | None]], bool]] = {
    "counts": (3590, [(3600, None), (3600, None), (3603, None), (3606, None)], True),
    "counts, dated": (3590, [(3600, 0), (3600, 0), (3603, 3), (3606, 6)], True),
    "up for longer": (3590, [(7201, None)], False),
    "does not count": (3590, [(3600, None)] * 4, False),
    "does not count, under new dates": (3590, [(3600, 0), (3600, 0), (3600, 3), (3600, 6)], False),
    "minutes": (3590, [(60, None), (60, None), (60, None), (61, None)], False),
    "0 as not read": (3590, [(0, None)] * 4, False),
    "0 as not read, then it counts": (3590, [(0, None), (3600, None), (3603, None), (3606, None)], True),
    "not in the profile": (3590, [(None, None)], False),
    "an old reading of unknown age": (3590, [(60, None), (432000, None), (432003, None)], False),
    "read days ago, a minute after a restart": (3590, [(60, -432000.0)], False),
    "a counter that started again by itself": (864000, [], False),
    "a status that changed long after": (60, [(3600, None), (3600, None), (3603, None), (3606, None)], False),
}


@pytest.mark.parametrize("name", UPTIMES)
def test_an_uptime_proves_a_restart_when_it_counts_and_the_status_moved_with_it(
    script: ZequenzeScript, journal: Journal, midnight: float, name: str
) -> None:
    changed, shown, restarted = UPTIMES[name]
    now = script.clock.now()
    script.logs()
    for number, (uptime, read) in enumerate(shown):
        script.runs_for(uptime, None if read is None else now + read, forced=number > 0)
    proof = ask(script, journal, midnight, last_status_change=iso(now - changed))
    assert (proof is not None) is restarted, proof
    if proof is not None:
        assert "the device booted at 2026-11-21T01:00:00" in proof


def test_a_restart_is_no_proof_of_a_sync(script: ZequenzeScript, journal: Journal, midnight: float) -> None:
    script.logs()
    assert ask(script, journal, midnight, "sync") is None
