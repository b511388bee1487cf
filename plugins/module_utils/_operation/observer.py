# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a device through Zequenze Control, before and after an operation, with as few calls as the proof needs."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import (
    Seen,
    Verdict,
    commands_pending,
    is_queued,
    judge,
    restart_seen,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESETS, RESTARTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow, LogRow, Uptime

# How far back the log is read before an operation, to know what is not ours and what is still queued.
LOOK_BACK = 600.0


# An entry that is older than the operation is not its entry; dates of entries and of answers may differ a little.
CLOCKS_DIFFER = 30.0


# At which look with an old uptime the platform is asked to read it from the device: such a reading may be slow, and the
# device may be restarting. Sooner when something else tells of a restart than when nothing does.
_FORCED_WITH_HINT = (1, 4, 12)


_FORCED_WITHOUT_HINT = (12, 48)


@dataclasses.dataclass(frozen=True)
class Baseline:
    """A device right before an operation, as it is kept in the journal to be compared with after a crash too."""

    name: str
    device_id: str
    serial: str | None
    seen: Seen
    log_since: float
    log_ids: tuple[str, ...]
    queued: tuple[str, ...] = ()

    def kept(self) -> dict[str, t.Any]:
        """Give it as JSON-like data for the journal."""
        data = dataclasses.asdict(self)
        data["seen"].pop("log")
        return data

    @classmethod
    def read(cls, data: t.Mapping[str, t.Any]) -> Baseline:
        """Read what :meth:`kept` gave."""
        fields = dict(data)
        fields["seen"] = Seen(**fields["seen"])
        fields["log_ids"] = tuple(fields["log_ids"])
        fields["queued"] = tuple(fields["queued"])
        return cls(**fields)


