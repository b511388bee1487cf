# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running whole windows through the playbook, and what is asked of them afterwards."""

from __future__ import annotations

import concurrent.futures
import time
import typing as t

import requests

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator

LAX = ["lax-sbc-01", "lax-sbc-02", "lax-sbc-03"]
WINDOW = {
    "window_id": "CHG1",
    "window_targets": "all",
    "window_hold": 0.2,
    "window_wait_interval": 0.1,
    "window_wait_timeout": 15,
    "window_conflict_timeout": 0,
}


def run(
    ansible: Commands,
    *arguments: str,
    hosts: t.Sequence[str] | str = LAX,
    environment: t.Mapping[str, str] | None = None,
    **changes: object,
) -> Finished:
    """Run the window with some of its settings changed; None takes one back."""
    extra = {name: value for name, value in {**WINDOW, **changes}.items() if value is not None}
    return ansible.playbook(
        "netfleet.maintenance.maintenance_window", *arguments, hosts=hosts, extra=extra, environment=environment
    )


def steps(simulator: Simulator) -> dict[str, list[str]]:
    """What was done to each device, in order."""
    done: dict[str, list[str]] = {}
    for row in simulator.ledger():
        step = row["operation"] if row["effect"] == "operation" else row["effect"]
        if step in ("lock", "unlock", "sync", "reboot", "reconf"):
            done.setdefault(row["device"], []).append(step)
    return done


def locks(simulator: Simulator) -> dict[str, t.Any]:
    """The locks that there are now."""
    return dict(simulator.state()["oracle_sdm"]["locks"])


def operations(simulator: Simulator) -> list[tuple[str, str]]:
    """Every disruptive request that was carried out, in order."""
    return [(row["device"], row["operation"]) for row in simulator.ledger(effect="operation")]


def blocked(ansible: Commands, window_id: str = "CHG1") -> list[tuple[str, str]]:
    """Which gate kept which device back, sorted: the devices of a batch are looked at at once."""
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [{"netfleet.maintenance.journal_info": {"window_id": window_id, "events": True}}],
        }
    ]
    (journal,) = ansible.playbook(play).of("journal_info")
    events = [event for event in journal["events"] if event["kind"] == "gate_blocked"]
    return sorted((event["device"], event["data"]["gate"]) for event in events)


class Meanwhile:
    """Does something while a window is running, as soon as something else has happened."""

    def __init__(self) -> None:
        """Start with nobody at work."""
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._done: concurrent.futures.Future[None] | None = None

    def when(self, happened: t.Callable[[], object], deed: t.Callable[[], object], limit: float = 120) -> None:
        """Look until it has happened, then do the deed; the outcome is given by :meth:`end`."""

        def watch() -> None:
            deadline = time.monotonic() + limit
            while not happened():
                if time.monotonic() > deadline:
                    raise TimeoutError("it never happened")
                time.sleep(0.02)
            deed()

        self._done = self._pool.submit(watch)

    def end(self) -> None:
        """Raise what went wrong."""
        if self._done is not None:
            self._done.result(timeout=150)
        self._pool.shutdown()


def change_setting(simulator: Simulator, *names: str) -> None:
    """Change a setting of devices behind Ansible's back."""
    for name in names:
        requests.patch(
            f"{simulator.zequenze_url}/inventory_device_name_setting/{name}/",
            json={"Device.DeviceInfo.SyslogServer": "log.example.net"},
            headers={"Authorization": "Bearer sim-zequenze-token"},
            timeout=10,
        ).raise_for_status()
