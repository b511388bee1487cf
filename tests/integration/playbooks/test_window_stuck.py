# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device that an earlier run left locked and that cannot be unlocked keeps no other device from being maintained."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.run import Commands
from tests.integration.windows import LAX, locks, operations, run
from tests.simulators import Simulator

STUCK, OTHERS = LAX[0], LAX[1:]


def left_locked(ansible: Commands, simulator: Simulator) -> str:
    """Have a run of the window lock a device and end; return the device's id."""
    done = ansible.task("device_lock", {"holder": "CHG1"}, hosts=[STUCK])
    assert done.rc == 0, done.said()
    assert list(locks(simulator)) == [STUCK]
    return str(done.devices("device_lock")[STUCK]["device_id"])


def refuse(simulator: Simulator, device_id: str) -> None:
    path = f"/sdm/rest/v1.3/inventory/deviceMgmt/devices/{device_id}/action"
    simulator.fault(
        system="oracle_sdm", path=path, phase="before_effect", kind="status", status=403, times=None, method="POST"
    )


def leave(simulator: Simulator, _device_id: str) -> None:
    simulator.patch_device(STUCK, {"oracle_sdm": {"present": False}})


@pytest.mark.row(211)
@pytest.mark.parametrize(
    ("what", "says"), [(refuse, "Could not unlock: 1 device"), (leave, "their locks are closed as lost")]
)
def test_the_other_devices_of_the_window_are_maintained(
    ansible: Commands, simulator: Simulator, what: t.Callable[[Simulator, str], None], says: str
) -> None:
    what(simulator, left_locked(ansible, simulator))
    done = run(ansible, hosts=OTHERS, window_targets="all", window_operations=["reboot"])
    assert says in done.said()
    assert sorted(operations(simulator)) == [(name, "reboot") for name in OTHERS]
    assert set(locks(simulator)) <= {STUCK}
    # What is lost has its end; what is locked is told with the exit code of every run.
    assert done.rc == (2 if what is refuse else 0), done.said()
    again = run(ansible, hosts=OTHERS, window_targets="all", window_operations=["reboot"])
    assert again.rc == done.rc
    assert len(operations(simulator)) == len(OTHERS)
    if what is refuse:
        close = {"name": [STUCK], "state": "unlocked", "force": True, "reason": "unlocked by hand", "holder": "ops"}
        assert ansible.task("device_lock", close, hosts=["localhost"]).rc == 0
        assert run(ansible, hosts=OTHERS, window_targets="all", window_operations=["reboot"]).rc == 0
