# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Learning, on one device and by a person's explicit wish, what this SDM answers to a repeated Lock and Unlock.

Neither is documented (docs/apis/oracle_sdm.md, 9). The journal keeps what was learned; the lock is taken and returned
as any other, so a crash in the middle leaves what the recover playbook unlocks.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    Conflict,
    MaintenanceError,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.requests import LockGuard, guard, intend
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.returning import unlock
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.taking import lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult

# A Lock that is refused like this may be refused to the account or the session, whoever holds the lock.
_NOT_ABOUT_THE_LOCK = frozenset({401, 403})


@dataclasses.dataclass(frozen=True)
class Learned:
    """How a device was locked and unlocked, and what SDM answers to a repetition (None: not learned).

    ``repeats_lock`` and ``repeats_unlock`` tell whether it accepts Lock and Unlock again, ``counts_locks`` whether it
    takes as many Unlocks as Locks to free a device. ``problem`` says what went wrong, empty when nothing did.
    """

    locked: bool
    unlocked: bool
    repeats_lock: bool | None = None
    repeats_unlock: bool | None = None
    counts_locks: bool | None = None
    problem: str = ""


def learn(keeper: LockKeeper, name: str) -> Learned:
    """Lock and unlock the device of this name, and keep what SDM answered to each repetition."""
    # Left to the repetition that follows: what was learned before an upgrade may not hold any more.
    keeper = dataclasses.replace(keeper, learned=True)
    server = keeper.sdm.server
    taken = lock(keeper, name)
    if taken.shown["state"] != "locked":
        return Learned(False, False, problem=taken.shown["message"])
    device_id = str(taken.shown["device_id"])
    try:
        refusal = _repeat_lock(keeper, name, device_id)
        repeats_unlock, counts = _unlock_twice(keeper, device_id, refusal)
        keeper.locks.learn_counts(server, counts)
    except MaintenanceError as error:
        # Whatever else happens, the device is given back the usual way, which settles lost and refused answers.
        returned: DeviceResult = unlock(keeper, name, device_id)
        unlocked = returned.shown["state"] == "unlocked"
        problem = str(error) if unlocked else f"{error} {returned.shown['message']}"
        return Learned(True, unlocked, keeper.locks.repeats(server), problem=problem)
    return Learned(True, True, refusal is None, repeats_unlock, counts)


def _repeat_lock(keeper: LockKeeper, name: str, device_id: str) -> Conflict | None:
    """Ask again for a lock that is ours, and return the refusal, None when there is none.

    Raise MaintenanceError for anything but an answer to the question.
    """
    row = intend(keeper, name, device_id)
    refusal: Conflict | None = None
    try:
        keeper.sdm.lock(device_id, LockGuard(keeper, row))
    except Conflict as error:
        refusal = error
    keeper.locks.learn_repeats(keeper.sdm.server, refusal is None)
    return refusal


def _unlock_twice(keeper: LockKeeper, device_id: str, refusal: Conflict | None) -> tuple[bool | None, bool | None]:
    """Unlock once for each Lock, and once more while the journal still shows the lock as ours.

    Return whether SDM accepts the last one, and whether it counts Locks; ``refusal`` is of the repeated Lock.
    Raise MaintenanceError when the first Unlock is not answered with success.
    """
    row = keeper.locks.open_on(keeper.sdm.server, device_id)
    if row is None:
        return None, None
    row = keeper.locks.move(row, "returning")
    sent = 0

    def counting() -> None:
        nonlocal sent
        guard(keeper, row)
        sent += 1

    keeper.sdm.unlock(device_id, counting)
    answers: list[bool | None] = []
    needed = row["requests"] - 1
    for number in range(needed + 1):
        try:
            keeper.sdm.unlock(device_id, counting)
        except Conflict:
            answers.append(False)
        except MaintenanceError:
            if number < needed:
                raise
            # The device is free since the Unlock before; only the answer to the repetition is not known.
            answers.append(None)
        else:
            answers.append(True)
    keeper.locks.move(row, "returned")
    if answers[-1] is not None:
        keeper.locks.learn_unlock_repeats(keeper.sdm.server, answers[-1])
    # A request that was sent again may have been carried out twice.
    once = row["requests"] == 2 and sent == 1 + len(answers) and None not in answers
    return answers[-1], _counts(refusal, answers) if once else None


def _counts(refusal: Conflict | None, answers: list[bool | None]) -> bool | None:
    """Return whether SDM counts Locks, None where the answers leave it open. Pure.

    ``refusal`` is what it answered to the second Lock of two, and ``answers`` whether it accepted the Unlocks after the
    first. An SDM that accepts an Unlock of a free device does not show when the device became free.
    """
    if refusal is not None:
        return None if refusal.status in _NOT_ABOUT_THE_LOCK or refusal.repeated else False
    if answers[-1]:
        return None
    return answers[0]
