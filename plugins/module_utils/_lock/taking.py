# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a lock: past the gates, with the intent written before the request, and settled when it is refused.

SDM cannot be asked who holds a lock (docs/apis/oracle_sdm.md, 6), so a lock is confirmed by acquiring it again, which
is safe for its own account.
"""

from __future__ import annotations

import dataclasses

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
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import GroupBusy
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.requests import (
    BUSY_PAUSE,
    NO_RIGHT,
    PERHAPS_OURS,
    LockGuard,
    guard,
    intend,
    is_free,
    lock_failed,
    lock_result,
    members,
    resolve,
    undo_part,
    who_has,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown


def lock(
    keeper: LockKeeper, name: str, device_id: str | None = None, agreed: RecordedDevice | None = None
) -> DeviceResult:
    """Acquire one device, waiting for a busy one as long as the wait timeout allows.

    New work passes the gates first, each time; those that may open are waited for as long as their timeout allows.
    ``agreed`` is the device as the record of the window has it.
    """
    agreed = agreed or RecordedDevice(name, name, name, name)
    started = keeper.clock.monotonic()
    try:
        device_id = device_id or resolve(keeper, name)
        if agreed.sdm_id not in (None, device_id):
            raise BadInput(
                f"{shown(name)} is not the device that window {keeper.holder} was agreed for: its id in Oracle SDM "
                f"was {agreed.sdm_id} and is {device_id}. Nothing was sent. Check the device, then plan again."
            )
        while True:
            tried = _try(keeper, name, device_id, agreed)
            waited = keeper.clock.monotonic() - started
            if isinstance(tried, ClosedGate):
                if not tried.may_open or (tried.until is None and waited >= _patience(keeper)):
                    return _kept_back(keeper, name, device_id, tried)
                keeper.clock.sleep(_pause(keeper, tried))
                continue
            if keeper.dry or tried.shown["state"] != "busy" or waited >= keeper.wait_timeout:
                return tried
            keeper.clock.sleep(min(BUSY_PAUSE, max(0.1, keeper.wait_timeout - waited)))
    except MaintenanceError as error:
        return lock_failed(name, device_id, "unknown", str(error))


def busy_elsewhere(keeper: LockKeeper, name: str, server: str) -> DeviceResult | None:
    """Return that another holder has a device of this name on another server, None when none has."""
    row = next((row for row in keeper.locks.open_by_name(server, name) if row["holder"] != keeper.holder), None)
    return None if row is None else _busy(keeper, name, row["device_id"], row)


def _try(keeper: LockKeeper, name: str, device_id: str, agreed: RecordedDevice) -> DeviceResult | ClosedGate:
    """Pass the gates and ask for the lock, once. Return the result, or the gate that is closed."""
    closed = _closed_gate(keeper, device_id, agreed)
    if closed is not None:
        return closed
    try:
        return _predict(keeper, name, device_id) if keeper.dry else _acquire(keeper, name, device_id, agreed.group)
    except GroupBusy as error:
        return ClosedGate("exclusive", str(error), may_open=True)


def _closed_gate(keeper: LockKeeper, device_id: str, agreed: RecordedDevice) -> ClosedGate | None:
    """Return the closed gate of a device, if it is new work: not locked by us, no operation of ours on it."""
    if keeper.gates is None or keeper.gates.none_can_close:
        return None
    row = keeper.locks.open_on(keeper.sdm.server, device_id)
    if (row is not None and row["holder"] == keeper.holder) or keeper.gates.is_under_way(agreed):
        return None
    return keeper.gates.before_lock(agreed)


def _patience(keeper: LockKeeper) -> float:
    if keeper.dry or keeper.gates is None:
        return 0.0
    return max(keeper.wait_timeout, keeper.gates.rules.gate_timeout)


def _pause(keeper: LockKeeper, closed: ClosedGate) -> float:
    """Return how long to wait before a closed gate is checked again."""
    pause = keeper.gates.rules.wait_interval if keeper.gates else BUSY_PAUSE
    return pause if closed.until is None else max(0.05, min(pause, closed.until - keeper.clock.now()))


def _kept_back(keeper: LockKeeper, name: str, device_id: str, closed: ClosedGate) -> DeviceResult:
    """Write down and tell that a gate kept the device back: nothing was sent."""
    if keeper.gates is not None:
        keeper.gates.note(closed.gate, closed.message, name, server=keeper.sdm.server)
    result = lock_result(name, device_id, "unknown", None, message=closed.message, gate=closed.gate)
    return dataclasses.replace(result, failed=not closed.planned)


def _predict(keeper: LockKeeper, name: str, device_id: str) -> DeviceResult:
    """Say what locking would do as far as the journal knows; the server cannot be asked."""
    row = keeper.locks.open_on(keeper.sdm.server, device_id)
    if row is not None and not is_free(keeper, row):
        return _busy(keeper, name, device_id, row)
    held = row is not None and row["state"] == "held"
    return lock_result(name, device_id, "locked", row or {"holder": keeper.holder}, changed=not held, before=row)


def _acquire(keeper: LockKeeper, name: str, device_id: str, group: str | None = None) -> DeviceResult:
    """Write the intent, ask the server, write what it said."""
    row = intend(keeper, name, device_id, group, members(keeper, name, device_id))
    if not is_free(keeper, row):
        return _busy(keeper, name, device_id, row)
    was_held = row["state"] == "held"
    try:
        keeper.sdm.lock(device_id, LockGuard(keeper, row))
    except Conflict as error:
        return _refused(keeper, name, row, error)
    except Blocked:
        raise
    except (NotSent, Refused, BadInput) as error:
        # Certainly not executed, so nothing of it is left to give back.
        repeated = isinstance(error, Refused) and error.repeated
        if row["state"] == "taking" and row["requests"] == 1 and not repeated:
            keeper.locks.move(row, "refused", str(error))
        raise
    held = keeper.locks.move(row, "held")
    _learn_repeat(keeper, name, device_id)
    return lock_result(name, device_id, "locked", held, changed=not was_held, before=row if was_held else None)


def _refused(keeper: LockKeeper, name: str, row: Row, error: Conflict) -> DeviceResult:
    """Settle a refused Lock: where the owner's repeat is refused too, it may be ours all the same."""
    server, was_held = keeper.sdm.server, row["state"] == "held"
    repeats = keeper.locks.repeats(server)
    if was_held and repeats is False:
        message = f"held since {iso(row['confirmed_at'])}; this SDM refuses to confirm a lock by repeating it."
        return lock_result(name, row["device_id"], "locked", row, message=message)
    if not repeats and (was_held or row["requests"] > 1 or error.repeated):
        row = keeper.locks.move(row, "taking", "refused; settled by unlocking and locking, which only its owner can.")
        if _take_over_own(keeper, row):
            if repeats is None:
                keeper.locks.learn_repeats(server, False)
            held = keeper.locks.move(row, "held")
            return lock_result(name, row["device_id"], "locked", held, changed=not was_held)
    undo_part(keeper, row)
    if not was_held:
        keeper.locks.move(row, "refused", str(error))
        return lock_failed(name, row["device_id"], "busy", str(error))
    if error.status == NO_RIGHT:
        message = f"{error} {PERHAPS_OURS}"
        keeper.locks.move(row, "taking", message)
        return lock_failed(name, row["device_id"], "unknown", message)
    keeper.locks.move(row, "lost", str(error))
    message = f"the lock of {keeper.holder} is gone (removed in the SDM console, or taken over). {error}"
    return lock_failed(name, row["device_id"], "busy", message)


