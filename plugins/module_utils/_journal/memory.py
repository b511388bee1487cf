# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this control node, or a job before this one, remembers of a journal: which one it is, and its newest event.

A journal that was restored from a copy, or that a fail-over took back by a second, looks whole and has forgotten what
was sent. Its events are numbered and only ever added, so the one that is remembered has to stand in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import typing as t
import uuid

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    JournalError,
    MaintenanceError,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import file_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, state_folder
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import PRUNED_UNTIL
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# Names one journal from its making on; a copy of it has the same.
INCARNATION = "incarnation"


def file_for(place: str) -> str:
    """Return the path of the file in which this control node remembers a journal, named as messages name it.

    It is beside a SQLite file, and in the state folder for a database server. Raise OSError where there is none.
    """
    path = file_of(place)
    if path is not None:
        return f"{path}.seen"
    if state_folder().startswith("~"):
        raise OSError("no home folder")
    name = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return os.path.join(state_folder(), "netfleet", f"{name}.seen")


def remember(journal: Journal) -> None:
    """Remember the journal as it is now. Never raises: without a memory nothing is refused."""
    with contextlib.suppress(MaintenanceError, OSError):
        newest = _newest(journal)
        if newest is None:
            return
        path = file_for(journal.place)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"place": journal.place, INCARNATION: _incarnation(journal), **newest}, file)
        os.replace(draft, path)


def forget(journal: Journal) -> None:
    """Accept the journal as it is: forget what was remembered of an earlier one."""
    with contextlib.suppress(OSError):
        os.unlink(file_for(journal.place))


def gone_back(journal: Journal) -> str | None:
    """Say that the journal lacks what this control node has seen in it, and what to do; None when nothing is missing.

    Raise JournalError when it cannot be read.
    """
    try:
        path = file_for(journal.place)
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
        number, at, incarnation = int(known["id"]), float(known["at"]), str(known[INCARNATION])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    lacks = _lacks(journal, "this control node", number, at, incarnation)
    return lacks and f"{lacks}, and delete {path} to go on with this journal."


def mark(journal: Journal) -> str | None:
    """Return what a later job can hold the journal to: which one it is, and its newest event. Raise JournalError."""
    incarnation, newest = journal.recall(INCARNATION), _newest(journal)
    return None if incarnation is None or newest is None else f"{incarnation}:{newest['id']}:{newest['at']:.3f}"


def lacks_mark(journal: Journal, seen: str) -> str | None:
    """Say that the journal lacks what :func:`mark` returned of it in an earlier job; None when nothing is missing.

    Raise BadInput for anything else, and JournalError when it cannot be read.
    """
    incarnation, _colon, rest = seen.partition(":")
    number, _colon, at = rest.partition(":")
    try:
        lacks = _lacks(journal, "an earlier job", int(number), float(at), incarnation)
    except ValueError as error:
        raise BadInput(f"seen is {shown(seen)}; give what journal_info returned as seen.") from error
    return lacks and f"{lacks}."


def _lacks(journal: Journal, who: str, number: int, at: float, incarnation: str) -> str | None:
    table = schema.EVENTS
    found = journal.rows(sa.select(table.c.at).where(table.c.id == number))
    newest = _newest(journal)
    same = journal.recall(INCARNATION) == incarnation
    if same and found and abs(found[0]["at"] - at) < 0.002:
        return None
    # It belonged to a window that was removed since: what was written after that is here.
    removed = not found and number <= int(journal.recall(PRUNED_UNTIL) or 0)
    if same and removed and newest is not None and newest["id"] > number:
        return None
    ends = "has no events" if newest is None else f"ends with event {newest['id']} of {iso(newest['at'])}"
    return (
        f"The journal {journal.place} is older than it should be, or another one: {who} has seen event "
        f"{number} of {iso(at)} in it, and it {ends}. What was sent since then would be sent again. Put the newest "
        "journal back. If there is none, check the devices of the windows since then, run ansible-playbook "
        "netfleet.maintenance.recover"
    )


def refuse_if_gone_back(journal: Journal) -> None:
    """Raise JournalError when the journal lacks what this control node has seen in it."""
    problem = gone_back(journal)
    if problem is not None:
        raise JournalError(f"{problem} Nothing was sent.")


def _newest(journal: Journal) -> dict[str, t.Any] | None:
    table = schema.EVENTS
    return journal.first(sa.select(table.c.id, table.c.at).order_by(table.c.id.desc()))


def _incarnation(journal: Journal) -> str:
    """Return what names this journal; one of an older version gets its name now. Raise JournalError."""
    known = journal.recall(INCARNATION)
    if known is not None:
        return known
    table, fresh = schema.META, uuid.uuid4().hex

    def work(connection: t.Any) -> str:
        there = connection.execute(sa.select(table.c.value).where(table.c.key == INCARNATION)).scalar()
        if there is not None:
            return str(there)
        connection.execute(table.insert().values(key=INCARNATION, value=fresh))
        return fresh

    return journal.write(work)
