# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks in the journal: a lock is ours when a row here says so, whatever account the server knows.

A row goes taking -> held -> returning -> returned; it may also end as refused (the server said no) or lost
(another user has it now). The states in between stand for a request whose answer is not known yet: the device may
be locked.
"""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import wait_until
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Blocked
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import SIGNS_PER_SILENCE, Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import (
    NOTHING_ENDED,
    Ended,
    is_alive,
    run_lives,
    same_run,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import lease_ends_at
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.statements import Statement
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_of

# The server of a lock that only this journal has. It is no address, so it can be that of no server.
JOURNAL_ONLY = "journal"

# Seconds by which a silence is waited out for longer than it lasts.
SILENCE_MARGIN = 1.0

State = t.Literal["taking", "held", "returning", "returned", "refused", "lost"]

_COLUMNS = (
    "server",
    "device_id",
    "device",
    "account",
    "holder",
    "state",
    "lease",
    "requests",
    "taken_at",
    "confirmed_at",
    "alive_until",
    "ended_at",
    "sender",
    "message",
)

_OPEN_ON = Statement(
    lambda: sa.select(schema.LOCKS).where(
        schema.LOCKS.c.server == sa.bindparam("of_server"),
        schema.LOCKS.c.device_id == sa.bindparam("of_device"),
        schema.OPEN_LOCK,
    )
)
_OPEN_BY_NAME = Statement(
    lambda: sa.select(schema.LOCKS).where(
        schema.LOCKS.c.server == sa.bindparam("of_server"),
        schema.LOCKS.c.device == sa.bindparam("of_device"),
        schema.OPEN_LOCK,
    )
)
_EVER_HELD = Statement(
    lambda: sa.select(schema.LOCKS.c.taken_at).where(
        schema.LOCKS.c.device == sa.bindparam("of_device"),
        schema.LOCKS.c.holder == sa.bindparam("of_holder"),
        schema.LOCKS.c.confirmed_at.is_not(None),
    )
)
_OVER = Statement(
    lambda: (
        sa.select(schema.LOCKS)
        .join(schema.LOCK_MEMBERS, schema.LOCK_MEMBERS.c.lock_id == schema.LOCKS.c.id)
        .where(
            schema.LOCKS.c.server == sa.bindparam("of_server"),
            schema.LOCK_MEMBERS.c.device_id == sa.bindparam("of_device"),
            schema.OPEN_LOCK,
        )
    )
)
_BY_ID = Statement(lambda: sa.select(schema.LOCKS).where(schema.LOCKS.c.id == sa.bindparam("row_id")))
_OF_LOGIN = Statement(
    lambda: sa.select(schema.LOGIN_LOCKS.c.lock_id).where(schema.LOGIN_LOCKS.c.lock_id == sa.bindparam("row_id"))
)
_INSERT = Statement(lambda: sa.insert(schema.LOCKS), _COLUMNS)
_ADOPT = Statement(
    lambda: schema.LOCKS.update().where(schema.LOCKS.c.id == sa.bindparam("row_id")),
    ("device", "lease", "sender", "requests", "alive_until"),
)
_MOVE = Statement(
    lambda: schema.LOCKS.update().where(schema.LOCKS.c.id == sa.bindparam("row_id")),
    ("state", "message", "sender", "confirmed_at", "ended_at"),
)
_COUNT_REQUEST = Statement(
    lambda: (
        schema.LOCKS.update()
        .where(schema.LOCKS.c.id == sa.bindparam("row_id"))
        .values(requests=schema.LOCKS.c.requests + 1)
    )
)
_RENEW = Statement(
    lambda: schema.LOCKS.update().where(
        schema.LOCKS.c.id == sa.bindparam("row_id"),
        schema.OPEN_LOCK,
        schema.LOCKS.c.alive_until < sa.bindparam("until"),
    ),
    ("alive_until",),
)
_IS_HELD = Statement(
    lambda: (
        sa.select(schema.LOCKS.c.id)
        .where(
            schema.LOCKS.c.device == sa.bindparam("of_device"),
            schema.LOCKS.c.holder == sa.bindparam("of_window"),
            schema.LOCKS.c.state == sa.literal_column("'held'"),
            schema.LOCKS.c.id.not_in(sa.select(schema.LOGIN_LOCKS.c.lock_id)),
            schema.LOCKS.c.confirmed_at + schema.LOCKS.c.lease > sa.bindparam("now", type_=sa.Float),
        )
        .limit(sa.literal_column("1"))
    )
)


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

    def __init__(self, journal: Journal, ended: Ended = NOTHING_ENDED) -> None:
        """Take the open journal, and what is known to have ended."""
        self._journal = journal
        self._counts: dict[str, bool | None] = {}
        # Whether the rows that were written here are of a login, by their ids: that never changes.
        self._of_login: dict[int, bool] = {}
        self.ended = ended

    @property
    def silence(self) -> float:
        """For how many seconds after its last sign of life a run on another machine counts as alive."""
        return self._journal.silence

    def now(self) -> float:
        """Return the journal's time (epoch seconds)."""
        return self._journal.clock.now()

    def open_on(self, server: str, device_id: str) -> Row | None:
        """Return the open row (taking, held or returning) of a device, whoever its holder is. Raises JournalError."""
        return self._journal.read(lambda connection: _OPEN_ON.first(connection, of_server=server, of_device=device_id))

    def open_by_name(self, server: str, device: str) -> list[Row]:
        """Return the open rows under a device's name: a device that is renamed or gone is still unlocked by its id."""
        return self._journal.read(lambda connection: _OPEN_BY_NAME.rows(connection, of_server=server, of_device=device))

    def last_by_name(self, server: str, device: str) -> Row | None:
        """Return the newest row of a device name in any state, or None. Raises JournalError."""
        table = schema.LOCKS
        return self._journal.first(
            sa.select(table).where(table.c.server == server, table.c.device == device).order_by(table.c.id.desc())
        )

    def is_held(self, device: str, window_id: str) -> bool:
        """Whether a fresh lock of this window is on the device of this name: confirmed, and within its lease.

        When the lease is over, others may take the window for dead. Raises JournalError.
        """
        now = self._journal.clock.now()
        found = self._journal.read(
            lambda connection: _IS_HELD.first(connection, of_device=device, of_window=window_id, now=now)
        )
        return found is not None

    def lease_ended(self, device: str, window_id: str) -> float | None:
        """Return when the lease ended of a lock that is open still (epoch seconds); None where there is none.

        Raise JournalError.
        """
        table, now = schema.LOCKS, self._journal.clock.now()
        rows = self._journal.rows(
            sa.select(table).where(table.c.device == device, table.c.holder == window_id, table.c.state == "held")
        )
        return max((ended for row in rows if (ended := lease_ends_at(row)) <= now), default=None)

    def first_held(self, device: str, window_id: str) -> float | None:
        """Return when a window first locked a device (epoch seconds), whatever became of that lock; None: never.

        Raise JournalError.
        """
        rows = self._journal.read(lambda connection: _EVER_HELD.rows(connection, of_device=device, of_holder=window_id))
        return min((float(row["taken_at"]) for row in rows), default=None)

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
        alone: bool = True,
        members: t.Mapping[str, str] | None = None,
        login: bool = False,
    ) -> Row:
        """Write the intent to lock and return the row that now stands for the device.

        When ``is_free_for`` says no to that row, it is another user's and nothing was written: another holder's, or
        the same holder's in another run that still lives. Nothing is written either when the row's account is another:
        only that one can unlock. A row that a dead run left is adopted. Raises JournalError, and GroupBusy when the
        device is not locked by us yet and another one of its exclusive ``group`` is, unless it need not be ``alone``.
        ``members`` are the names, by id, of the devices that the lock reserves in Oracle SDM: all of them must be free
        of other locks (None: not compared). ``login`` tells that the holder is a person's login and not a window.
        """
        now = self._journal.clock.now()
        fresh: Row = {
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
            "alive_until": now + self._journal.silence,
            "ended_at": None,
            "sender": self._journal.sender,
            "message": "",
        }

        def work(connection: t.Any) -> tuple[Row, bool]:
            found = _OPEN_ON.first(connection, of_server=server, of_device=device_id)
            if found is not None:
                if group_of(device_id) and found["device"] != device:
                    # The lock of a group is for one of its devices at a time, whoever its holder is.
                    raise GroupBusy(device_id, found)
                if not self.is_free_for(found, holder) or found["account"] != account:
                    return found, False
                if self.is_of_login(found, connection) != login:
                    return found, False
                changes = {
                    # The device may have been renamed since.
                    "device": device,
                    "lease": lease,
                    "sender": self._journal.sender,
                    "requests": found["requests"] + 1,
                    "alive_until": max(found["alive_until"], now + self._journal.silence),
                }
                _ADOPT.change(connection, row_id=found["id"], **changes)
                return {**found, **changes}, True
            if group is not None and alone:
                self._refuse_second(connection, group)
            other = self._reserved(connection, fresh, members or {})
            if other is not None:
                return other, False
            row = {**fresh, "id": _INSERT.insert(connection, fresh)}
            if members and group_of(device_id):
                table = schema.LOCK_MEMBERS
                rows = [{"lock_id": row["id"], "device_id": key, "device": name} for key, name in members.items()]
                connection.execute(table.insert(), rows)
            if group is not None:
                connection.execute(schema.LOCK_GROUPS.insert(), {"lock_id": row["id"], "group_name": group})
            if login:
                connection.execute(schema.LOGIN_LOCKS.insert(), {"lock_id": row["id"]})
            self._journal.add_event(connection, "lock_intended", row)
            return row, True

        row, is_written = self._journal.write(work)
        if is_written:
            self._of_login[row["id"]] = login
        return row

    @staticmethod
    def _refuse_second(connection: t.Any, group: str) -> None:
        """Raise GroupBusy while any device of a group is, or may be, locked: by whomever, on whichever server."""
        table, groups = schema.LOCKS, schema.LOCK_GROUPS
        found = connection.execute(
            sa.select(table)
            .join(groups, groups.c.lock_id == table.c.id)
            .where(groups.c.group_name == group, schema.OPEN_LOCK)
            .limit(1)
        ).mappings()
        other = found.first()
        if other is not None:
            raise GroupBusy(group, dict(other))

    def _reserved(self, connection: t.Any, fresh: Row, members: t.Mapping[str, str]) -> Row | None:
        """Return the lock of another user on the same device, taken alone or by a group, None if there is none.

        Raise GroupBusy for a lock of another device that the wanted lock would touch, or whose group has this device.
        """
        for member in members:
            about = {"of_server": fresh["server"], "of_device": member}
            for row in (*_OPEN_ON.rows(connection, **about), *_OVER.rows(connection, **about)):
                if row["device"] != fresh["device"]:
                    raise GroupBusy("of Oracle SDM", row)
                if not self.is_free_for(row, fresh["holder"]):
                    return row
        return None

    def is_free_for(self, row: Row, holder: str, *, login: bool | None = None) -> bool:
        """Whether this run may use a lock row: it is the holder's, and no other living run works with it.

        With ``login`` the kind of the holder must be the same too: a login and a window may have one name.
        """
        if row["holder"] != holder or self.run_is_alive(row):
            return False
        return login is None or self.is_of_login(row) == login

    def is_of_login(self, row: Row, connection: t.Any = None) -> bool:
        """Whether a person holds a row under a login, and no window does. Raises JournalError."""
        known = self._of_login.get(row["id"])
        if known is not None:
            return known
        if connection is not None:
            return _OF_LOGIN.first(connection, row_id=row["id"]) is not None
        return self._journal.read(lambda reading: _OF_LOGIN.first(reading, row_id=row["id"]) is not None)

    def run_is_alive(self, row: Row) -> bool:
        """Whether another run than ours uses a lock: its process lives, or gave a sign of life lately."""
        return not same_run(row["sender"], self._journal.sender) and is_alive(
            row, self._journal.clock.now(), self.ended
        )

    def wait_out_silence(self, concerns: t.Callable[[Row], bool]) -> None:
        """Wait until every run on another machine either gave a new sign of life or counts as dead.

        Takes which open rows it concerns. Ends within the journal's silence. Raises JournalError.
        """
        clock = self._journal.clock

        def silent() -> dict[int, float]:
            rows = [row for row in self.all_open() if concerns(row) and self.run_is_alive(row)]
            return {row["id"]: row["alive_until"] for row in rows if run_lives(row["sender"]) is None}

        first = silent()
        if first:
            wait_until(
                lambda: {key for key, until in silent().items() if until <= first.get(key, 0.0)},
                lambda left: not left,
                limit=min(max(first.values()) - clock.now() + SILENCE_MARGIN, self.silence + SILENCE_MARGIN),
                pause=self.silence / SIGNS_PER_SILENCE / 5,
                clock=clock,
            )

    def run_is_silent(self, process: t.Mapping[str, t.Any], rows: t.Sequence[Row]) -> bool:
        """Whether a run holds locks among the open ``rows`` and none of them shows a sign of life any more."""
        own = [row for row in rows if same_run(row["sender"], process)]
        return bool(own) and not any(self.run_is_alive(row) for row in own)

    def is_ours(self, row: Row) -> bool:
        """Whether a row still stands as this process wrote it: nobody else has gone on with it. Raises JournalError."""
        found = self._journal.read(lambda connection: _BY_ID.first(connection, row_id=row["id"]))
        return found is not None and (found["state"], found["sender"]) == (row["state"], row["sender"])

    def count_request(self, row: Row) -> None:
        """Write down that one more Lock is about to be sent for a row: a server may count them. Raises JournalError."""
        self._journal.write(lambda connection: _COUNT_REQUEST.change(connection, row_id=row["id"]))

    def move(self, row: Row, state: State, message: str = "") -> Row:
        """Write the row's next state with its instant and its message; return the new row.

        Raises Blocked when another process has gone on with the row since it was read, and JournalError.
        """
        now = self._journal.clock.now()
        changes: Row = {
            "state": state,
            "message": message,
            "sender": self._journal.sender,
            "confirmed_at": now if state == "held" else row["confirmed_at"],
            "ended_at": row["ended_at"] if state in schema.OPEN_LOCK_STATES else now,
        }
        kind = {"held": "locked", "returning": "unlock_intended", "returned": "unlocked"}.get(state, f"lock_{state}")

        def work(connection: t.Any) -> None:
            found = _BY_ID.first(connection, row_id=row["id"])
            if found is None or found["sender"] != row["sender"]:
                raise Blocked(f"another process has gone on with the lock of device {row['device']} meanwhile.")
            _MOVE.change(connection, row_id=row["id"], **changes)
            self._journal.add_event(connection, kind, row, message=message)

        self._journal.write(work)
        return {**row, **changes}

    def keep_alive(self) -> None:
        """Renew the sign of life of every lock that this process's run works with. Raises JournalError."""
        now = self._journal.clock.now()
        until = now + self._journal.silence
        mine = [row["id"] for row in self.all_open() if same_run(row["sender"], self._journal.sender)]
        if not mine:
            return

        def work(connection: t.Any) -> None:
            for row_id in mine:
                _RENEW.change(connection, row_id=row_id, until=until, alive_until=until)

        self._journal.write(work)

    def under_logins(self) -> set[int]:
        """Return the ids of the open rows that a person holds under a login. Raises JournalError."""
        table, locks = schema.LOGIN_LOCKS, schema.LOCKS
        rows = self._journal.rows(
            sa.select(table.c.lock_id).join(locks, locks.c.id == table.c.lock_id).where(schema.OPEN_LOCK)
        )
        return {row["lock_id"] for row in rows}

    def repeats(self, server: str) -> bool | None:
        """Whether this SDM accepts Lock again from the owner of a lock; None as long as nobody has learned it."""
        known = self._journal.recall(f"repeats_lock {server}")
        return None if known is None else known == "yes"

    def learn_repeats(self, server: str, accepts: bool) -> None:
        """Keep what this SDM answered to Lock from the owner of a lock. Raises JournalError."""
        self._journal.remember(f"repeats_lock {server}", "yes" if accepts else "no")

    def unlock_repeats(self, server: str) -> bool | None:
        """Whether this SDM accepts Unlock of a device that is free; None as long as nobody has learned it."""
        known = self._journal.recall(f"repeats_unlock {server}")
        return None if known is None else known == "yes"

    def learn_unlock_repeats(self, server: str, accepts: bool) -> None:
        """Keep what this SDM answered to Unlock of a device that was free. Raises JournalError."""
        self._journal.remember(f"repeats_unlock {server}", "yes" if accepts else "no")

    def counts(self, server: str) -> bool | None:
        """Whether this SDM takes as many Unlocks as Locks to free a device; None when nobody knows.

        It is read from the journal once for each server, however many locks are returned.
        """
        if server not in self._counts:
            self._counts[server] = {"yes": True, "no": False}.get(self._journal.recall(f"counts_locks {server}") or "")
        return self._counts[server]

    def learn_counts(self, server: str, counts: bool | None) -> None:
        """Keep whether this SDM counts Locks, or that it does not show it. Raises JournalError."""
        said = {True: "yes", False: "no", None: "unknown"}[counts]
        self._journal.remember(f"counts_locks {server}", said)
        self._counts[server] = counts

    def all_open(self, server: str | None = None) -> list[Row]:
        """Return every open row, oldest first. Raises JournalError."""
        return self._journal.rows(self._open(server).order_by(schema.LOCKS.c.id))

    @staticmethod
    def _open(server: str | None) -> t.Any:
        statement = sa.select(schema.LOCKS).where(schema.OPEN_LOCK)
        return statement if server is None else statement.where(schema.LOCKS.c.server == server)
