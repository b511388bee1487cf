# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that says where the journal is."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_options.journal_options``."""

    DOCUMENTATION = r"""
options:
  journal:
    description:
      - Where the record of locks and operations is kept. A path to a SQLite file, or a database URL such as
        C(postgresql+psycopg://netfleet@db.example.com/netfleet) when several controllers share it.
      - The journal is what makes an operation happen at most once and a device be unlocked after a crash. Keep it on a
        disk that survives the controller, and a SQLite file on a local one, never on a network file system.
      - PostgreSQL needs the Python package psycopg (C(pip install 'psycopg[binary]')) and a database of its own with
        ENCODING UTF8. Percent-encode the password or use PGPASSFILE; C(?sslmode=verify-full) checks the server. Each
        worker process holds one to five connections - size max_connections for the forks of all controllers.
      - When not set, the environment variable E(NETFLEET_JOURNAL) is used, else
        C(netfleet/journal.sqlite3) below E(XDG_STATE_HOME) (by default C(~/.local/state)).
    type: str
  journal_patience:
    description:
      - Seconds to wait while the database server of the journal, or a pooler in front of it, is away, as during a
        restart or a fail-over. Every read and write waits that long. Then the task fails, and the next run settles what
        was sent.
      - When not set, the environment variable E(NETFLEET_JOURNAL_PATIENCE) is used, else 60 seconds.
    type: float
requirements:
  - SQLAlchemy >= 2.0
"""
