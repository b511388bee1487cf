# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving a lock back: whatever else is shut, and only what the journal shows as this holder's, unless forced to."""

from __future__ import annotations

import dataclasses

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    Blocked,
    Conflict,
    JournalError,
    MaintenanceError,
    NoAnswer,
    NotFound,
    NotSent,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row
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
class LockReturning(LockRequests):
    """Gives locks of one holder back; never raises for a single device, its result says what happened."""

    def unlock(self, name: str, device_id: str | None = None, *, force: bool = False) -> DeviceResult:
        """Give one device back if the journal shows it as this holder's, or if forced to.

        While the server does not answer, it goes on trying as long as the wait timeout allows; nothing else stops it.
        """
        deadline = self.clock.monotonic() + self.wait_timeout
        while True:
            try:
                return self._unlock(name, device_id, force)
            except Blocked as error:
                return lock_failed(name, device_id, "unknown", str(error))
            except (NoAnswer, NotSent) as error:
                if self.clock.monotonic() >= deadline:
                    return lock_failed(name, device_id, "unknown", str(error))
                self.clock.sleep(min(BUSY_PAUSE, max(0.1, deadline - self.clock.monotonic())))
            except MaintenanceError as error:
                return lock_failed(name, device_id, "unknown", str(error))

    def _unlock(self, name: str, device_id: str | None, force: bool) -> DeviceResult:
        row = self._row_to_unlock(name, device_id)
        if row is None:
            return self._unlock_without_row(name, device_id, force)
        if not self.locks.is_free_for(row, self.holder) and not force:
            return lock_result(name, row["device_id"], "busy", row, message=self._keeper_of(row))
        if row["account"] != self.sdm.account:
            raise BadInput(
                f"locked with the account {row['account']}, which alone can unlock it; sign in with that one."
            )
        if self.dry:
            return lock_result(name, row["device_id"], "unlocked", None, changed=True, before=row)
        return self._give_back(name, row)

    def _row_to_unlock(self, name: str, device_id: str | None) -> Row | None:
        """Give the open row to unlock: by its stored id, so a device renamed or gone from the list is found too."""
        server = self.sdm.server
        if device_id is not None:
            return self.locks.open_on(server, device_id)
        rows = self.locks.open_by_name(server, name)
        ours = [row for row in rows if row["holder"] == self.holder]
        if len(ours) > 1:
            ids = ", ".join(row["device_id"] for row in ours)
            raise BadInput(f"the journal shows {len(ours)} locks of devices with this name ({ids}); give device_id.")
        if rows:
            # Ours first: twins of one name may be locked by different holders.
            return (ours or rows)[0]
        if any(row["holder"] == self.holder for row in self.locks.all_open(server)):
            # It may have had another name when it was locked.
            ids_now = self.sdm.device_ids().get(name, [])
            return self.locks.open_on(server, ids_now[0]) if len(ids_now) == 1 else None
        return None

    def _unlock_without_row(self, name: str, device_id: str | None, force: bool) -> DeviceResult:
        if not force:
            last = self.locks.last_by_name(self.sdm.server, name)
            if last is not None and last["state"] == "returned":
                return lock_result(name, last["device_id"], "unlocked", None, message="given back earlier.")
            message = f"the journal shows no lock of {self.holder}; nothing was sent (force unlocks anyway)."
            return lock_result(name, device_id, "unknown", None, message=message)
        device_id = device_id or self._resolve(name)
        if self.dry:
            return lock_result(name, device_id, "unlocked", None, changed=True)
        row = self._intend(name, device_id)
        note = f"unlocked by force by {self.holder}; the journal showed no lock."
        row = self.locks.move(row, "returning", note)
        try:
            self.sdm.unlock(device_id, lambda: self._guard(row))
        except (Conflict, NotFound, NotSent) as error:
            # It never was ours, so nothing may keep it open.
            self.locks.move(row, "refused", str(error))
            if isinstance(error, Conflict):
                return lock_failed(name, device_id, "busy", f"{error} Only a console user may override it.")
            raise
        self.locks.move(row, "returned", note)
        return lock_result(name, device_id, "unlocked", None, changed=True, message=note)

    def _give_back(self, name: str, row: Row) -> DeviceResult:
        """Write the intent to unlock, do it, and write that it is done."""
        note = f"unlocked by force by {self.holder}." if row["holder"] != self.holder else ""
        before = row
        try:
            row = self.locks.move(row, "returning", note)
        except JournalError as error:
            return self._give_back_unwritten(name, row, error)
        try:
            self._send_unlocks(row)
        except Conflict as error:
            return self._settle_refused_unlock(name, row, before, error)
        except NotFound as error:
            return lock_failed(
                name, row["device_id"], "unknown", f"{error} The lock cannot be given back; check the console."
            )
        self.locks.move(row, "returned", note)
        return lock_result(name, row["device_id"], "unlocked", None, changed=True, message=note, before=before)

    def _send_unlocks(self, row: Row) -> None:
        """Unlock, once per Lock that was sent: whether this SDM counts them is not documented (sheet, section 8)."""
        self.sdm.unlock(row["device_id"], lambda: self._guard(row))
        for _repeat in range(1, row["requests"]):
            try:
                self.sdm.unlock(row["device_id"], lambda: self._guard(row))
            except Conflict:
                break

    def _give_back_unwritten(self, name: str, row: Row, problem: JournalError) -> DeviceResult:
        """Unlock although the journal cannot be written any more: a full disk must not keep a device locked.

        The row stays as it was, so a later run unlocks once more, which is safe.
        """
        self._send_unlocks(row)
        shown_item = lock_result(
            name, row["device_id"], "unlocked", None, changed=True, message=f"given back. {problem}"
        )
        return DeviceResult(shown_item.shown, True, shown_item.before, shown_item.after)

    def _settle_refused_unlock(self, name: str, row: Row, before: Row, error: Conflict) -> DeviceResult:
        """A refused Unlock of our own: the device is free already, or somebody else's now. Acquiring it tells which."""
        device_id = row["device_id"]
        try:
            self.sdm.lock(device_id, self._counting_guard(row))
        except Conflict as refused:
            if NO_RIGHT == error.status == refused.status:
                return lock_failed(name, device_id, "unknown", f"{error} {PERHAPS_OURS}")
            if not self.locks.repeats(self.sdm.server):
                # A Lock refused by this server may as well mean that it is still ours.
                message = f"{error} So it may be locked by us still, or by somebody else; check the console."
                return lock_failed(name, device_id, "unknown", message)
            message = f"not locked by us any more: the console removed the lock and another account took it. {error}"
            self.locks.move(row, "lost", message)
            return lock_result(name, device_id, "busy", None, changed=True, message=message, before=before)
        try:
            self.sdm.unlock(device_id, lambda: self._guard(row))
        except Conflict as again:
            if again.repeated:
                raise NoAnswer(f"{again} An earlier try got no answer and may have been executed.") from again
            return lock_failed(
                name, device_id, "locked", f"Oracle SDM locks it for us but refuses to unlock it. {again}"
            )
        self.locks.move(row, "returned", "the lock had been removed by somebody else.")
        message = "had been unlocked by somebody else."
        return lock_result(name, device_id, "unlocked", None, changed=True, message=message, before=before)
