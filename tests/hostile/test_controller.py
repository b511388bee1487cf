# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks that jump, journals that fail, and runs that meet: on the simulator's ledger."""

from __future__ import annotations

import concurrent.futures
import shutil
import sqlite3
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from tests.hostile.bench import Bench
from tests.simulators import Simulator

NAME = "lax-sbc-01"


def boots(simulator: Simulator) -> int:
    return len(simulator.ledger(system="zequenze", effect="boot"))


def locked(simulator: Simulator) -> set[str]:
    return set(simulator.state()["oracle_sdm"]["locks"])


class Jumping(Clock):
    """A wall clock that is set by so many seconds once the journal shows a claim; durations stay what they are."""

    def __init__(self, seconds: float, after: int) -> None:
        self._seconds = seconds
        self._left = after

    def now(self) -> float:
        """Return the wall clock."""
        self._left -= 1
        return time.time() + (self._seconds if self._left < 0 else 0.0)


@pytest.mark.row(99)
@pytest.mark.parametrize("seconds", [-86400.0, -3600.0, 3600.0, 86400.0])
def test_a_wall_clock_that_is_set_in_mid_run_makes_no_wait_longer_or_shorter(
    bench: Bench, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    simulator.knob("zequenze.execution", "ignored")
    simulator.knob("zequenze.log_visibility", "off")
    clock: list[float] = []

    def set_once_it_is_sent(_clock: Clock) -> float:
        clock.append(seconds if bench.reboots() else 0.0)
        return time.time() + clock[-1]

    monkeypatch.setattr(Clock, "now", set_once_it_is_sent)
    started = time.monotonic()
    device = bench.device("device_operation", NAME, window_id="w1", require_lock=False, wait_timeout=1.0)
    waited = time.monotonic() - started
    assert {0.0, seconds} == set(clock)
    # Whatever was measured by that clock would be over at once, or last for an hour more.
    assert 1.0 <= waited < 20.0
    assert (device["outcome"], len(bench.reboots()), boots(simulator)) == ("unknown", 1, 0)


@pytest.mark.row(99, 101)
def test_a_wall_clock_that_jumps_past_not_after_lets_nothing_leave(
    bench: Bench, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumping = Jumping(3600.0, after=4)
    until = iso(time.time() + 600)
    monkeypatch.setattr(Clock, "now", lambda _clock: jumping.now())
    device = bench.device("device_operation", NAME, window_id="w1", require_lock=False, not_after=until)
    assert (device["outcome"], device["sent"]) == ("refused", False)
    assert simulator.requests(system="zequenze", method="PUT") == []


@pytest.mark.row(106)
@pytest.mark.parametrize("broken", ["a folder", "below a file", "no database"])
def test_without_a_journal_nothing_is_locked_and_nothing_is_sent(
    bench: Bench, simulator: Simulator, broken: str
) -> None:
    place = Path(bench.journal)
    if broken == "a folder":
        place.mkdir()
    elif broken == "no database":
        place.write_text("this is no journal")
    options: dict[str, t.Any] = {}
    if broken == "below a file":
        (bench.folder / "file").write_text("")
        options = {"journal": str(bench.folder / "file" / "journal.sqlite3")}
    in_window: dict[str, t.Any] = {"window_id": "w1", "require_lock": False}
    for module, more in {"device_lock": {}, "device_operation": in_window}.items():
        result = bench.run(module, [NAME], **options, **more)
        assert result["failed"]
        assert result["kind"] == "journal"
    assert simulator.ledger(effect="lock") == []
    assert simulator.requests(method="PUT") == []


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 0x55
    path.write_bytes(bytes(content))


@pytest.mark.row(107)
@pytest.mark.parametrize("harm", ["flipped", "cut", "empty", "torn"])
def test_after_harm_to_the_journal_a_reboot_is_never_sent_a_second_time_in_silence(
    bench: Bench, simulator: Simulator, harm: str
) -> None:
    options: dict[str, t.Any] = {"window_id": "w1", "require_lock": False}
    assert bench.device("device_operation", NAME, **options)["outcome"] == "done"
    place = Path(bench.journal)
    with sqlite3.connect(place) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = place.stat().st_size
    if harm == "flipped":
        _flip(place, 30)
    elif harm == "cut":
        place.write_bytes(place.read_bytes()[: size // 2])
    elif harm == "torn":
        (place.parent / (place.name + "-wal")).write_bytes(b"\x37\x7f\x06\x82" + b"\x00" * 61)
    else:
        place.write_bytes(b"")
    if harm == "empty":
        # An empty file is a new journal to a database; what it held is lost, and evidence has to tell.
        options |= {"since": iso(time.time() - 300)}
    result = bench.run("device_operation", [NAME], **options)
    assert result.get("failed") or result["devices"][0]["outcome"] == "skipped"
    assert boots(simulator) == 1


@pytest.mark.row(108)
@pytest.mark.parametrize("loss", ["deleted", "restored"])
def test_with_the_journal_lost_a_window_does_not_reboot_again_where_evidence_shows_that_it_did(
    bench: Bench, simulator: Simulator, loss: str
) -> None:
    opened = iso(time.time() - 1)
    options: dict[str, t.Any] = {"window_id": "w1"}
    bench.device("device_lock", NAME, holder="w1")
    backup = bench.folder / "backup"
    shutil.copytree(bench.folder, backup, ignore=lambda _folder, names: [name for name in names if name == "backup"])
    assert bench.device("device_operation", NAME, **options)["outcome"] == "done"
    for path in bench.folder.glob("journal*"):
        path.unlink()
    if loss == "restored":
        for path in backup.glob("journal*"):
            shutil.copy(path, bench.folder)
    else:
        refused = bench.device("device_operation", NAME, **options)
        assert (refused["outcome"], refused["sent"]) == ("refused", False)
        bench.device("device_lock", NAME, holder="w1")
    again = bench.device("device_operation", NAME, **options, since=opened)
    assert (again["outcome"], again["sent"]) == ("skipped", False)
    assert boots(simulator) == 1
    assert bench.device("device_lock", NAME, holder="w1", state="unlocked")["state"] == "unlocked"
    assert locked(simulator) == set()


@pytest.mark.row(108)
def test_with_the_journal_lost_only_named_devices_are_unlocked(bench: Bench, simulator: Simulator) -> None:
    bench.device("device_lock", NAME, holder="w1")
    simulator.patch_device("lax-sbc-02", {"oracle_sdm": {"lock_as": "alice"}})
    for path in bench.folder.glob("journal*"):
        path.unlink()
    assert bench.device("device_lock", NAME, holder="w1", state="unlocked")["changed"] is False
    assert locked(simulator) == {NAME, "lax-sbc-02"}
    bench.run("lock_recovery", [NAME, "lax-sbc-02"], lost_journal=True)
    assert locked(simulator) == {"lax-sbc-02"}


@pytest.mark.row(109)
def test_a_newer_journal_locks_and_sends_nothing_and_still_gives_back(bench: Bench, simulator: Simulator) -> None:
    bench.device("device_lock", NAME, holder="w1")
    held = len(simulator.ledger(effect="lock"))
    with sqlite3.connect(bench.journal) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
    connection.close()
    assert bench.run("device_lock", ["lax-sbc-02"], holder="w1")["failed"]
    assert bench.run("device_operation", [NAME], window_id="w1")["failed"]
    assert simulator.requests(method="PUT") == []
    assert len(simulator.ledger(effect="lock")) == held
    swept = bench.run("lock_recovery", window_id="w1")
    assert not swept.get("failed"), swept
    assert locked(simulator) == set()


@pytest.mark.row(110)
def test_two_runs_of_one_window_send_once_and_say_so(bench: Bench, simulator: Simulator) -> None:
    def run(_number: int) -> dict[str, t.Any]:
        own = Bench(simulator, bench.folder)
        return own.device("device_operation", NAME, window_id="w1", require_lock=False, wait_timeout=8.0)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        devices = list(pool.map(run, range(4)))
    assert sum(device["sent"] for device in devices) == 1
    assert {device["outcome"] for device in devices} <= {"done", "skipped"}
    assert (len(bench.reboots()), boots(simulator)) == (1, 1)


@pytest.mark.row(116)
def test_no_more_than_the_cap_are_down_whatever_runs_at_once(bench: Bench, simulator: Simulator) -> None:
    simulator.reset(devices=6)
    names = [device["name"] for device in simulator.devices()]

    def run(name: str) -> dict[str, t.Any]:
        own = Bench(simulator, bench.folder)
        return own.device(
            "device_operation", name, window_id="w1", require_lock=False, max_in_flight=2, wait_timeout=240.0
        )

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        devices = list(pool.map(run, names))
    assert {device["outcome"] for device in devices} == {"done"}
    down = most = 0
    for row in simulator.ledger(system="zequenze"):
        down += {"operation": 1, "up": -1}.get(row["effect"], 0)
        most = max(most, down)
    assert most <= 2


@pytest.mark.row(118)
@pytest.mark.parametrize(
    "options",
    [
        {"window_id": ""},
        {"window_id": "  "},
        {"max_in_flight": 0},
        {"max_failures": -1},
        {"max_in_flight": "many"},
        {"not_after": "tomorrow"},
        {"not_after": "2026-11-21T02:00:00"},
        {"wait_timeout": float("nan")},
        {"operation": "factory"},
        {"operation": "factory", "confirm": ["lax-sbc-02"]},
        {"operation": "device_factory", "confirm": []},
        {"operation": "reformat"},
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_told_and_nothing_is_sent(
    bench: Bench, simulator: Simulator, options: dict[str, t.Any]
) -> None:
    result = bench.run("device_operation", [NAME], **{"window_id": "w1", "require_lock": False, **options})
    assert result["failed"]
    assert next(iter({*options} - {"window_id"}), "window_id") in result["msg"] or "confirm" in result["msg"]
    assert simulator.requests(method="PUT") == []
