# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database of a journal: what is written shares transactions, and outages of the server are waited out.

A write is on disk before the call returns. SQLite by default, PostgreSQL for several controllers.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
import typing as t

try:
    import sqlalchemy.exc
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.group_commit import (
    GroupCommit,
    Job,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.patience import (
    database_errors,
    is_outage,
    wait_out,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.problems import reason

# Any constant will do: every writer of this journal on PostgreSQL takes the same one.
WRITERS_LOCK = 0x6E66_6D74

# How long (seconds) this process leaves other processes a turn between two transactions of its own.
TURN = 0.001

Row = dict[str, t.Any]

Made = t.TypeVar("Made")


class _Broken(Exception):
    """A transaction was broken by one of the jobs in it, or by its only one; ``cause`` says by what."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _commit(connection: t.Any) -> None:
    """Commit; where that fails the connection may still be in its transaction: then nobody else gets it."""
    try:
        connection.commit()
    except BaseException:
        if not _is_rolled_back(connection):
            connection.invalidate()
        raise


def _is_rolled_back(connection: t.Any) -> bool:
    """Return whether a SQLite connection could take its transaction back, and so is good for others.

    It is kept then: on a full disk SQLite opens no new one, and the locks to unlock could not be read any more.
    """
    if connection.dialect.name != "sqlite":
        return False
    driver = connection.connection.driver_connection
    try:
        driver.rollback()
    except sqlite3.Error:
        return False
    return not driver.in_transaction


class Database:
    """An open database; safe for several threads, not across a fork. ``patience`` is in seconds."""

    def __init__(self, engine: t.Any, place: str, patience: float) -> None:
        """Take the engine, the place as messages name it, and for how long an outage is waited out."""
        self._engine = engine
        self.place = place
        self.patience = patience
        # Why nothing can be written, where that is known from the start.
        self._problem: JournalError | None = None
        self._group = GroupCommit(self._flush, self._let_others)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def write(self, work: t.Callable[[t.Any], Made]) -> Made:
        """Carry work out in a write transaction that the writers of this process share.

        ``work`` takes the connection. It has to bear being run again after a transaction that failed, so it changes
        nothing outside of the database. Writers wait for each other, so what it reads stays true until the end. Returns
        what it returned, once that is on disk. Raises JournalError, and what it raised: then nothing of it was written.
        """
        try:
            return t.cast("Made", self._group.run(work))
        except database_errors() as error:
            raise JournalError(f"The journal {self.place} cannot be written: {reason(error)}.") from error

    def read(self, work: t.Callable[[t.Any], Made]) -> Made:
        """Return what ``work`` returns for a connection to read with. Raises JournalError."""

        def attempt() -> Made:
            with self._connected() as connection:
                return work(connection)

        try:
            return wait_out(attempt, self.patience)
        except database_errors() as error:
            raise JournalError(f"The journal {self.place} cannot be read: {reason(error)}.") from error

    @contextlib.contextmanager
    def writing(self) -> t.Iterator[t.Any]:
        """Return a connection inside a write transaction of its own, on disk when the block ends without an error.

        Raises JournalError.
        """
        if self._problem is not None:
            raise self._problem
        try:
            with contextlib.ExitStack() as stack:
                connection, _transaction = wait_out(lambda: self._begin(stack), self.patience)
                yield connection
                _commit(connection)
        except database_errors() as error:
            raise JournalError(f"The journal {self.place} cannot be written: {reason(error)}.") from error

    @contextlib.contextmanager
    def reading(self) -> t.Iterator[t.Any]:
        """Return a connection to read with. Raises JournalError."""
        try:
            with contextlib.ExitStack() as stack:
                yield wait_out(lambda: self._begin_reading(stack), self.patience)
        except database_errors() as error:
            raise JournalError(f"The journal {self.place} cannot be read: {reason(error)}.") from error

    def rows(self, statement: t.Any) -> list[Row]:
        """Return the rows of a select as dictionaries. Raises JournalError."""
        return self.read(lambda connection: [dict(row) for row in connection.execute(statement).mappings()])

    def first(self, statement: t.Any) -> Row | None:
        """Return the first row of a select, None when it has none. Raises JournalError."""
        rows = self.rows(statement.limit(1))
        return rows[0] if rows else None

    @property
    def _is_sqlite(self) -> bool:
        return bool(self._engine.dialect.name == "sqlite")

    @contextlib.contextmanager
    def _connected(self) -> t.Iterator[t.Any]:
        """Return a connection; one that is lost meanwhile is thrown away, and all that were open beside it."""
        with self._engine.connect() as connection:
            try:
                yield connection
            except BaseException as error:
                if is_outage(error):
                    connection.invalidate()
                    self._engine.dispose()
                raise

    def _begin_reading(self, stack: contextlib.ExitStack) -> t.Any:
        """Return a connection that works, and that ``stack`` closes."""
        with contextlib.ExitStack() as mine:
            connection = mine.enter_context(self._connected())
            if not self._is_sqlite:
                connection.exec_driver_sql("SELECT 1")
            stack.push(mine.pop_all())
        return connection

    def _begin(self, stack: contextlib.ExitStack) -> tuple[t.Any, int | None]:
        """Begin the one write transaction on a connection that ``stack`` closes.

        Returns the connection, and the number of the transaction where the server can be asked about it later.
        """
        with contextlib.ExitStack() as mine:
            connection = mine.enter_context(self._connected())
            number = None
            if self._is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                found = connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK}), txid_current()")
                number = int(found.one()[1])
            stack.push(mine.pop_all())
        return connection, number

    def _flush(self, jobs: list[Job]) -> None:
        """Carry out what writers of this process want in one transaction; if that breaks, each in its own."""
        if self._problem is not None:
            for job in jobs:
                job.finish(error=self._problem)
            return
        try:
            outcomes = wait_out(lambda: self._transact(jobs), self.patience)
        except _Broken as broken:
            if len(jobs) == 1:
                jobs[0].finish(error=broken.cause)
            else:
                for job in jobs:
                    self._flush([job])
        except Exception as error:  # noqa: BLE001 - each writer raises it in its own thread
            for job in jobs:
                job.finish(error=error)
        else:
            for job, (value, problem) in zip(jobs, outcomes, strict=True):
                job.finish(value, problem)

    def _transact(self, jobs: list[Job]) -> list[tuple[t.Any, Exception | None]]:
        """Carry jobs out in one transaction. Returns the value or the error of each; raises _Broken, or an outage."""
        with contextlib.ExitStack() as stack:
            connection, number = self._begin(stack)
            if len(jobs) == 1:
                try:
                    outcomes: list[tuple[t.Any, Exception | None]] = [(jobs[0].work(connection), None)]
                except Exception as error:
                    if is_outage(error):
                        raise
                    raise _Broken(error) from error
            else:
                outcomes = [self._in_savepoint(connection, job) for job in jobs]
            try:
                _commit(connection)
            except Exception as error:
                if number is None or not is_outage(error):
                    raise
                doubt = error
            else:
                return outcomes
        if wait_out(lambda: self._has_committed(number), self.patience):
            return outcomes
        raise doubt

    def _in_savepoint(self, connection: t.Any, job: Job) -> tuple[t.Any, Exception | None]:
        cursor = connection.connection.driver_connection.cursor()
        cursor.execute("SAVEPOINT one_job")
        try:
            value = job.work(connection)
        except Exception as error:
            if is_outage(error):
                raise
            try:
                cursor.execute("ROLLBACK TO SAVEPOINT one_job")
            except database_errors():
                # Some errors, a full disk for one, end the whole transaction.
                raise _Broken(error) from error
            return None, error
        cursor.execute("RELEASE SAVEPOINT one_job")
        return value, None

    def _has_committed(self, number: int) -> bool:
        """Ask the server whether a transaction whose answer was lost has been committed."""
        with self._connected() as connection:
            deadline = time.monotonic() + self.patience
            while True:
                try:
                    state = connection.exec_driver_sql(f"SELECT txid_status({number})").scalar_one()
                except sqlalchemy.exc.DataError:
                    # "In the future": the server has restarted since, and lost the transaction.
                    return False
                if state != "in progress" or time.monotonic() > deadline:
                    return bool(state == "committed")
                time.sleep(0.1)

    def _let_others(self) -> None:
        """Leave other processes a moment: SQLite lets a writer in who tries just then, in no order."""
        if self._is_sqlite:
            time.sleep(TURN)
