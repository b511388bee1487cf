# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_health: a device is healthy when it was up without interruption for as long as asked."""

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import failures_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import IN_FLIGHT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation import device_health as _module
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_health import (
    looking,
    run_device_health,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.hold import Held, hold_up, interruption
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import Seen
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from tests.unit.support.script import Script

PATH = "/inventory_device_name/lax-sbc-01/"
VARIABLES = "/inventory_device_name_variables/"


def record(up: object = True, changed: str = "2026-11-21T01:00:00Z") -> dict[str, t.Any]:
    return {"id": 811, "name": "lax-sbc-01", "serial_number": "A1", "status": up, "last_status_change": changed}


def shows(
    script: Script, uptime: float | None = None, *, up: object = True, changed: str = "2026-11-21T01:00:00Z"
) -> None:
    """Expect a look at the device that reads its uptime too."""
    script.expect("GET", PATH).answers(json=record(up, changed))
    if up is True:
        variable = {"parameter": {"variable_name": "Device.DeviceInfo.UpTime"}, "value": uptime}
        script.expect("GET", VARIABLES).answers(json=[] if uptime is None else [variable])


def hold(script: Script, seconds: float = 10, limit: float = 60) -> Held:
    look = looking(Zequenze(script.wire(), "token"), "lax-sbc-01", script.clock)
    return hold_up(look, seconds, limit, 5.0, script.clock)


def test_a_device_that_stays_up_is_held_for_as_long_as_asked() -> None:
    script = Script()
    for _look in range(3):
        shows(script)
    assert hold(script) == (10.0, "")
    script.done()


def test_an_uptime_is_read_at_the_beginning_and_at_the_end() -> None:
    script = Script()
    shows(script, 100)
    for _look in range(7):
        script.expect("GET", PATH).answers(json=record())
    shows(script, 140)
    shows(script, 144)
    shows(script, 150)
    assert hold(script, 50) == (50.0, "")
    script.done()


INTERRUPTIONS: dict[str, tuple[t.Callable[[Script], object], str]] = {
    "down": (lambda script: shows(script, up=False), "it is down"),
    "not shown": (lambda script: shows(script, up="?"), "its status is not shown"),
    "lost": (lambda script: [script.expect("GET", PATH).loses_the_answer() for _try in range(5)], "answer"),
    "refused connection": (lambda script: [script.expect("GET", PATH).is_not_sent() for _try in range(5)], ""),
    "too many requests": (lambda script: [script.expect("GET", PATH).answers(429) for _try in range(5)], "429"),
    "token": (lambda script: script.expect("GET", PATH).answers(401), "401"),
    "maintenance page": (
        lambda script: script.expect("GET", PATH).answers(text="<html>", headers={"content-type": "text/html"}),
        "HTML page",
    ),
    "unavailable": (lambda script: [script.expect("GET", PATH).answers(503) for _try in range(5)], "503"),
}


@pytest.mark.parametrize("name", INTERRUPTIONS)
def test_an_interruption_starts_the_time_again(name: str) -> None:
    happens, reason = INTERRUPTIONS[name]
    script = Script()
    shows(script)
    happens(script)
    for _look in range(3):
        shows(script)
    held = hold(script)
    assert held.seconds >= 10
    assert reason in held.reason
    script.done()


def test_a_status_that_changed_between_two_looks_starts_the_time_again() -> None:
    script = Script()
    shows(script)
    for _look in range(3):
        shows(script, changed="2026-11-21T02:00:04Z")
    assert "its status changed at 2026-11-21T02:00:04" in hold(script).reason
    script.done()


def test_a_boot_loop_whose_outages_nobody_sees_is_seen_by_the_uptime() -> None:
    script = Script()
    for uptime in itertools.islice(itertools.cycle((3, 2, 1, 4)), 5):
        shows(script, uptime)
    held = hold(script, limit=15)
    assert held.seconds == 0
    assert "it restarted: its uptime was" in held.reason


@pytest.mark.row(214)
@pytest.mark.parametrize(
    ("uptimes", "restarted"),
    [
        # A loop that the looks hit at the same place, but for the last ones.
        ((2, 3, 9, 13), True),
        ((9, 9, 9, 13), True),
        # It went on: in seconds, hundredths, milliseconds; minutes and old readings cannot tell.
        ((100, 140, 146, 150), False),
        ((20, 60, 66, 70), False),
        ((10_000, 14_000, 14_600, 15_000), False),
        ((50_000, 90_000, 96_000, 100_000), False),
        ((1, 1, 2, 2), False),
        ((7, 7, 7, 7), False),
        ((0, 0, 0, 0), False),
        # The counter started again by itself, or an old reading was replaced.
        ((4294960, 5, 11, 15), False),
        ((100, 100, 100, 149), False),
        ((1000, 1000, 1300, 1300), False),
    ],
)
def test_a_device_is_up_for_as_long_as_it_is_watched(uptimes: tuple[int, ...], restarted: bool) -> None:
    looks = [
        Seen(at=at, steady=at, up=True, uptime=float(uptime))
        for at, uptime in zip((0.0, 40.0, 46.0, 50.0), uptimes, strict=True)
    ]
    told = [interruption(looks[:number], look) for number, look in enumerate(looks)]
    assert any(told) is restarted, told


def test_a_counter_that_starts_again_by_itself_is_no_restart() -> None:
    script = Script()
    for uptime in (4294965, 2, 7, 12):
        shows(script, uptime)
    assert hold(script) == (10.0, "")


def test_a_device_that_never_comes_up_ends_at_the_limit() -> None:
    script = Script()
    for _look in range(5):
        shows(script, up=0)
    assert hold(script, limit=20) == (0.0, "it is down")
    script.done()


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Script, t.Callable[[], dict[str, t.Any]], Path]:
    """A script, what holds the device for window W1 over it, and the journal."""
    script, place = Script(), tmp_path / "journal.sqlite3"
    monkeypatch.setattr(_module, "connect", lambda *_given: Zequenze(script.wire(), "token"))
    params = {
        "name": ["lax-sbc-01"],
        "concurrency": 1,
        "hold": 10.0,
        "wait_timeout": 20.0,
        "wait_interval": 5.0,
        "window_id": "W1",
        "lock_name": None,
        "journal": str(place),
    }
    return script, lambda: run_device_health(Task(params=params, clock=script.clock)), place


