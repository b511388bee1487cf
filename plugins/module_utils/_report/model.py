# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a window as plain values: journal rows in, one :class:`Report` out. Pure.

Nothing here depends on when the report is written, so that the same journal gives the same files.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Control
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import (
    FAILURE_EVENT,
    UNPROVEN,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import Earlier
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import GATE_EVENT, REFUSED_WINDOW
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.seen import differing, seen
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import (
    OUTCOMES,
    Alive,
    DeviceReport,
    Gate,
    Row,
    folded,
    in_order,
    lock_of,
    outcome_of,
    step_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.todo import ToDo, to_do
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import zone_named

# What keeps the whole window back, and not one of its devices.
_WINDOW_GATE_EVENTS = (GATE_EVENT, REFUSED_WINDOW)


@dataclasses.dataclass(frozen=True)
class Listed:
    """A device of the window as the inventory knows it: its name here, and under which names the systems know it."""

    name: str
    site: str = ""
    model: str = ""
    type: str = ""
    sdm_name: str = ""
    zequenze_name: str = ""
    batch: int = 0
    excluded: str = ""
    group: str = ""
    shown: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict, compare=False)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What the report is about, as whoever asks for it knows it.

    ``operations`` are those the window wants done on each device (empty: those the journal shows anywhere);
    ``occurrence`` is what the filter window_occurrence returned, or empty; ``rerun`` is the command that runs the
    window; ``facts`` are pairs of name and value for an auditor; ``is_known`` tells that the journal has the window.
    """

    window_id: str
    name: str = ""
    timezone: str = "UTC"
    occurrence: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    devices: tuple[Listed, ...] = ()
    partners: tuple[Listed, ...] = ()
    operations: tuple[str, ...] = ()
    rerun: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    is_known: bool = False


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of Ansible that worked on the window, and who started it."""

    host: str
    run: int | None
    user: str
    job: str
    launched_by: str
    first_at: float
    last_at: float


@dataclasses.dataclass(frozen=True)
class Report:
    """A window, told. ``as_of`` is the instant of the newest thing in it (epoch seconds).

    ``earlier`` are its last occurrences in numbers, oldest first, with itself as the last one.
    """

    asked: Asked
    zone: zoneinfo.ZoneInfo
    devices: tuple[DeviceReport, ...]
    gates: tuple[Gate, ...]
    to_do: tuple[ToDo, ...]
    runs: tuple[Run, ...]
    as_of: float | None
    started_at: float | None
    remarks: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    earlier: tuple[Earlier, ...] = ()

    @property
    def held_by(self) -> Control | None:
        """The pause or stop that holds the window, or that kept its last devices back; None without one."""
        last = self.controls[-1] if self.controls else None
        if last is None:
            return None
        kept = any(each.gates and each.gates[-1].gate == last.state for each in self.devices if each.outcome != "done")
        in_force = last.ended_at is None and (last.until is None or last.until > (self.as_of or 0.0))
        return last if kept or in_force else None

    @property
    def counts(self) -> dict[str, int]:
        """How many devices there are of each outcome, worst first; only those there are."""
        counted = collections.Counter(device.outcome for device in self.devices)
        return {outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]}

    @property
    def is_untouched(self) -> bool:
        """Whether the window has reached no device."""
        return self._due <= {"not_started"}

    @property
    def _due(self) -> set[str]:
        """The outcomes of the devices that the window was to maintain."""
        return {device.outcome for device in self.devices if not device.is_protected}

    @property
    def locks_left(self) -> int:
        """How many devices are, or may be, still locked by this window."""
        return sum(device.locked for device in self.devices)

    @property
    def verdict(self) -> str:
        """Return done, running, nothing (the journal shows nothing of this window) or attention."""
        if self.is_untouched:
            return "attention" if self.gates else "nothing"
        if "running" in self._due:
            return "running"
        return "done" if self._due <= {"done", UNPROVEN} and not self.locks_left else "attention"


def build(
    asked: Asked,
    locks: t.Sequence[Row],
    operations: t.Sequence[Row],
    events: t.Sequence[Row],
    alive: Alive,
    controls: t.Sequence[Control] = (),
) -> Report:
    """Build the report of a window from its journal rows, each list oldest first.

    ``alive`` says of a lock or operation row whether a run that still lives works with it; ``controls`` are the pauses
    and stops of the window, oldest first. Raises BadInput for a time zone nobody knows.
    """
    rows = _by_device(asked, locks, operations, events)
    listed = {device.name: device for device in asked.devices}
    expected = asked.operations or _seen(operations)
    told = [
        _device(listed.get(name, Listed(name)), rows.get(name, _Rows()), expected, alive)
        for name in dict.fromkeys([*listed, *rows])
    ]
    devices = tuple(sorted(told, key=lambda device: (OUTCOMES.index(device.outcome), device.name)))
    instants = [row["at"] for row in events]
    starts = [device.started_at for device in devices if device.started_at is not None]
    return Report(
        asked=asked,
        zone=zone_named(asked.timezone, "timezone"),
        devices=devices,
        gates=tuple(_gate(row) for row in events if row["kind"] in _WINDOW_GATE_EVENTS and not row["device"]),
        to_do=to_do(asked.window_id, asked.rerun, devices),
        runs=_runs(events),
        as_of=max(instants, default=None),
        started_at=min(starts, default=None),
        remarks=tuple(differing(_groups(asked, devices))),
        controls=tuple(controls),
    )


