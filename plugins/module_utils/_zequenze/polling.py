# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for many devices at once: one poll of the list and one of the log per interval, for all of them.

A poll costs a call per page of the whole fleet, a look at a single device costs a call per device that is waited for.
Whichever is cheaper is done, so a task that waits for sixteen devices of ten thousand does not page through them all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import TooManyPages, Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow, LogRow

# Fewer devices than this are looked at one by one.
FEWEST = 3


# After how many polls' time a fleet that had too many pages is tried again.
LATER = 20


Row = t.TypeVar("Row")


Rows = dict[str, list[Row]]


@dataclasses.dataclass
class _Poll(t.Generic[Row]):
    """The newest poll of one kind: when it began, and its rows by device, or why there are none."""

    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    began: float = float("-inf")
    rows: Rows[Row] | None = None
    problem: MaintenanceError | None = None
    not_before: float = float("-inf")


class PageWise:
    """What the devices of one task that are waited for look like; safe for its threads."""

    def __init__(self, zequenze: Zequenze, clock: Clock, interval: float) -> None:
        """Take the door, the clock and the seconds between two looks at a device."""
        self._zequenze = zequenze
        self._clock = clock
        self._interval = interval
        self._waiting: dict[str, float] = {}
        self._logs: _Poll[LogRow] = _Poll()
        self._devices: _Poll[DeviceRow] = _Poll()

    @contextlib.contextmanager
    def waiting_for(self, device_id: str, log_since: float) -> t.Iterator[None]:
        """Count a device as waited for; its log matters from an instant (epoch seconds, the server's clock) on."""
        self._waiting[device_id] = log_since
        try:
            yield
        finally:
            self._waiting.pop(device_id, None)

    def log(self, device_id: str, since: float, newer_than: float) -> list[LogRow]:
        """Give a device's log entries from an instant on, as seen after ``newer_than`` (monotonic seconds).

        Raises MaintenanceError.
        """

        def read(most_pages: int) -> Rows[LogRow]:
            rows: Rows[LogRow] = {}
            for row in self._zequenze.logs(min([since, *self._waiting.values()]), most_pages):
                # An entry that does not say whose it is may be anybody's: then only the device's own log can tell.
                if row.device_id is None:
                    raise TooManyPages("An entry of the device log names no device.")
                rows.setdefault(row.device_id, []).append(row)
            return rows

        found = self._newest(self._logs, read, newer_than)
        if found is None:
            return self._zequenze.log(device_id, since)
        return [row for row in found.get(device_id, []) if row.at is None or row.at >= int(since)]

    def device(self, name: str, newer_than: float) -> DeviceRow:
        """Give a device by its exact name, as seen after ``newer_than``. Raises as :meth:`Zequenze.device`."""

        def read(most_pages: int) -> Rows[DeviceRow]:
            rows: Rows[DeviceRow] = {}
            for row in self._zequenze.devices(most_pages):
                rows.setdefault(row.name, []).append(row)
            return rows

        found = self._newest(self._devices, read, newer_than)
        same = found.get(name, []) if found is not None else []
        # What is missing, or there twice, is asked for by its name: then the answer says what is wrong.
        return same[0] if len(same) == 1 else self._zequenze.device(name)

    def _newest(self, poll: _Poll[Row], read: t.Callable[[int], Rows[Row]], newer_than: float) -> Rows[Row] | None:
        """Give the rows of a poll that began after ``newer_than``, made now if need be; None if it would cost more."""
        with poll.lock:
            if poll.began <= newer_than:
                now = self._clock.monotonic()
                if len(self._waiting) < FEWEST or now < poll.not_before:
                    return None
                poll.began, poll.rows, poll.problem = now, None, None
                try:
                    poll.rows = read(len(self._waiting))
                except TooManyPages:
                    poll.not_before = now + LATER * self._interval
                except MaintenanceError as error:
                    poll.problem = error
            if poll.problem is not None:
                raise poll.problem
            return poll.rows
