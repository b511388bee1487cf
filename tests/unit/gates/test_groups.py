# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redundancy groups: a device is started only while every partner is up and proven, whoever worked on it before."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError, NoAnswer, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import NO_LIMITS
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import Uptime
from tests.unit.support.record import device, gates, record
from tests.unit.support.script import VirtualClock
from tests.unit.support.window_bench import zequenze_row

A = device("a", group="pair=1")
# The partner is not among the devices of the window, and has another name in each system.
B = RecordedDevice("b", "B in Zequenze", "B in SDM", "B in PAM", group="pair=1", selected=False)
UP = zequenze_row(2, "B in Zequenze")


class Platform:
    """Zequenze Control as it shows the partner."""

    def __init__(self, shows: t.Any = UP, uptime: t.Any = None) -> None:
        self.shows = shows
        self.seen = uptime
        self.asked: list[str] = []

    def device(self, name: str) -> t.Any:
        self.asked.append(name)
        if isinstance(self.shows, MaintenanceError):
            raise self.shows
        return self.shows

    def uptime(self, _name: str) -> t.Any:
        if isinstance(self.seen, MaintenanceError):
            raise self.seen
        return self.seen


def before(journal: Journal, platform: Platform | None = None, **rules: t.Any) -> tuple[ClosedGate | None, ...]:
    """The gates before the lock and before a request."""
    looked = gates(journal, record(A, partners=[B], **rules), zequenze=lambda: t.cast("t.Any", platform or Platform()))
    return looked.before_lock(A), looked.before_request(A)


def closed(journal: Journal, platform: Platform | None = None) -> str:
    """Why both gates are closed, for as long as the window waits."""
    lock, request = before(journal, platform)
    assert lock is not None
    assert (lock.gate, lock.may_open, lock.planned) == ("exclusive", True, False)
    assert lock == request
    assert lock.reason.startswith("b of the same group (pair=1) is not proven up: ")
    return lock.reason


def did(journal: Journal, state: t.Any, operation: str = "reboot", window: str | None = "CHG0", **more: t.Any) -> None:
    """Write what another run did to the partner."""
    now = journal.clock.now()
    usual: dict[str, t.Any] = {
        "server": "https://api.example.com",
        "window_id": window,
        "device_id": "812",
        "device": "B in Zequenze",
        "serial": None,
        "operation": operation,
        "baseline": {},
        "send_deadline": now + 30,
        "busy_until": now + 600,
        "lock_name": "B in SDM",
    }
    operations = Operations(journal)
    row = operations.claim(Wanted(**{**usual, **more}), NO_LIMITS).row
    if state != "sending":
        operations.move(row, state)
    t.cast("VirtualClock", journal.clock).sleep(1)


def test_a_partner_that_is_up_and_proven_lets_work_start(journal: Journal) -> None:
    platform = Platform()
    assert before(journal, platform) == (None, None)
    assert platform.asked == ["B in Zequenze"] * 2
    did(journal, "done")
    assert before(journal) == (None, None)


@pytest.mark.parametrize(
    ("shows", "why"),
    [
        (dataclasses.replace(UP, up=False), "it is down in Zequenze Control."),
        (dataclasses.replace(UP, up=None), "it is in a state that is not shown in Zequenze Control."),
        (NoAnswer("Zequenze Control gave no answer."), "it cannot be read. Zequenze Control gave no answer."),
        (NotFound("There is no such device.", status=404), "it cannot be read. There is no such device."),
    ],
)
def test_a_partner_that_is_not_shown_up_keeps_work_back(journal: Journal, shows: t.Any, why: str) -> None:
    assert why in closed(journal, Platform(shows))


@pytest.mark.parametrize("operation", ["reboot", "factory", "device_factory", "hold", "check"])
@pytest.mark.parametrize("state", ["sending", "accepted", "unknown", "failed"])
@pytest.mark.parametrize("window", ["CHG0", "CHG1", None])
def test_what_did_not_end_well_on_the_partner_keeps_work_back(
    journal: Journal, operation: str, state: str, window: str | None
) -> None:
    did(journal, "done", "sync")
    did(journal, state, operation, window)
    text = closed(journal)
    assert f"its {operation}" in text
    assert f"is {state}. " in text


