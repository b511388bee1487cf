# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal's tables. Instants are epoch seconds in UTC; lists and mappings are JSON text."""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
else:
    VERSION = 6

    class Text(sa.types.TypeDecorator[str]):
        """Text of any origin: what not every database can hold (NUL, half a surrogate pair) is written visibly."""

        impl = sa.Text
        cache_ok = True

        def process_bind_param(self, value: str | None, dialect: t.Any) -> str | None:
            """Return what is sent to the database, in a value as in a condition."""
            if value is None or (value.isascii() and "\x00" not in value):
                return value
            return value.replace("\x00", "\u2400").encode("utf-8", "backslashreplace").decode("utf-8")

    METADATA = sa.MetaData()

    META = sa.Table(
        "meta",
        METADATA,
        sa.Column("key", Text, primary_key=True),
        sa.Column("value", Text, nullable=False),
    )

    # One open row (taking, held, returning) per device: ownership is this row, not the account on the server.
    LOCKS = sa.Table(
        "locks",
        METADATA,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("server", Text, nullable=False),
        sa.Column("device_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("holder", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("lease", sa.Float, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False, default=0),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("confirmed_at", sa.Float),
        sa.Column("alive_until", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.Column("sender", sa.JSON, nullable=False),
        sa.Column("message", Text, nullable=False, default=""),
    )
    OPEN_LOCK_STATES = ("taking", "held", "returning")
    # As constants in the statement: only then does a database look the open rows up in their index.
    OPEN_LOCK = LOCKS.c.state.in_([sa.literal_column(f"'{state}'") for state in OPEN_LOCK_STATES])
    sa.Index(
        "one_open_lock",
        LOCKS.c.server,
        LOCKS.c.device_id,
        unique=True,
        sqlite_where=OPEN_LOCK,
        postgresql_where=OPEN_LOCK,
    )
    sa.Index("locks_by_holder", LOCKS.c.holder, LOCKS.c.device)

    # Which group the device of a lock belongs to: of each group, only one device may be locked at once. (Since 2.)
    LOCK_GROUPS = sa.Table(
        "lock_groups",
        METADATA,
        sa.Column("lock_id", sa.Integer, sa.ForeignKey(LOCKS.c.id), primary_key=True),
        sa.Column("group_name", Text, nullable=False, index=True),
    )

    # Which devices the lock of a group in Oracle SDM is about, as SDM showed it when it was taken. (Since 6.)
    LOCK_MEMBERS = sa.Table(
        "lock_members",
        METADATA,
        sa.Column("lock_id", sa.Integer, sa.ForeignKey(LOCKS.c.id), primary_key=True),
        sa.Column("device_id", Text, primary_key=True, index=True),
        sa.Column("device", Text, nullable=False),
    )

    # Locks that a person holds under a login, from one run to the next; all others belong to a window. (Since 4.)
    LOGIN_LOCKS = sa.Table(
        "login_locks",
        METADATA,
        sa.Column("lock_id", sa.Integer, sa.ForeignKey(LOCKS.c.id), primary_key=True),
    )

    # One row per (window, device, operation, attempt): a claim is the row, and a second one cannot be written.
    OPERATIONS = sa.Table(
        "operations",
        METADATA,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("server", Text, nullable=False),
        sa.Column("window_id", Text),
        sa.Column("device_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("serial", Text),
        sa.Column("lock_name", Text),
        sa.Column("operation", Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, default=1),
        sa.Column("state", Text, nullable=False),
        sa.Column("sent", sa.Boolean, nullable=False, default=False),
        sa.Column("claimed_at", sa.Float, nullable=False),
        sa.Column("send_deadline", sa.Float, nullable=False),
        sa.Column("sent_at", sa.Float),
        sa.Column("busy_until", sa.Float),
        sa.Column("settled_at", sa.Float),
        sa.Column("sender", sa.JSON, nullable=False),
        sa.Column("baseline", sa.JSON, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("execution_id", Text),
        sa.Column("message", Text, nullable=False, default=""),
        # Whether the platform still had it in its queue at the last look. (Since 4.)
        sa.Column("queued", sa.Boolean, default=False),
    )
    _in_window = OPERATIONS.c.window_id.is_not(None)
    sa.Index(
        "once_per_window",
        OPERATIONS.c.server,
        OPERATIONS.c.window_id,
        OPERATIONS.c.device_id,
        OPERATIONS.c.operation,
        OPERATIONS.c.attempt,
        unique=True,
        sqlite_where=_in_window,
        postgresql_where=_in_window,
    )

    # Devices that a window could not maintain although no operation's row says so, newest reason only. (Since 3.)
    FAILURES = sa.Table(
        "failures",
        METADATA,
        sa.Column("window_id", Text, primary_key=True),
        sa.Column("device", Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("what", Text, nullable=False),
    )

    # What happened, in order; rows are only ever added.
    EVENTS = sa.Table(
        "events",
        METADATA,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("window_id", Text, index=True),
        sa.Column("server", Text),
        sa.Column("device_id", Text),
        sa.Column("device", Text),
        sa.Column("sender", sa.JSON, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )

    # What a window was agreed to be, written once before its first lock; everything else reads it by the id. (Since 4.)
    WINDOWS = sa.Table(
        "windows",
        METADATA,
        sa.Column("window_id", Text, primary_key=True),
        sa.Column("name", Text, nullable=False, default=""),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("occurrence", sa.JSON, nullable=False),
        sa.Column("operations", sa.JSON, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("hooks", sa.JSON, nullable=False),
        sa.Column("approval", sa.JSON, nullable=False),
        sa.Column("started_by", sa.JSON, nullable=False),
        sa.Column("written_at", sa.Float, nullable=False),
    )

    # The devices of a window, in the order in which they are taken; each run that maintains it (the slices of an AWX
    # job, several controllers) writes a part of its own. (Since 4.)
    WINDOW_DEVICES = sa.Table(
        "window_devices",
        METADATA,
        sa.Column("window_id", Text, sa.ForeignKey(WINDOWS.c.window_id), primary_key=True),
        sa.Column("part", Text, primary_key=True),
        sa.Column("name", Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("zequenze_name", Text, nullable=False),
        sa.Column("zequenze_id", Text),
        sa.Column("serial", Text),
        sa.Column("sdm_name", Text, nullable=False),
        sa.Column("sdm_id", Text),
        sa.Column("pam_name", Text, nullable=False),
        sa.Column("group_name", Text),
        sa.Column("excluded", Text),
        sa.Column("expected_duration", sa.Float, nullable=False, default=0.0),
        sa.Column("sdm_lock", sa.Boolean, nullable=False, default=True),
        sa.Column("selected", sa.Boolean, nullable=False, default=True),
        # What the systems showed of the device when it was agreed. (Since 5.)
        sa.Column("shown", sa.JSON),
        sa.Column("writer", sa.JSON, nullable=False),
    )

    # What operators wished of windows: pause or stop. In force until it is ended or its time is over. (Since 4.)
    CONTROLS = sa.Table(
        "controls",
        METADATA,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scope", Text, nullable=False),
        sa.Column("target", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("until", sa.Float),
        sa.Column("ended_at", sa.Float),
        sa.Column("sender", sa.JSON, nullable=False),
    )
