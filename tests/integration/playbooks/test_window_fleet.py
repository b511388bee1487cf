# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits that count for the whole fleet, gaps between the systems, and a window that maintained nobody."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import json
import re
import typing as t

from tests.integration.run import Commands
from tests.integration.windows import LAX, blocked, locks, operations, run, steps
from tests.simulators import Simulator

ALL = ["lock", "sync", "reboot", "unlock"]


def most_down(simulator: Simulator) -> int:
    """Return how many devices were rebooting at once, at most."""
    down: set[str] = set()
    most = 0
    for row in simulator.ledger(system="zequenze"):
        if row["effect"] == "operation" and row["operation"] == "reboot":
            down.add(row["device"])
        elif row["effect"] == "up":
            down.discard(row["device"])
        most = max(most, len(down))
    return most


def devices_left(ansible: Commands, window: str) -> int:
    """Return what the metrics say of the devices that a window has not maintained."""
    path = ansible.home / "netfleet.prom"
    written = ansible.playbook("netfleet.maintenance.metrics", extra={"report_metrics_file": str(path)})
    assert written.rc == 0, written.said()
    (line,) = re.findall(rf'^netfleet_window_devices_left{{window="{window}"}} (\d+)', path.read_text(), re.MULTILINE)
    return int(line)


def report_of(ansible: Commands, window: str) -> dict[str, t.Any]:
    """Write the report of a window and return it."""
    extra = {"report_window_id": window, "report_dest": str(ansible.home / "reports")}
    ansible.playbook("netfleet.maintenance.report", extra=extra)
    return dict(json.loads((ansible.home / "reports" / f"{window}.json").read_text()))


def test_two_windows_share_the_limit_of_the_fleet(ansible: Commands, simulator: Simulator) -> None:
    """One device of three, as a share of the inventory, over two runs at the same time."""
    simulator.knob("zequenze.boot", 0.8)
    hosts = ansible.static_inventory({name: {} for name in LAX})
    shared: dict[str, t.Any] = {
        "hosts": hosts,
        "maintenance_max_in_flight": "34%",
        "window_operations": ["reboot"],
        "window_wait_timeout": 40,
    }

    def window(number: int) -> t.Any:
        commands = Commands(ansible.home / f"controller{number}", simulator)
        commands.home.mkdir()
        commands.environment["NETFLEET_JOURNAL"] = str(ansible.journal)
        targets = LAX[0] if number else ",".join(LAX[1:])
        return run(commands, window_id=f"CHG{number}", window_targets=targets, **shared)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(window, range(2)))
    assert [done.rc for done in ended] == [0, 0], [done.said() for done in ended]
    assert sorted(operations(simulator)) == [(name, "reboot") for name in LAX]
    assert most_down(simulator) == 1


def test_a_device_that_another_run_has_just_restarted_cools_down(ansible: Commands, simulator: Simulator) -> None:
    first = run(ansible, window_id="INC1", window_targets=LAX[0], window_operations=["reboot"])
    assert first.rc == 0, first.said()
    # Those that were up for a day are not kept back.
    done = run(ansible, window_min_interval="1h", window_operations=["reboot"])
    assert done.rc == 2, "a selected device was not maintained"
    assert "less than window_min_interval (3600 s) ago" in done.said()
    assert sorted(operations(simulator)) == [(name, "reboot") for name in LAX]
    assert blocked(ansible) == [(LAX[0], "interval")]


def test_a_device_that_a_system_does_not_know_is_skipped_within_a_limit_or_kept_without_a_lock(
    ansible: Commands, simulator: Simulator
) -> None:
    simulator.patch_device(LAX[0], {"oracle_sdm": {"present": False}})
    skip: dict[str, t.Any] = {"window_operations": ["sync"], "window_unknown": "skip"}
    refused = run(ansible, **skip)
    assert refused.rc == 2
    assert f"1 device unknown ('{LAX[0]}'), more than window_max_unknown (0) skips." in refused.said()
    assert steps(simulator) == {}
    skipped = run(ansible, **skip, window_max_unknown="34%")
    assert skipped.rc == 2, "what is skipped is left over"
    assert f"1 of 3 devices of window CHG1 not maintained. unknown to Oracle SDM: {LAX[0]}." in skipped.said()
    assert re.findall(r"^(\S+) .*failed=[1-9]", skipped.stdout, re.MULTILINE) == [LAX[0]]
    assert "it is unknown to Oracle SDM, and the window skips such devices. Register it there" in skipped.said()
    assert blocked(ansible) == [(LAX[0], "unknown")]
    assert devices_left(ansible, "CHG1") == 1
    assert steps(simulator) == {name: ["lock", "sync", "unlock"] for name in LAX[1:]}
    (todo,) = report_of(ansible, "CHG1")["to_do"]
    assert (todo["kind"], todo["devices"]) == ("again", [LAX[0]])
    simulator.patch_device(LAX[0], {"oracle_sdm": {"present": True}})
    again = run(ansible, **skip)
    assert again.rc == 0, again.said()
    assert steps(simulator) == {name: ["lock", "sync", "unlock"] for name in LAX}
    assert devices_left(ansible, "CHG1") == 0
    simulator.patch_device(LAX[0], {"oracle_sdm": {"present": False}})
    without = run(ansible, window_id="CHG2", window_operations=["sync"], window_lock="none")
    assert without.rc == 0, without.said()
    assert steps(simulator) == {name: ["lock", "sync", "unlock", "sync"] for name in LAX}
    assert locks(simulator) == {}


def test_a_window_that_maintained_nobody_fails_and_is_counted(ansible: Commands, simulator: Simulator) -> None:
    hosts = ansible.static_inventory({LAX[0]: {}, LAX[1]: {}, LAX[2]: {"maintenance_protected": True}})
    opened = dt.datetime.fromtimestamp(ansible.now() - 60, dt.timezone.utc).isoformat(timespec="seconds")
    long: dict[str, t.Any] = {"window_opens_at": opened, "window_duration": "2h", "window_expected_duration": 9000}
    done = run(ansible, hosts=hosts, **long)
    assert done.rc == 2
    assert "2 of 2 devices of window CHG1 not maintained." in done.said()
    assert steps(simulator) == {}
    assert devices_left(ansible, "CHG1") == 2
