# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks in the journal: a lock is ours when a row here says so, whatever account the server knows.

A row goes taking -> held -> returning -> returned; it may also end as refused (the server said no) or lost (somebody
else has it now). The states in between stand for a request whose answer is not known yet: the device may be locked.
"""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The face names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Blocked
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import SILENCE, Journal, Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import run_lives, same_run

State = t.Literal["taking", "held", "returning", "returned", "refused", "lost"]


class GroupBusy(Blocked):
    """Another device of an exclusive group is locked, so this one may not be; ``row`` is that device's lock."""

    def __init__(self, group: str, row: Row) -> None:
        super().__init__(
            f"device {row['device']} of the same group ({group}) is locked for {row['holder']}, and never two of one "
            "group are maintained at once."
        )
        self.row = row


class Locks:
    """The lock rows of one journal."""

    def __init__(self, journal: Journal) -> None:
        """Take the open journal."""
        self._journal = journal

    def open_on(self, server: str, device_id: str) -> Row | None:
        """Give the open row (taking, held or returning) of a device, whoever its holder is. Raises JournalError."""
        rows = self._journal.rows(self._open(server).where(schema.LOCKS.c.device_id == device_id))
        return rows[0] if rows else None

    def open_by_name(self, server: str, device: str) -> list[Row]:
        """Give the open rows under a device's name: a device that is renamed or gone is still unlocked by its id."""
        return self._journal.rows(self._open(server).where(schema.LOCKS.c.device == device))

    def last_by_name(self, server: str, device: str) -> Row | None:
        """Give the newest row of a device name in any state, or None. Raises JournalError."""
        table = schema.LOCKS
        rows = self._journal.rows(
            sa.select(table)
            .where(table.c.server == server, table.c.device == device)
            .order_by(table.c.id.desc())
            .limit(1)
        )
        return rows[0] if rows else None

    def is_held(self, device: str, holder: str) -> bool:
        """Whether a fresh lock of this holder is on the device of this name: confirmed, and within its lease.

        When the lease is over, others may take the holder for dead. Raises JournalError.
        """
        table = schema.LOCKS
        statement = sa.select(table.c.id).where(
            table.c.device == device,
            table.c.holder == holder,
            table.c.state == "held",
            table.c.confirmed_at + table.c.lease > self._journal.clock.now(),
        )
        return bool(self._journal.rows(statement.limit(1)))

    def intend(
        self,
        *,
        server: str,
        device_id: str,
        device: str,
        account: str,
        holder: str,
        lease: float,
        group: str | None = None,
    ) -> Row:
        """Write the intent to lock and give the row that now stands for the device.

        When ``is_free_for`` says no to that row, it is somebody else's and nothing was written: another holder's, or
        the same holder's in another run that still lives. Nothing is written either when the row's account is another:
        only that one can unlock. A row that a dead run left is adopted. Raises JournalError, and GroupBusy when the
        device is not locked by us yet and another one of its exclusive ``group`` is.
        """
        table = schema.LOCKS
        now = self._journal.clock.now()
        with self._journal.writing() as connection:
            found = connection.execute(self._open(server).where(table.c.device_id == device_id)).mappings().first()
            if found is not None:
                row = dict(found)
                if self.is_free_for(row, holder) and row["account"] == account:
                    changes = {
                        # The device may have been renamed since.
                        "device": device,
                        "lease": lease,
                        "sender": self._journal.sender,
                        "requests": row["requests"] + 1,
                        "alive_until": max(row["alive_until"], now + SILENCE),
                    }
                    connection.execute(table.update().where(table.c.id == row["id"]), changes)
                    row.update(changes)
                return row
            if group is not None:
                self._refuse_second(connection, group)
            row = {
                "server": server,
                "device_id": device_id,
                "device": device,
                "account": account,
                "holder": holder,
                "state": "taking",
                "lease": lease,
                "requests": 1,
                "taken_at": now,
                "confirmed_at": None,
                "alive_until": now + SILENCE,
                "ended_at": None,
                "sender": self._journal.sender,
                "message": "",
            }
            row["id"] = connection.execute(table.insert(), row).inserted_primary_key[0]
            if group is not None:
                connection.execute(schema.LOCK_GROUPS.insert(), {"lock_id": row["id"], "group_name": group})
            self._journal.add_event(connection, "lock_intended", row)
        return row

    @staticmethod
    def _refuse_second(connection: t.Any, group: str) -> None:
        """Raise GroupBusy while any device of a group is, or may be, locked: by whomever, on whichever server."""
        table, groups = schema.LOCKS, schema.LOCK_GROUPS
        found = connection.execute(
            sa.select(table)
            .join(groups, groups.c.lock_id == table.c.id)
            .where(groups.c.group_name == group, table.c.state.in_(schema.OPEN_LOCK_STATES))
            .limit(1)
        ).mappings()
        other = found.first()
        if other is not None:
            raise GroupBusy(group, dict(other))

    def is_free_for(self, row: Row, holder: str) -> bool:
        """Whether this run may use a lock row: it is the holder's, and no other living run works with it."""
        return row["holder"] == holder and not self.run_is_alive(row)

    def run_is_alive(self, row: Row) -> bool:
        """Whether another run than ours is at work with a lock: its process lives, or gave a sign of life lately."""
        if same_run(row["sender"], self._journal.sender):
            return False
        lives = run_lives(row["sender"])
        return row["alive_until"] > self._journal.clock.now() if lives is None else lives

    def is_ours(self, row: Row) -> bool:
        """Whether a row still stands as this process wrote it: nobody else has gone on with it. Raises JournalError."""
        found = self._journal.rows(sa.select(schema.LOCKS).where(schema.LOCKS.c.id == row["id"]))
        return bool(found) and (found[0]["state"], found[0]["sender"]) == (row["state"], row["sender"])

    def count_request(self, row: Row) -> None:
        """Write down that one more Lock is about to be sent for a row: a server may count them. Raises JournalError."""
        table = schema.LOCKS
        with self._journal.writing() as connection:
            connection.execute(table.update().where(table.c.id == row["id"]).values(requests=table.c.requests + 1))

    def move(self, row: Row, state: State, message: str = "") -> Row:
        """Write the row's next state with its instant and what to tell about it; gives the new row.

        Raises Blocked when another process has gone on with the row since it was read, and JournalError.
        """
        table = schema.LOCKS
        now = self._journal.clock.now()
        changes: Row = {"state": state, "message": message, "sender": self._journal.sender}
        if state == "held":
            changes["confirmed_at"] = now
        if state not in schema.OPEN_LOCK_STATES:
            changes["ended_at"] = now
        with self._journal.writing() as connection:
            found = connection.execute(sa.select(table).where(table.c.id == row["id"])).mappings().first()
            if found is None or found["sender"] != row["sender"]:
                raise Blocked(f"another process has gone on with the lock of device {row['device']} meanwhile.")
            connection.execute(table.update().where(table.c.id == row["id"]), changes)
            kind = {"held": "locked", "returning": "unlock_intended", "returned": "unlocked"}.get(
                state, f"lock_{state}"
            )
            self._journal.add_event(connection, kind, row, message=message)
        return {**row, **changes}

    def repeats(self, server: str) -> bool | None:
        """Whether this SDM accepts Lock again from the owner of a lock; None as long as nobody has learned it."""
        known = self._journal.recall(f"repeats_lock {server}")
        return None if known is None else known == "yes"

    def learn_repeats(self, server: str, accepts: bool) -> None:
        """Keep what this SDM answered to Lock from the owner of a lock. Raises JournalError."""
        self._journal.remember(f"repeats_lock {server}", "yes" if accepts else "no")

    def all_open(self, server: str | None = None) -> list[Row]:
        """Give every open row, oldest first. Raises JournalError."""
        return self._journal.rows(self._open(server).order_by(schema.LOCKS.c.id))

    @staticmethod
    def _open(server: str | None) -> t.Any:
        statement = sa.select(schema.LOCKS).where(schema.LOCKS.c.state.in_(schema.OPEN_LOCK_STATES))
        return statement if server is None else statement.where(schema.LOCKS.c.server == server)