@pytest.mark.parametrize("state", ["refused", "done"])
def test_what_was_not_executed_or_is_proven_keeps_nothing_back(journal: Journal, state: str) -> None:
    did(journal, state)
    assert before(journal) == (None, None)


def test_a_sync_that_failed_took_nothing_down(journal: Journal) -> None:
    did(journal, "failed", "sync")
    assert before(journal) == (None, None)


@pytest.mark.parametrize("operation", ["reboot", "hold", "sync"])
def test_what_is_proven_later_heals(journal: Journal, operation: str) -> None:
    did(journal, "failed")
    closed(journal)
    did(journal, "done", operation, window="CHG5")
    assert before(journal) == (None, None)


@pytest.mark.parametrize("known_by", [{"device": "old name"}, {"lock_name": "old name"}])
def test_the_partner_is_known_by_any_of_its_names(journal: Journal, known_by: dict[str, str]) -> None:
    did(journal, "failed", **known_by)
    assert "its reboot" in closed(journal)


def test_a_partner_that_is_locked_keeps_work_back_until_it_is_unlocked(journal: Journal) -> None:
    locks = Locks(journal)
    row = locks.intend(
        server="https://sdm.example.com", device_id="ID9", device="B in SDM", account="bot", holder="CHG9", lease=60.0
    )
    assert "it is locked for CHG9." in closed(journal)
    locks.move(locks.move(locks.move(row, "held"), "returning"), "returned")
    assert before(journal) == (None, None)


def test_a_device_without_a_group_has_no_partners(journal: Journal) -> None:
    alone = device("alone")
    looked = gates(journal, record(A, alone, partners=[B]))
    assert looked.before_lock(alone) is None
    assert looked.before_request(alone) is None


def test_the_members_that_are_devices_of_the_window_count_too(journal: Journal) -> None:
    second = device("second", group="pair=1")
    platform = Platform()
    looked = gates(journal, record(A, second), zequenze=lambda: t.cast("t.Any", platform))
    assert looked.before_lock(A) is None
    assert platform.asked == ["second"]


# The time since the last restart


@pytest.mark.parametrize(("ago", "gate"), [(10, "interval"), (599, "interval"), (600, None), (1200, None)])
@pytest.mark.parametrize("window", ["INC1", None])
def test_a_restart_that_is_proven_keeps_the_device_back_for_a_while(
    journal: Journal, clock: VirtualClock, ago: int, gate: str | None, window: str | None
) -> None:
    did(journal, "done", window=window, device="a", lock_name="a")
    clock.sleep(ago - 1)
    looked = gates(journal, record(device("a"), min_interval=600.0), zequenze=lambda: t.cast("t.Any", Platform()))
    lock = looked.before_lock(device("a"))
    assert (lock and lock.gate) == gate
    assert looked.before_request(device("a")) is None, "what is begun goes on"


@pytest.mark.parametrize(
    ("uptime", "gate"),
    [
        (Uptime(3599.0, None), "interval"),
        (Uptime(3601.0, None), None),
        (None, None),
        (NoAnswer("No answer."), "interval"),
    ],
)
def test_a_restart_that_another_asked_for_counts_as_well(journal: Journal, uptime: t.Any, gate: str | None) -> None:
    looked = gates(
        journal, record(device("a"), min_interval=3600.0), zequenze=lambda: t.cast("t.Any", Platform(uptime=uptime))
    )
    lock = looked.before_lock(device("a"))
    assert (lock and lock.gate) == gate


def test_the_windows_own_restart_does_not_count(journal: Journal) -> None:
    did(journal, "done", window="CHG1", device="a", lock_name="a")
    looked = gates(journal, record(device("a"), min_interval=3600.0), zequenze=lambda: t.cast("t.Any", Platform()))
    assert looked.before_lock(device("a")) is None


def test_partners_are_not_looked_at_where_the_window_disregards_them(journal: Journal) -> None:
    platform = Platform(NoAnswer("Zequenze Control is away."))
    did(journal, "unknown")
    assert before(journal, platform, require_partners=False) == (None, None)
    assert platform.asked == []
