# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a window: what was agreed before the first lock, and the one place where everything else reads it.

The pre-flight writes it in one transaction. Gates, claims, limits, recovery, report, metrics and progress look it up by
the window's id. A window without a record (a task that names a bare id) has no rules and no limits.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import RUN_KEYS, is_alive, same_run
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import refuse_pruned

# How the reason begins why a window leaves a device alone that a system does not know: such a device is left over.
UNKNOWN = "unknown to"

# And how it begins for a device that failed too often.
QUARANTINED = "quarantined"


@dataclasses.dataclass(frozen=True)
class RecordedDevice:
    """One device of a window: its inventory name, its names and ids in the three systems, and its place in the order.

    ``zequenze_id``, ``serial`` and ``sdm_id`` are what the pre-flight saw; a request compares them again right before
    it leaves. ``group`` is the redundancy group, of which only one device may be away at once. ``excluded`` says why
    the window leaves the device alone, None when it does not. ``batch`` counts from 0, where the canary is.
    ``expected_duration`` is in seconds. ``sdm_lock`` is false for a device that Oracle SDM does not manage: then the
    journal is the only lock. ``selected`` is false for a member of a group that the window does not maintain: it is on
    record because its partners wait for it to be up. ``shown`` is what the systems showed of it besides
    (``seen.py``).
    """

    name: str
    zequenze_name: str
    sdm_name: str
    pam_name: str
    zequenze_id: str | None = None
    serial: str | None = None
    sdm_id: str | None = None
    group: str | None = None
    excluded: str | None = None
    batch: int = 0
    expected_duration: float = 0.0
    sdm_lock: bool = True
    selected: bool = True
    shown: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict, compare=False)

    @property
    def is_left_over(self) -> bool:
        """Whether the window leaves the device alone for want of it in a system, which is no success."""
        return self.excluded is not None and self.excluded.startswith(UNKNOWN)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return the addresses under which the systems know the device."""
        return tuple(sorted(set((self.shown.get("addresses") or {}).values())))


@dataclasses.dataclass(frozen=True)
class WindowRules:
    """The limits and times of a window; counts are absolute (a percentage is resolved before), times are seconds.

    ``max_in_flight`` and ``max_failures`` count the window's own devices, ``fleet_max_in_flight`` those of the whole
    journal. ``min_interval`` must have passed since the last proven restart of a device. ``unproven_sync`` says what
    becomes of a device whose sync was accepted and never proven. ``alerts`` says which firing alerts block a device
    (``_gates/alerts.py``). With ``two_people``, who approved the window must not be who starts it.
    ``after_change`` says whether a device fails that comes back with another version or address, and ``must_fit`` that
    a plan fails of which a device is not expected to end before the cut-off. A device is left alone that failed in
    ``quarantine_after`` windows in a row.
    ``max_per_hour`` windows without a schedule may restart devices within an hour. Without ``require_partners`` the
    window's one device is maintained whatever the other members of its group are like.
    ``max_per_hour`` windows without a schedule may restart devices within an hour. A device is left alone that anyone
    else restarted less than ``restart_interval`` ago, as the journal shows.
    """

    max_in_flight: int | None = None
    max_failures: int | None = None
    max_targets: int | None = None
    fleet_max_in_flight: int | None = None
    max_per_hour: int | None = None
    restart_interval: float = 0.0
    min_interval: float = 0.0
    soak: float = 0.0
    hold: float = 30.0
    live_sessions: t.Literal["wait", "skip", "ignore"] = "ignore"
    gate_timeout: float = 600.0
    wait_timeout: float = 600.0
    wait_interval: float = 5.0
    conflict_timeout: float = 300.0
    lock_wait_timeout: float = 0.0
    unlock_wait_timeout: float = 300.0
    lease: float = 14400.0
    queued: t.Literal["keep_lock", "unlock"] = "keep_lock"
    unproven_sync: t.Literal["fail", "go_on"] = "fail"
    two_people: bool = False
    after_change: t.Literal["allow", "fail"] = "allow"
    must_fit: bool = False
    quarantine_after: int | None = None
    require_partners: bool = True
    alerts: t.Mapping[str, t.Any] | None = None


@dataclasses.dataclass(frozen=True)
class WindowRecord:
    """What a window was agreed to be.

    ``definition`` is the window file's part about time (JSON-like), ``occurrence`` the one that is on (``id``,
    ``opens_at``, ``cutoff_at``, ``closes_at``: ISO 8601 or None; ``at`` is what a rehearsal takes for now). The
    ``partners`` are the members of groups that the window does not maintain. ``hooks`` has the SHA-256 of each task
    file of the user. ``approval`` has ``digest``, ``approver`` and ``known_from``, empty without one. ``started_by``
    says who started the window. ``written_at`` is epoch seconds.
    """

    window_id: str
    operations: tuple[str, ...]
    devices: tuple[RecordedDevice, ...]
    rules: WindowRules = WindowRules()
    partners: tuple[RecordedDevice, ...] = ()
    name: str = ""
    definition: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    occurrence: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    hooks: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    approval: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    started_by: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    written_at: float = 0.0

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the operations, and the hold after them when the window has one: what "done" means for a device."""
        return (*self.operations, "hold") if self.rules.hold > 0 else self.operations

    @property
    def canaries(self) -> tuple[RecordedDevice, ...]:
        """Return the devices of the first batch when others follow it."""
        return self.in_batch(0) if len(self._batches) > 1 else ()

    @functools.cached_property
    def maintained(self) -> tuple[RecordedDevice, ...]:
        """Return the devices that the window does not leave alone, in their order."""
        return tuple(device for device in self.devices if device.excluded is None)

    def in_batch(self, batch: int) -> tuple[RecordedDevice, ...]:
        """Return the maintained devices of a batch, in their order."""
        return self._batches.get(batch, ())

    def device(self, name: str) -> RecordedDevice | None:
        """Return the device of this inventory name, None when the window has no such device."""
        return self._by_name.get(name)

    def device_under(self, sdm_name: str) -> RecordedDevice | None:
        """Return the device that is locked under this name, None when the window has no such device."""
        return self._by_sdm_name.get(sdm_name)

    def device_called(self, zequenze_name: str) -> RecordedDevice | None:
        """Return the device that Zequenze Control knows by this name, None when the window has no such device."""
        return self._by_zequenze_name.get(zequenze_name)

    def partners_of(self, device: RecordedDevice) -> tuple[RecordedDevice, ...]:
        """Return the other members of the device's redundancy group, selected or not; none without a group."""
        if device.group is None:
            return ()
        return tuple(other for other in self._groups[device.group] if other.name != device.name)

    def groups(self) -> dict[str, list[RecordedDevice]]:
        """Return the members of each redundancy group, selected or not."""
        return dict(self._groups)

    @functools.cached_property
    def _batches(self) -> dict[int, tuple[RecordedDevice, ...]]:
        batches: dict[int, list[RecordedDevice]] = {}
        for device in self.maintained:
            batches.setdefault(device.batch, []).append(device)
        return {batch: tuple(devices) for batch, devices in batches.items()}

    @functools.cached_property
    def _by_name(self) -> dict[str, RecordedDevice]:
        return {device.name: device for device in self.devices}

    @functools.cached_property
    def _by_sdm_name(self) -> dict[str, RecordedDevice]:
        return {device.sdm_name: device for device in self.devices}

    @functools.cached_property
    def _by_zequenze_name(self) -> dict[str, RecordedDevice]:
        return {device.zequenze_name: device for device in self.devices}

    @functools.cached_property
    def _groups(self) -> dict[str, list[RecordedDevice]]:
        groups: dict[str, list[RecordedDevice]] = {}
        for device in (*self.devices, *self.partners):
            if device.group is not None:
                groups.setdefault(device.group, []).append(device)
        return groups

    def to_json(self) -> dict[str, t.Any]:
        """Return the record as JSON-like values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: t.Mapping[str, t.Any]) -> WindowRecord:
        """Return the record that :meth:`to_json` gave."""
        return cls(
            **{
                **value,
                "operations": tuple(value["operations"]),
                "rules": WindowRules(**value["rules"]),
                "devices": tuple(RecordedDevice(**device) for device in value["devices"]),
                "partners": tuple(RecordedDevice(**device) for device in value["partners"]),
            }
        )


# The records that this process has read, by journal, window, instant of writing and run. They are never changed.
_read: dict[tuple[t.Any, ...], WindowRecord] = {}

_MOST_READ = 8

_reading = threading.Lock()


class Windows:
    """The window records of one journal."""

    def __init__(self, journal: Journal) -> None:
        """Take the open journal."""
        self._journal = journal

    def write(self, record: WindowRecord) -> WindowRecord:
        """Write the record, replacing an earlier one of the same id, in one transaction.

        The devices that another run, which still lives, wrote for the same window stay: several controllers, or the
        slices of an AWX job, share one window. Return the record as written. Raise JournalError, and BadInput for a
        window that was removed from the journal.
        """
        with self._journal.writing() as connection:
            return self._write(connection, record)

    def _write(self, connection: t.Any, record: WindowRecord) -> WindowRecord:
        windows, devices = schema.WINDOWS, schema.WINDOW_DEVICES
        refuse_pruned(connection, record.window_id)
        before = connection.execute(
            sa.select(windows.c.written_at).where(windows.c.window_id == record.window_id)
        ).scalar()
        # Always later than the one before, which others may have read and kept.
        written_at = max(self._journal.clock.now(), (before or 0.0) + 0.001)
        record = dataclasses.replace(record, written_at=written_at)
        head = {
            "window_id": record.window_id,
            "name": record.name,
            "definition": dict(record.definition),
            "occurrence": dict(record.occurrence),
            "operations": list(record.operations),
            "rules": dataclasses.asdict(record.rules),
            "hooks": dict(record.hooks),
            "approval": dict(record.approval),
            "started_by": dict(record.started_by),
            "written_at": record.written_at,
        }
        rows = [
            self._row(record, position, device) for position, device in enumerate((*record.devices, *record.partners))
        ]
        earlier = connection.execute(sa.select(devices).where(devices.c.window_id == record.window_id)).mappings()
        others = [dict(row) for row in earlier if self._is_at_work(row["writer"], record.rules.lease)]
        connection.execute(devices.delete().where(devices.c.window_id == record.window_id))
        connection.execute(windows.delete().where(windows.c.window_id == record.window_id))
        connection.execute(windows.insert(), head)
        if rows or others:
            connection.execute(devices.insert(), rows + others)
        self._journal.add_event(
            connection,
            "window_agreed",
            {"window_id": record.window_id},
            devices=len(record.maintained),
            rules=head["rules"],
            approval=head["approval"],
        )
        return record

    def read(self, window_id: str) -> WindowRecord | None:
        """Return the record of a window, None when none was written. Raises JournalError.

        The run that wrote a part of the window sees that part; everybody else sees the devices of all runs. It is read
        once per process, and again only after it was written again.
        """
        windows, devices = schema.WINDOWS, schema.WINDOW_DEVICES
        with self._journal.reading() as connection:
            head = connection.execute(sa.select(windows).where(windows.c.window_id == window_id)).mappings().first()
            if head is None:
                return None
            sender = self._journal.sender
            key = (self._journal.place, window_id, head["written_at"], sender["run"], sender["run_started"])
            with _reading:
                if key in _read:
                    return _read[key]
                found = connection.execute(
                    sa.select(devices).where(devices.c.window_id == window_id).order_by(devices.c.position)
                ).mappings()
                rows = [dict(row) for row in found]
                ours = [row for row in rows if same_run(row["writer"], sender)] or _once(rows)
                record = WindowRecord(
                    window_id=head["window_id"],
                    operations=tuple(head["operations"]),
                    devices=tuple(_device(row) for row in ours if row["selected"]),
                    partners=tuple(_device(row) for row in ours if not row["selected"]),
                    rules=WindowRules(**head["rules"]),
                    name=head["name"],
                    definition=head["definition"],
                    occurrence=head["occurrence"],
                    hooks=head["hooks"],
                    approval=head["approval"],
                    started_by=head["started_by"],
                    written_at=head["written_at"],
                )
                while len(_read) >= _MOST_READ:
                    del _read[next(iter(_read))]
                _read[key] = record
                return record

    def writers(self, window_id: str) -> dict[str, dict[str, t.Any]]:
        """Return the run that recorded each device a window maintains, by the device's name. Raises JournalError."""
        table = schema.WINDOW_DEVICES
        wanted = (table.c.window_id == window_id, table.c.selected.is_(True))
        rows = self._journal.rows(sa.select(table.c.name, table.c.writer).where(*wanted))
        return {row["name"]: row["writer"] for row in rows}

    def newest(self, since: float) -> list[WindowRecord]:
        """Return the newest record of each window, by its name, that was written after an instant (epoch seconds)."""
        windows = schema.WINDOWS
        rows = self._journal.rows(
            sa.select(windows.c.window_id, windows.c.name)
            .where(windows.c.written_at >= since)
            .order_by(windows.c.written_at)
        )
        newest = {row["name"] or row["window_id"]: row["window_id"] for row in rows}
        return [record for window_id in newest.values() if (record := self.read(window_id)) is not None]

    def _row(self, record: WindowRecord, position: int, device: RecordedDevice) -> dict[str, t.Any]:
        writer = {**{key: self._journal.sender[key] for key in RUN_KEYS}, "at": record.written_at}
        return {
            "window_id": record.window_id,
            "part": "/".join(str(writer[key]) for key in RUN_KEYS),
            "position": position,
            "group_name": device.group,
            "writer": writer,
            **{name: getattr(device, name) for name in _FIELDS},
            "shown": dict(device.shown),
        }

    def _is_at_work(self, writer: t.Mapping[str, t.Any], lease: float) -> bool:
        """Whether another run than this one wrote a row and may still be at work: elsewhere, for as long as a lease."""
        if same_run(writer, self._journal.sender):
            return False
        return is_alive({"sender": writer, "alive_until": writer["at"] + lease}, self._journal.clock.now())


def _once(rows: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return the rows of several runs with each device once, as a device of the window where it is one in any run."""
    once: dict[str, dict[str, t.Any]] = {}
    for row in rows:
        if row["name"] not in once or (row["selected"] and not once[row["name"]]["selected"]):
            once[row["name"]] = row
    return list(once.values())


_FIELDS = tuple(field.name for field in dataclasses.fields(RecordedDevice) if field.name != "group")


def _device(row: t.Mapping[str, t.Any]) -> RecordedDevice:
    given = {name: row[name] for name in _FIELDS}
    return RecordedDevice(group=row["group_name"], **{**given, "shown": row["shown"] or {}})
