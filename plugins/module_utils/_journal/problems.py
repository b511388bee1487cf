# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the journal's database, in a few words a person can act on; never a statement or its values."""

from __future__ import annotations

import json

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import engines
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut

_FULL = "the disk is full; free some space"

_READ_ONLY = "it is read-only; give this user write permission, or choose another place"

_DENIED = "permission denied; give this user write permission, or choose another place"

_DAMAGED = "it is damaged; move it aside, then run the recover playbook with recover_lost_journal"

_GONE = "its tables are gone; put the journal back, or run the recover playbook with recover_lost_journal"

_OTHERS = "it holds tables of something else; give the journal a place of its own"

_LOST = "the connection to the database server was lost, or the server hangs"

_UNREACHABLE = "the database server cannot be reached; check its address and that it runs"

_LOCKED = "another process kept it locked for {busy:g} seconds"

_LOCAL_DISK = "If it is on a network file system, move it to a local disk, or use PostgreSQL"

# PostgreSQL's own codes: its texts come in many languages.
_CODES = {
    "25006": "the database is read-only (a standby server?); name the primary server",
    "28000": "the database server refuses this user; check the user and how it may sign in",
    "28P01": "the database server does not accept the password",
    "3D000": "there is no such database on the server; make it first",
    "42501": _DENIED,
    "42703": _OTHERS,
    "42P01": _GONE,
    "53100": _FULL,
    "53300": "the database server has no connection left; raise its max_connections",
    "55P03": _LOCKED,
    "57014": "the database server worked on one statement for more than {statement:g} seconds",
    "57P01": _LOST,
    "57P02": _LOST,
    "57P03": "the database server is starting or stopping; try again",
    "25P03": "this process stood still for more than {still:g} seconds in the middle of writing",
}

_SIGNS = (
    ("readonly", _READ_ONLY),
    ("read-only file system", _READ_ONLY),
    ("unable to open", "the file cannot be opened; check its folder and permissions"),
    ("is full", _FULL),
    ("no space left", _FULL),
    ("disk i/o error", f"the disk gave an error or is full; check it. {_LOCAL_DISK}"),
    ("malformed", _DAMAGED),
    ("not a database", "the file is not a journal; move it aside or choose another place"),
    ("locked", f"{_LOCKED}. {_LOCAL_DISK}"),
    ("locking protocol", f"its locks do not work. {_LOCAL_DISK}"),
    ("permission denied", _DENIED),
    ("no such table", _GONE),
    ("no such column", _OTHERS),
    ("password authentication failed", _CODES["28P01"]),
    ("no password supplied", _CODES["28P01"]),
    ("no pg_hba.conf entry", _CODES["28000"]),
    ("too many c", _CODES["53300"]),
    ("connection slots", _CODES["53300"]),
    ("starting up", _CODES["57P03"]),
    ("shutting down", _CODES["57P03"]),
    ("does not exist", "the database server does not know this database or user"),
    ("queuepool", "this process's other connections to it were busy for {busy:g} seconds"),
    ("connection refused", _UNREACHABLE),
    ("resolve host", _UNREACHABLE),
    ("name or service not known", _UNREACHABLE),
    ("name resolution", _UNREACHABLE),
    ("nodename nor servname", _UNREACHABLE),
    ("translate host", _UNREACHABLE),
    ("timeout expired", _UNREACHABLE),
    ("no route", _UNREACHABLE),
    ("unreachable", _UNREACHABLE),
    ("server closed", _LOST),
    ("connection is lost", _LOST),
    ("connection reset", _LOST),
    ("terminating connection", _LOST),
)


def reason(error: BaseException) -> str:
    """Say what is wrong and what to do. Takes what the database library, the driver or the system raised."""
    cause = getattr(error, "orig", None) or error
    advice = _CODES.get(getattr(cause, "sqlstate", None) or "")
    if isinstance(cause, (json.JSONDecodeError, UnicodeDecodeError)):
        advice = _DAMAGED
    first_line = (getattr(cause, "strerror", None) or str(cause)).strip().partition("\n")[0]
    if advice is None:
        whole = str(cause).lower()
        advice = next((advice for sign, advice in _SIGNS if sign in whole), None)
    if advice is None:
        return cut(first_line, 200) or type(cause).__name__
    return advice.format(busy=engines.BUSY_SECONDS, statement=engines.STATEMENT_SECONDS, still=engines.STILL_SECONDS)
