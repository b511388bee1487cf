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
    Verdict,
    commands_pending,
    is_command,
    is_queued,
    judge,
    names_operation,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import Seen, read_uptimes
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESETS, RESTARTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow, LogRow, Uptime

# How far back the log is read before an operation, to know what is not ours and what is still queued.
LOOK_BACK = 600.0

# An operation may wait for weeks in the queue of a device that does not report. Only a platform that cannot show the
# queue alone is not asked for more than this.
QUEUE_LOOK_BACK = 30 * 86400.0

# An entry that is older than the operation is not its entry; dates of entries and of answers may differ a little.
CLOCKS_DIFFER = 30.0

# At which look without a new uptime the platform is asked to read it from the device: such a reading may be slow, and
# the device may be restarting. Sooner when something else tells of a restart than when nothing does; and two in a row,
# to see it count.
_FORCED_WITH_HINT = (1, 2, 4, 8, 12, 13, 24, 25, 48, 49, 96, 97)

_FORCED_WITHOUT_HINT = (12, 13, 48, 49)


@dataclasses.dataclass(frozen=True)
class Baseline:
    """A device right before an operation, as it is kept in the journal to be compared with after a crash too.

    ``log_works`` tells that the log showed a command of this device, ``accepted`` that the platform answered that it
    took the operation, and ``lost`` why it is not known whether it did. ``estimated`` is how many seconds the
    platform said that it would take.
    """

    name: str
    device_id: str
    serial: str | None
    seen: Seen
    log_since: float
    log_ids: tuple[str, ...]
    queued: tuple[str, ...] = ()
    log_works: bool = False
    accepted: bool = False
    lost: str = ""
    estimated: float | None = None

    def to_json(self) -> dict[str, t.Any]:
        """Return it as JSON-like data for the journal."""
        # Not asdict, which would copy the entries of the log that are left out here.
        seen = {field: value for field, value in vars(self.seen).items() if field not in ("log", "steady", "took")}
        return {**vars(self), "seen": seen}

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> Baseline:
        """Read what :meth:`to_json` returned."""
        fields = dict(data)
        fields["seen"] = Seen(**fields["seen"])
        fields["log_ids"] = tuple(fields["log_ids"])
        fields["queued"] = tuple(fields["queued"])
        return cls(**fields)


