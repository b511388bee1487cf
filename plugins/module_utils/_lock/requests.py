# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What taking and giving back a lock have in common: the intent, the guards of a request, and whose a device is."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, Blocked, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# How long (seconds) before a device that somebody is at work with is asked for again.
BUSY_PAUSE = 5.0


# What a lock of somebody else is refused with is not documented, but an account without the right to it is told this
# (Oracle SDM sheet, section 5.1). So it never proves that a lock of ours is gone.
NO_RIGHT = 403


PERHAPS_OURS = (
    "The account may have lost its rights, so the device may be locked by us still. Check the account and the console, "
    "then run again."
)


@dataclasses.dataclass
class LockRequests:
    """Asks for the locks of one holder."""

    sdm: OracleSdm
    locks: Locks
    holder: str
    lease: float
    wait_timeout: float
    clock: Clock
    run_alive: t.Callable[[], bool] = lambda: True
    dry: bool = False
    gates: Gates | None = None
    limits: Limits = dataclasses.field(default_factory=Limits)
    group: str | None = None

    def _resolve(self, name: str) -> str:
        """Give the one id SDM has for a name. Raises NotFound, BadInput for twins."""
        ids = self.sdm.device_ids().get(name, [])
        if not ids:
            raise NotFound(
                f"Oracle SDM shows no device called {shown(name)} to the account {self.sdm.username}; check the "
                "spelling (it is case-sensitive) and the account's device groups.",
                status=200,
            )
        if len(ids) > 1:
            raise BadInput(
                f"Oracle SDM has {len(ids)} devices called {shown(name)} ({', '.join(ids)}); give device_id."
            )
        return ids[0]

    def _intend(self, name: str, device_id: str) -> Row:
        return self.locks.intend(
            server=self.sdm.server,
            device_id=device_id,
            device=name,
            account=self.sdm.account,
            holder=self.holder,
            lease=self.lease,
            group=self.group,
        )

    def _is_free(self, row: Row) -> bool:
        """Whether a lock row may be worked with: for this holder, by this run and with this account."""
        return self.locks.is_free_for(row, self.holder) and row["account"] == self.sdm.account

    def _guard(self, row: Row) -> None:
        """Run right before the first byte of a Lock or Unlock leaves. Raises Blocked.

        A worker whose run was killed goes on for a moment: what it still sends would undo what the next run does.
        """
        if not self.run_alive():
            raise Blocked("The Ansible run this task belongs to has ended; nothing was sent.")
        if not self.locks.is_ours(row):
            raise Blocked("Another run has gone on with this lock; nothing was sent.")

    def _counting_guard(self, row: Row) -> t.Callable[[], None]:
        """Give a guard that also counts the repeats of a Lock; the intent has counted the first one."""
        sends = 0

        def guard() -> None:
            nonlocal sends
            self._guard(row)
            sends += 1
            if sends > 1:
                self.locks.count_request(row)

        return guard

    def _keeper_of(self, row: Row) -> str:
        """Say who has a device according to the journal, and what can be done."""
        if self.locks.is_free_for(row, self.holder):
            return f"locked with the account {row['account']}, which alone can unlock it; sign in with that one."
        if row["holder"] == self.holder:
            sender = row["sender"]
            return (
                f"another run (process {sender['run']} on {sender['host']}) is at work with it for {row['holder']}; "
                "wait for that run to end. Nothing was sent."
            )
        return (
            f"locked by {row['holder']} since {iso(row['taken_at'])} (lease {row['lease']:.0f} s) according to the "
            "journal; wait, or run the recover playbook when that holder is dead. Nothing was sent."
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