def _take_over_own(keeper: LockKeeper, row: Row) -> bool:
    """Settle a Lock that was refused although it may be ours: only the owner can unlock and lock again.

    Raises NoAnswer when an answer is lost here in turn.
    """
    try:
        keeper.sdm.unlock(row["device_id"], lambda: guard(keeper, row))
    except Conflict as error:
        if not error.repeated:
            return False
    try:
        keeper.sdm.lock(row["device_id"], LockGuard(keeper, row))
    except Conflict as error:
        if error.repeated:
            raise NoAnswer(f"{error} An earlier try got no answer and may have been executed.") from error
        return False
    return True


def _learn_repeat(keeper: LockKeeper, name: str, device_id: str) -> None:
    """Learn once per server its answer to Lock from the owner (unknown: docs/apis/oracle_sdm.md, 9, question 5).

    Without it, a refused confirmation could not be told from a lost lock.
    """
    with keeper.learning:
        keeper.learned = keeper.learned or keeper.locks.repeats(keeper.sdm.server) is not None
        if keeper.learned:
            return
        try:
            row = intend(keeper, name, device_id)
            keeper.sdm.lock(device_id, LockGuard(keeper, row))
        except Conflict:
            keeper.locks.learn_repeats(keeper.sdm.server, False)
        except MaintenanceError:
            # Nothing learned; the lock itself was confirmed before.
            return
        else:
            keeper.locks.learn_repeats(keeper.sdm.server, True)


def _busy(keeper: LockKeeper, name: str, device_id: str, row: Row) -> DeviceResult:
    return DeviceResult(lock_result(name, device_id, "busy", row, message=who_has(keeper, row)).shown, failed=True)
