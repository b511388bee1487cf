# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pause and stop of windows: rows that every controller's gates read before new work.

A control applies to one window id, to all windows of one name, or to every window. It is in force until a resume ends
it or its ``until`` is over. A stop outranks a pause.
"""

from __future__ import annotations

import dataclasses
import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.statements import Statement
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

State = t.Literal["paused", "stopped"]
Scope = t.Literal["window_id", "window_name", "all"]


@dataclasses.dataclass(frozen=True)
class Control:
    """A pause or stop, in force or over.

    ``target`` is the window id or name of its ``scope`` (empty for all windows); ``at``, ``until`` and ``ended_at``
    (when it was resumed) are epoch seconds, ``by`` is the login and the host of the person who asked for it.
    """

    state: State
    scope: Scope
    target: str
    reason: str
    by: str
    at: float
    until: float | None = None
    ended_at: float | None = None

    @property
    def over_at(self) -> float | None:
        """When it ended or ends by itself (epoch seconds); None while nothing ends it."""
        return self.ended_at if self.ended_at is not None else self.until

    def to_json(self) -> dict[str, t.Any]:
        """Return it as plain values, instants in ISO 8601; whether it was resumed is left out."""
        values = {**dataclasses.asdict(self), "at": iso(self.at), "until": iso(self.until)}
        del values["ended_at"]
        return values

    @property
    def sentence(self) -> str:
        """Return who paused or stopped what, when, why and until when, as the second half of a sentence."""
        what = {
            "window_id": f"window {legible(self.target)}",
            "window_name": f"{legible(self.target)} (every occurrence)",
        }
        until = f", until {iso(self.until)}" if self.until is not None else ""
        because = f": {legible(self.reason)}" if self.reason else ""
        return f"{what.get(self.scope, 'every window')} was {self.state} by {self.by} at {iso(self.at)}{until}{because}"


_APPLYING = Statement(
    lambda: (
        sa.select(schema.CONTROLS)
        .where(
            _targets(sa.bindparam("of_window"), sa.bindparam("of_name")),
            _in_force(sa.bindparam("now", type_=sa.Float)),
        )
        .order_by(schema.CONTROLS.c.id)
    )
)


class Controls:
    """The controls of one journal."""

    def __init__(self, journal: Journal) -> None:
        """Take the open journal."""
        self._journal = journal

    def in_force(self, window_id: str, name: str = "") -> Control | None:
        """Return the control that applies to a window (and its name) now, None without one. Raises JournalError."""
        found = self._applying(window_id, name)
        return min(found, key=lambda control: (control.state != "stopped", -control.at)) if found else None

    def add(self, scope: Scope, target: str, state: State, reason: str, until: float | None) -> bool:
        """Write a control; return whether it is new, not the repetition of one in force. Raises JournalError."""
        table = schema.CONTROLS
        values = {"scope": scope, "target": target, "state": state, "reason": reason, "until": until}
        with self._journal.writing() as connection:
            same = connection.execute(
                sa.select(table.c.id).where(
                    _in_force(self._journal.clock.now()),
                    *(
                        table.c[key].is_(None) if value is None else table.c[key] == value
                        for key, value in values.items()
                    ),
                )
            )
            if same.first() is not None:
                return False
            connection.execute(
                table.insert(), {**values, "at": self._journal.clock.now(), "sender": self._journal.sender}
            )
            self._note(connection, state, scope, target, reason, until)
        return True

    def end(self, scope: Scope, target: str) -> int:
        """End the controls of exactly this scope and target; return how many were in force. Raises JournalError."""
        table, now = schema.CONTROLS, self._journal.clock.now()
        with self._journal.writing() as connection:
            ended = connection.execute(
                table.update()
                .where(table.c.scope == scope, table.c.target == target, _in_force(now))
                .values(ended_at=now)
            ).rowcount
            if ended:
                self._note(connection, "resumed", scope, target, "", None)
        return int(ended)

    def end_of(self, window_id: str, reason: str) -> bool:
        """End the control of a window that was given for exactly this reason; return whether there was one.

        Raises JournalError.
        """
        table, now = schema.CONTROLS, self._journal.clock.now()
        ours = (table.c.scope == "window_id", table.c.target == window_id, table.c.reason == reason)
        with self._journal.writing() as connection:
            ended = connection.execute(table.update().where(*ours, _in_force(now)).values(ended_at=now)).rowcount
            if ended:
                self._note(connection, "resumed", "window_id", window_id, "", None)
        return bool(ended)

    def all_in_force(self) -> list[Control]:
        """Return every control in force, oldest first. Raises JournalError."""
        table = schema.CONTROLS
        where = _in_force(self._journal.clock.now())
        return [_control(row) for row in self._journal.rows(sa.select(table).where(where).order_by(table.c.id))]

    def history(self, window_id: str, name: str, since: float, until: float) -> list[Control]:
        """Return what applied to a window at some time between two instants (epoch seconds), oldest first.

        Raises JournalError.
        """
        table = schema.CONTROLS
        where = sa.and_(_targets(window_id, name or None), table.c.at <= until)
        rows = self._journal.rows(sa.select(table).where(where).order_by(table.c.id))
        return [control for control in map(_control, rows) if control.over_at is None or control.over_at >= since]

    def _applying(self, window_id: str, name: str) -> list[Control]:
        now = self._journal.clock.now()
        rows = self._journal.read(
            lambda connection: _APPLYING.rows(connection, of_window=window_id, of_name=name or None, now=now)
        )
        return [_control(row) for row in rows]

    def _note(self, connection: t.Any, state: str, scope: Scope, target: str, reason: str, until: float | None) -> None:
        about = {"window_id": target if scope == "window_id" else None}
        self._journal.add_event(
            connection, f"window_{state}", about, scope=scope, target=target, reason=reason, until=iso(until)
        )


def _targets(window_id: t.Any, name: t.Any) -> t.Any:
    """Return the condition for the controls that mean a window: its own, those of its name, and those of all.

    A window without a name (None) has none of a name.
    """
    table = schema.CONTROLS
    return sa.or_(
        sa.and_(table.c.scope == sa.literal_column("'window_id'"), table.c.target == window_id),
        table.c.scope == sa.literal_column("'all'"),
        sa.and_(table.c.scope == sa.literal_column("'window_name'"), table.c.target == name),
    )


def _in_force(now: t.Any) -> t.Any:
    table = schema.CONTROLS
    return sa.and_(table.c.ended_at.is_(None), sa.or_(table.c.until.is_(None), table.c.until > now))


def _control(row: t.Mapping[str, t.Any]) -> Control:
    sender = row["sender"]
    by = f"{sender.get('user') or 'an unknown user'} on {sender.get('host') or 'an unknown host'}"
    return Control(
        row["state"], row["scope"], row["target"], row["reason"], by, row["at"], row["until"], row["ended_at"]
    )