class Observer:
    """Looks at a device and keeps what it saw: one observer serves one device's wait."""

    def __init__(self, zequenze: Zequenze, clock: Clock, page_wise: PageWise | None = None) -> None:
        """Take the client, our clock, and what the task's devices share while they are waited for."""
        self._zequenze = zequenze
        self._page_wise = page_wise
        self._looked_at: float | None = None
        self._clock = clock
        self._looks: list[Seen] = []
        self._old_readings = {True: 0, False: 0}
        self.log_before: list[LogRow] | None = None

    def baseline(self, row: DeviceRow, operation: str) -> Baseline:
        """See what an operation will be compared with: log, status, pending settings, for a restart the uptime too."""
        now = row.server_date if row.server_date is not None else self._clock.now()
        since = now - LOOK_BACK
        log = self._log_before(row.id, since)
        self.log_before = log
        uptime = self._zequenze.uptime(row.name) if operation in RESTARTS else None
        seen = self._seen(row, uptime)
        waiting = commands_pending(log) or self._queue(row.id, now)
        queued = tuple(entry.id for entry in waiting)
        return Baseline(
            name=row.name,
            device_id=row.id,
            serial=row.serial,
            seen=seen,
            log_since=since,
            log_ids=tuple(entry.id for entry in log),
            queued=queued,
            log_works=any(is_command(entry) for entry in log),
        )

    def _queue(self, device_id: str, now: float) -> list[LogRow]:
        """Return the commands that wait in the device's queue for longer than the log is read back.

        Where this run found the queue empty a moment ago, what came since then is in the log.
        """
        asked_at = self._clock.monotonic()
        if self._page_wise is not None and self._page_wise.saw_empty_queue(device_id, LOOK_BACK / 2):
            return []
        waiting = commands_pending(self._queue_now(device_id, now - QUEUE_LOOK_BACK))
        if self._page_wise is not None and not waiting:
            self._page_wise.note_empty_queue(device_id, asked_at)
        return waiting

    def _queue_now(self, device_id: str, since: float) -> list[LogRow]:
        if self._page_wise is None:
            return self._zequenze.queue(device_id, since)
        return self._page_wise.queue_now(device_id, since)

    def _log_before(self, device_id: str, since: float) -> list[LogRow]:
        """Return the device's log before an operation.

        The last look after the operation before this one is younger than that operation's request, and so tells it too.
        """
        if self._page_wise is None:
            return self._zequenze.log(device_id, since)
        kept = self._page_wise.take_log(device_id)
        return self._page_wise.log_now(device_id, "before", since) if kept is None else kept

    def look(self, operation: str, baseline: Baseline) -> Verdict:
        """Look once and judge. Costs one call while the log says "queued", more only when there is more to learn.

        The calls are shared with the task's other devices: the first look's with those that look right now too, later
        ones with all that are waited for. Raises MaintenanceError.
        """
        newer_than = self._looked_at
        try:
            return self._look(operation, baseline, newer_than)
        finally:
            # What was polled while this look went on is what it saw, and nothing new at the next one.
            self._looked_at = self._clock.monotonic()

    def _look(self, operation: str, baseline: Baseline, newer_than: float | None) -> Verdict:
        began = self._clock.monotonic()
        log, doubts = self._new_entries(operation, baseline, newer_than)
        if is_queued(operation, log):
            return Verdict(None, queued=True)
        if operation not in RESTARTS:
            early = self._judge(operation, baseline, [self._seen(None, None, log)])
            if early.state is not None or not baseline.seen.pending:
                return _with_doubts(early, doubts)
        row, another = self._row(operation, baseline, newer_than)
        if row is None:
            return Verdict(None, doubts=(*doubts, *another))
        reading = None
        if operation in RESTARTS and row.up is not False:
            # What showed 0 for the first time has just started: the platform may keep that 0 until the next report.
            other = [look.uptime for look in self._looks if look.uptime not in (None, baseline.seen.uptime)]
            ask_it = other == [0]
            reading = (self._fresh(row.name) if ask_it else None) or self._zequenze.uptime(row.name)
            if not ask_it and self._wants_fresh(operation, baseline, self._seen(row, reading, log)):
                reading = self._fresh(row.name) or reading
        took = self._clock.monotonic() - began
        self._looks.append(dataclasses.replace(self._seen(row, reading, log), took=took))
        return _with_doubts(self._judge(operation, baseline, self._looks), doubts)

    @staticmethod
    def _judge(operation: str, baseline: Baseline, looks: t.Sequence[Seen]) -> Verdict:
        return judge(operation, baseline.seen, looks, accepted=baseline.accepted, log_works=baseline.log_works)

    def _seen(self, row: DeviceRow | None, uptime: Uptime | None, log: t.Sequence[LogRow] = ()) -> Seen:
        return seen_of(self._clock, row, uptime, log)

    def _wants_fresh(self, operation: str, baseline: Baseline, seen: Seen) -> bool:
        """Whether there is an uptime, no new reading of it, and it is time to have the platform read it again."""
        known = {look.uptime for look in (baseline.seen, *self._looks)}
        new = seen.uptime and seen.uptime not in known
        # A device that has just started shows 0, and the next look tells.
        just_started = seen.uptime == 0 and all(look.uptime != 0 for look in self._looks)
        if new or just_started or known | {seen.uptime} == {None}:
            return False
        if read_uptimes(baseline.seen, [*self._looks, seen]).restarted:
            return False
        hint = bool(self._judge(operation, baseline, [*self._looks, seen]).evidence)
        self._old_readings[hint] += 1
        return self._old_readings[hint] in (_FORCED_WITH_HINT if hint else _FORCED_WITHOUT_HINT)

    def _fresh(self, name: str) -> Uptime | None:
        """Have the uptime read from the device; None when it cannot be reached now, as while it restarts."""
        try:
            return self._zequenze.uptime(name, force=True)
        except MaintenanceError:
            return None

    def waiting(self, baseline: Baseline) -> t.ContextManager[None]:
        """Count the device as waited for, for the length of a ``with``."""
        if self._page_wise is None:
            return contextlib.nullcontext()
        return self._page_wise.waiting_for(baseline.device_id, _matters_since(baseline))

    def _log(self, baseline: Baseline, newer_than: float | None) -> list[LogRow]:
        if self._page_wise is None:
            return self._zequenze.log(baseline.device_id, baseline.log_since)
        if newer_than is None:
            return self._page_wise.log_now(baseline.device_id, "after", _matters_since(baseline), baseline.log_since)
        return self._page_wise.log(baseline.device_id, _matters_since(baseline), newer_than)

    def _new_entries(
        self, operation: str, baseline: Baseline, newer_than: float | None
    ) -> tuple[list[LogRow], tuple[str, ...]]:
        """Return the entries that came after the baseline, and why one that names the operation is not among them.

        One that only shows up late has an older date.
        """
        began = baseline.seen.server_at
        as_of = self._clock.monotonic() if newer_than is None else newer_than
        log = self._log(baseline, newer_than)
        if self._page_wise is not None and self.log_before is not None:
            whole = {entry.id: entry for entry in (*self.log_before, *log)}
            self._page_wise.keep_log(baseline.device_id, as_of, list(whole.values()))
        new = [entry for entry in log if entry.id not in baseline.log_ids]
        earlier = {
            entry.id: began - entry.at
            for entry in new
            if began is not None and entry.at is not None and entry.at < began - CLOCKS_DIFFER
        }
        doubts = tuple(
            f"device log entry {entry.id} ({operation}) is dated {earlier[entry.id]:.0f} s before the request, so it "
            "may be another one; compare the clocks of Zequenze Control"
            for entry in names_operation(operation, [entry for entry in new if entry.id in earlier])
        )
        return [entry for entry in new if entry.id not in earlier], doubts

    def _row(
        self, operation: str, baseline: Baseline, newer_than: float | None
    ) -> tuple[DeviceRow | None, tuple[str, ...]]:
        """Return the device's record; None while it is gone, which a restart may cause for a moment.

        Another device under its name is no evidence, and said. After a factory reset a device may come back under
        another id or name: the serial number finds it then.
        """
        another: tuple[str, ...] = ()
        try:
            if self._page_wise is None:
                row = self._zequenze.device(baseline.name)
            elif newer_than is None:
                row = self._page_wise.device_now(baseline.name)
            else:
                row = self._page_wise.device(baseline.name, newer_than)
            if _is_same(row, baseline):
                return row, ()
            another = (another_device(row, baseline.device_id, baseline.serial),)
        except NotFound:
            another = ("Zequenze Control does not know the device now",)
        if operation not in RESETS or baseline.serial is None:
            return None, another
        try:
            return self._zequenze.device_by_serial(baseline.serial), ()
        except NotFound:
            return None, another


