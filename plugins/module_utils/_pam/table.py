# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of devices as one run knows it: read once, shared by its workers, kept up to date with the run's own writes.

PAM Core cannot look up a device by its hostname, so everybody who knows a hostname needs the whole list
(docs/apis/senhasegura.md, 10). It is kept in shelves by hostname: a worker that looks for one device reads one small
shelf, and a write replaces one, however large the fleet is.
"""

from __future__ import annotations

import typing as t
import uuid
import zlib

from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store, Value
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import folded

# Seconds after which a list is read again: others work in PAM too.
LONGEST_USE = 300.0

ROWS_PER_SHELF = 32

Shelf = dict[str, list[Row]]


class Listed(t.NamedTuple):
    """A list of devices, and by how many seconds the clock of PAM Core was ahead when it was read, if it said so."""

    rows: list[Row]
    ahead: float | None


class DeviceTable:
    """The devices by hostname, for the length of one task, over what the run keeps in its store."""

    def __init__(self, client: Senhasegura, store: Store) -> None:
        """Take the client to read the list through and the store of the run."""
        self._client = client
        self._store = store
        self._key = f"senhasegura.devices/{client.identity}"
        self._read_here = False
        # A task looks many names up at once, but does not outlive what it has read.
        self._seen: dict[str, Shelf] = {}

    def alike(self, hostname: str) -> list[Row]:
        """Return the devices of this hostname and those whose hostname differs in case, width or blanks only."""
        name = folded(hostname)
        return self._shelf(self._head(), name).get(name, [])

    def rows(self) -> list[Row]:
        """Return all devices, read now; the run's other tasks profit from it."""
        with self._store.locked(self._key):
            return self._read()

    def listed(self) -> Listed:
        """Return all devices by name as this run knows them, read by it within the last five minutes or now."""
        head = self._head()
        shelves = [t.cast("Shelf", self._store.load(self._shelf_key(head, n))) for n in range(int(head["shelves"]))]
        rows = [row for shelf in shelves for same in shelf.values() for row in same]
        return Listed(sorted(rows, key=lambda row: (row["hostname"], row["id"])), head["ahead"])

    def renew(self) -> None:
        """Read the list again, because what it says seems to be outdated; not if this task itself has just read it."""
        with self._store.locked(self._key):
            if not self._read_here:
                self._read()

    def forget(self) -> None:
        """Forget the list: nobody knows whether a write of this run was executed."""
        with self._store.locked(self._key):
            self._store.save(self._key, None)

    def put(self, row: Row) -> None:
        """Note a device as this run has just written it."""
        self._change(row, keep=True)

    def drop(self, row: Row) -> None:
        """Note that this run has just deactivated a device."""
        self._change(row, keep=False)

    def _head(self) -> Value:
        head = self._kept()
        if head is None:
            with self._store.locked(self._key):
                head = self._kept()
                if head is None:
                    self._read()
                    head = t.cast("Value", self._store.load(self._key))
        return head

    def _kept(self) -> Value | None:
        head = self._store.load(self._key)
        return head if head is not None and self._client.clock.now() < head["until"] else None

    def _read(self) -> list[Row]:
        """Read the list and put it on shelves; the head comes last, so that nobody finds a shelf missing."""
        until = self._client.clock.now() + LONGEST_USE
        rows = self._client.devices()
        head: Value = {
            # Shelves of an earlier reading stay as they are: somebody may be looking at them.
            "reading": uuid.uuid4().hex,
            "shelves": max(1, len(rows) // ROWS_PER_SHELF),
            "until": until,
            "ahead": self._client.ahead,
        }
        shelves: list[Shelf] = [{} for _number in range(int(head["shelves"]))]
        for row in rows:
            name = folded(row["hostname"])
            shelves[_place(name, head)].setdefault(name, []).append(row)
        for number, shelf in enumerate(shelves):
            self._store.save(self._shelf_key(head, number), t.cast("Value", shelf))
        self._store.save(self._key, head)
        self._read_here = True
        return rows

    def _shelf(self, head: Value, name: str) -> Shelf:
        key = self._shelf_key(head, _place(name, head))
        if key not in self._seen:
            self._seen[key] = t.cast("Shelf", self._store.load(key))
        return self._seen[key]

    def _change(self, row: Row, *, keep: bool) -> None:
        with self._store.locked(self._key):
            head = self._kept()
            if head is None:
                return
            name = folded(row["hostname"])
            key = self._shelf_key(head, _place(name, head))
            shelf = t.cast("Shelf", self._store.load(key))
            others = [other for other in shelf.get(name, []) if other["id"] != row["id"]]
            self._seen[key] = {**shelf, name: [*others, row] if keep else others}
            self._store.save(key, t.cast("Value", self._seen[key]))

    def _shelf_key(self, head: Value, number: int) -> str:
        return f"{self._key}/{head['reading']}/{number}"


def _place(name: str, head: Value) -> int:
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % int(head["shelves"])
