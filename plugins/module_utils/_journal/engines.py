# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the journal's rows are: a SQLite file or a PostgreSQL server, set up so that two things hold.

A commit is on the disk when it returns, and nothing waits for ever: not for other writers, not for a server that hangs.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import random
import socket
import sqlite3
import stat
import threading
import time
import typing as t
import urllib.parse

try:
    import sqlalchemy as sa
    import sqlalchemy.exc
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
try:
    # Imported here although only PostgreSQL needs it: once in the controller process, for all the workers it forks.
    import psycopg
    import sqlalchemy.dialects.postgresql.psycopg
except ImportError:
    HAS_PSYCOPG = False
else:
    HAS_PSYCOPG = True
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError

# How long a writer waits for the others; fifty workers of one run write at the same moment.
BUSY_SECONDS = 60.0

# How long PostgreSQL may work on one statement, waiting for the others included.
STATEMENT_SECONDS = 70.0

# How long PostgreSQL may be silent before we hang up.
SILENT_SECONDS = 80.0

# When PostgreSQL throws out a writer that stands still in the middle of a transaction (its machine was suspended, or is
# gone): before those who wait for it give up.
STILL_SECONDS = 30.0

CONNECT_SECONDS = 10

# Forks of one run times this is what a server's max_connections has to allow at most.
MOST_CONNECTIONS = 5

# The SQL text of each statement, for every SQLite journal of this process and of those forked from it: to write it
# takes longer than to run it. It holds as many as the code has statements.
_COMPILED: dict[t.Any, t.Any] = {}


def engine_of(place: str) -> t.Any:
    """Return the engine for a path or a database URL; a SQLite file and its folder are made when they are not there.

    Raises SQLAlchemyError, OSError, and ValueError with a sentence for a person.
    """
    if "://" not in place:
        return _sqlite(place)
    try:
        url = sa.engine.make_url(place)
    except (sqlalchemy.exc.SQLAlchemyError, ValueError):
        # The library's text quotes what it could not read, so maybe a password.
        raise ValueError("it is no usable database address; encode special characters of the password") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database:
            raise ValueError("a SQLite journal is a file; write sqlite:// with three slashes and its path")
        return _sqlite(url.database)
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgresql(url)
    raise ValueError(f"{url.drivername} is not supported; use a path, sqlite:// or postgresql+psycopg://")


def file_of(place: str) -> str | None:
    """Return the path of the journal's file; None for a database server, and for what is no usable address."""
    if "://" not in place:
        return os.path.abspath(_expanded(place))
    try:
        url = sa.engine.make_url(place)
    except (sqlalchemy.exc.SQLAlchemyError, ValueError):
        return None
    return url.database if url.get_backend_name() == "sqlite" else None


def _expanded(place: str) -> str:
    """Return a path with its ``~`` replaced. Raises JournalError where that stands for nothing."""
    path = os.path.expanduser(place)
    if path.startswith("~"):
        raise JournalError(
            f"The journal {place} cannot be opened: user {os.getuid()} has no home folder, so ~ means nothing. Set "
            "HOME, or set NETFLEET_JOURNAL to a path that begins with /."
        )
    return path


def reading_engine_of(place: str) -> t.Any:
    """Return an engine for a SQLite file where nothing can be written, not even beside it; None if there is none.

    SQLite keeps files of its own beside a database in use, and makes them to read it. Where nothing is in its log the
    database itself is all there is, and can be read without. What a dead process left in the log is read with an index
    in memory instead of one on the disk. Takes a path or a database URL.
    """
    try:
        path = file_of(place)
    except JournalError:
        return None
    if path is None or not os.path.exists(path):
        return None
    try:
        is_logged = os.path.getsize(f"{path}-wal") > 0
    except OSError:
        is_logged = False
    without_files = "readonly_shm=1" if is_logged else "immutable=1"

    def connect() -> sqlite3.Connection:
        address = f"file:{urllib.parse.quote(path)}?mode=ro&{without_files}"
        return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)


def name_of(place: str) -> str:
    """Return the place as messages name it: a database URL without its password and its settings."""
    if "://" not in place:
        return place
    try:
        url = sa.engine.make_url(place)
    except (sqlalchemy.exc.SQLAlchemyError, ValueError):
        # Whatever it is, a password may stand before the last @.
        scheme, _mark, rest = place.partition("://")
        return f"{scheme}://***@{rest.rpartition('@')[2].partition('?')[0]}" if "@" in rest else place
    return str(url.set(query={}).render_as_string(hide_password=True))


