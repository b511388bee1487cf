# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a window acts and when it stops, with the clock at chosen instants; the simulators' ledger is the judge."""

from __future__ import annotations

import datetime as dt
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import SHARED_FOR
from tests.integration.run import Commands
from tests.integration.windows import LAX, WINDOW, Meanwhile, blocked, locks, operations, run, steps
from tests.simulators import Simulator

# The second Sunday of January in a year that is still to come for a while.
DAY = "2035-01-14"
SCHEDULED: dict[str, t.Any] = {
    "window_id": None,
    "window_name": "core",
    "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=0",
    "window_timezone": "Europe/London",
    "window_duration": "2h",
    "window_cutoff": "20m",
}
OCCURRENCE = "core@20350114T020000Z"
ALL = ["lock", "sync", "reboot", "unlock"]
UNTIL = dt.datetime(2035, 1, 14, 3, 40, tzinfo=dt.timezone.utc)


def freeze(path: Path, start: str, end: str) -> None:
    """Write a freeze calendar the way an editor does: complete, under its name at once."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//example.com//freeze//EN",
        "BEGIN:VEVENT",
        "UID:1@example.com",
        "DTSTAMP:20340101T000000Z",
        f"DTSTART:{start}",
        f"DTEND:{end}",
        "SUMMARY:Election",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    written = path.with_suffix(".new")
    written.write_text("\r\n".join(lines))
    written.replace(path)


def rebooted(simulator: Simulator, device: str) -> t.Callable[[], bool]:
    """Tell whether a reboot of the device was carried out."""
    return lambda: (device, "reboot") in operations(simulator)


def test_closed_it_changes_nothing_and_names_the_next_opening(ansible: Commands, simulator: Simulator) -> None:
    ansible.at(f"{DAY}T01:50:00+00:00")
    done = run(ansible, **SCHEDULED)
    assert done.rc == 0, done.said()
    assert "opens next at 2035-01-14T02:00:00+00:00" in done.stdout
    assert steps(simulator) == {}


def test_open_it_runs_and_a_rerun_in_the_same_occurrence_sends_nothing(ansible: Commands, simulator: Simulator) -> None:
    ansible.at(f"{DAY}T02:05:00+00:00")
    assert run(ansible, **SCHEDULED).rc == 0
    assert steps(simulator) == dict.fromkeys(LAX, ALL)
    ansible.at(f"{DAY}T02:30:00+00:00")
    again = run(ansible, **SCHEDULED)
    assert again.rc == 0, again.said()
    assert steps(simulator) == dict.fromkeys(LAX, ALL)
    assert "nothing is sent again" in again.stdout
    ansible.at("2035-02-11T02:05:00+00:00")
    assert run(ansible, hosts=LAX[:1], **SCHEDULED).rc == 0
    assert steps(simulator)[LAX[0]] == ALL + ALL


def test_past_the_cutoff_nothing_is_started(ansible: Commands, simulator: Simulator) -> None:
    ansible.at(f"{DAY}T03:45:00+00:00")
    done = run(ansible, **SCHEDULED)
    assert done.rc == 0, done.said()
    assert "takes no new work since 2035-01-14T03:40:00+00:00" in done.stdout
    assert steps(simulator) == {}


def test_a_cutoff_in_the_middle_lets_started_devices_finish(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.boot", 1.0)
    ansible.at(f"{DAY}T03:30:00+00:00")
    meanwhile = Meanwhile()
    meanwhile.when(rebooted(simulator, LAX[0]), lambda: ansible.jump(900))
    done = run(ansible, **SCHEDULED, window_batches=[1, "100%"], window_wait_timeout=30)
    meanwhile.end()
    assert steps(simulator) == {LAX[0]: ALL}
    assert locks(simulator) == {}
    assert done.rc == 2, done.said()
    for name in LAX[1:]:
        assert done.devices("window_run")[name]["stages"][0]["gate"] == "cutoff"
    assert done.stdout.count("not started: cutoff: core takes no new work since 2035-01-14T03:40:00+00:00") >= 2
    assert blocked(ansible, OCCURRENCE) == [(name, "cutoff") for name in LAX[1:]]


def test_a_cutoff_between_two_operations_keeps_the_second_from_being_sent(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.knob("zequenze.apply", 1.0)
    ansible.at(f"{DAY}T03:30:00+00:00")
    meanwhile = Meanwhile()
    meanwhile.when(lambda: (LAX[0], "sync") in operations(simulator), lambda: ansible.jump(900))
    done = run(ansible, hosts=LAX[:1], **SCHEDULED, window_wait_timeout=30)
    meanwhile.end()
    assert steps(simulator) == {LAX[0]: ["lock", "sync", "unlock"]}
    assert done.rc == 2
    device = done.devices("window_run")[LAX[0]]
    (reboot,) = [stage for stage in device["stages"] if stage["stage"] == "reboot"]
    assert (reboot["outcome"], reboot["changed"], reboot["gate"]) == ("refused", False, "cutoff")
    assert "not started: cutoff" in device["message"]


@pytest.mark.row(102)
def test_a_freeze_added_in_the_middle_lets_started_devices_finish(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.boot", 1.0)
    calendars = ansible.home / "calendars"
    calendars.mkdir()
    freeze(calendars / "holidays.ics", "20351224T000000Z", "20351227T000000Z")
    ansible.at(f"{DAY}T02:05:00+00:00")
    meanwhile = Meanwhile()
    added = calendars / "election.ics"
    meanwhile.when(rebooted(simulator, LAX[0]), lambda: freeze(added, "20350114T000000Z", "20350115T000000Z"))
    done = run(ansible, **SCHEDULED, window_batches=[1, "100%"], window_freeze=["calendars"])
    meanwhile.end()
    assert steps(simulator) == {LAX[0]: ALL}
    assert locks(simulator) == {}
    assert "not started: frozen" in done.stdout
    assert "Election" in done.stdout
    assert blocked(ansible, OCCURRENCE) == [(name, "freeze") for name in LAX[1:]]


@pytest.mark.row(102)
def test_a_calendar_that_becomes_unreadable_blocks_new_work(ansible: Commands, simulator: Simulator) -> None:
    calendar = ansible.home / "holidays.ics"
    freeze(calendar, "20351224T000000Z", "20351227T000000Z")
    ansible.at(f"{DAY}T02:05:00+00:00")
    meanwhile = Meanwhile()
    meanwhile.when(rebooted(simulator, LAX[0]), calendar.unlink)
    done = run(ansible, **SCHEDULED, window_batches=[1, "100%"], window_freeze=["holidays.ics"])
    meanwhile.end()
    assert done.rc == 2
    assert steps(simulator) == {LAX[0]: ALL}
    assert blocked(ansible, OCCURRENCE) == [(name, "calendar") for name in LAX[1:]]


@pytest.mark.row(100)
def test_a_device_that_takes_longer_than_what_is_left_is_not_started(ansible: Commands, simulator: Simulator) -> None:
    ansible.at(f"{DAY}T03:30:00+00:00")
    inventory = ansible.static_inventory({LAX[0]: {"window_expected_duration": 1800}, LAX[1]: {}})
    done = run(ansible, hosts=inventory, **SCHEDULED)
    assert done.rc == 2, done.said()
    assert steps(simulator) == {LAX[1]: ALL}
    assert "expected to take 1800 s" in done.stdout
    assert blocked(ansible, OCCURRENCE) == [(LAX[0], "duration")]


def test_saying_that_it_is_another_time_opens_no_window(ansible: Commands, simulator: Simulator) -> None:
    ansible.at(f"{DAY}T01:50:00+00:00")
    at = f"{DAY}T02:05:00+00:00"
    assert run(ansible, **SCHEDULED, window_at=at).rc == 2, "nobody was maintained"
    assert steps(simulator) == {}
    looked = run(ansible, "--check", **SCHEDULED, window_at=at)
    assert looked.rc == 0, looked.said()
    assert {device["outcome"] for device in looked.devices("window_run").values()} == {"done"}
    assert steps(simulator) == {}


def test_nobody_is_rebooted_under_somebodys_hands(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[1], {"senhasegura": {"session": {"user": "jdoe"}}})
    done = run(ansible, window_live_sessions="skip")
    assert done.rc == 2, done.said()
    assert steps(simulator) == {LAX[0]: ALL, LAX[2]: ALL}
    assert "not started: 1 live privileged session on the device, of 'jdoe'" in done.stdout
    assert blocked(ansible) == [(LAX[1], "live_session")]


def test_a_live_session_is_waited_for(ansible: Commands, simulator: Simulator) -> None:
    simulator.patch_device(LAX[0], {"senhasegura": {"session": {"user": "jdoe"}}})
    meanwhile = Meanwhile()
    meanwhile.when(
        lambda: len([row for row in simulator.requests(system="senhasegura") if "remotesessions" in row["path"]]) > 2,
        lambda: simulator.patch_device(LAX[0], {"senhasegura": {"end_sessions": True}}),
    )
    done = run(ansible, hosts=LAX[:1])
    meanwhile.end()
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[0]: ALL}


def test_a_vault_that_falls_silent_in_the_middle_keeps_the_gate_shut(ansible: Commands, simulator: Simulator) -> None:
    simulator.knob("zequenze.boot", 1.0)
    meanwhile = Meanwhile()
    meanwhile.when(rebooted(simulator, LAX[0]), lambda: simulator.knob("senhasegura.session_fault", "null"))
    # The soak outlasts what the first device was told.
    done = run(ansible, window_batches=[1, "100%"], window_gate_timeout=0.5, window_soak=SHARED_FOR + 1)
    meanwhile.end()
    assert done.rc == 2
    assert "not started: cannot tell whether someone is logged in to the device" in done.said()
    assert steps(simulator) == {LAX[0]: ALL}
    assert blocked(ansible) == [(name, "live_session") for name in LAX[1:]]


@pytest.mark.parametrize("broken", ["no_address", "unlisted"])
def test_a_vault_that_cannot_say_keeps_every_device_untouched(
    ansible: Commands, simulator: Simulator, broken: str
) -> None:
    hosts = ansible.static_inventory({LAX[0]: {"pam_hostname": "typo"} if broken == "unlisted" else {}})
    environment = {"SENHASEGURA_URL": ""} if broken == "no_address" else {}
    done = ansible.playbook(
        "netfleet.maintenance.maintenance_window", hosts=hosts, extra=WINDOW, environment=environment
    )
    assert done.rc == 2
    assert steps(simulator) == {}
    assert ("typo" if broken == "unlisted" else "SENHASEGURA_URL") in done.said()


def test_what_a_dead_run_began_is_carried_to_safety_after_the_cutoff(ansible: Commands, simulator: Simulator) -> None:
    ansible.at(f"{DAY}T03:30:00+00:00")
    assert ansible.task("device_lock", {"holder": OCCURRENCE}, hosts=LAX[:1]).rc == 0
    options = {"operation": "reboot", "window_id": OCCURRENCE, "wait": False}
    assert ansible.task("device_operation", options, hosts=LAX[:1]).rc == 0
    ansible.at(UNTIL.isoformat())
    done = run(ansible, **SCHEDULED)
    assert done.rc == 0, done.said()
    assert steps(simulator) == {LAX[0]: ["lock", "reboot", "unlock"]}
    assert locks(simulator) == {}
