# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making the tables of a journal on first use, bringing those of an older version up to date, and its own facts."""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
    import sqlalchemy.exc
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Database
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.patience import is_outage


class NoJournal(JournalError):
    """Nothing was ever written at this place."""


def prepared_facts(database: Database, newer_ok: bool, make: bool) -> dict[str, str]:
    """Make the tables on first use; return what the journal says about itself.

    Without ``make`` the database is left as it is. Raise NoJournal where there is none then, JournalError for a journal
    that a newer version wrote unless ``newer_ok``.
    """
    facts = _read_facts(database)
    if facts is None and not make:
        raise NoJournal(f"There is no journal at {database.place} yet.")
    if facts is None:
        with database.writing() as connection:
            schema.METADATA.create_all(connection)
            known = connection.execute(sa.select(schema.META.c.key).where(schema.META.c.key == "schema")).first()
            if known is None:
                connection.execute(schema.META.insert().values(key="schema", value=str(schema.VERSION)))
        facts = _read_facts(database) or {}
    version = int(facts["schema"]) if "schema" in facts else None
    if version is not None and version < schema.VERSION and make:
        version = _bring_up_to_date(database)
    if version is None or (version > schema.VERSION and not newer_ok):
        raise JournalError(
            f"The journal {database.place} was written by a newer version of netfleet.maintenance (schema {version}, "
            f"this version knows {schema.VERSION}); upgrade the collection on this controller."
        )
    return facts


def _bring_up_to_date(database: Database) -> int:
    """Add the tables and columns that an older version did not have, and return the version.

    It takes nothing from the journal. Columns that were added later may be empty.
    """
    table = schema.META
    with database.writing() as connection:
        schema.METADATA.create_all(connection)
        for each in schema.METADATA.sorted_tables:
            there = {column["name"] for column in sa.inspect(connection).get_columns(each.name)}
            for column in each.columns:
                if column.name not in there:
                    words = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                    connection.exec_driver_sql(f"ALTER TABLE {each.name} ADD COLUMN {words}")
        connection.execute(table.update().where(table.c.key == "schema").values(value=str(schema.VERSION)))
    return schema.VERSION


def _read_facts(database: Database) -> dict[str, str] | None:
    """Return what the journal says about itself, None when there is no journal."""
    table = schema.META
    statement = sa.select(table.c.key, table.c.value).where(table.c.key.in_(("schema", "silence")))

    def look(connection: t.Any) -> dict[str, str] | None:
        try:
            return dict(map(tuple, connection.execute(statement)))
        except sqlalchemy.exc.DatabaseError as error:
            if is_outage(error):
                raise
            # Looked at only now, because nearly always there is a journal.
            connection.rollback()
            if not sa.inspect(connection).has_table("meta"):
                return None
            # Another process may have made it meanwhile.
            return dict(map(tuple, connection.execute(statement)))

    def checked(connection: t.Any) -> dict[str, str] | None:
        facts = look(connection)
        # What is no number is damage, and is said as such.
        for value in (facts or {}).values():
            float(value)
        return facts

    return database.read(checked)
