# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal holds, for a person or a playbook; reads only, and needs no network."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import memory
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import name_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task

MOST_ROWS = 1000


def journal_info_spec() -> Spec:
    """Return the options of journal_info."""
    return journal_options() + Spec(
        {
            "window_id": {"type": "str"},
            "name": {"type": "list", "elements": "str", "aliases": ["names", "device"]},
            "holder": {"type": "str"},
            "open": {"type": "bool", "default": False},
            "events": {"type": "bool", "default": False},
            "seen": {"type": "str"},
            "limit": {"type": "int", "default": MOST_ROWS},
        }
    )


def run_journal_info(task: Task) -> Result:
    """Return the journal's locks, operations and events. Raises JournalError, also where it lacks ``seen``."""
    params = task.params
    limit, seen = params["limit"], params.get("seen")
    journal = existing_journal_of(task)
    if journal is None:
        place = name_of(params["journal"] or default_path())
        if seen:
            raise JournalError(f"There is no journal at {place}, but an earlier job has seen one. Put it back.")
        return _result(place, exists=False, limit=limit, locks=[], operations=[], events=[])
    wanted = reading.Filter(
        windows=tuple(window for window in (params["window_id"], params["holder"]) if window is not None),
        names=None if params["name"] is None else tuple(params["name"]),
        open=params["open"],
        # One more than is shown tells whether something is left out.
        limit=limit + 1,
    )
    with journal:
        now = task.clock.now()
        lacks = memory.lacks_mark(journal, seen) if seen else None
        if lacks:
            raise JournalError(lacks)
        shown = _result(
            journal.place,
            exists=True,
            limit=limit,
            locks=[_lock(row, now) for row in reading.locks(journal, wanted)],
            operations=[_operation(row) for row in reading.operations(journal, wanted)],
            events=[_event(row) for row in _events(journal, wanted, params)],
        )
        mark = memory.mark(journal)
        return {**shown, "seen": mark} if mark else shown


def _events(journal: Journal, wanted: reading.Filter, params: t.Mapping[str, t.Any]) -> list[Row]:
    return reading.events(journal, wanted) if params["events"] else []


def _result(place: str, *, exists: bool, limit: int, **lists: list[dict[str, t.Any]]) -> Result:
    return {
        "changed": False,
        "journal": place,
        "exists": exists,
        "truncated": any(len(rows) > limit for rows in lists.values()),
        **{name: rows[-limit:] for name, rows in lists.items()},
    }


def _lock(row: Row, now: float) -> dict[str, t.Any]:
    return {
        "server": row["server"],
        "device": row["device"],
        "device_id": row["device_id"],
        "account": row["account"],
        "holder": row["holder"],
        "state": row["state"],
        "open": reading.is_open(row),
        "taken_at": iso(row["taken_at"]),
        "confirmed_at": iso(row["confirmed_at"]),
        "ended_at": iso(row["ended_at"]),
        "lease": row["lease"],
        "lease_ends_at": iso(reading.lease_ends_at(row)),
        "lease_over": reading.lease_over(row, now),
        "sender": _sender(row),
        "message": row["message"],
    }


def _operation(row: Row) -> dict[str, t.Any]:
    return {
        "server": row["server"],
        "window_id": row["window_id"],
        "device": row["device"],
        "device_id": row["device_id"],
        "serial": row["serial"],
        "operation": row["operation"],
        "attempt": row["attempt"],
        "state": row["state"],
        "sent": bool(row["sent"]),
        "claimed_at": iso(row["claimed_at"]),
        "send_deadline": iso(row["send_deadline"]),
        "sent_at": iso(row["sent_at"]),
        "settled_at": iso(row["settled_at"]),
        "evidence": row["evidence"],
        "execution_id": row["execution_id"],
        "sender": _sender(row),
        "message": row["message"],
    }


def _event(row: Row) -> dict[str, t.Any]:
    return {
        "at": iso(row["at"]),
        "kind": row["kind"],
        "window_id": row["window_id"],
        "server": row["server"],
        "device": row["device"],
        "device_id": row["device_id"],
        "data": row["data"],
        "sender": _sender(row),
    }


def _sender(row: Row) -> dict[str, t.Any]:
    return {"host": row["sender"].get("host"), "pid": row["sender"].get("pid")}
