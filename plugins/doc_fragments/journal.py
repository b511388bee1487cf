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
      - The journal is what makes an operation happen at most once and a lock be given back after a crash. Keep it on a
        disk that survives the controller.
      - When not set, the environment variable E(NETFLEET_JOURNAL) is used, else
        C(netfleet/journal.sqlite3) below E(XDG_STATE_HOME) (by default C(~/.local/state)).
    type: str
requirements:
  - SQLAlchemy >= 2.0
"""
