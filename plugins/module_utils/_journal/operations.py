# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations in the journal: a claim is a row, written before the request, and it is given once.

A row starts as sending. It becomes refused (certainly not executed: it may be claimed again), accepted (the system took
it), unknown (it may have been executed), and at last done or failed; a sync may also end as unproven, where its window
goes on without evidence. The limit of failures and the in-flight cap are counted in the same transaction as the claim,
so they hold over batches, reruns and controllers.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import (
    FAILED_STATES,
    UNPROVEN,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import (
    IN_FLIGHT,
    RESTARTS,
    Limits,
    OverLimit,
    over_limit,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import refuse_pruned
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.statements import Statement

State = t.Literal["sending", "accepted", "unknown", "refused", "done", "failed", "unproven"]

# Staying up for a while is written down like an operation; nothing is sent for it, so nothing can go off later.
HOLD = "hold"

PROVEN = ("done", "failed")

_COLUMNS = (
    "server",
    "window_id",
    "device_id",
    "device",
    "serial",
    "lock_name",
    "operation",
    "attempt",
    "state",
    "sent",
    "claimed_at",
    "send_deadline",
    "sent_at",
    "busy_until",
    "settled_at",
    "sender",
    "baseline",
    "evidence",
    "execution_id",
    "message",
)

_BY_ID = Statement(lambda: sa.select(schema.OPERATIONS).where(schema.OPERATIONS.c.id == sa.bindparam("row_id")))
_NEWEST_ATTEMPT = Statement(
    lambda: (
        sa.select(schema.OPERATIONS)
        .where(
            schema.OPERATIONS.c.server == sa.bindparam("of_server"),
            schema.OPERATIONS.c.window_id == sa.bindparam("of_window"),
            schema.OPERATIONS.c.device_id == sa.bindparam("of_device"),
            schema.OPERATIONS.c.operation == sa.bindparam("of_operation"),
        )
        .order_by(schema.OPERATIONS.c.attempt.desc())
        .limit(sa.literal_column("1"))
    )
)
_OF_DEVICE = Statement(
    lambda: (
        sa.select(schema.OPERATIONS)
        .where(
            schema.OPERATIONS.c.server == sa.bindparam("of_server"),
            schema.OPERATIONS.c.window_id == sa.bindparam("of_window"),
            sa.or_(
                schema.OPERATIONS.c.device_id == sa.bindparam("of_id"),
                schema.OPERATIONS.c.device == sa.bindparam("of_device"),
            ),
        )
        .order_by(schema.OPERATIONS.c.id.desc())
    )
)
_IN_FLIGHT_UNDER = Statement(
    lambda: (
        sa.select(schema.OPERATIONS)
        .where(
            schema.OPERATIONS.c.window_id == sa.bindparam("of_window"),
            schema.OPERATIONS.c.lock_name == sa.bindparam("of_lock"),
            schema.OPERATIONS.c.operation != sa.literal_column(f"'{HOLD}'"),
            schema.OPERATIONS.c.state.in_([sa.literal_column(f"'{state}'") for state in IN_FLIGHT]),
            schema.OPERATIONS.c.busy_until > sa.bindparam("now"),
        )
        .limit(sa.literal_column("1"))
    )
)
_INSERT = Statement(lambda: sa.insert(schema.OPERATIONS), _COLUMNS)
_CLAIM_AGAIN = Statement(
    lambda: schema.OPERATIONS.update().where(schema.OPERATIONS.c.id == sa.bindparam("row_id")), _COLUMNS
)
_KEEP_ALIVE = Statement(
    lambda: schema.LOCKS.update().where(
        schema.LOCKS.c.device == sa.bindparam("of_device"),
        schema.LOCKS.c.holder == sa.bindparam("of_window"),
        schema.LOCKS.c.state == sa.literal_column("'held'"),
        schema.LOCKS.c.alive_until < sa.bindparam("until"),
    ),
    ("alive_until",),
)


@functools.cache
def _move(columns: tuple[str, ...], unless_proven: bool, only_from: bool) -> Statement:
    """Return the statement that writes these columns of a row which still is this process's to write."""

    def make() -> t.Any:
        table = schema.OPERATIONS
        # Who claimed the row again since then goes on with it. And what another process has proven meanwhile stands.
        ours = [table.c.id == sa.bindparam("row_id"), table.c.claimed_at == sa.bindparam("of_claim")]
        if unless_proven:
            ours.append(table.c.state.not_in([sa.literal_column(f"'{state}'") for state in PROVEN]))
        if only_from:
            ours.append(table.c.state == sa.bindparam("from_state"))
        return table.update().where(*ours)

    return Statement(make, columns)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is to be claimed: ``resend`` says that an earlier failed or unknown attempt may be sent again.

    ``attempt`` is 1, or what a person asked for: :func:`is_further_attempt` says when it may be sent. ``lock_name`` is
    the name the device is locked under, whose lock then shows a sign of life.
    ``baseline`` is what was seen of the device before (JSON-like); ``send_deadline`` and ``busy_until`` are instants
    (epoch seconds): after the first nothing is sent any more, after the second the device no longer counts as in
    flight.
    """

    server: str
    window_id: str | None
    device_id: str
    device: str
    serial: str | None
    operation: str
    baseline: t.Mapping[str, t.Any]
    send_deadline: float
    busy_until: float
    resend: bool = False
    attempt: int = 1
    lock_name: str | None = None


@dataclasses.dataclass(frozen=True)
class Claim:
    """The answer to a claim.

    ``verdict`` is send (the row is ours, go on), known (an earlier attempt stands in ``row``), or over (nothing was
    written; ``over`` says which limit is reached).
    """

    verdict: t.Literal["send", "known", "over"]
    row: Row
    over: OverLimit | None = None


class Operations:
    """The operation rows of one journal."""

    def __init__(self, journal: Journal) -> None:
        """Take the open journal."""
        self._journal = journal

    @property
    def journal(self) -> Journal:
        """The journal they stand in."""
        return self._journal

    @property
    def sender(self) -> t.Mapping[str, t.Any]:
        """The identity this process claims under."""
        return self._journal.sender

    def by_id(self, row_id: int) -> Row:
        """Return a row as it is now. Raises JournalError."""
        return self._journal.rows(sa.select(schema.OPERATIONS).where(schema.OPERATIONS.c.id == row_id))[0]

    def of_device(self, server: str, window_id: str, device_id: str, device: str) -> list[Row]:
        """Return what a window did to a device, known by its id or by its name, newest first. Raises JournalError."""
        return self._journal.read(
            lambda connection: _OF_DEVICE.rows(
                connection, of_server=server, of_window=window_id, of_id=device_id, of_device=device
            )
        )

    def earlier(self, server: str, window_id: str, device_id: str, device: str, operation: str) -> Row | None:
        """Return the newest attempt of an operation within a window on a device, known by its id or by its name."""
        rows = self.of_device(server, window_id, device_id, device)
        return next((row for row in rows if row["operation"] == operation), None)

    def last_done(self, server: str, device_id: str, operation: str) -> Row | None:
        """Return the newest operation of this kind that is proven on a device, in any window. Raises JournalError."""
        table = schema.OPERATIONS
        return self._journal.first(
            sa.select(table)
            .where(
                table.c.server == server,
                table.c.device_id == device_id,
                table.c.operation == operation,
                table.c.state == "done",
            )
            .order_by(table.c.id.desc())
        )

    def in_flight_under(self, window_id: str, lock_name: str) -> Row | None:
        """Return an operation of a window that is still under way on a device it locked. Raises JournalError."""
        now = self._journal.clock.now()
        return self._journal.read(
            lambda connection: _IN_FLIGHT_UNDER.first(connection, of_window=window_id, of_lock=lock_name, now=now)
        )

    def queued_under(self, window_id: str, lock_name: str) -> Row | None:
        """Return an operation of a window that waits in the platform's queue for a device. Raises JournalError."""
        table = schema.OPERATIONS
        rows = self._journal.rows(
            sa.select(table)
            .where(table.c.window_id == window_id, table.c.lock_name == lock_name, table.c.queued.is_(True))
            .order_by(table.c.id)
        )
        return next(filter(is_queued, rows), None)

    def claim(self, wanted: Wanted, limits: Limits) -> Claim:
        """Claim the right to send one request, on disk before this returns. Raise BadInput, JournalError."""
        now = self._journal.clock.now()
        fresh: Row = {
            "server": wanted.server,
            "window_id": wanted.window_id,
            "device_id": wanted.device_id,
            "device": wanted.device,
            "serial": wanted.serial,
            "lock_name": wanted.lock_name or wanted.device,
            "operation": wanted.operation,
            "attempt": wanted.attempt,
            "state": "sending",
            "sent": False,
            "claimed_at": now,
            "send_deadline": wanted.send_deadline,
            "sent_at": None,
            "busy_until": wanted.busy_until,
            "settled_at": None,
            "sender": self._journal.sender,
            "baseline": dict(wanted.baseline),
            "evidence": [],
            "execution_id": None,
            "message": "",
            "queued": False,
        }

        def work(connection: t.Any) -> Claim:
            row = dict(fresh)
            if wanted.window_id is not None:
                earlier = _NEWEST_ATTEMPT.first(
                    connection,
                    of_server=wanted.server,
                    of_window=wanted.window_id,
                    of_device=wanted.device_id,
                    of_operation=wanted.operation,
                )
                if earlier is None:
                    refuse_pruned(connection, wanted.window_id)
                elif is_further_attempt(earlier, wanted.attempt):
                    earlier = None
                if earlier is not None and not _may_send_again(earlier, wanted.resend):
                    return Claim("known", earlier)
                over = over_limit(
                    connection,
                    wanted.window_id,
                    row["lock_name"],
                    limits,
                    now,
                    restarts=wanted.operation in RESTARTS,
                    resolved=(wanted.server, wanted.device_id),
                )
                if over is not None:
                    return Claim("over", {}, over)
                self._keep_lock_alive(connection, wanted)
                if earlier is not None:
                    row["attempt"] = earlier["attempt"]
                    _CLAIM_AGAIN.change(connection, row_id=earlier["id"], **row)
                    row["id"] = earlier["id"]
                    self._claimed(connection, row)
                    return Claim("send", row)
            else:
                over = over_limit(connection, None, row["lock_name"], limits, now)
                if over is not None:
                    return Claim("over", {}, over)
            row["id"] = _INSERT.insert(connection, row)
            self._claimed(connection, row)
            return Claim("send", row)

        return self._journal.write(work)

    def _claimed(self, connection: t.Any, row: Row) -> None:
        self._journal.add_event(
            connection, "operation_claimed", row, operation=row["operation"], attempt=row["attempt"]
        )

    def _keep_lock_alive(self, connection: t.Any, wanted: Wanted) -> None:
        """Let the device's lock show a sign of life; where no heartbeat does, for as long as the operation may take."""
        ours = self._journal.sender
        since = wanted.busy_until if ours["run"] == ours["pid"] else self._journal.clock.now()
        alive_until = since + self._journal.silence
        _KEEP_ALIVE.change(
            connection,
            of_device=wanted.lock_name or wanted.device,
            of_window=wanted.window_id,
            until=alive_until,
            alive_until=alive_until,
        )

    def over_limit(self, window_id: str | None, lock_name: str, limits: Limits) -> OverLimit | None:
        """Return the limit that keeps a device from being started now, None when none does. Raises JournalError."""
        if limits == Limits():
            return None
        now = self._journal.clock.now()
        return self._journal.read(lambda connection: over_limit(connection, window_id, lock_name, limits, now))

    def is_ours(self, row: Row) -> bool:
        """Whether the claim still stands as this process wrote it. Raises JournalError."""
        found = self._journal.read(lambda connection: _BY_ID.first(connection, row_id=row["id"]))
        return found is not None and (found["state"], found["sender"], found["claimed_at"]) == (
            "sending",
            row["sender"],
            row["claimed_at"],
        )

    def move(self, row: Row, state: State, *, only_from: State | None = None, **changes: t.Any) -> Row:
        """Write the row's next state with further columns (message, evidence, ...); gives the new row.

        With ``only_from`` it is written only if the row is still in that state. Where the row is not this process's to
        write any more, nothing is written and the row is given as it stands.
        """
        now = self._journal.clock.now()
        values: Row = {"state": state, **changes}
        if changes.get("sent") and row["sent_at"] is None:
            values["sent_at"] = now
        if state in ("done", "failed", "refused", UNPROVEN):
            values.setdefault("settled_at", now)
        statement = _move(tuple(sorted(values)), row["state"] not in PROVEN, only_from is not None)
        which: Row = {"row_id": row["id"], "of_claim": row["claimed_at"]}
        if only_from is not None:
            which["from_state"] = only_from

        def work(connection: t.Any) -> Row:
            if not statement.change(connection, **values, **which):
                return _BY_ID.first(connection, row_id=row["id"]) or {**row, **values}
            self._journal.add_event(
                connection,
                f"operation_{state}",
                row,
                operation=row["operation"],
                message=values.get("message", ""),
                evidence=values.get("evidence", []),
            )
            return {**row, **values}

        return self._journal.write(work)

    def all_of(self, window_id: str | None = None, *, unsettled: bool = False) -> list[Row]:
        """Return operations, oldest first: of one window, or only those whose end is not known. Raises JournalError."""
        table = schema.OPERATIONS
        statement = sa.select(table).order_by(table.c.id)
        if window_id is not None:
            statement = statement.where(table.c.window_id == window_id)
        if unsettled:
            statement = statement.where(table.c.state.in_(IN_FLIGHT))
        return self._journal.rows(statement)


def is_queued(row: t.Mapping[str, t.Any]) -> bool:
    """Whether the platform still had a row's operation in its queue at the last look, and will carry it out. Pure."""
    return row["state"] in IN_FLIGHT and bool(row["queued"])


def is_further_attempt(earlier: t.Mapping[str, t.Any], attempt: int) -> bool:
    """Whether ``attempt`` is a person's wish to send again what an earlier attempt (a row) did not bring about. Pure.

    What was done stays done, and what was accepted or is just being sent may still happen: neither is overtaken, so
    one task can name the devices that succeeded along with those that did not.
    """
    return bool(attempt > earlier["attempt"]) and earlier["state"] in FAILED_STATES


def _may_send_again(earlier: t.Mapping[str, t.Any], resend: bool) -> bool:
    """Whether an earlier attempt leaves sending open: refused always, the rest only if a repeat is harmless."""
    return earlier["state"] == "refused" or (resend and earlier["state"] in ("failed", "unknown"))
