# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the systems show of a device before its lock and after its hold, written to the journal and compared.

What was seen before is what the pre-flight read. Afterwards Oracle SDM is asked for its list, for all devices that have
ended since the last question; what Zequenze Control shows is what the hold saw last. Only where a change fails a device
is each device asked for by itself, before the next one starts.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.seen import (
    Change,
    Facts,
    changes,
    note_seen,
    seen_before,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.journal_only import JournalOnly
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.survey import (
    known_in_sdm,
    known_in_zequenze,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Known, facts_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESETS

# Seconds between two questions about devices that have ended.
LOOK_EVERY = 60.0

# Operations that change a configuration on purpose.
_CONFIGURING = frozenset({"sync", "reconf"}) | RESETS


class Compared(t.NamedTuple):
    """What differs, and why something could not be read, if so."""

    changes: tuple[Change, ...]
    problem: str = ""


class Comparison:
    """Notes what is seen of the devices of a window; safe for the threads of a run."""

    def __init__(
        self, record: WindowRecord, journal: Journal, zequenze: Zequenze, sdm: OracleSdm | JournalOnly, clock: Clock
    ) -> None:
        """Take the window, the open journal, the clients and the clock."""
        self._record = record
        self._journal = journal
        self._zequenze = zequenze
        self._sdm = sdm if isinstance(sdm, OracleSdm) else None
        self._clock = clock
        self._lock = threading.Lock()
        self._listing = threading.Lock()
        self._before: dict[str, Facts] | None = None
        self._listed_at = float("-inf")
        self._listed: dict[str, Known] = {}
        self._later: dict[str, tuple[RecordedDevice, t.Mapping[str, t.Any]]] = {}
        self._looked_at = clock.monotonic()
        self._found: dict[str, tuple[Change, ...]] = {}

    def note_before(self, device: RecordedDevice) -> None:
        """Write down what was seen of a device, before it is locked for the first time. Raises JournalError."""
        with self._lock:
            known = self._known_before()
            if device.sdm_name in known or not device.shown:
                return
            known[device.sdm_name] = device.shown
        note_seen(self._journal, self._record.window_id, device.sdm_name, "before", device.shown)

    def look(self, device: RecordedDevice, held: t.Mapping[str, t.Any]) -> Compared:
        """Look at a device now, and compare; ``held`` is what its hold saw last. Raises JournalError."""
        problems = []
        rows: dict[str, Known] = {}
        try:
            rows["zequenze"] = known_in_zequenze(self._zequenze.device(device.zequenze_name))
        except MaintenanceError as error:
            problems.append(str(error))
        if self._asks_sdm(device):
            try:
                rows["oracle_sdm"] = self._in_sdm(self._clock.monotonic())[str(device.sdm_id)]
            except MaintenanceError as error:
                problems.append(str(error))
            except KeyError:
                problems.append("Oracle SDM does not list the device now.")
        return Compared(self._note_after(device, rows, held), " ".join(problems))

    def look_later(self, device: RecordedDevice, held: t.Mapping[str, t.Any]) -> None:
        """Have a device looked at together with others that end: at most once a minute. Raises JournalError."""
        with self._lock:
            self._later[device.name] = (device, held)
            is_time = self._clock.monotonic() - self._looked_at >= LOOK_EVERY
        if is_time:
            self.look_at_rest()

    def look_at_rest(self) -> dict[str, tuple[Change, ...]]:
        """Look at all devices that wait for it, with one question. Raises JournalError.

        Return what has changed, by the inventory name of every device that was ever looked at this way. What cannot be
        read is not known, and nothing is said of it.
        """
        with self._lock:
            waiting, self._later = list(self._later.values()), {}
            self._looked_at = since = self._clock.monotonic()
        listed: t.Mapping[str, Known] = {}
        if any(self._asks_sdm(device) for device, _held in waiting):
            with contextlib.suppress(MaintenanceError):
                listed = self._in_sdm(since)
        for device, held in waiting:
            row = listed.get(str(device.sdm_id)) if self._asks_sdm(device) else None
            found = self._note_after(device, {} if row is None else {"oracle_sdm": row}, held)
            with self._lock:
                self._found[device.name] = found
        return dict(self._found)

    def _asks_sdm(self, device: RecordedDevice) -> bool:
        return self._sdm is not None and device.sdm_lock and device.sdm_id is not None

    def _note_after(
        self, device: RecordedDevice, rows: t.Mapping[str, Known], held: t.Mapping[str, t.Any]
    ) -> tuple[Change, ...]:
        after = {**facts_of(rows), **held}
        if after:
            note_seen(self._journal, self._record.window_id, device.sdm_name, "after", after)
        with self._lock:
            before = self._known_before().get(device.sdm_name, device.shown)
        return changes(before, after)

    def significant(self, compared: Compared) -> list[str]:
        """Return the sentences about changes that no operation of the window brings about. Pure."""
        configures = not _CONFIGURING.isdisjoint(self._record.operations)
        meant = {"up"} | ({"config_version"} if configures else set())
        return [change.sentence for change in compared.changes if change.what not in meant]

    def _known_before(self) -> dict[str, Facts]:
        """Return what was seen before, by device; of an earlier run of the window too."""
        if self._before is None:
            self._before = seen_before(self._journal, self._record.window_id)
        return self._before

    def _in_sdm(self, since: float) -> t.Mapping[str, Known]:
        """Return what SDM lists, by id, asked at ``since`` (monotonic seconds) or later. Raises MaintenanceError."""
        with self._listing:
            if self._listed_at < since:
                began = self._clock.monotonic()
                rows = [known_in_sdm(row) for row in t.cast("OracleSdm", self._sdm).devices()]
                self._listed, self._listed_at = {row.id: row for row in rows}, began
            return self._listed
