# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The durable record: which locks are ours, what was sent to which device, and what happened.

Every write is one transaction that is on disk before the call returns; intent is written before a request leaves.
SQLite by default, PostgreSQL for several controllers. What the rows mean is in ``locks.py`` and ``operations.py``.
"""

from __future__ import annotations

import os
import typing as t
import uuid

try:
    import sqlalchemy as sa
    import sqlalchemy.exc
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Database
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import (
    engine_of,
    name_of,
    reading_engine_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.patience import (
    journal_patience,
    seconds_of_environment,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.preparation import NoJournal, prepared_facts
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.problems import reason
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import Process, in_awx, this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.statements import Statement

# For how many seconds after its last sign of life a run on another machine counts as alive; on the same machine one
# looks. A journal may have another number, which this variable of the environment writes into it.
SILENCE = 300.0
SILENCE_VARIABLE = "NETFLEET_JOURNAL_SILENCE"
SHORTEST_SILENCE = 10.0
_KEEP_SILENCE = "unset it to leave the journal's setting as it is"

# Signs of life are given so much more often than they have to be.
SIGNS_PER_SILENCE = 6

# The fact under which a journal keeps its own id.
JOURNAL_ID = "journal_id"


def default_path() -> str:
    """Return the journal's usual path, in the user's state folder."""
    return os.path.join(state_folder(), "netfleet", "journal.sqlite3")


def state_folder() -> str:
    """Return the user's state folder (XDG Base Directory Specification); it begins with ``~`` where there is none."""
    return os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")


def _refuse_throwaway(place: str) -> None:
    """Raise JournalError where the usual place would be gone when the job ends."""
    if in_awx():
        raise JournalError(
            f"The journal would be at {place}, in a container that AWX throws away when the job ends: locks would be "
            "forgotten and reboots repeated. Set NETFLEET_JOURNAL to a PostgreSQL database "
            "(postgresql://user@db.example.com/netfleet) in the job template's credential."
        )


_EVENT = Statement(
    lambda: sa.insert(schema.EVENTS),
    ("at", "kind", "window_id", "server", "device_id", "device", "sender", "data"),
)