@pytest.mark.row(213)
def test_a_hold_that_ends_in_an_error_counts_and_frees_its_place(
    window: tuple[Script, t.Callable[[], dict[str, t.Any]], Path],
) -> None:
    script, run, place = window
    shows(script, up=True)
    del script._page[-1]
    for _look in range(8):
        script.expect("GET", PATH).answers(401)
    failed = run()
    assert failed["failed"]
    assert "did not stay up for 10 s within 20 s: " in failed["msg"]
    assert "401" in failed["msg"]
    with Journal.open(str(place), script.clock) as journal:
        (row,) = Operations(journal).all_of("W1")
        assert (row["operation"], row["state"]) == ("hold", "failed")
        assert row["state"] not in IN_FLIGHT, "it takes no place of the cap any more"


def test_a_device_that_is_never_read_counts_too(
    window: tuple[Script, t.Callable[[], dict[str, t.Any]], Path],
) -> None:
    script, run, place = window
    for _look in range(5):
        script.expect("GET", PATH).answers(401)
    assert "401" in run()["msg"]
    with Journal.open(str(place), script.clock) as journal:
        assert failures_of(journal, "W1", ["lax-sbc-01"]) == {"lax-sbc-01": "hold failed"}


def test_a_window_counts_a_device_that_does_not_stay_and_does_not_hold_a_good_one_twice(
    window: tuple[Script, t.Callable[[], dict[str, t.Any]], Path],
) -> None:
    script, run, _place = window
    script.expect("GET", PATH).answers(json=record())
    for _look in range(5):
        shows(script, up=False)
    failed = run()
    assert failed["failed"]
    assert "did not stay up for 10 s within 20 s: it is down." in failed["msg"]
    script.expect("GET", PATH).answers(json=record())
    for _look in range(3):
        shows(script)
    assert run()["devices"][0]["healthy"]
    script.expect("GET", PATH).answers(json=record())
    assert "stayed up in window W1 already" in run()["devices"][0]["message"]
    script.done()
