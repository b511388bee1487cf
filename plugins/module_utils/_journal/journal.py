# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The durable record: which locks are ours, what was sent to which device, and what happened.

Every write is one transaction that is on disk before the call returns; intent is written before a request leaves.
SQLite by default, PostgreSQL for several controllers. What the rows mean is in ``_journal_locks.py`` and
``_journal_operations.py``.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

try:
    import sqlalchemy as sa
    import sqlalchemy.exc
except ImportError:
    # The face names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import (
    engine_of,
    name_of,
    reading_engine_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.problems import reason
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import Sender, this_sender

# For how many seconds after its last sign of life a run on another machine counts as alive; on the same machine one
# looks.
SILENCE = 300.0


# Any constant will do: every writer of this journal on PostgreSQL takes the same one.
WRITERS_LOCK = 0x6E66_6D74


Row = dict[str, t.Any]


class NoJournal(JournalError):
    """Nothing was ever written at this place."""


def default_path() -> str:
    """Give the journal's usual path, in the user's state folder (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "netfleet", "journal.sqlite3")


class Journal:
    """An open journal. Use it as ``with Journal.open(...) as journal``; safe for several threads, not across a fork."""

    def __init__(self, engine: t.Any, place: str, clock: Clock, run: int | None = None) -> None:
        """Take the database engine, the place as messages name it, the clock and the run; use :meth:`open` instead."""
        self._engine = engine
        self.place = place
        self.clock = clock
        self.sender: Sender = this_sender(run)
        # Why nothing can be written, where that is known from the start.
        self._problem: JournalError | None = None

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
    ) -> Journal:
        """Open the journal at a path or database URL (None: the usual path), making it when it is not there.

        ``run`` is the process id of the Ansible controller process, if there is one; ``newer_ok`` also opens what a
        newer version wrote, for giving locks back; without ``make`` a database is left as it is. With ``read_only_ok``
        a file on a full or read-only disk is opened all the same, and every write fails: what is locked can be given
        back then. Raises JournalError when it cannot be opened, or was written by a newer version; NoJournal when it is
        not there and not to be made.
        """
        place = place or default_path()
        try:
            return cls._opened(engine_of, place, clock, run, newer_ok, make)
        except NoJournal:
            raise
        except JournalError as problem:
            engine = reading_engine_of(place) if read_only_ok else None
            if engine is None:
                raise
            try:
                journal = cls._opened(lambda _place: engine, place, clock, run, newer_ok, False)
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
    ) -> Journal:
        shown = name_of(place)
        try:
            engine = make_engine(place)
        except (sqlalchemy.exc.SQLAlchemyError, OSError, ValueError) as error:
            raise JournalError(f"The journal {shown} cannot be opened: {reason(error)}.") from error
        journal = cls(engine, shown, clock, run)
        try:
            journal._prepare(newer_ok, make)
        except BaseException:
            journal.close()
            raise
        return journal

    def __enter__(self) -> Journal:
        """Give the journal."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextlib.contextmanager
    def writing(self) -> t.Iterator[t.Any]:
        """Give a connection inside the one write transaction; it is on disk when the block ends without an error.

        Writers wait for each other, so what is read inside stays true until the end. Raises JournalError.
        """
        if self._problem is not None:
            raise self._problem
        try:
            with self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITERS_LOCK})
                yield connection
                connection.commit()
        except (sqlalchemy.exc.SQLAlchemyError, ValueError, OverflowError) as error:
            raise JournalError(f"The journal {self.place} cannot be written: {reason(error)}.") from error

    @contextlib.contextmanager
    def reading(self) -> t.Iterator[t.Any]:
        """Give a connection to read with. Raises JournalError."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except (sqlalchemy.exc.SQLAlchemyError, ValueError, OverflowError) as error:
            raise JournalError(f"The journal {self.place} cannot be read: {reason(error)}.") from error

    def rows(self, statement: t.Any) -> list[Row]:
        """Give the rows of a select as dictionaries. Raises JournalError."""
        with self.reading() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def add_event(self, connection: t.Any, kind: str, row: t.Mapping[str, t.Any], **data: t.Any) -> None:
        """Append what happened, in the same transaction as the change it tells of; never with a secret."""
        connection.execute(
            schema.EVENTS.insert(),
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
        with self.writing() as connection:
            self.add_event(connection, kind, about, **data)

    def recall(self, key: str) -> str | None:
        """Give a fact learned earlier, or None. Raises JournalError."""
        found = self.rows(sa.select(schema.META.c.value).where(schema.META.c.key == key))
        return str(found[0]["value"]) if found else None

    def remember(self, key: str, value: str) -> None:
        """Keep a fact learned about a system, replacing what was known. Raises JournalError."""
        table = schema.META
        with self.writing() as connection:
            connection.execute(table.delete().where(table.c.key == key))
            connection.execute(table.insert().values(key=key, value=value))

    def _prepare(self, newer_ok: bool, make: bool) -> None:
        """Make the tables on first use; refuse a journal that a newer version wrote."""
        version = self._version()
        if version is None and not make:
            raise NoJournal(f"There is no journal at {self.place} yet.")
        if version is None:
            with self.writing() as connection:
                schema.METADATA.create_all(connection)
                known = connection.execute(sa.select(schema.META.c.key).where(schema.META.c.key == "schema")).first()
                if known is None:
                    connection.execute(schema.META.insert().values(key="schema", value=str(schema.VERSION)))
            version = self._version()
        if version is not None and version < schema.VERSION and make:
            version = self._bring_up_to_date()
        if version is None or (version > schema.VERSION and not newer_ok):
            raise JournalError(
                f"The journal {self.place} was written by a newer version of netfleet.maintenance (schema {version}, "
                f"this version knows {schema.VERSION}); upgrade the collection on this controller."
            )

    def _bring_up_to_date(self) -> int:
        """Add the tables that an older version did not have, which takes nothing from it. Gives the version."""
        table = schema.META
        with self.writing() as connection:
            schema.METADATA.create_all(connection)
            connection.execute(table.update().where(table.c.key == "schema").values(value=str(schema.VERSION)))
        return schema.VERSION

    def _version(self) -> int | None:
        version = sa.select(schema.META.c.value).where(schema.META.c.key == "schema")
        with self.reading() as connection:
            try:
                value = connection.execute(version).scalar()
            except sqlalchemy.exc.DatabaseError:
                # Looked at only now, because nearly always there is a journal.
                connection.rollback()
                if not sa.inspect(connection).has_table("meta"):
                    return None
                # Another process may have made it meanwhile.
                value = connection.execute(version).scalar()
            return None if value is None else int(value)
