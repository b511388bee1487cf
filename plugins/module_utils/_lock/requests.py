# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What taking and returning a lock have in common: the intent, the guards of a request, and whose a device is."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, Blocked, Conflict, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import run_lives
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.journal_only import JournalOnly
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_of, shown

# How long (seconds) before a device that somebody is at work with is asked for again.
BUSY_PAUSE = 5.0

# What a lock of somebody else is refused with is not documented, but an account without the right to it is told this
# (docs/apis/oracle_sdm.md, 5.1). So it never proves that a lock of ours is gone.
NO_RIGHT = 403

PERHAPS_OURS = (
    "The account may have lost its rights, so the device may be locked by us still. Check the account and the console, "
    "then run again."
)


def resolve(keeper: LockKeeper, name: str) -> str:
    """Return the one id SDM has for a name. Raises NotFound, BadInput for twins."""
    ids = keeper.sdm.device_ids().get(name, [])
    if not ids:
        raise NotFound(
            f"Oracle SDM shows no device called {shown(name)} to the account {keeper.sdm.username}; check the "
            "spelling (it is case-sensitive) and the account's device groups.",
            status=200,
        )
    if len(ids) > 1:
        raise BadInput(f"Oracle SDM has {len(ids)} devices called {shown(name)} ({', '.join(ids)}); give device_id.")
    return ids[0]


def members(keeper: LockKeeper, name: str, device_id: str) -> dict[str, str]:
    """Return the names, by id, of the devices that a lock reserves: of a group all that Oracle SDM shows in it.

    Raise BadInput for a group that the device is not in, as far as Oracle SDM shows it, and MaintenanceError.
    """
    if isinstance(keeper.sdm, JournalOnly) or group_of(device_id) is None:
        return {device_id: name}
    members = {member.id: member.name for member in keeper.sdm.members(device_id)}
    if name not in members.values():
        raise BadInput(
            f"Oracle SDM does not show {shown(name)} in the {device_id}, so that is not locked for it. Check "
            "sdm_group_id. Nothing was sent."
        )
    return members


def intend(
    keeper: LockKeeper, name: str, device_id: str, group: str | None = None, members: t.Mapping[str, str] | None = None
) -> Row:
    """Write that a device is going to be locked; return its row, which may be another user's. Raise JournalError."""
    return keeper.locks.intend(
        server=keeper.sdm.server,
        device_id=device_id,
        device=name,
        account=keeper.sdm.account,
        holder=keeper.holder,
        lease=keeper.lease,
        group=group or keeper.group,
        alone=keeper.alone,
        members=members,
        login=keeper.login,
    )


def is_free(keeper: LockKeeper, row: Row) -> bool:
    """Whether a lock row may be worked with: for this holder, by this run and with this account."""
    return keeper.locks.is_free_for(row, keeper.holder, login=keeper.login) and row["account"] == keeper.sdm.account


def guard(keeper: LockKeeper, row: Row) -> None:
    """Run right before the first byte of a Lock or Unlock leaves. Raises Blocked.

    A worker whose run was killed goes on for a moment: what it still sends would undo what the next run does.
    """
    if not keeper.run_alive():
        raise Blocked("The Ansible run this task belongs to has ended; nothing was sent.")
    if not keeper.locks.is_ours(row):
        raise Blocked("Another run has gone on with this lock; nothing was sent.")


def undo_part(keeper: LockKeeper, row: Row) -> None:
    """Unlock what a refused Lock of a group may have locked all the same (docs/apis/oracle_sdm.md, 4.3).

    An Unlock removes locks of our own account only. Raise MaintenanceError when its answer is lost.
    """
    if group_of(row["device_id"]):
        with contextlib.suppress(Conflict):
            keeper.sdm.unlock(row["device_id"], lambda: guard(keeper, row))


class LockGuard:
    """A guard that also counts how often a Lock was sent; in the journal its repeats, as the intent counts the first.

    ``sends`` is the number since it was made.
    """

    def __init__(self, keeper: LockKeeper, row: Row) -> None:
        """Take the lock that is asked for."""
        self._keeper = keeper
        self._row = row
        self.sends = 0

    def __call__(self) -> None:
        """Let one Lock leave, and count it. Raise Blocked."""
        guard(self._keeper, self._row)
        self.sends += 1
        if self.sends > 1:
            self._keeper.locks.count_request(self._row)


def who_has(keeper: LockKeeper, row: Row) -> str:
    """Say who has a device according to the journal, and what can be done."""
    if keeper.locks.is_free_for(row, keeper.holder) and keeper.locks.is_of_login(row) != keeper.login:
        one, other = ("window", "login") if keeper.login else ("login", "window")
        return f"It is locked for the {one} {row['holder']}, which is not the {other} of that name. Nothing was sent."
    if keeper.locks.is_free_for(row, keeper.holder):
        return (
            f"It is locked with the account {row['account']}, which alone can unlock it. Sign in with that account."
            " Nothing was sent."
        )
    if keeper.locks.run_is_alive(row):
        return f"{at_work(keeper.locks, row)} Wait for that run to end. Nothing was sent."
    if row["holder"] == keeper.holder:
        return f"It was locked for {row['holder']} by another run. Run the recover playbook. Nothing was sent."
    return (
        f"It has been locked for {row['holder']} since {iso(row['taken_at'])} (lease {row['lease']:.0f} s), the "
        "journal shows. Wait, or run ansible-playbook netfleet.maintenance.recover if that holder is dead. "
        "Nothing was sent."
    )


def at_work(locks: Locks, row: Row) -> str:
    """Say that a run works with a lock and, where nobody can look whether it lives, until when that is believed."""
    process = row["sender"]
    who = f"Another run (process {process.get('run')} on {process.get('host')}) is using it for {row['holder']}"
    if run_lives(process) is not None:
        return f"{who}."
    return (
        f"{who}, as far as this machine can tell: its last sign of life was at "
        f"{iso(row['alive_until'] - locks.silence)}. Without another one it counts as dead at "
        f"{iso(row['alive_until'])} ({locks.silence:.0f} s of silence)."
    )


def lock_result(
    name: str,
    device_id: str | None,
    state: str,
    row: t.Mapping[str, t.Any] | None,
    *,
    changed: bool = False,
    message: str = "",
    before: t.Mapping[str, t.Any] | None = None,
    gate: str | None = None,
) -> DeviceResult:
    """Build the result of one device; ``row`` is the journal row that holds now, ``before`` the one that held."""
    holder = row["holder"] if row else None
    shown_item = {
        "name": name,
        "device_id": device_id,
        "state": state,
        "changed": changed,
        "holder": holder,
        "locked_at": iso(row.get("taken_at")) if row else None,
        "message": message,
    }
    if gate is not None:
        shown_item["gate"] = gate
    was = {"state": "locked", "holder": before["holder"]} if before else {"state": "unlocked", "holder": None}
    return DeviceResult(shown_item, before=was, after={"state": state, "holder": holder})


def lock_failed(name: str, device_id: str | None, state: str, message: str) -> DeviceResult:
    """Build the result of a device that failed in a state, with the message why."""
    return DeviceResult(lock_result(name, device_id, state, None, message=message).shown, failed=True)
