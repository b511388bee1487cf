# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""device_health: a device is healthy when it was up without interruption for as long as asked."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_health import (
    hold_up,
    run_device_health,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from tests.unit.script import Script

PATH = "/inventory_device_name/lax-sbc-01/"


def record(up: object = True, changed: str = "2026-11-21T01:00:00Z") -> dict[str, t.Any]:
    return {"id": 811, "name": "lax-sbc-01", "serial_number": "A1", "status": up, "last_status_change": changed}


def hold(script: Script, seconds: float = 10, limit: float = 60) -> tuple[float, str]:
    return hold_up(Zequenze(script.wire(), "token"), "lax-sbc-01", seconds, limit, 5.0, script.clock)


def test_a_device_that_stays_up_is_held_for_as_long_as_asked() -> None:
    script = Script()
    for _look in range(3):
        script.expect("GET", PATH).answers(json=record())
    assert hold(script) == (10.0, "")
    script.done()


@pytest.mark.parametrize("interruption", ["down", "changed", "gone", "lost"])
def test_an_interruption_starts_the_time_anew(interruption: str) -> None:
    script = Script()
    script.expect("GET", PATH).answers(json=record())
    later = "2026-11-21T01:00:00Z"
    if interruption == "down":
        script.expect("GET", PATH).answers(json=record(up=False))
    elif interruption == "changed":
        later = "2026-11-21T02:00:04Z"
    elif interruption == "gone":
        # Asked twice: where "pending" is a filter it may have hidden the device.
        script.expect("GET", PATH, {"pending": "true"}).answers(404)
        script.expect("GET", PATH, {}).answers(404)
    else:
        for _try in range(5):
            script.expect("GET", PATH).loses_the_answer()
    for _look in range(3):
        script.expect("GET", PATH).answers(json=record(changed=later))
    held, _problem = hold(script)
    assert held >= 10
    script.done()


def test_a_device_that_never_comes_up_ends_at_the_limit() -> None:
    script = Script()
    for _look in range(5):
        script.expect("GET", PATH).answers(json=record(up=0))
    assert hold(script, limit=20) == (0.0, "It is down.")
    script.done()


def test_a_status_that_is_not_shown_proves_nothing() -> None:
    script = Script()
    for _look in range(3):
        script.expect("GET", PATH).answers(json={"id": 1, "name": "lax-sbc-01"})
    assert hold(script, limit=10) == (0.0, "Its status is not shown.")


def test_a_window_counts_a_device_that_does_not_stay_and_does_not_hold_a_good_one_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script()
    monkeypatch.setattr(Zequenze, "from_params", lambda _params: Zequenze(script.wire(), "token"))
    params = {
        "name": ["lax-sbc-01"],
        "concurrency": 1,
        "hold": 10.0,
        "wait_timeout": 0.0,
        "wait_interval": 5.0,
        "window_id": "W1",
        "lock_name": None,
        "journal": str(tmp_path / "journal.sqlite3"),
    }

    def run() -> dict[str, t.Any]:
        return run_device_health(Task(params=params, clock=script.clock))

    script.expect("GET", PATH).answers(json=record())
    script.expect("GET", PATH).answers(json=record(up=False))
    failed = run()
    assert failed["failed"]
    assert "did not stay up for 10 s" in failed["msg"]
    for _look in range(4):
        script.expect("GET", PATH).answers(json=record())
    assert run()["devices"][0]["healthy"]
    script.expect("GET", PATH).answers(json=record())
    assert "held in window W1 already" in run()["devices"][0]["message"]
    script.done()
