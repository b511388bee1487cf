# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window has not maintained: every device of its record that is not done, with the reason the journal has."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.left import devices_left, sentence
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import NO_LIMITS
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from tests.unit.support.record import device, gates, record
from tests.unit.support.script import VirtualClock


def did(journal: Journal, name: str, **states: t.Any) -> None:
    """Write what the window did to a device: operations and their states, in order."""
    operations = Operations(journal)
    for operation, state in states.items():
        wanted = Wanted(
            server="https://api.example.com",
            window_id="CHG1",
            device_id=f"id of {name}",
            device=name,
            serial=None,
            operation=operation,
            baseline={},
            send_deadline=journal.clock.now() + 30,
            busy_until=journal.clock.now() + 600,
        )
        row = operations.claim(wanted, NO_LIMITS).row
        if state != "sending":
            operations.move(row, state)


def test_every_device_that_is_not_done_is_left_with_its_reason(journal: Journal) -> None:
    names = ("done", "part", "failed", "unknown", "busy", "gate", "never", "check", "hold")
    excluded = [
        device("kept", excluded="protected: VIP"),
        device("old", excluded="not managed (maintenance_managed is false)"),
        device("gone", excluded="unknown to Oracle SDM"),
    ]
    agreed = record(*map(device, names), *excluded, hold=30.0)
    both = {"sync": "done", "reboot": "done"}
    did(journal, "done", **both, hold="done")
    did(journal, "part", sync="done")
    did(journal, "failed", sync="failed")
    did(journal, "unknown", sync="done", reboot="unknown")
    did(journal, "check", **both, hold="done", check="failed")
    did(journal, "hold", **both, hold="failed")
    note_failure(journal, "CHG1", "busy", "lock busy", "held by another")
    gates(journal, agreed).note("duration", "not started: too slow", "gate")
    left = devices_left(journal, agreed)
    assert {each.device.name: each.why for each in left} == {
        "part": "reboot not started",
        "failed": "sync failed",
        "unknown": "reboot unknown",
        "busy": "lock busy",
        "gate": "closed gate: duration",
        "never": "not reached",
        "check": "check failed",
        "hold": "hold failed",
        "gone": "unknown to Oracle SDM",
    }
    assert sentence(agreed, left).startswith("9 of 10 devices of window CHG1 not maintained. ")
    assert "closed gate: duration: gate" in sentence(agreed, left)


def test_when_all_is_done_nothing_is_said(journal: Journal) -> None:
    agreed = record(device("a"), device("kept", excluded="protected: VIP"))
    did(journal, "a", sync="done", reboot="done")
    assert devices_left(journal, agreed) == []
    assert sentence(agreed, []) == ""


def test_many_devices_of_one_reason_are_counted_and_not_all_named(journal: Journal) -> None:
    agreed = record(*(device(f"d{number}") for number in range(8)))
    text = sentence(agreed, devices_left(journal, agreed))
    assert text == "8 of 8 devices of window CHG1 not maintained. not reached: d0, d1, d2, d3, d4 and 3 more."


def test_the_newest_record_of_each_window_is_found(journal: Journal, clock: VirtualClock) -> None:
    windows, started = Windows(journal), clock.now()
    for window_id in ("CHG1", "CHG2"):
        clock.sleep(10)
        windows.write(record(device("a"), window_id=window_id))
    assert [found.window_id for found in windows.newest(started)] == ["CHG1", "CHG2"]
    assert [found.window_id for found in windows.newest(started + 15)] == ["CHG2"]
