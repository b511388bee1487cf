# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements of the hot path: written with the database library, compiled once, run by the driver itself.

The library takes longer to prepare a statement than SQLite to carry it out. Types are converted as the library does.
"""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass

Row = dict[str, t.Any]


class Statement:
    """One statement; safe for several threads.

    ``make`` returns it when it is needed first. ``columns`` are the columns that an INSERT or UPDATE sets.
    """

    def __init__(self, make: t.Callable[[], t.Any], columns: t.Sequence[str] | None = None) -> None:
        self._make = make
        self._columns = None if columns is None else list(columns)
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: t.Any, **values: t.Any) -> list[Row]:
        """Return the rows of a SELECT. Raises what the driver raises."""
        compiled = self._for(connection)
        cursor = compiled.run(connection, values)
        try:
            return [compiled.row(found) for found in cursor.fetchall()]
        finally:
            cursor.close()

    def first(self, connection: t.Any, **values: t.Any) -> Row | None:
        """Return the first row of a SELECT, None when there is none. Raises what the driver raises."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def change(self, connection: t.Any, **values: t.Any) -> int:
        """Run an UPDATE or DELETE. Returns how many rows it changed. Raises what the driver raises."""
        cursor = self._for(connection).run(connection, values)
        count = int(cursor.rowcount)
        cursor.close()
        return count

    def insert(self, connection: t.Any, values: t.Mapping[str, t.Any]) -> int:
        """Run an INSERT of one row. Returns its id. Raises what the driver raises."""
        cursor = self._for(connection).run(connection, values)
        inserted = cursor.fetchone()[0] if connection.dialect.insert_returning else cursor.lastrowid
        cursor.close()
        return int(inserted)

    def _for(self, connection: t.Any) -> _Compiled:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._make(), self._columns, dialect)
        return compiled


class _Compiled:
    """A statement in the words of one kind of database."""

    def __init__(self, statement: t.Any, columns: list[str] | None, dialect: t.Any) -> None:
        if statement.is_insert and "id" in statement.table.c and dialect.insert_returning:
            statement = statement.returning(statement.table.c.id)
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        self._text = str(compiled)
        self._order = compiled.positiontup
        self._given = dict(compiled.params)
        self._convert: list[tuple[str, t.Callable[[t.Any], t.Any]]] = []
        for name, bind in compiled.binds.items():
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                self._convert.append((name, _remembering(convert) if name == "sender" else convert))
        self._names: list[str] = []
        self._read: list[tuple[str, t.Callable[[t.Any], t.Any]]] = []
        for column in statement.selected_columns if statement.is_select else ():
            self._names.append(column.name)
            if isinstance(column.type, (sa.Integer, sa.Float)):
                continue
            read = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if read is not None:
                self._read.append((column.name, read))

    def run(self, connection: t.Any, values: t.Mapping[str, t.Any]) -> t.Any:
        merged = {**self._given, **values}
        for name, convert in self._convert:
            merged[name] = convert(merged[name])
        cursor = connection.connection.driver_connection.cursor()
        cursor.execute(self._text, merged if self._order is None else [merged[name] for name in self._order])
        return cursor

    def row(self, found: t.Sequence[t.Any]) -> Row:
        row = dict(zip(self._names, found, strict=True))
        for name, read in self._read:
            row[name] = read(row[name])
        return row


def _remembering(convert: t.Callable[[t.Any], t.Any]) -> t.Callable[[t.Any], t.Any]:
    """Return a conversion that is not done again for the very same value: a process writes the one it is."""
    last: tuple[t.Any, t.Any] = (convert, None)

    def once(value: t.Any) -> t.Any:
        nonlocal last
        known, converted = last
        if known is not value:
            converted = convert(value)
            last = (value, converted)
        return converted

    return once