def _sqlite(place: str) -> t.Any:
    path = os.path.abspath(_expanded(place))
    identity = _make_file(path)

    def same_file(*_event: t.Any) -> None:
        # What is written to a file that has lost its name is seen by nobody else; and SQLite would make a new one.
        if _identity(path) != identity:
            raise JournalError(
                f"The journal {place} was moved, deleted or replaced while it was in use; nothing can be relied on. "
                "Put it back, or run the recover playbook with recover_lost_journal."
            )

    def connect() -> t.Any:
        same_file()
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _write_ahead(connection)
            # Not before: until then it might be any file that somebody named by mistake.
            _keep_private(path)
            # A commit is on the disk when it returns, power cut or not: EXTRA is FULL that also holds where SQLite has
            # no write-ahead log and falls back to a rollback journal; fullfsync is what it takes on macOS.
            connection.execute("PRAGMA synchronous=EXTRA")
            connection.execute("PRAGMA fullfsync=ON")
        except BaseException:
            connection.close()
            raise
        return connection

    # create_engine would make a dialect for each engine, and a compiled statement is only good for its own dialect.
    dialect = _sqlite_dialect()
    pool = sa.pool.QueuePool(connect, timeout=BUSY_SECONDS, dialect=dialect)
    sa.event.listen(pool, "checkout", same_file)
    url = sa.engine.URL.create("sqlite", database=path)
    return sa.engine.Engine(pool, dialect, url, execution_options={"compiled_cache": _COMPILED})


@functools.cache
def _sqlite_dialect() -> t.Any:
    """Return what the library knows of SQLite, once it has asked it."""
    engine = sa.create_engine("sqlite://")
    engine.connect().close()
    engine.dispose()
    return engine.dialect


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; SQLite does not itself wait for another process that is doing so just now."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(random.uniform(0.01, 0.05))


def _make_file(path: str) -> tuple[int, int]:
    """Make the file and its folder readable by the owner only, before the database library would with its own mode."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        # Not opened here: closing it would take away the locks of any other journal this process has open on it.
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path) from None
    return t.cast("tuple[int, int]", _identity(path))


def _keep_private(path: str) -> None:
    """Take a journal that was there (a backup put back, say) from everybody but its owner; raises ValueError."""
    for file in (path, f"{path}-wal", f"{path}-shm"):
        try:
            mode = stat.S_IMODE(os.stat(file).st_mode)
            if mode & 0o077:
                os.chmod(file, mode & 0o700)
        except FileNotFoundError:
            # SQLite keeps the other two only while the journal is in use.
            continue
        except PermissionError:
            raise ValueError(
                "it belongs to another user and is open to others; choose another place, or one journal on PostgreSQL"
            ) from None


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _postgresql(url: t.Any) -> t.Any:
    if not HAS_PSYCOPG:
        raise ValueError("PostgreSQL needs the Python package psycopg; install it with: pip install 'psycopg[binary]'")
    if {"password", "sslpassword"} & set(url.query):
        raise ValueError(
            "the password belongs in front of the @, where it is hidden, or in a password file (PGPASSFILE)"
        )
    settings = {
        "application_name": "netfleet.maintenance",
        "client_encoding": "utf8",
        "connect_timeout": CONNECT_SECONDS,
        # A server whose machine is gone is noticed by TCP.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        # What is read after the lock was given must be newer than the lock, whatever the server's default says.
        isolation_level="READ COMMITTED",
        pool_size=MOST_CONNECTIONS,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        connect_args={
            **{name: value for name, value in settings.items() if name not in url.query},
            # A pooler between us and the server may hand every transaction to another server process.
            "prepare_threshold": None,
        },
    )
    sa.event.listen(engine, "do_connect", _connect)
    sa.event.listen(engine, "begin", _bound)
    return engine


def _bound(connection: t.Any) -> None:
    """Set the limits of one transaction; local to it, so that a pooler does not carry them to another client."""
    connection.exec_driver_sql(
        "SELECT set_config('synchronous_commit', 'on', true), set_config('lock_timeout', %s, true),"
        " set_config('statement_timeout', %s, true), set_config('idle_in_transaction_session_timeout', %s, true)",
        tuple(f"{seconds * 1000:.0f}ms" for seconds in (BUSY_SECONDS, STATEMENT_SECONDS, STILL_SECONDS)),
    )


def _connect(_dialect: t.Any, _record: t.Any, arguments: t.Any, settings: t.Any) -> t.Any:
    connection = Bounded.connect(*arguments, **settings)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in (None, "UTF8"):
        connection.close()
        raise ValueError(f"the database is encoded in {encoding}; make one with ENCODING 'UTF8'")
    return connection


if HAS_PSYCOPG:

    class Bounded(psycopg.Connection[t.Any]):
        """A connection to PostgreSQL that hangs up on a server which is silent for too long.

        The server's own time limits do not help when the server itself stands still, and TCP only notices when its
        whole machine is gone.
        """

        def wait(self, *arguments: t.Any, **settings: t.Any) -> t.Any:
            """Wait for the server's answer, as psycopg does, but not for ever."""
            watch = threading.Timer(SILENT_SECONDS, self._hang_up)
            watch.daemon = True
            watch.start()
            try:
                return super().wait(*arguments, **settings)
            finally:
                watch.cancel()

        def _hang_up(self) -> None:
            with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
