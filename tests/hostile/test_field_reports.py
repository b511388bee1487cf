# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes from public reports of rebooting fleets: what devices and platforms show, and what may be said of it.

The ledger says what really happened. Other shapes of uptimes, evidence, hold and ``since`` are in tests/unit/operation.
"""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from tests.hostile.bench import Bench
from tests.simulators import Simulator

DAY = 86400.0
WRAP = 2**32 / 1000.0
NO_LOG = {"log_visibility": "off"}

# What a device shows that was not restarted: knobs of its own, and for how long it is up.
NOT_RESTARTED: dict[str, dict[str, t.Any]] = {
    "an old reading under a new date": {"uptime_exposed": "redated", "uptime": 45.0},
    "an uptime that cannot be read": {"uptime_exposed": "zero", "uptime": 10 * DAY},
    "minutes": {"uptime_unit": "min", "uptime": 1800.0},
    "a counter that starts again": {"uptime_unit": "ms", "uptime_bits": 32, "uptime": WRAP - 1.5},
    "a status that moves at each inform": {"uptime_exposed": "no", "status_moves": "informs", "inform_interval": 0.5},
}


def fleet(simulator: Simulator, shapes: t.Mapping[str, t.Mapping[str, t.Any]], **knobs: t.Any) -> dict[str, str]:
    """Give each shape a device; return the shapes by the names of their devices."""
    names = [device["name"] for device in simulator.devices()][: len(shapes)]
    for name, shape in zip(names, shapes.values(), strict=True):
        simulator.patch_device(name, {"zequenze": {**knobs, **shape}})
    return dict(zip(names, shapes, strict=True))


def operate(bench: Bench, names: t.Iterable[str], **options: t.Any) -> dict[str, dict[str, t.Any]]:
    result = bench.run("device_operation", list(names), **{"wait_interval": 0.3, "wait_timeout": 4.0, **options})
    return {device["name"]: device for device in result["devices"]}


def boots(simulator: Simulator) -> list[str]:
    return sorted(row["device"] for row in simulator.ledger(effect="boot"))


@pytest.mark.row(39, 201, 202, 203, 204, 206)
def test_nothing_is_done_without_a_boot(bench: Bench, simulator: Simulator) -> None:
    shapes = fleet(simulator, NOT_RESTARTED, execution="ignored", **NO_LOG)
    for name, shown in operate(bench, shapes).items():
        assert (shown["outcome"], shown["evidence"]) == ("unknown", []), shapes[name]
        assert "not confirmed within" in shown["message"], shapes[name]
    assert boots(simulator) == []
    assert len(bench.reboots()) == len(shapes)


@pytest.mark.row(203)
def test_a_boot_is_proven_by_an_uptime_of_any_unit_that_is_seen_to_count(bench: Bench, simulator: Simulator) -> None:
    units = {unit: {"uptime_unit": unit, "uptime": 12 * DAY} for unit in ("s", "1/100 s", "ms", "min")}
    shapes = fleet(simulator, units, boot=0.5, inform_interval=0.0, **NO_LOG)
    shown = operate(bench, shapes, wait_timeout=12.0)
    for name, unit in shapes.items():
        # A minute is too long to be seen counting here.
        assert shown[name]["outcome"] == ("unknown" if unit == "min" else "done"), (unit, shown[name])
    assert boots(simulator) == sorted(shapes)


@pytest.mark.row(205)
def test_since_believes_no_uptime_that_is_not_seen_to_count(bench: Bench, simulator: Simulator) -> None:
    up_for_days = {
        "an uptime that cannot be read": {"uptime_exposed": "zero", "uptime": 10 * DAY},
        "minutes": {"uptime_unit": "min", "uptime": 6 * DAY},
        "a counter that started again": {"uptime_unit": "ms", "uptime_bits": 32, "uptime": WRAP + 600.0},
        "an old reading under a new date": {"uptime_exposed": "redated", "uptime": 10 * DAY},
    }
    shapes = fleet(simulator, up_for_days, **NO_LOG)
    shown = operate(bench, shapes, since=iso(Clock().now() - 3600.0), wait=False)
    assert {shapes[name]: device["outcome"] for name, device in shown.items()} == dict.fromkeys(up_for_days, "accepted")
    assert len(bench.reboots()) == len(shapes)


def flapping(simulator: Simulator, name: str) -> t.Iterator[threading.Timer]:
    """Take the device off the network for a moment while it is waited for."""
    for after, online in ((0.8, False), (1.6, True)):
        patch = {"zequenze": {"online": online}}
        yield threading.Timer(after, simulator.patch_device, (name, patch))


@pytest.mark.row(36, 207, 208)
@pytest.mark.parametrize("platform", ["never got the request", "did not carry it out"])
def test_an_outage_is_no_restart_where_something_speaks_against_it(
    bench: Bench, simulator: Simulator, platform: str
) -> None:
    name = simulator.devices()[0]["name"]
    lost = platform == "never got the request"
    knobs = {"uptime_exposed": "no"} if lost else {"execution": "ignored", "uptime": 5 * DAY, "inform_interval": 0.0}
    simulator.patch_device(name, {"zequenze": knobs})
    assert operate(bench, [name], operation="sync")[name]["outcome"] == "done"
    if lost:
        simulator.fault(system="zequenze", method="PUT", phase="before_effect", kind="status", status=503, times=1)
    timers = list(flapping(simulator, name))
    for timer in timers:
        timer.start()
    shown = operate(bench, [name])[name]
    for timer in timers:
        timer.join()
    assert (shown["outcome"], boots(simulator)) == ("unknown", [])
    assert ("seen down and is up again" if lost else "the uptime went on") in shown["message"]


@pytest.mark.row(38, 216, 217)
def test_a_queued_reboot_and_another_unit_are_told_as_what_they_are(bench: Bench, simulator: Simulator) -> None:
    shapes: dict[str, dict[str, t.Any]] = {
        "queued": {"session_delay": 3600.0},
        "another unit": {"uptime": 5 * DAY, "boot": 1.0, **NO_LOG},
    }
    by_shape = {shape: name for name, shape in fleet(simulator, shapes).items()}
    other = by_shape["another unit"]
    timer = threading.Timer(0.7, simulator.patch_device, (other, {"zequenze": {"serial_number": "ANOTHER-1"}}))
    timer.start()
    shown = operate(bench, by_shape.values(), window_id="W1", require_lock=False, wait_timeout=3.0)
    timer.join()
    assert shown[by_shape["queued"]]["queued"] is True
    assert "will still be carried out" in shown[by_shape["queued"]]["message"]
    assert shown[other]["outcome"] == "unknown"
    assert "is a different device now" in shown[other]["message"]


@pytest.mark.row(214)
def test_a_boot_loop_with_outages_that_nobody_sees_is_no_hold(bench: Bench, simulator: Simulator) -> None:
    name = simulator.devices()[0]["name"]
    # The loop is much longer than the time between two looks, also on a busy machine.
    loop = {"boot_loop": 20, "boot_loop_time": 8.0, "reboot_visible_down": False, "boot": 0.05, "inform_interval": 0.0}
    simulator.patch_device(name, {"zequenze": loop})
    assert operate(bench, [name], wait=False)[name]["outcome"] == "accepted"
    health = {"hold": 20.0, "wait_timeout": 22.0, "wait_interval": 1.0, "window_id": "W1"}
    shown = bench.device("device_health", name, **health)
    assert shown["healthy"] is False
    assert "it restarted: " in shown["message"]
    assert len(boots(simulator)) > 1


@pytest.mark.row(212)
@pytest.mark.parametrize(
    "trouble",
    [
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 503},
        {"kind": "body", "body": "<html>down for maintenance</html>", "content_type": "text/html"},
        {"kind": "reset"},
    ],
    ids=lambda trouble: str(trouble.get("status", trouble["kind"])),
)
def test_a_hold_waits_out_whatever_says_nothing_of_the_device(
    bench: Bench, simulator: Simulator, trouble: dict[str, t.Any]
) -> None:
    name = simulator.devices()[0]["name"]
    phase = "before_accept" if trouble["kind"] == "reset" else "before_effect"
    simulator.fault(system="zequenze", method="GET", phase=phase, times=6, after=1, **trouble)
    shown = bench.device("device_health", name, hold=0.5, wait_timeout=30.0, wait_interval=0.1, window_id="W1")
    assert shown["healthy"] is True, shown["message"]
