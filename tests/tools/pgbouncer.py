# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real pgbouncer in front of a PostgreSQL of the tests: a server process per transaction, and it can be restarted."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.tools import postgres
from tests.tools.postgres import Postgres

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


class PgBouncer:
    """Use it as ``with PgBouncer(server) as bouncer``; ``url`` is the address of a database through it."""

    def __init__(self, server: Postgres) -> None:
        self._identity = postgres._identity()
        self._folder = Path(tempfile.mkdtemp(prefix="netfleet-pgbouncer-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = postgres._free_port()
        secret = postgres.PASSWORD.replace("'", "''")
        (self._folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port} user={postgres.USER} password='{secret}'\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            "pool_mode = transaction\ndefault_pool_size = 3\nserver_login_retry = 1\n"
            "ignore_startup_parameters = extra_float_digits\n"
        )
        if self._identity:
            os.chown(self._folder, self._identity["user"], self._identity["group"])

    def __enter__(self) -> PgBouncer:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it listens."""
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [PROGRAM, "-q", str(self._folder / "pgbouncer.ini")],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._identity,
        )
        deadline = time.monotonic() + postgres.START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("pgbouncer does not start")

    def stop(self) -> None:
        """Stop it at once: every connection through it is closed."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(postgres.START_SECONDS)

    def url(self, place: str) -> str:
        """Return the address of a database of the server, through this."""
        return f"postgresql://{postgres.USER}@127.0.0.1:{self.port}/{place.rpartition('/')[2]}"
