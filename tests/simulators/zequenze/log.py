# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device log of Zequenze Control: rows of commands, settings and events (docs/apis/zequenze_control.md, 4.3)."""

from __future__ import annotations

import bisect
import math
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from tests.simulators.zequenze.fleet import Managed

FIRST_ID = 990_001


@dataclass(slots=True)
class LogRow:
    """One row; ``at`` and ``applied_at`` are epoch seconds, ``visible_at`` when readers first see it."""

    id: int
    at: float
    parent_id: int
    parent_name: str
    action: str
    user: str | None
    variable_name: str | None = None
    old_value: str | None = None
    new_value: str | None = None
    is_pending: bool = False
    is_applied: bool = False
    applied_at: float | None = None
    error_code: str | None = None
    error_message: str | None = None
    visible_at: float = 0.0

    def shown(self, iso: t.Callable[[float], str]) -> dict[str, t.Any]:
        """The row as the API shows it; the error fields only when there is an error."""
        record: dict[str, t.Any] = {
            "id": self.id,
            "datetime": iso(self.at),
            "parent": {"id": self.parent_id, "name": self.parent_name},
            "action": self.action,
            "variable_name": self.variable_name,
            "old_value": self.old_value,
            "new_value": self.new_value,
            "is_pending": self.is_pending,
            "is_applied": self.is_applied,
            "applied_at": None if self.applied_at is None else iso(self.applied_at),
            "user": self.user,
        }
        if self.error_code is not None:
            record |= {"error_code": self.error_code, "error_message": self.error_message}
        return record


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asks of the log; None asks for nothing in particular."""

    parent_id: str | None = None
    since: float | None = None
    until: float | None = None
    action: str | None = None
    variable_name: str | None = None
    is_pending: bool | None = None
    is_applied: bool | None = None

    def fits(self, row: LogRow) -> bool:
        """Whether a row is meant, time aside."""
        return (
            (self.action is None or row.action == self.action)
            and (self.variable_name is None or row.variable_name == self.variable_name)
            and (self.is_pending is None or row.is_pending == self.is_pending)
            and (self.is_applied is None or row.is_applied == self.is_applied)
        )


class LogBook:
    """All rows, by device and altogether, in the order of time."""

    def __init__(self) -> None:
        self._rows: list[LogRow] = []
        self._by_parent: dict[str, list[LogRow]] = {}

    def write(self, device: Managed, at: float, action: str, user: str | None, **fields: t.Any) -> LogRow:
        """Append a row about a device and give it. Its instant is cut to what is shown, so that filters can name it."""
        row = LogRow(
            FIRST_ID + len(self._rows), math.floor(at * 1000) / 1000, device.id, device.name, action, user, **fields
        )
        self._rows.append(row)
        self._by_parent.setdefault(str(device.id), []).append(row)
        return row

    def row(self, row_id: str, now: float) -> LogRow | None:
        """A visible row by its id."""
        place = int(row_id) - FIRST_ID if row_id.isascii() and row_id.isdigit() else -1
        row = self._rows[place] if 0 <= place < len(self._rows) else None
        return row if row is not None and row.visible_at <= now else None

    def select(self, wanted: Wanted, now: float) -> list[LogRow]:
        """The visible rows that fit, oldest first."""
        rows = self._rows if wanted.parent_id is None else self._by_parent.get(wanted.parent_id, [])
        first = 0 if wanted.since is None else bisect.bisect_left(rows, wanted.since, key=_moment)
        last = len(rows) if wanted.until is None else bisect.bisect_right(rows, wanted.until, key=_moment)
        return [row for row in rows[first:last] if row.visible_at <= now and wanted.fits(row)]


def _moment(row: LogRow) -> float:
    return row.at
