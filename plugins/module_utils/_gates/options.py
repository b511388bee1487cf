# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task to its gates: the record of its window, the devices in it, and the connections that the gates ask."""

from __future__ import annotations

import importlib.util
import math
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.alerts import Concern, alerts_on
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import (
    Alerts,
    Gates,
    LiveSessions,
    gates_for,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import (
    live_sessions_on,
    locked_at,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    Windows,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    connection_option,
    senhasegura_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Session
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze


def senhasegura_option() -> Spec:
    """Return the option with the connection to PAM Core, for live sessions (fragment ``gates``)."""
    return connection_option("senhasegura", senhasegura_options())


def zequenze_option() -> Spec:
    """Return the option with the connection to Zequenze Control, for a device's partners (fragment ``partners``)."""
    return connection_option("zequenze", zequenze_options())


def limits_options() -> Spec:
    """Return the limits of a task with a bare id: with a record they may only repeat what it says."""
    return Spec({name: {"type": "int"} for name in ("max_in_flight", "max_failures", "fleet_max_in_flight")})


def read_limits(params: t.Mapping[str, t.Any]) -> Limits:
    """Return the task's own limits."""
    return Limits(params["max_in_flight"], params["max_failures"], params["fleet_max_in_flight"])


# Where the pre-flight of a rehearsal leaves the record for the tasks after it: check mode writes no journal.
REHEARSED = "window record/"


def record_of(task: Task, journal: Journal, window_id: str | None) -> WindowRecord | None:
    """Return the record of a task's window, None for a bare id. Raises JournalError."""
    if window_id is None:
        return None
    if task.check_mode:
        rehearsed = task.store.load(REHEARSED + window_id)
        if rehearsed is not None:
            return WindowRecord.from_json(rehearsed)
    return Windows(journal).read(window_id)


def gates_of(
    task: Task, record: WindowRecord | None, window_id: str | None, journal: Journal, *, after_lock: bool = False
) -> Gates:
    """Return the gates of a task. Raises BadInput for a limit that contradicts the record, or a missing library."""
    if record is not None:
        _require_libraries(record)
    return gates_for(
        record,
        window_id,
        journal,
        task.clock,
        _asking(task, after_lock),
        lambda: _zequenze(task),
        dry=task.check_mode,
        limits=read_limits(task.params),
        alerts=_asking_alerts(task, record),
    )


def _require_libraries(record: WindowRecord) -> None:
    """Raise BadInput when a library is missing without which a gate cannot be checked."""
    needed = {"dateutil": "python-dateutil"}
    if record.rules.live_sessions != "ignore":
        needed["requests_oauthlib"] = "requests-oauthlib"
    missing = [package for library, package in needed.items() if importlib.util.find_spec(library) is None]
    if missing:
        raise BadInput(
            f"The control node lacks Python packages that this window needs: pip install {' '.join(missing)}."
        )


def recorded_device(record: WindowRecord | None, *, name: str, lock_name: str | None = None) -> RecordedDevice:
    """Return the device of a window that Zequenze Control knows by ``name``; without a record a device of its own.

    Raises BadInput for a device that the window was not agreed for, or that is locked under another name.
    """
    if record is None:
        return RecordedDevice(name, name, lock_name or name, name)
    device = record.device_called(name)
    if device is None:
        raise BadInput(_not_agreed(record, name))
    if lock_name not in (None, device.sdm_name):
        raise BadInput(
            f"{shown(name)} is locked as {shown(device.sdm_name)} in window {record.window_id}, not as "
            f"{shown(str(lock_name))}; leave lock_name out."
        )
    return device


def recorded_lock(record: WindowRecord | None, *, name: str) -> RecordedDevice:
    """Return the device of a window that is locked under ``name``; without a record a device of its own.

    Raises BadInput for a device that the window was not agreed for.
    """
    if record is None:
        return RecordedDevice(name, name, name, name)
    device = record.device_under(name)
    if device is None:
        raise BadInput(_not_agreed(record, name))
    return device


def _not_agreed(record: WindowRecord, name: str) -> str:
    return (
        f"{shown(name)} is not among the {len(record.devices)} devices that window {record.window_id} was agreed for. "
        "Change window_targets and run the window again, or use another window_id."
    )


def _zequenze(task: Task) -> Zequenze:
    """Open Zequenze Control with the task's own connection. Raises BadInput when it has none."""
    params = task.params.get("zequenze") or task.params
    if not params.get("api_token"):
        raise BadInput("Zequenze Control is not configured: set ZEQUENZE_TOKEN, or zequenze.api_token.")
    return connect("zequenze", params, task.clock, task.store)


def _asking_alerts(task: Task, record: WindowRecord | None) -> Alerts:
    """Return what asks the Alertmanager of a window for the alerts that concern a device."""

    def ask(device: RecordedDevice) -> list[Concern]:
        if record is None:
            return []
        return alerts_on(device, record, task.store, task.clock)

    return ask


def _asking(task: Task, after_lock: bool) -> LiveSessions:
    """Return what asks PAM for a device's live sessions; the connection is read when it is needed.

    After the lock an answer must be newer than that: where this run has not noted it, newer than the task. Before the
    lock any answer of the run will do.
    """
    began = task.clock.monotonic() if after_lock else -math.inf

    def ask(device: RecordedDevice) -> list[Session]:
        pam = task.params.get("senhasegura") or {}
        if not pam.get("api_url") or not (pam.get("client_id") or pam.get("consumer_key")):
            raise BadInput(
                "senhasegura PAM Core is not configured: set SENHASEGURA_URL and its credentials, or the option "
                "senhasegura. Where there is none, set window_live_sessions to ignore."
            )
        locked = locked_at(device.sdm_name, task.store) if after_lock else None
        client = connect("senhasegura", pam, task.clock, task.store)
        return live_sessions_on(device.pam_name, client, task.store, began if locked is None else locked)

    return ask
