# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window would do to which device, in which order and why. Pure functions: nothing here asks anything."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.seen import differing
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approval import is_certain
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import waves_of

Action = t.Literal["maintain", "skip", "blocked"]


@dataclasses.dataclass(frozen=True)
class State:
    """What is known about a device when the plan is made.

    ``up`` and ``pending`` are as Zequenze Control shows them. ``done`` and ``open`` are operations of this window:
    proven, or sent with an unknown end. ``locked_by`` is another holder in the journal, ``users`` is who is logged in
    through PAM, ``alerts`` are those that block the device now.
    """

    up: bool | None = None
    pending: bool | None = None
    done: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    locked_by: str | None = None
    users: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Step:
    """What the window would do to one device: ``operations`` in their order, ``why`` so, and what is worth knowing.

    ``batch`` counts from 1; a batch is taken in one or more waves, none of which has two devices of one ``group``.
    Devices that the window leaves alone come with the last.
    """

    name: str
    batch: int
    wave: int
    action: Action
    operations: tuple[str, ...]
    why: str
    notes: tuple[str, ...]
    zequenze_name: str
    sdm_name: str
    zequenze_id: str | None
    serial: str | None
    sdm_id: str | None
    group: str | None = None
    excluded: bool = False


def plan(record: WindowRecord, states: t.Mapping[str, State]) -> list[Step]:
    """Return a step for every device, in the order of the run; ``states`` are by inventory name."""
    batch, steps = 0, []
    for wave, names in enumerate(waves_of(record)):
        for name in names:
            device = t.cast("RecordedDevice", record.device(name))
            batch = max(batch, device.batch)
            steps.append(_step(record, device, states.get(name, State()), batch + 1, wave + 1))
    return steps


def remarks_of(record: WindowRecord) -> list[str]:
    """Return what the rules of a window let pass and which pairs differ, so that who approves the plan reads it."""
    remarks = []
    if record.rules.unproven_sync == "go_on" and "sync" in record.operations:
        remarks.append(
            "A sync that is accepted and not proven does not stop a device (window_unproven_sync: go_on); the report "
            "counts it apart."
        )
    if not record.rules.require_partners:
        remarks.append("The partners of the device are disregarded (window_require_partners: false).")
    groups = {name: {device.name: device.shown for device in members} for name, members in record.groups().items()}
    return remarks + differing(groups)


def _step(record: WindowRecord, device: RecordedDevice, state: State, batch: int, wave: int) -> Step:
    action, why = _decide(record, device, state)
    left = tuple(operation for operation in record.operations if operation not in state.done)
    return Step(
        name=device.name,
        batch=batch,
        wave=wave,
        action=action,
        operations=left if action == "maintain" else (),
        why=why,
        notes=tuple(_notes(record, device, state)) if action == "maintain" else (),
        zequenze_name=device.zequenze_name,
        sdm_name=device.sdm_name,
        zequenze_id=device.zequenze_id,
        serial=device.serial,
        sdm_id=device.sdm_id,
        group=device.group,
        excluded=device.excluded is not None,
    )


def _decide(record: WindowRecord, device: RecordedDevice, state: State) -> tuple[Action, str]:
    """Return what becomes of a device, and why."""
    if device.excluded is not None:
        return "skip", device.excluded
    if not is_certain(device):
        return "blocked", "it is not exactly one device in every system"
    done = [operation for operation in record.operations if operation in state.done]
    if len(done) == len(record.operations):
        return "skip", f"{', '.join(done)} done already in this window"
    if state.users and record.rules.live_sessions == "skip":
        return "skip", f"live session of {', '.join(state.users)}"
    return "maintain", f"{', '.join(done)} done already in this window" if done else "due in this window"


def _notes(record: WindowRecord, device: RecordedDevice, state: State) -> t.Iterator[str]:
    """Say what may keep the device from being maintained, or change what happens."""
    sent = [operation for operation in record.operations if operation in state.open]
    if sent:
        yield f"{', '.join(sent)} was sent before; it is observed, not sent again"
    if state.users and record.rules.live_sessions == "wait":
        yield f"waits for the live session of {', '.join(state.users)}"
    if state.alerts:
        yield f"waits while firing: {', '.join(state.alerts)}"
    if state.locked_by is not None:
        yield f"locked by {state.locked_by} now"
    if not device.sdm_lock:
        yield "no lock in Oracle SDM; the journal is the only lock"
    if device.group is not None:
        partners = ", ".join(partner.name for partner in record.partners_of(device))
        starts = "starts only while" if record.rules.require_partners else "starts whether or not"
        yield f"group {device.group}" + (f": {starts} {partners} is up" if partners else "")
    if state.up is False:
        yield "down according to Zequenze Control"
    if state.pending:
        yield "has settings waiting"
