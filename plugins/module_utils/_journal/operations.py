# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations in the journal: a claim is a row, written before the request, and it is given once.

A row starts as sending. It becomes refused (certainly not executed: it may be claimed again), accepted (the system took
it), unknown (it may have been executed), and at last done or failed. Failure budget and in-flight cap are counted in
the same transaction as the claim, so they hold over batches, reruns and controllers.
"""

from __future__ import annotations

import dataclasses
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The face names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import (
    FAILED_STATES,
    count_failed_others,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import SILENCE, Journal, Row

State = t.Literal["sending", "accepted", "unknown", "refused", "done", "failed"]


# Staying up for a while is written down like an operation; nothing is sent for it, so nothing can go off later.
HOLD = "hold"


IN_FLIGHT = ("sending", "accepted", "unknown")


PROVEN = ("done", "failed")


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
class Limits:
    """How many devices of the window may be in flight at once, and how many may fail before nothing more starts."""

    max_in_flight: int | None = None
    max_failures: int | None = None


@dataclasses.dataclass(frozen=True)
class Claim:
    """The answer to a claim.

    ``verdict`` is send (the row is ours, go on), known (an earlier attempt stands in ``row``), over_budget or over_cap
    (nothing was written; ``count`` devices have failed, or are in flight).
    """

    verdict: t.Literal["send", "known", "over_budget", "over_cap"]
    row: Row
    count: int = 0


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
        """Give a row as it is now. Raises JournalError."""
        return self._journal.rows(sa.select(schema.OPERATIONS).where(schema.OPERATIONS.c.id == row_id))[0]

    def of_device(self, server: str, window_id: str, device_id: str, device: str) -> list[Row]:
        """Give what a window did to a device, known by its id or by its name, newest first. Raises JournalError."""
        table = schema.OPERATIONS
        return self._journal.rows(
            sa.select(table)
            .where(
                table.c.server == server,
                table.c.window_id == window_id,
                sa.or_(table.c.device_id == device_id, table.c.device == device),
            )
            .order_by(table.c.id.desc())
        )

    def earlier(self, server: str, window_id: str, device_id: str, device: str, operation: str) -> Row | None:
        """Give the newest attempt of an operation within a window on a device, known by its id or by its name."""
        rows = self.of_device(server, window_id, device_id, device)
        return next((row for row in rows if row["operation"] == operation), None)

    def last_done(self, server: str, device_id: str, operation: str) -> Row | None:
        """Give the newest operation of this kind that is proven on a device, in any window. Raises JournalError."""
        table = schema.OPERATIONS
        rows = self._journal.rows(
            sa.select(table)
            .where(
                table.c.server == server,
                table.c.device_id == device_id,
                table.c.operation == operation,
                table.c.state == "done",
            )
            .order_by(table.c.id.desc())
            .limit(1)
        )
        return rows[0] if rows else None

    def in_flight_under(self, holder: str, lock_name: str) -> Row | None:
        """Give an operation of a window that is still under way on a device it locked. Raises JournalError."""
        table = schema.OPERATIONS
        rows = self._journal.rows(
            sa.select(table)
            .where(
                table.c.window_id == holder,
                table.c.lock_name == lock_name,
                table.c.operation != HOLD,
                table.c.state.in_(IN_FLIGHT),
                table.c.busy_until > self._journal.clock.now(),
            )
            .limit(1)
        )
        return rows[0] if rows else None

    def claim(self, wanted: Wanted, limits: Limits) -> Claim:
        """Claim the right to send one request, on disk before this returns. Raises JournalError."""
        table = schema.OPERATIONS
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
        }
        with self._journal.writing() as connection:
            if wanted.window_id is not None:
                found = connection.execute(
                    _attempts(wanted.server, wanted.window_id, wanted.device_id, wanted.operation).limit(1)
                ).mappings()
                earlier = found.first()
                if earlier is not None and is_further_attempt(earlier, wanted.attempt):
                    earlier = None
                if earlier is not None and not _may_send_again(earlier, wanted.resend):
                    return Claim("known", dict(earlier))
                over = self._over_limit(connection, wanted, limits, now)
                if over is not None:
                    return over
                self._keep_lock_alive(connection, wanted)
                if earlier is not None:
                    fresh["attempt"] = earlier["attempt"]
                    connection.execute(table.update().where(table.c.id == earlier["id"]), fresh)
                    row = {**fresh, "id": earlier["id"]}
                    self._claimed(connection, row)
                    return Claim("send", row)
            fresh["id"] = connection.execute(table.insert(), fresh).inserted_primary_key[0]
            self._claimed(connection, fresh)
        return Claim("send", fresh)

    def _claimed(self, connection: t.Any, row: Row) -> None:
        self._journal.add_event(
            connection, "operation_claimed", row, operation=row["operation"], attempt=row["attempt"]
        )

    @staticmethod
    def _keep_lock_alive(connection: t.Any, wanted: Wanted) -> None:
        """Let the device's lock show a sign of life for as long as the operation may take."""
        table = schema.LOCKS
        alive_until = wanted.busy_until + SILENCE
        connection.execute(
            table.update()
            .where(
                table.c.device == (wanted.lock_name or wanted.device),
                table.c.holder == wanted.window_id,
                table.c.state == "held",
                table.c.alive_until < alive_until,
            )
            .values(alive_until=alive_until)
        )

    def is_full(self, window_id: str, device_id: str, limits: Limits) -> bool:
        """Whether as many other devices of a window are in flight as the limit allows. Raises JournalError."""
        if limits.max_in_flight is None:
            return False
        table = schema.OPERATIONS
        others = (table.c.window_id == window_id, table.c.device_id != device_id)
        with self._journal.reading() as connection:
            flying = count_devices(connection, *others, counts_as_flying(self._journal.clock.now()))
        return flying >= limits.max_in_flight

    def is_ours(self, row: Row) -> bool:
        """Whether the claim still stands as this process wrote it. Raises JournalError."""
        table = schema.OPERATIONS
        found = self._journal.rows(sa.select(table).where(table.c.id == row["id"]))
        return bool(found) and (found[0]["state"], found[0]["sender"], found[0]["claimed_at"]) == (
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
        if state in ("done", "failed", "refused"):
            values.setdefault("settled_at", now)
        table = schema.OPERATIONS
        # Who claimed the row anew since then goes on with it: it is no longer this process's to write. And what another
        # process has proven meanwhile stands.
        still_ours = [table.c.id == row["id"], table.c.claimed_at == row["claimed_at"]]
        if row["state"] not in PROVEN:
            still_ours.append(table.c.state.not_in(PROVEN))
        if only_from is not None:
            still_ours.append(table.c.state == only_from)
        with self._journal.writing() as connection:
            written = connection.execute(table.update().where(*still_ours), values)
            if not written.rowcount:
                standing = connection.execute(sa.select(table).where(table.c.id == row["id"])).mappings().first()
                return {**row, **values} if standing is None else dict(standing)
            self._journal.add_event(
                connection,
                f"operation_{state}",
                row,
                operation=row["operation"],
                message=values.get("message", ""),
                evidence=values.get("evidence", []),
            )
        return {**row, **values}

    def all_of(self, window_id: str | None = None, *, unsettled: bool = False) -> list[Row]:
        """Give operations, oldest first: of one window, or only those whose end is not known. Raises JournalError."""
        table = schema.OPERATIONS
        statement = sa.select(table).order_by(table.c.id)
        if window_id is not None:
            statement = statement.where(table.c.window_id == window_id)
        if unsettled:
            statement = statement.where(table.c.state.in_(IN_FLIGHT))
        return self._journal.rows(statement)

    @staticmethod
    def _over_limit(connection: t.Any, wanted: Wanted, limits: Limits, now: float) -> Claim | None:
        """Count the window's other devices; give the verdict when a limit is reached."""
        if limits.max_failures is not None:
            failed = count_failed_others(connection, str(wanted.window_id), wanted.lock_name or wanted.device)
            if failed > limits.max_failures:
                return Claim("over_budget", {}, failed)
        if limits.max_in_flight is not None:
            table = schema.OPERATIONS
            others = (table.c.window_id == wanted.window_id, table.c.device_id != wanted.device_id)
            flying = count_devices(connection, *others, counts_as_flying(now))
            if flying >= limits.max_in_flight:
                return Claim("over_cap", {}, flying)
        return None


def is_further_attempt(earlier: t.Mapping[str, t.Any], attempt: int) -> bool:
    """Whether ``attempt`` is a person's wish to send again what an earlier attempt (a row) did not bring about. Pure.

    What was done stays done, and what was accepted or is just being sent may still happen: neither is overtaken, so
    one task can name the devices that succeeded along with those that did not.
    """
    return bool(attempt > earlier["attempt"]) and earlier["state"] in FAILED_STATES


def counts_as_flying(now: float) -> t.Any:
    """Give the condition of a row that takes a place of the in-flight cap at ``now`` (epoch seconds)."""
    return sa.and_(schema.OPERATIONS.c.state.in_(IN_FLIGHT), schema.OPERATIONS.c.busy_until > now)


def count_devices(connection: t.Any, *conditions: t.Any) -> int:
    """Count the devices that have an operation which meets every one of these conditions."""
    devices = sa.func.count(sa.distinct(schema.OPERATIONS.c.device_id))
    return int(connection.execute(sa.select(devices).where(*conditions)).scalar_one())


def _attempts(server: str, window_id: str, device_id: str, operation: str) -> t.Any:
    table = schema.OPERATIONS
    return (
        sa.select(table)
        .where(
            table.c.server == server,
            table.c.window_id == window_id,
            table.c.device_id == device_id,
            table.c.operation == operation,
        )
        .order_by(table.c.attempt.desc())
    )


def _may_send_again(earlier: t.Mapping[str, t.Any], resend: bool) -> bool:
    """Whether an earlier attempt leaves sending open: refused always, the rest only if a repeat is harmless."""
    return earlier["state"] == "refused" or (resend and earlier["state"] in ("failed", "unknown"))
