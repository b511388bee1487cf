# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a lock: past the gates, with the intent written before the request, and settled when it is refused.

SDM cannot be asked who holds a lock (Oracle SDM sheet, section 6), so a lock is confirmed by acquiring it again, which
is safe for its own account.
"""

from __future__ import annotations

import dataclasses
import threading

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    Conflict,
    MaintenanceError,
    NoAnswer,
    NotSent,
    Refused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rules import Shut
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import GroupBusy
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.requests import (
    BUSY_PAUSE,
    NO_RIGHT,
    PERHAPS_OURS,
    LockRequests,
    lock_failed,
    lock_result,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult


@dataclasses.dataclass
class LockTaking(LockRequests):
    """Takes locks for one holder; never raises for a single device, its result says what happened."""

    _learning: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)
    _learned: bool = False

    def lock(self, name: str, device_id: str | None = None) -> DeviceResult:
        """Acquire one device, waiting for a busy one as long as the wait timeout allows.

        New work passes the gates first, each time; those that may open are waited for as long as their timeout allows.
        """
        started = self.clock.monotonic()
        try:
            device_id = device_id or self._resolve(name)
            while True:
                tried = self._try(name, device_id)
                waited = self.clock.monotonic() - started
                if isinstance(tried, Shut):
                    if not tried.may_open or (tried.until is None and waited >= self._patience):
                        return self._kept_back(name, device_id, tried)
                    self.clock.sleep(self._pause(tried))
                    continue
                if self.dry or tried.shown["state"] != "busy" or waited >= self.wait_timeout:
                    return tried
                self.clock.sleep(min(BUSY_PAUSE, max(0.1, self.wait_timeout - waited)))
        except MaintenanceError as error:
            return lock_failed(name, device_id, "unknown", str(error))

    def _try(self, name: str, device_id: str) -> DeviceResult | Shut:
        """Pass the gates and ask for the lock, once. Gives the result, or the gate that is shut."""
        shut = self._shut(name, device_id)
        if shut is not None:
            return shut
        try:
            return self._predict(name, device_id) if self.dry else self._acquire(name, device_id)
        except GroupBusy as error:
            return Shut("exclusive", str(error), may_open=True)

    def _shut(self, name: str, device_id: str) -> Shut | None:
        """Give the gate that is shut for a device, if it is new work: not locked by us, no operation of ours on it."""
        if self.gates is None or self.gates.none_can_shut(self.limits):
            return None
        row = self.locks.open_on(self.sdm.server, device_id)
        if (row is not None and row["holder"] == self.holder) or self.gates.is_under_way(name):
            return None
        return self.gates.before_lock(name, self.limits)

    @property
    def _patience(self) -> float:
        return self.gates.rules.timeout if self.gates else self.wait_timeout

    def _pause(self, shut: Shut) -> float:
        """Give how long to wait before a shut gate is looked at again."""
        pause = self.gates.rules.interval if self.gates else BUSY_PAUSE
        return pause if shut.until is None else max(0.05, min(pause, shut.until - self.clock.now()))

    def _kept_back(self, name: str, device_id: str, shut: Shut) -> DeviceResult:
        """Write down and tell that a gate kept the device back: nothing was sent."""
        if self.gates is not None:
            self.gates.note(shut.gate, shut.message, name, server=self.sdm.server)
        result = lock_result(name, device_id, "unknown", None, message=shut.message, gate=shut.gate)
        return dataclasses.replace(result, failed=not shut.planned)

    def _predict(self, name: str, device_id: str) -> DeviceResult:
        """Say what locking would do as far as the journal knows; the server cannot be asked."""
        row = self.locks.open_on(self.sdm.server, device_id)
        if row is not None and not self._is_free(row):
            return self._busy(name, device_id, row)
        held = row is not None and row["state"] == "held"
        return lock_result(name, device_id, "locked", row or {"holder": self.holder}, changed=not held, before=row)

    def _acquire(self, name: str, device_id: str) -> DeviceResult:
        """Write the intent, ask the server, write what it said."""
        row = self._intend(name, device_id)
        if not self._is_free(row):
            return self._busy(name, device_id, row)
        was_held = row["state"] == "held"
        try:
            self.sdm.lock(device_id, self._counting_guard(row))
        except Conflict as error:
            return self._refused(name, row, error)
        except Blocked:
            raise
        except (NotSent, Refused, BadInput) as error:
            # Certainly not executed, so nothing of it is left to give back.
            repeated = isinstance(error, Refused) and error.repeated
            if row["state"] == "taking" and row["requests"] == 1 and not repeated:
                self.locks.move(row, "refused", str(error))
            raise
        held = self.locks.move(row, "held")
        self._learn_repeat(name, device_id)
        return lock_result(name, device_id, "locked", held, changed=not was_held, before=row if was_held else None)

    def _refused(self, name: str, row: Row, error: Conflict) -> DeviceResult:
        """Settle a refused Lock: where the owner's repeat is refused too, it may be ours all the same."""
        server, was_held = self.sdm.server, row["state"] == "held"
        repeats = self.locks.repeats(server)
        if was_held and repeats is False:
            message = f"held since {iso(row['confirmed_at'])}; this SDM refuses to confirm a lock by repeating it."
            return lock_result(name, row["device_id"], "locked", row, message=message)
        if not repeats and (was_held or row["requests"] > 1 or error.repeated):
            row = self.locks.move(row, "taking", "refused; settled by unlocking and locking, which only its owner can.")
            if self._take_over_own(row):
                if repeats is None:
                    self.locks.learn_repeats(server, False)
                held = self.locks.move(row, "held")
                return lock_result(name, row["device_id"], "locked", held, changed=not was_held)
        if not was_held:
            self.locks.move(row, "refused", str(error))
            return lock_failed(name, row["device_id"], "busy", str(error))
        if error.status == NO_RIGHT:
            message = f"{error} {PERHAPS_OURS}"
            self.locks.move(row, "taking", message)
            return lock_failed(name, row["device_id"], "unknown", message)
        self.locks.move(row, "lost", str(error))
        message = f"the lock of {self.holder} is gone (removed in the SDM console, or taken over). {error}"
        return lock_failed(name, row["device_id"], "busy", message)

    def _take_over_own(self, row: Row) -> bool:
        """Settle a Lock that was refused although it may be ours: only the owner can unlock and lock again.

        Raises NoAnswer when an answer is lost here in turn.
        """
        try:
            self.sdm.unlock(row["device_id"], lambda: self._guard(row))
        except Conflict as error:
            if not error.repeated:
                return False
        try:
            self.sdm.lock(row["device_id"], self._counting_guard(row))
        except Conflict as error:
            if error.repeated:
                raise NoAnswer(f"{error} An earlier try got no answer and may have been executed.") from error
            return False
        return True

    def _learn_repeat(self, name: str, device_id: str) -> None:
        """Learn once per server what it answers to Lock from the owner (undocumented; sheet, section 9, question 5).

        Without it, a refused confirmation could not be told from a lost lock.
        """
        with self._learning:
            self._learned = self._learned or self.locks.repeats(self.sdm.server) is not None
            if self._learned:
                return
            try:
                row = self._intend(name, device_id)
                self.sdm.lock(device_id, self._counting_guard(row))
            except Conflict:
                self.locks.learn_repeats(self.sdm.server, False)
            except MaintenanceError:
                # Nothing learned; the lock itself was confirmed before.
                return
            else:
                self.locks.learn_repeats(self.sdm.server, True)

    def _busy(self, name: str, device_id: str, row: Row) -> DeviceResult:
        return DeviceResult(lock_result(name, device_id, "busy", row, message=self._keeper_of(row)).shown, failed=True)