class Journal(Database):
    """An open journal. Use it as ``with Journal.open(...) as journal``; safe for several threads, not across a fork."""

    def __init__(
        self, engine: t.Any, place: str, clock: Clock, run: int | None = None, patience: float | None = None
    ) -> None:
        """Take the database engine, the place as messages name it, and what :meth:`open` takes; use that instead."""
        super().__init__(engine, place, journal_patience(patience))
        self.clock = clock
        self.sender: Process = this_process(run)
        self._facts: dict[str, str] = {}

    @classmethod
    def open(
        cls,
        place: str | None,
        clock: Clock,
        run: int | None = None,
        *,
        newer_ok: bool = False,
        make: bool = True,
        read_only_ok: bool = False,
        patience: float | None = None,
    ) -> Journal:
        """Open the journal at a path or database URL (None: the usual path), making it when it is not there.

        ``run`` is the process id of the Ansible controller process, if there is one; ``newer_ok`` also opens what a
        newer version wrote, for giving locks back; without ``make`` a database is left as it is. With ``read_only_ok``
        a file on a full or read-only disk is opened all the same, and every write fails: devices can be unlocked
        then. Raises JournalError when it cannot be opened, or was written by a newer version; NoJournal when it is
        not there and not to be made.
        """
        if not place:
            place = default_path()
            if make:
                _refuse_throwaway(place)
        try:
            return cls._opened(engine_of, place, clock, run, newer_ok, make, patience)
        except NoJournal:
            raise
        except JournalError as problem:
            engine = reading_engine_of(place) if read_only_ok else None
            if engine is None:
                raise
            try:
                journal = cls._opened(lambda _place: engine, place, clock, run, newer_ok, False, patience)
            except JournalError:
                raise problem from None
            journal._problem = problem
            return journal

    @classmethod
    def _opened(
        cls,
        make_engine: t.Callable[[str], t.Any],
        place: str,
        clock: Clock,
        run: int | None,
        newer_ok: bool,
        make: bool,
        patience: float | None,
    ) -> Journal:
        shown = name_of(place)
        try:
            engine = make_engine(place)
        except (sqlalchemy.exc.SQLAlchemyError, OSError, ValueError) as error:
            raise JournalError(f"The journal {shown} cannot be opened: {reason(error)}.") from error
        journal = cls(engine, shown, clock, run, patience)
        try:
            journal._prepare(newer_ok, make)
        except BaseException:
            journal.close()
            raise
        return journal

    def __enter__(self) -> Journal:
        """Return the journal."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close it."""
        self.close()

    def add_event(self, connection: t.Any, kind: str, row: t.Mapping[str, t.Any], **data: t.Any) -> None:
        """Append what happened, in the same transaction as the change itself; never with a secret."""
        _EVENT.insert(
            connection,
            {
                "at": self.clock.now(),
                "kind": kind,
                "window_id": row.get("window_id") or row.get("holder"),
                "server": row.get("server"),
                "device_id": row.get("device_id"),
                "device": row.get("device"),
                "sender": self.sender,
                "data": data,
            },
        )

    def note(self, kind: str, about: t.Mapping[str, t.Any], **data: t.Any) -> None:
        """Append something that happened and changed no row. Raises JournalError."""
        self.write(lambda connection: self.add_event(connection, kind, about, **data))

    def recall(self, key: str) -> str | None:
        """Return a fact learned earlier, or None. Raises JournalError."""
        found = self.first(sa.select(schema.META.c.value).where(schema.META.c.key == key))
        return None if found is None else str(found["value"])

    def recall_all(self, beginning: str) -> dict[str, str]:
        """Return the facts whose keys have this beginning, by their keys. Raise JournalError."""
        table = schema.META
        begins = table.c.key.startswith(beginning, autoescape=True)
        return {row["key"]: str(row["value"]) for row in self.rows(sa.select(table).where(begins))}

    def remember(self, key: str, value: str) -> None:
        """Keep a fact learned about a system, replacing what was known. Raises JournalError."""
        table = schema.META

        def work(connection: t.Any) -> None:
            connection.execute(table.delete().where(table.c.key == key))
            connection.execute(table.insert().values(key=key, value=value))

        self.write(work)

    def remember_first(self, key: str, value: str) -> str:
        """Keep a fact unless it is known already, and return the one that is kept. Raises JournalError."""
        table = schema.META

        def work(connection: t.Any) -> str:
            found = connection.execute(sa.select(table.c.value).where(table.c.key == key)).scalar()
            if found is None:
                connection.execute(table.insert().values(key=key, value=value))
            return str(value if found is None else found)

        return self.write(work)

    def identity(self) -> str:
        """Return the id of this journal, made the first time it is asked for. Raises JournalError."""
        return self.recall(JOURNAL_ID) or self.remember_first(JOURNAL_ID, uuid.uuid4().hex)

    @property
    def silence(self) -> float:
        """For how many seconds after its last sign of life a run on another machine counts as alive."""
        return float(self._facts.get("silence", SILENCE))

    def _prepare(self, newer_ok: bool, make: bool) -> None:
        silence = seconds_of_environment(SILENCE_VARIABLE, SHORTEST_SILENCE, _KEEP_SILENCE) if make else None
        self._facts = prepared_facts(self, newer_ok, make)
        if silence is not None and silence != self.silence:
            self._set_silence(silence)

    def _set_silence(self, seconds: float) -> None:
        """Write down after which silence a run on another machine counts as dead, for every controller."""
        table, value, was = schema.META, f"{seconds:g}", self.silence

        def work(connection: t.Any) -> None:
            connection.execute(table.delete().where(table.c.key == "silence"))
            connection.execute(table.insert().values(key="silence", value=value))
            self.add_event(connection, "silence_changed", {}, seconds=seconds, before=was)

        self.write(work)
        self._facts["silence"] = value
