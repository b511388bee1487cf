# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unlocking: whatever else is closed, and only what the journal shows as this holder's, unless forced to."""

from __future__ import annotations

import contextlib
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
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.requests import (
    BUSY_PAUSE,
    NO_RIGHT,
    PERHAPS_OURS,
    LockGuard,
    guard,
    intend,
    lock_failed,
    lock_result,
    resolve,
    undo_part,
    who_has,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_of

# A server that did not answer during the whole wait of one device is asked for another one after so many seconds.
ASKED_AGAIN_AFTER = 60.0

_GIVEN_UP = (
    "It may still be locked. Oracle SDM could not be reached for another device just now, so it was not asked again. "
    "Run ansible-playbook netfleet.maintenance.recover when it answers."
)


def unlock(keeper: LockKeeper, name: str, device_id: str | None = None, *, force: bool = False) -> DeviceResult:
    """Return one device back if the journal shows it as this holder's, or if forced to.

    While the server does not answer, it goes on trying as long as the wait timeout allows; nothing else stops it.
    A server that could not be reached for so long is not waited for again for each other device.
    """
    deadline = keeper.clock.monotonic() + keeper.wait_timeout
    while True:
        if keeper.sdm.given_up_until > keeper.clock.monotonic():
            return lock_failed(name, device_id, "unknown", _GIVEN_UP)
        try:
            result = _unlock(keeper, name, device_id, force)
            keeper.sdm.given_up_until = 0.0
            return result
        except Blocked as error:
            return lock_failed(name, device_id, "unknown", str(error))
        except (NoAnswer, NotSent) as error:
            if keeper.clock.monotonic() >= deadline:
                # Anything else may be about this device alone.
                if keeper.wait_timeout > 0 and isinstance(error, NotSent):
                    keeper.sdm.given_up_until = keeper.clock.monotonic() + ASKED_AGAIN_AFTER
                return lock_failed(name, device_id, "unknown", str(error))
            keeper.clock.sleep(min(BUSY_PAUSE, max(0.1, deadline - keeper.clock.monotonic())))
        except MaintenanceError as error:
            return lock_failed(name, device_id, "unknown", str(error))


def _unlock(keeper: LockKeeper, name: str, device_id: str | None, force: bool) -> DeviceResult:
    row = _row_to_unlock(keeper, name, device_id)
    if row is None:
        return _unlock_without_row(keeper, name, device_id, force)
    # Not even force takes a lock from a run that lives.
    if keeper.locks.run_is_alive(row) or (row["holder"] != keeper.holder and not force):
        failed = lock_result(name, row["device_id"], "busy", row, message=who_has(keeper, row))
        return DeviceResult(failed.shown, failed=force)
    if row["account"] != keeper.sdm.account:
        raise BadInput(f"locked with the account {row['account']}, which alone can unlock it; sign in with that one.")
    if keeper.dry:
        return lock_result(name, row["device_id"], "unlocked", None, changed=True, before=row)
    return _give_back(keeper, name, row)


def _row_to_unlock(keeper: LockKeeper, name: str, device_id: str | None) -> Row | None:
    """Return the open row to unlock: by its stored id, so a device renamed or gone from the list is found too."""
    server = keeper.sdm.server
    if device_id is not None:
        return keeper.locks.open_on(server, device_id)
    rows = keeper.locks.open_by_name(server, name)
    ours = [row for row in rows if row["holder"] == keeper.holder]
    if len(ours) > 1:
        ids = ", ".join(row["device_id"] for row in ours)
        raise BadInput(f"the journal shows {len(ours)} locks of devices with this name ({ids}); give device_id.")
    if rows:
        # Ours first: twins of one name may be locked by different holders.
        return (ours or rows)[0]
    if any(row["holder"] == keeper.holder for row in keeper.locks.all_open(server)):
        # It may have had another name when it was locked.
        ids_now = keeper.sdm.device_ids().get(name, [])
        return keeper.locks.open_on(server, ids_now[0]) if len(ids_now) == 1 else None
    return None


def _unlock_without_row(keeper: LockKeeper, name: str, device_id: str | None, force: bool) -> DeviceResult:
    if not force:
        last = keeper.locks.last_by_name(keeper.sdm.server, name)
        if last is not None and last["state"] == "returned":
            return lock_result(name, last["device_id"], "unlocked", None, message="unlocked earlier.")
        message = f"the journal shows no lock of {keeper.holder}; nothing was sent (force unlocks anyway)."
        return lock_result(name, device_id, "unknown", None, message=message)
    device_id = device_id or resolve(keeper, name)
    standing = keeper.locks.open_on(keeper.sdm.server, device_id)
    if standing is not None:
        # It is the same device under another name.
        return _unlock(keeper, name, device_id, force)
    if keeper.dry:
        return lock_result(name, device_id, "unlocked", None, changed=True)
    row = intend(keeper, name, device_id)
    if row["holder"] != keeper.holder or row["requests"] != 1:
        return DeviceResult(lock_result(name, device_id, "busy", row, message=who_has(keeper, row)).shown, True)
    note = f"Unlocked by force by {keeper.holder}. The journal showed no lock.{_because(keeper)}"
    row = keeper.locks.move(row, "returning", note)
    try:
        keeper.sdm.unlock(device_id, lambda: guard(keeper, row))
    except (Conflict, NotFound, NotSent) as error:
        # It never was ours, so nothing may keep it open.
        keeper.locks.move(row, "refused", str(error))
        if isinstance(error, Conflict):
            return lock_failed(name, device_id, "busy", f"{error} Only a console user may override it.")
        raise
    keeper.locks.move(row, "returned", note)
    return lock_result(name, device_id, "unlocked", None, changed=True, message=note)


def _give_back(keeper: LockKeeper, name: str, row: Row) -> DeviceResult:
    """Write the intent to unlock, do it, and write that it is done."""
    note = f"Unlocked by force by {keeper.holder}.{_because(keeper)}" if row["holder"] != keeper.holder else ""
    before = row
    try:
        row = keeper.locks.move(row, "returning", note)
    except JournalError as error:
        return _give_back_unwritten(keeper, name, row, error)
    try:
        send_unlocks(keeper, row)
    except Conflict as error:
        return _settle_refused_unlock(keeper, name, row, before, error)
    except NotFound as error:
        return _settle_missing(keeper, name, row, before, error)
    except MaintenanceError as error:
        if not keeper.reason:
            raise
        return _close(keeper, name, row, before, str(error))
    keeper.locks.move(row, "returned", note)
    return lock_result(name, row["device_id"], "unlocked", None, changed=True, message=note, before=before)


def _because(keeper: LockKeeper) -> str:
    return f" Reason: {keeper.reason}" if keeper.reason else ""


def _settle_missing(keeper: LockKeeper, name: str, row: Row, before: Row, error: NotFound) -> DeviceResult:
    """An unknown device has no lock: once its list agrees, the row has an end."""
    device_id = row["device_id"]
    if keeper.reason:
        return _close(keeper, name, row, before, str(error))
    if _is_listed(keeper, device_id):
        message = f"{error} But its list shows the device, so it may still be locked. {_how_to_close(keeper, name)}"
        return lock_failed(name, device_id, "unknown", message)
    message = f"{error} Its list does not show the device either, so the lock is lost with it. Check the device."
    keeper.locks.move(row, "lost", message)
    result = lock_result(name, device_id, "unknown", None, changed=True, message=message, before=before)
    return dataclasses.replace(result, failed=True)


def _is_listed(keeper: LockKeeper, device_id: str) -> bool:
    """Whether Oracle SDM lists the device, or a member of the group. Raise MaintenanceError."""
    if not isinstance(keeper.sdm, OracleSdm):
        return False
    if group_of(device_id):
        return bool(keeper.sdm.members(device_id))
    return any(device.id == device_id for device in keeper.sdm.devices())


def _close(keeper: LockKeeper, name: str, row: Row, before: Row, why: str) -> DeviceResult:
    """End a row that could not be unlocked, because a person says so."""
    message = f"Closed by {keeper.holder}, although it may still be locked in Oracle SDM. {why}{_because(keeper)}"
    keeper.locks.move(row, "lost", message)
    return lock_result(name, row["device_id"], "unknown", None, changed=True, message=message, before=before)


def _how_to_close(keeper: LockKeeper, name: str) -> str:
    return (
        "Unlock it in the SDM console, then close the row of the journal: ansible localhost -m "
        f"netfleet.maintenance.device_lock -a 'name={name} state=unlocked force=true reason=\"unlocked by hand\"'"
    )


def send_unlocks(keeper: LockKeeper, row: Row) -> None:
    """Unlock what was locked since the intent. Raise MaintenanceError."""
    _unlock_each(keeper, row, row["requests"])


def _unlock_each(keeper: LockKeeper, row: Row, locks: int) -> None:
    """Unlock once per Lock that was sent, unless this SDM is known not to count (docs/apis/oracle_sdm.md, 8)."""
    keeper.sdm.unlock(row["device_id"], lambda: guard(keeper, row))
    if locks > 1 and _counts_locks(keeper) is False:
        return
    for _repeat in range(1, locks):
        try:
            keeper.sdm.unlock(row["device_id"], lambda: guard(keeper, row))
        except Conflict:
            break


def _counts_locks(keeper: LockKeeper) -> bool | None:
    """Return whether this SDM counts Locks, None when that is not known or cannot be read."""
    with contextlib.suppress(JournalError):
        return keeper.locks.counts(keeper.sdm.server)
    return None


def _give_back_unwritten(keeper: LockKeeper, name: str, row: Row, problem: JournalError) -> DeviceResult:
    """Unlock although the journal cannot be written any more: a full disk must not keep a device locked.

    The row stays as it was, so a later run unlocks once more, which is safe.
    """
    send_unlocks(keeper, row)
    shown_item = lock_result(name, row["device_id"], "unlocked", None, changed=True, message=f"given back. {problem}")
    return DeviceResult(shown_item.shown, True, shown_item.before, shown_item.after)


def _settle_refused_unlock(keeper: LockKeeper, name: str, row: Row, before: Row, error: Conflict) -> DeviceResult:
    """A refused Unlock of our own: the device is free already, or another user's now. Acquiring it tells which."""
    sent = LockGuard(keeper, row)
    try:
        keeper.sdm.lock(row["device_id"], sent)
    except Conflict as refused:
        undo_part(keeper, row)
        if NO_RIGHT == error.status == refused.status:
            if keeper.reason:
                return _close(keeper, name, row, before, str(error))
            return lock_failed(name, row["device_id"], "unknown", f"{error} {PERHAPS_OURS}")
        if not keeper.locks.repeats(keeper.sdm.server):
            # A Lock refused by this server may as well mean that it is still ours.
            if keeper.reason:
                return _close(keeper, name, row, before, str(error))
            message = f"{error} So it may be locked by us still, or by another account. {_how_to_close(keeper, name)}"
            return lock_failed(name, row["device_id"], "unknown", message)
        message = f"not locked by us any more: the console removed the lock and another account took it. {error}"
        keeper.locks.move(row, "lost", message)
        return lock_result(name, row["device_id"], "busy", None, changed=True, message=message, before=before)
    try:
        _unlock_each(keeper, row, sent.sends)
    except Conflict as again:
        if again.repeated:
            raise NoAnswer(f"{again} An earlier try got no answer and may have been executed.") from again
        if keeper.reason:
            return _close(keeper, name, row, before, str(again))
        message = f"Oracle SDM locks it for us but refuses to unlock it. {again} {_how_to_close(keeper, name)}"
        return lock_failed(name, row["device_id"], "locked", message)
    keeper.locks.move(row, "returned", "the lock had been removed by another user.")
    message = "had been unlocked by another user."
    return lock_result(name, row["device_id"], "unlocked", None, changed=True, message=message, before=before)
