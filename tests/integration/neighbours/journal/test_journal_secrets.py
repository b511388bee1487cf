# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No credential gets into the journal, not even when a system says one back; looked for in the files as they are."""

from __future__ import annotations

import typing as t
import urllib.parse
from pathlib import Path

import pytest

from tests.integration.run import Commands, Finished
from tests.simulators import Simulator
from tests.tools.postgres import PASSWORD

DEVICE = "lax-sbc-01"


@pytest.fixture
def raw_files(request: pytest.FixtureRequest, place: str) -> t.Callable[[], t.Iterable[Path]]:
    """Return what looks up every file the journal consists of now."""
    if "://" in place:
        return t.cast("t.Callable[[], t.Iterable[Path]]", request.getfixturevalue("postgres").files)
    return lambda: Path(place).parent.iterdir()


def lock_reboot_unlock(ansible: Commands, place: str) -> Finished:
    """Do each thing twice: whatever a system refuses the first time is done in the end."""
    lock: dict[str, t.Any] = {"netfleet.maintenance.device_lock": {"holder": "W1"}}
    reboot = {"netfleet.maintenance.device_operation": {"operation": "reboot", "window_id": "W1", "wait": False}}
    unlock = {"netfleet.maintenance.device_lock": {"holder": "W1", "state": "unlocked"}}
    tasks = [{**task, "ignore_errors": True} for task in (lock, lock, reboot, reboot, unlock, unlock)]
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    done = ansible.playbook(play, "-vvv", hosts=[DEVICE], environment={"NETFLEET_JOURNAL": place})
    assert done.rc == 0, done.said()
    return done


def secrets(ansible: Commands) -> list[str]:
    names = ("ZEQUENZE_TOKEN", "ORACLE_SDM_PASSWORD", "SENHASEGURA_CLIENT_SECRET")
    return [*(ansible.environment[name] for name in names), PASSWORD, urllib.parse.quote(PASSWORD, safe="")]


def test_no_credential_is_in_any_file(
    ansible: Commands, place: str, raw_files: t.Callable[[], t.Iterable[Path]]
) -> None:
    done = lock_reboot_unlock(ansible, place)
    found = b"".join(path.read_bytes() for path in raw_files())
    for written in (DEVICE.encode(), b"operation_accepted", b"unlocked"):
        assert written in found, "what is written can be seen in the files"
    for secret in secrets(ansible):
        assert secret.encode() not in found
        assert secret not in done.said()


def test_nor_one_that_a_system_says_back(ansible: Commands, simulator: Simulator, sqlite_place: Path) -> None:
    token, password = ansible.environment["ZEQUENZE_TOKEN"], ansible.environment["ORACLE_SDM_PASSWORD"]
    simulator.fault(method="PUT", path="operation", kind="status", status=400, body=f'{{"detail": "marker: {token}"}}')
    simulator.fault(
        method="POST", path="/action", kind="status", status=400, body=f"<m>{password}</m>", after=1, times=1
    )
    lock_reboot_unlock(ansible, str(sqlite_place))
    found = b"".join(path.read_bytes() for path in sqlite_place.parent.iterdir())
    assert b"marker: " in found, "what was said is kept"
    for secret in secrets(ansible):
        assert secret.encode() not in found