class Observer:
    """Looks at a device; keeps which uptimes it saw since when, so one observer serves one device's wait."""

    def __init__(self, zequenze: Zequenze, clock: Clock, page_wise: PageWise | None = None) -> None:
        """Take the door, our clock, and what the task's devices share while they are waited for."""
        self._zequenze = zequenze
        self._page_wise = page_wise
        self._looked_at: float | None = None
        self._clock = clock
        self._readings: list[tuple[Uptime, float]] = []
        self._old_readings = {True: 0, False: 0}

    def baseline(self, row: DeviceRow, operation: str) -> Baseline:
        """See what an operation will be compared with: log, status, pending settings, for a restart the uptime too."""
        now = row.server_date if row.server_date is not None else self._clock.now()
        since = now - LOOK_BACK
        log = self._zequenze.log(row.id, since)
        uptime = self._zequenze.uptime(row.name) if operation in RESTARTS else None
        seen = Seen(
            at=self._clock.now(),
            device_id=row.id,
            server_at=row.server_date,
            up=row.up,
            pending=row.pending,
            last_status_change=row.last_status_change,
            uptime=uptime.seconds if uptime else None,
            uptime_read_at=uptime.read_at if uptime else None,
        )
        queued = tuple(entry.id for entry in commands_pending(log))
        return Baseline(row.name, row.id, row.serial, seen, since, tuple(entry.id for entry in log), queued)

    def look(self, operation: str, baseline: Baseline) -> Verdict:
        """Look once and judge. Costs one call while the log says "queued", more only when there is more to learn.

        From the second look on the calls are shared with the task's other devices.
        """
        newer_than, self._looked_at = self._looked_at, self._clock.monotonic()
        log = self._new_entries(baseline, newer_than)
        if is_queued(operation, log):
            return Verdict(None, queued=True)
        if operation not in RESTARTS:
            early = judge(operation, baseline.seen, Seen(at=self._clock.now(), log=tuple(log)))
            if early.state is not None or not baseline.seen.pending:
                return early
        row = self._row(operation, baseline, newer_than)
        if row is None:
            return Verdict(None)
        seen = Seen(
            at=self._clock.now(),
            device_id=row.id,
            server_at=row.server_date,
            up=row.up,
            pending=row.pending,
            last_status_change=row.last_status_change,
            log=tuple(log),
        )
        if operation in RESTARTS and row.up is not False:
            seen = self._with_uptime(operation, row.name, baseline, seen)
        return judge(operation, baseline.seen, seen)

    def _with_uptime(self, operation: str, name: str, baseline: Baseline, seen: Seen) -> Seen:
        """Add the uptime; while it is an old reading, have it read anew from the device a few times."""
        before = baseline.seen
        if not self._readings and before.uptime is not None:
            self._readings.append((Uptime(before.uptime, before.uptime_read_at), before.at))
        reading = self._zequenze.uptime(name)
        is_old = any(reading == known for known, _at in self._readings)
        dated = self._dated(seen, reading)
        if not is_old or restart_seen(before, dated):
            return dated
        hint = bool(judge(operation, before, seen).evidence)
        self._old_readings[hint] += 1
        if self._old_readings[hint] not in (_FORCED_WITH_HINT if hint else _FORCED_WITHOUT_HINT):
            return dated
        try:
            fresh = self._zequenze.uptime(name, force=True)
        except MaintenanceError:
            # The device cannot be reached now, as while it restarts; the next look will tell.
            fresh = None
        return dated if fresh is None else self._dated(seen, fresh)

    def _dated(self, seen: Seen, reading: Uptime | None) -> Seen:
        """Add the newest reading with the time when it was seen first: what the platform repeats is as old as that."""
        if reading is None:
            return dataclasses.replace(seen, uptime=None, uptime_read_at=None)
        if all(reading != known for known, _at in self._readings):
            self._readings.append((reading, self._clock.now()))
        newest, at = self._readings[-1]
        # The reading from before the operation is compared at the time of this look.
        at = at if len(self._readings) > 1 else self._clock.now()
        return dataclasses.replace(seen, at=at, uptime=newest.seconds, uptime_read_at=newest.read_at)

    def waiting(self, baseline: Baseline) -> t.ContextManager[None]:
        """Count the device as waited for, for the length of a ``with``."""
        if self._page_wise is None:
            return contextlib.nullcontext()
        return self._page_wise.waiting_for(baseline.device_id, _matters_since(baseline))

    def _log(self, baseline: Baseline, newer_than: float | None) -> list[LogRow]:
        if self._page_wise is None or newer_than is None:
            return self._zequenze.log(baseline.device_id, baseline.log_since)
        return self._page_wise.log(baseline.device_id, _matters_since(baseline), newer_than)

    def _new_entries(self, baseline: Baseline, newer_than: float | None) -> list[LogRow]:
        """Give the entries that came after the baseline; one that only shows up late has an older date."""
        known = set(baseline.log_ids)
        began = baseline.seen.server_at
        return [
            entry
            for entry in self._log(baseline, newer_than)
            if entry.id not in known and (began is None or entry.at is None or entry.at >= began - CLOCKS_DIFFER)
        ]

    def _row(self, operation: str, baseline: Baseline, newer_than: float | None) -> DeviceRow | None:
        """Give the device's record; None while it is gone, which a restart may cause for a moment.

        Another device under its name is no evidence. After a factory reset a device may come back under another id or
        name: the serial number finds it then.
        """
        try:
            if self._page_wise is None or newer_than is None:
                row = self._zequenze.device(baseline.name)
            else:
                row = self._page_wise.device(baseline.name, newer_than)
            if _is_same(row, baseline):
                return row
        except NotFound:
            pass
        if operation not in RESETS or baseline.serial is None:
            return None
        try:
            return self._zequenze.device_by_serial(baseline.serial)
        except NotFound:
            return None


def _matters_since(baseline: Baseline) -> float:
    """Give from when on an entry may be the operation's own."""
    began = baseline.seen.server_at
    return baseline.log_since if began is None else max(baseline.log_since, began - CLOCKS_DIFFER)


def _is_same(row: DeviceRow, baseline: Baseline) -> bool:
    if row.serial is None or baseline.serial is None:
        return row.id == baseline.device_id
    return row.serial == baseline.serial
