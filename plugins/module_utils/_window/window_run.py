# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_run: take devices of a window, as its record in the journal says, through their steps."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import memory
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.heartbeat import ensure_heartbeat
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.journal_only import JournalOnly
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import (
    Clients,
    connect_systems,
    systems_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.live import (
    LivePage,
    live_path,
    write_live,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.checks import kept_from_lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.engine import STEPS, Engine
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.lines import Lines
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.opening import open_gates, open_record
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Way
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.steps import DeviceSteps
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.sweep import sweep
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_result import save_result

MOST_AT_ONCE = 1000

# So many devices may be under way where nobody says how many.
USUALLY_AT_ONCE = 200

# So many devices are named in the message of a task that failed; all are in its result.
MOST_NAMED = 20


def window_run_spec() -> Spec:
    """Return the options of window_run."""
    shared = systems_options() + journal_options()
    return shared + Spec(
        {
            "window_id": {"type": "str", "required": True},
            "name": {"type": "list", "elements": "str", "aliases": ["names", "device"]},
            "steps": {"type": "list", "elements": "str", "choices": list(STEPS), "default": list(STEPS)},
            "concurrency": {"type": "int"},
            "fail_devices": {"type": "bool", "default": True},
        }
    )


def run_window_run(task: Task) -> Result:
    """Take the devices through their steps. Return ``devices``; raise MaintenanceError for the window as a whole."""
    params = task.params
    if params["concurrency"] is not None and not 1 <= params["concurrency"] <= MOST_AT_ONCE:
        raise BadInput(f"concurrency must be between 1 and {MOST_AT_ONCE}.")
    if params["name"] == []:
        raise BadInput("name is empty; leave it out for all devices of the window.")
    if not params["steps"]:
        raise BadInput("steps is empty; leave it out to take all steps.")
    if "lock" in params["steps"] and not task.check_mode:
        # Other control nodes see that the run lives, whatever it waits for.
        ensure_heartbeat(task.store, params["journal"], task.run)
    with journal_of(task, read_only_ok=params["steps"] == ["unlock"]) as journal:
        if {"lock", "operations"} & set(params["steps"]):
            memory.refuse_if_gone_back(journal)
        record = open_record(task, journal, params["window_id"])
        devices = _named(record, params["name"])
        try:
            with connect_systems(params, task.store, task.clock) as clients:
                return _run(task, journal, record, devices, clients)
        finally:
            if not task.check_mode:
                memory.remember(journal)


def _named(record: WindowRecord, names: t.Sequence[str] | None) -> list[RecordedDevice]:
    """Return the devices of the record with these inventory names, or all. Raise BadInput for a name it has not."""
    if names is None:
        return list(record.devices)
    wanted = set(names)
    missing = sorted(wanted - {device.name for device in record.devices})
    if missing:
        raise BadInput(
            f"Window {shown(record.window_id)} has no device called {', '.join(map(shown, missing[:10]))}. "
            "Nothing was sent."
        )
    return [device for device in record.devices if device.name in wanted]


def _run(task: Task, journal: Journal, record: WindowRecord, devices: list[RecordedDevice], clients: Clients) -> Result:
    zequenze, sdm = clients.zequenze, clients.oracle_sdm
    needs_sdm = any(device.sdm_lock for device in record.devices)
    if zequenze is None or (sdm is None and needs_sdm):
        raise BadInput(" ".join(clients.failures.values()) or "systems leaves out oracle_sdm, which this window needs.")
    gates = open_gates(task, record, journal)
    steps = DeviceSteps(task, record, journal, zequenze, sdm or JournalOnly(), gates)
    progress = read_progress(journal, record.window_id, {device.sdm_name for device in devices})
    if "lock" not in task.params["steps"]:
        # What was not locked before is not part of what follows.
        devices = [device for device in devices if device.sdm_name in progress and progress[device.sdm_name].locked]
    lines = Lines(len(devices), task.tell, task.clock)
    engine = Engine(
        record=record,
        steps=steps,
        clock=task.clock,
        read_progress=lambda: read_progress(journal, record.window_id, {device.sdm_name for device in devices}),
        check=lambda device: kept_from_lock(task.store, record.window_id, device.name),
        sweep=lambda: sweep(steps, journal, record),
        wanted=task.params["steps"],
        concurrency=under_way(task.params["concurrency"], record.rules.max_in_flight),
        dry=task.check_mode,
        run_alive=task.run_alive,
        tell=lines.tell,
        control=gates.of_lock.control,
        say=lines.say,
    )
    path = None if task.check_mode else live_path(task.store, record.window_id)
    page = (
        LivePage(lambda: write_live(journal, record.window_id, path), task.clock) if path else contextlib.nullcontext()
    )
    with page:
        ways = engine.run(devices)
        told = steps.compare_rest()
    for way in ways:
        if way.device.name in told:
            way.stages.append(told[way.device.name])
            lines.tell(way.device, way.stages[-1])
    lines.end()
    return result_of(task, ways)


def under_way(wanted: int | None, cap: int | None) -> int:
    """Return how many devices may be under way at once, from the option and the cap of the window. Pure."""
    return wanted or min(MOST_AT_ONCE, max(USUALLY_AT_ONCE, cap or 0))


def result_of(task: Task, ways: t.Sequence[Way]) -> Result:
    """Return the result of the task, and keep each device's for the tasks of its own host."""
    devices = [to_json(way) for way in ways]
    for device in devices:
        # On a full disk the task itself still says what became of each device.
        with contextlib.suppress(OSError):
            save_result(task.store, device)
    failed = [device for device in devices if device["failed"]]
    result: Result = {"changed": any(device["changed"] for device in devices), "devices": devices}
    if failed and task.params["fail_devices"]:
        said = [f"{device['name']}: {device['message']}" for device in failed[:MOST_NAMED]]
        said += [f"and {len(failed) - MOST_NAMED} more, see devices"] if len(failed) > MOST_NAMED else []
        count = "1 device" if len(failed) == 1 else f"{len(failed)} devices"
        result |= {"failed": True, "msg": f"{count} could not be maintained. " + " | ".join(said)}
    return result


def to_json(way: Way) -> dict[str, t.Any]:
    """Return what became of a device as part of a task's result."""
    failure = way.failure
    told = failure or next((stage for stage in way.stages if stage.message), None)
    return {
        "name": way.device.name,
        "outcome": way.outcome,
        "changed": any(stage.changed for stage in way.stages),
        "failed": failure is not None,
        "message": "" if told is None else told.message,
        "evidence": [sentence for stage in way.stages for sentence in stage.evidence],
        "locked_at": iso(way.instant("locked")),
        "unlocked_at": iso(way.instant("unlocked")),
        "stages": [stage.to_json() for stage in way.stages],
    }
