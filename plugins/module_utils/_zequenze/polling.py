# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading many devices at once: one page of a list instead of a call for each device.

Two things are read together. Devices that are *waited for* share one poll of the list and one of the log per interval.
Devices that are read *now*, before and right after an operation, share a poll with those that are read at about the
same time: a device takes part in it only when it began after the device asked, so what it gets is as new as an answer
of its own. A poll costs a call per page of the whole fleet, a look at a single device costs a call per device.
Whichever is cheaper is done, so a task that waits for sixteen devices of ten thousand does not page through them all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import (
    MOST_PAGES,
    TooManyPages,
    Zequenze,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow, LogRow

# Fewer devices than this are looked at one by one.
FEWEST = 3

# How many calls for one device each cost about as much as a page of a hundred rows.
PAGE_WORTH = 4

# For at least this long (s) what a look saw is new enough for the next operation.
KEPT_FOR = 5.0

# After how many polls' time a fleet that had too many pages is tried again.
LATER = 20

Row = t.TypeVar("Row")

Found = t.TypeVar("Found")

Rows = dict[str, list[Row]]

Asked = t.Literal["before", "after"]


@dataclasses.dataclass
class _Poll(t.Generic[Row]):
    """The newest poll of one kind: when it began, its rows by device, or why there are none.

    ``since`` is from when on it shows a log (epoch seconds), and ``asking`` who wants one that begins now, from when.
    Before ``not_before`` no poll of ``too_few`` pages or fewer is worth trying again. Who asked before ``given_up`` has
    waited for a poll that was not made.
    """

    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    began: float = float("-inf")
    since: float = float("inf")
    rows: Rows[Row] | None = None
    problem: MaintenanceError | None = None
    not_before: float = float("-inf")
    too_few: int = 0
    given_up: float = float("-inf")
    asking: dict[object, float] = dataclasses.field(default_factory=dict)


class PageWise:
    """What the devices of one task that are read and waited for look like; safe for its threads."""

    def __init__(self, zequenze: Zequenze, clock: Clock, interval: float, gather: float | None = None) -> None:
        """Take the client, the clock and the seconds between two looks at a device.

        ``gather`` is for how many seconds a device that is read now may wait for others that are; None lets each be
        read by itself.
        """
        self._zequenze = zequenze
        self._clock = clock
        self._interval = interval
        self._gather = gather
        self._began = clock.monotonic()
        self._taking_part: set[object] = set()
        self._waiting: dict[str, float] = {}
        self._empty_queues: dict[str, float] = {}
        self._kept: dict[str, tuple[float, list[LogRow]]] = {}
        self._logs: _Poll[LogRow] = _Poll()
        self._devices: _Poll[DeviceRow] = _Poll()
        self._records_now: _Poll[DeviceRow] = _Poll()
        self._logs_now: dict[Asked, _Poll[LogRow]] = {"before": _Poll(), "after": _Poll()}
        self._queues_now: _Poll[LogRow] = _Poll()

    @contextlib.contextmanager
    def taking_part(self) -> t.Iterator[None]:
        """Count a device as one that will be read, so that others may wait a moment for it."""
        ticket = object()
        self._taking_part.add(ticket)
        try:
            yield
        finally:
            self._taking_part.discard(ticket)

    @contextlib.contextmanager
    def waiting_for(self, device_id: str, log_since: float) -> t.Iterator[None]:
        """Count a device as waited for; its log matters from an instant (epoch seconds, the server's clock) on."""
        self._waiting[device_id] = log_since
        try:
            yield
        finally:
            self._waiting.pop(device_id, None)

    def pause(self) -> float:
        """Return how long a device that is waited for waits for its next look (seconds).

        Devices of a crowd look at the same moments, so that what they share is new to all of them: what a device shows
        right after a poll would be seen an interval later by those that look in between.
        """
        if self._gather is None or self._interval <= 0 or len(self._waiting) < FEWEST:
            return self._interval
        return self._interval - (self._clock.monotonic() - self._began) % self._interval

    def saw_empty_queue(self, device_id: str, within: float) -> bool:
        """Whether a device's whole queue was read in the last ``within`` seconds, and nothing was in it."""
        return self._clock.monotonic() - self._empty_queues.get(device_id, float("-inf")) < within

    def note_empty_queue(self, device_id: str, asked_at: float) -> None:
        """Remember that nothing was in a device's whole queue when it was asked for (monotonic seconds)."""
        self._empty_queues[device_id] = asked_at

    def keep_log(self, device_id: str, as_of: float, log: list[LogRow]) -> None:
        """Keep what a look after an operation saw of a device's log, for the next operation.

        ``as_of`` is when it was read, or before (monotonic seconds).
        """
        self._kept[device_id] = (as_of, log)

    def take_log(self, device_id: str) -> list[LogRow] | None:
        """Return the log that the last look at a device saw, once, while it is as new as two looks in a row may be."""
        as_of, log = self._kept.pop(device_id, (float("-inf"), []))
        return log if self._clock.monotonic() - as_of <= max(KEPT_FOR, 2 * self._interval) else None

    def device_now(self, name: str) -> DeviceRow:
        """Return a device by its exact name, as it is now or later. Raises as :meth:`Zequenze.device`.

        What the list does not show of a device, its own record may.
        """

        def pick(rows: Rows[DeviceRow]) -> DeviceRow | None:
            same = rows.get(name, [])
            whole = len(same) == 1 and None not in (same[0].serial, same[0].up, same[0].pending)
            return same[0] if whole else None

        def read(_since: float, most_pages: int) -> Rows[DeviceRow]:
            return _by_name(self._zequenze.devices(most_pages))

        return self._together(self._records_now, 0.0, read, pick, lambda: self._zequenze.device(name))

    def log_now(self, device_id: str, asked: Asked, since: float, since_alone: float | None = None) -> list[LogRow]:
        """Return a device's log entries from an instant on, as they are now or later. Raises as :meth:`Zequenze.log`.

        Read alone, they may go further back (``since_alone``). ``asked`` is what for: what matters ``before`` and
        ``after`` operations goes back differently far, so only the same is shared.
        """

        def read(earliest: float, most_pages: int) -> Rows[LogRow]:
            return _by_device(self._zequenze.logs(earliest, most_pages))

        def alone() -> list[LogRow]:
            return self._zequenze.log(device_id, since if since_alone is None else since_alone)

        return self._together(self._logs_now[asked], since, read, lambda rows: _from(rows, device_id, since), alone)

    def queue_now(self, device_id: str, since: float) -> list[LogRow]:
        """Return what is queued for a device now or later, as :meth:`Zequenze.queue`."""

        def read(_since: float, most_pages: int) -> Rows[LogRow]:
            return _by_device(self._zequenze.queues(most_pages))

        def alone() -> list[LogRow]:
            return self._zequenze.queue(device_id, since)

        return self._together(self._queues_now, 0.0, read, lambda rows: rows.get(device_id, []), alone)

    def log(self, device_id: str, since: float, newer_than: float) -> list[LogRow]:
        """Return a device's log entries from an instant on, as seen after ``newer_than`` (monotonic seconds).

        Raises MaintenanceError.
        """

        def read(earliest: float, most_pages: int) -> Rows[LogRow]:
            return _by_device(self._zequenze.logs(earliest, most_pages))

        found = self._newest(self._logs, since, read, newer_than)
        return self._zequenze.log(device_id, since) if found is None else _from(found, device_id, since)

    def device(self, name: str, newer_than: float) -> DeviceRow:
        """Return a device by its exact name, as seen after ``newer_than``. Raises as :meth:`Zequenze.device`."""

        def read(_since: float, most_pages: int) -> Rows[DeviceRow]:
            return _by_name(self._zequenze.devices(most_pages))

        found = self._newest(self._devices, 0.0, read, newer_than)
        same = found.get(name, []) if found is not None else []
        # What is missing, or there twice, is asked for by its name: then the answer says what is wrong. The server's
        # clock of a poll is not that of the look, which may be an interval later.
        return dataclasses.replace(same[0], server_date=None) if len(same) == 1 else self._zequenze.device(name)

    def _newest(
        self, poll: _Poll[Row], since: float, read: t.Callable[[float, int], Rows[Row]], newer_than: float
    ) -> Rows[Row] | None:
        """Return the rows of a poll begun after ``newer_than``, made now if need be; None if it would cost more."""
        with poll.lock:
            if poll.began <= newer_than or poll.since > since:
                if len(self._waiting) < FEWEST:
                    return None
                earliest = min([since, *list(self._waiting.values())]) if since else 0.0
                if not self._made(poll, earliest, read, len(self._waiting)):
                    return None
            if poll.problem is not None:
                raise poll.problem
            return poll.rows

    def _together(
        self,
        poll: _Poll[Row],
        since: float,
        read: t.Callable[[float, int], Rows[Row]],
        pick: t.Callable[[Rows[Row]], Found | None],
        alone: t.Callable[[], Found],
    ) -> Found:
        """Return what ``pick`` finds in a poll that begins now or later, or what one call for the device alone gives.

        A poll that fails, or does not show the device, says nothing: then the device is asked for by itself.
        """
        if self._gather is None or not self._is_worth(poll, len(self._taking_part)):
            return alone()
        asked, ticket = self._clock.monotonic(), object()
        poll.asking[ticket] = since
        try:
            rows: Rows[Row] | None = None
            with poll.lock:
                fits = poll.began > asked and poll.since <= since
                if not fits and asked >= poll.given_up:
                    # Those who come meanwhile wait for the lock: they are served too, or go alone too.
                    self._clock.sleep(self._gather)
                    number, earliest = len(poll.asking), min(list(poll.asking.values()))
                    fits = self._is_worth(poll, number) and self._made(poll, earliest, read, _pages_for(number))
                    poll.given_up = poll.given_up if fits else self._clock.monotonic()
                if fits:
                    rows = poll.rows
        finally:
            del poll.asking[ticket]
        found = None if rows is None else pick(rows)
        return alone() if found is None else found

    def _is_worth(self, poll: _Poll[Row], number: int) -> bool:
        """Return whether a poll for so many devices may be cheaper than a call for each."""
        if number < FEWEST:
            return False
        return self._clock.monotonic() >= poll.not_before or _pages_for(number) > poll.too_few

    def _made(self, poll: _Poll[Row], since: float, read: t.Callable[[float, int], Rows[Row]], most_pages: int) -> bool:
        """Poll, and keep the rows or the problem; False, for a while, where that would be more pages than wanted."""
        now = self._clock.monotonic()
        if now < poll.not_before and most_pages <= poll.too_few:
            return False
        poll.began, poll.since, poll.rows, poll.problem = now, since, None, None
        try:
            poll.rows = read(since, most_pages)
        except (TooManyPages, Refused) as error:
            # Too many, or a list that these credentials may not see: the devices' own answers are there all the same.
            most_pages = most_pages if isinstance(error, TooManyPages) else MOST_PAGES
            poll.began = float("-inf")
            poll.not_before, poll.too_few = now + LATER * self._interval, most_pages
            return False
        except MaintenanceError as error:
            poll.problem = error
        return True


def _pages_for(number: int) -> int:
    """Return how many pages cost no more than a call for each of so many devices."""
    return max(1, number // PAGE_WORTH)


def _by_name(devices: t.Iterable[DeviceRow]) -> Rows[DeviceRow]:
    rows: Rows[DeviceRow] = {}
    for row in devices:
        rows.setdefault(row.name, []).append(row)
    return rows


def _by_device(log: t.Iterable[LogRow]) -> Rows[LogRow]:
    """Return log entries by device id. Raise TooManyPages for an entry that names no device: it may be anybody's."""
    rows: Rows[LogRow] = {}
    for row in log:
        # Only the device's own log can tell then.
        if row.device_id is None:
            raise TooManyPages("An entry of the device log names no device.")
        rows.setdefault(row.device_id, []).append(row)
    return rows


def _from(rows: Rows[LogRow], device_id: str, since: float) -> list[LogRow]:
    return [row for row in rows.get(device_id, []) if row.at is None or row.at >= int(since)]
