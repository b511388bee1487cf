# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a session, a token or a table is kept for others of the same run."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer, NotSent

Value = dict[str, t.Any]


class Store(t.Protocol):
    """A small key-value store with a lock per key; values are JSON-like dictionaries.

    ``shared`` says whether what is put here outlives the current task: then a session stays open for the next one and
    the end of the run closes it.
    """

    shared: bool

    def load(self, key: str) -> Value | None:
        """Return the value, or None."""

    def save(self, key: str, value: Value | None) -> None:
        """Keep a value; None forgets it."""

    def locked(self, key: str) -> t.ContextManager[None]:
        """Keep others from making the same value at the same time."""


class MemoryStore:
    """The store of a module that runs by itself: shared by its threads, gone when it ends."""

    shared = False

    def __init__(self) -> None:
        """Start empty."""
        self._values: dict[str, Value] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()

    def load(self, key: str) -> Value | None:
        """Return the value, or None."""
        return self._values.get(key)

    def save(self, key: str, value: Value | None) -> None:
        """Keep a value; None forgets it."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value

    @contextlib.contextmanager
    def locked(self, key: str) -> t.Iterator[None]:
        """Keep this module's other threads from making the same value at the same time."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.RLock())
        with lock:
            yield


@contextlib.contextmanager
def single_flight(store: Store, key: str, clock: Clock) -> t.Iterator[None]:
    """Let one at a time make what the run shares under ``key``; who waited while that failed shares the failure.

    Otherwise a server that does not answer would be waited for once per device, one after the other. Raises NotSent or
    NoAnswer for a shared failure.
    """
    asked, failure_key = clock.monotonic(), f"{key} failure"
    with store.locked(key):
        failure = store.load(failure_key)
        if failure is not None and failure["at"] > asked:
            raise NotSent(failure["why"]) if failure["not_sent"] else NoAnswer(failure["why"])
        try:
            yield
        except (NotSent, NoAnswer) as error:
            failure = {"at": clock.monotonic(), "why": str(error), "not_sent": isinstance(error, NotSent)}
            store.save(failure_key, failure)
            raise