def seen_of(clock: Clock, row: DeviceRow | None, uptime: Uptime | None, log: t.Sequence[LogRow] = ()) -> Seen:
    """Return what a look showed, dated by every clock there is."""
    dated = Seen(at=clock.now(), steady=clock.monotonic(), log=tuple(log))
    if row is None:
        return dated
    return dataclasses.replace(
        dated,
        device_id=row.id,
        server_at=row.server_date,
        up=row.up,
        pending=row.pending,
        last_status_change=row.last_status_change,
        uptime=uptime.seconds if uptime else None,
        uptime_read_at=uptime.read_at if uptime else None,
    )


def another_device(row: DeviceRow, device_id: str, serial: str | None) -> str:
    """Return the sentence that a device is not the one that was known under its name before."""
    what, was, is_now = ("ID", device_id, row.id)
    if row.serial and serial:
        what, was, is_now = ("serial number", serial, row.serial)
    return f"{row.name} is a different device now: its {what} was {was} and is {is_now}"


def _with_doubts(verdict: Verdict, doubts: tuple[str, ...]) -> Verdict:
    return verdict if verdict.state else dataclasses.replace(verdict, doubts=(*doubts, *verdict.doubts))


def _matters_since(baseline: Baseline) -> float:
    """Return from when on an entry may be the operation's own."""
    began = baseline.seen.server_at
    return baseline.log_since if began is None else max(baseline.log_since, began - CLOCKS_DIFFER)


def _is_same(row: DeviceRow, baseline: Baseline) -> bool:
    if row.serial is None or baseline.serial is None:
        return row.id == baseline.device_id
    return row.serial == baseline.serial
