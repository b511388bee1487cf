# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short outages of the journal's database server are waited out: a restart, a fail-over, a pooler that is replaced.

What was not committed is simply done again. Where the connection is lost while a commit is on its way, the server is
asked afterwards whether it happened.
"""

from __future__ import annotations

import math
import os
import random
import sqlite3
import time
import typing as t

try:
    import sqlalchemy.exc
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
try:
    import psycopg
except ImportError:
    # Only needed for PostgreSQL; the engine says so.
    pass

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.group_commit import Interrupted

Made = t.TypeVar("Made")

# For how many seconds an outage is waited out, unless this variable of the environment says otherwise.
PATIENCE = 60.0
VARIABLE = "NETFLEET_JOURNAL_PATIENCE"

# PostgreSQL's codes of a connection that cannot be had now, or is gone: class 08 and these.
_CODES = ("57P01", "57P02", "57P03", "57P05", "53300", "25P03")

# A connection that fails without a code (the driver has none until it is connected) is an outage, whatever the server,
# the pooler or the system say, unless they say something that waiting does not change.
_LASTING = (
    "authentication",
    "password",
    "pg_hba",
    "does not exist",
    "no such database",
    "no such user",
    "translate host",
    "resolve host",
    "name or service",
    "name resolution",
    "nodename",
    "certificate",
    "does not support ssl",
    "permission denied",
    "invalid",
    "unsupported",
    "not allowed",
)


def journal_patience(given: float | None = None) -> float:
    """Return for how many seconds an outage is waited out: as the task says, else the environment, else a minute.

    Raises BadInput for a setting that is no such number.
    """
    if given is not None:
        if not 0 <= given < math.inf:
            raise BadInput(f"journal_patience is {given:g}; set it to a number of seconds, 0 or more.")
        return given
    set_here = seconds_of_environment(VARIABLE, 0, f"unset it for {PATIENCE:.0f}")
    return PATIENCE if set_here is None else set_here


def seconds_of_environment(variable: str, least: float, otherwise: str) -> float | None:
    """Return the seconds that a variable of the environment has, None where it is not set.

    Raise BadInput for what is no number of seconds of at least ``least``; ``otherwise`` is what else can be done.
    """
    setting = os.environ.get(variable)
    if setting is None:
        return None
    try:
        seconds = float(setting)
    except ValueError:
        seconds = math.nan
    if not least <= seconds < math.inf:
        number = f"a number of seconds of at least {least:.0f}" if least else "a number of seconds"
        raise BadInput(f"{variable} is {setting!r}; set it to {number}, or {otherwise}.")
    return seconds


def database_errors() -> tuple[type[Exception], ...]:
    """Return the classes of what the database library and the drivers raise for a statement or its values."""
    errors: list[type[Exception]] = [sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, ValueError, OverflowError]
    if "psycopg" in globals():
        errors.append(psycopg.Error)
    return (*errors, Interrupted)


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the database server is away for the moment."""
    cause = getattr(error, "orig", None) or error
    if "psycopg" not in globals() or not isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)):
        return False
    code = getattr(cause, "sqlstate", None)
    if code:
        return code in _CODES or code.startswith("08")
    text = str(cause).lower()
    return not any(sign in text for sign in _LASTING)


def wait_out(attempt: t.Callable[[], Made], patience: float) -> Made:
    """Do something that may be repeated, again and again while the database server is away.

    ``patience`` is in seconds. Returns what ``attempt`` returned; raises what it raised last.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return attempt()
        except Exception as error:
            if not is_outage(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.1, 0.5))