def _groups(asked: Asked, devices: t.Sequence[DeviceReport]) -> dict[str, dict[str, t.Mapping[str, t.Any]]]:
    """Return what is known last of the members of each redundancy group, by group and name."""
    groups: dict[str, dict[str, t.Mapping[str, t.Any]]] = {}
    for partner in asked.partners:
        groups.setdefault(partner.group, {})[partner.name] = partner.shown
    for device in devices:
        if device.group:
            groups.setdefault(device.group, {})[device.name] = device.after or device.before
    return groups


@dataclasses.dataclass
class _Rows:
    """The journal rows of one device."""

    locks: list[Row] = dataclasses.field(default_factory=list)
    operations: list[Row] = dataclasses.field(default_factory=list)
    events: list[Row] = dataclasses.field(default_factory=list)


def _by_device(
    asked: Asked, locks: t.Sequence[Row], operations: t.Sequence[Row], events: t.Sequence[Row]
) -> dict[str, _Rows]:
    """Sort the rows by the device's name in the inventory, under whichever name a system knows it."""
    of_lock = {device.sdm_name or device.name: device.name for device in asked.devices}
    of_operation = {device.zequenze_name or device.name: device.name for device in asked.devices}
    sorted_rows: dict[str, _Rows] = collections.defaultdict(_Rows)
    for row in locks:
        sorted_rows[_called(row, of_lock)].locks.append(row)
    for row in operations:
        sorted_rows[_called(row, of_operation)].operations.append(row)
    for row in events:
        if row["device"]:
            names = of_operation if "operation" in row["data"] else of_lock
            sorted_rows[_called(row, names)].events.append(row)
    return dict(sorted_rows)


def _called(row: Row, names: t.Mapping[str, str]) -> str:
    """Return what the inventory calls the device of a row."""
    device: str = row["device"]
    return names.get(device, device)


def _seen(operations: t.Sequence[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row["operation"] for row in operations))


def _events_of(operation: Row, events: t.Sequence[Row]) -> list[Row]:
    """Return the events of one attempt at an operation; an event that names no attempt is about every attempt."""
    wanted = (operation["operation"], operation["attempt"])
    datas = [(event, event["data"]) for event in events]
    return [event for event, data in datas if (data.get("operation"), data.get("attempt", wanted[1])) == wanted]


def _device(listed: Listed, rows: _Rows, expected: t.Sequence[str], alive: Alive) -> DeviceReport:
    locks = []
    for number, row in enumerate(rows.locks):
        following = rows.locks[number + 1]["taken_at"] if number + 1 < len(rows.locks) else float("inf")
        held = [
            event for event in rows.events if event["kind"] == "locked" and row["taken_at"] <= event["at"] < following
        ]
        locks.append(lock_of(row, held))
    steps = in_order(step_of(row, _events_of(row, rows.events), alive) for row in rows.operations)
    kinds = {GATE_EVENT}
    if not steps and not any(row["state"] in ("refused", "lost") for row in rows.locks):
        # Nothing else would say what stood in the way.
        kinds.add(FAILURE_EVENT)
    gates = tuple(_gate(row) for row in rows.events if row["kind"] in kinds)
    open_rows = [row for row, lock in zip(rows.locks, locks, strict=True) if lock.open]
    told = folded(locks)
    before, after = seen(rows.events)
    uptime = _uptime_before(rows.operations)
    return DeviceReport(
        name=listed.name,
        site=listed.site,
        model=listed.model,
        type=listed.type,
        batch=listed.batch,
        excluded=listed.excluded,
        group=listed.group,
        before={**(before or listed.shown), **({} if uptime is None else {"uptime": uptime})},
        after=after,
        outcome=outcome_of(steps, told, expected, any(alive(row) for row in open_rows), bool(gates)),
        locked=bool(open_rows),
        steps=steps,
        locks=told,
        gates=gates,
    )


def _uptime_before(operations: t.Sequence[Row]) -> float | None:
    """Return the uptime (seconds) that was read right before the first restart, None where none was."""
    baselines = (row.get("baseline") or {} for row in operations)
    uptimes = ((baseline.get("seen") or {}).get("uptime") for baseline in baselines)
    return next((uptime for uptime in uptimes if uptime is not None), None)


def _gate(row: Row) -> Gate:
    data = row["data"]
    return Gate(row["at"], str(data.get("gate") or data.get("what", "")), str(data.get("message", "")))


def _runs(events: t.Sequence[Row]) -> tuple[Run, ...]:
    """Return the runs that wrote these events, oldest first."""
    runs: dict[tuple[t.Any, ...], Run] = {}
    for row in events:
        sender, at = row["sender"], row["at"]
        key = (sender.get("host"), sender.get("run"), sender.get("run_started"))
        known = runs.get(key)
        if known is not None:
            runs[key] = dataclasses.replace(known, first_at=min(known.first_at, at), last_at=max(known.last_at, at))
            continue
        runs[key] = Run(
            host=sender.get("host") or "",
            run=sender.get("run"),
            user=sender.get("user") or "",
            job=str(sender.get("job") or ""),
            launched_by=sender.get("launched_by") or "",
            first_at=at,
            last_at=at,
        )
    return tuple(runs.values())
