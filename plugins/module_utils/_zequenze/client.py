# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of Zequenze Control: device records, the device log, variables, and the one command that disrupts.

Status codes get their meaning at the call (docs/apis/zequenze_control.md, 5).
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import Conflict, NoAnswer, NotFound, Refused
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.list_limits import ListLimits
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Guard,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import segment
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.turns import Turns, read_rate
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.answers import (
    estimated_seconds,
    execution_id,
    failure,
    is_html,
    json_of,
    row_key,
    said,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import Operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import (
    SYSTEM,
    UPTIME_VARIABLES,
    DeviceRow,
    LogRow,
    Record,
    Uptime,
    device_row,
    log_row,
    mapping,
    uptime,
)

PAGE = 100

MOST_PAGES = 1000

_DEVICES = "/inventory_device/"

_LIST = "the list of devices"

_LOG = "/inventory_device_log/"

Query = tuple[tuple[str, str], ...]


class TooManyPages(NoAnswer):
    """A list has more pages than were to be read."""


class Accepted(t.NamedTuple):
    """An operation the platform took: its execution id (for support only) and the server's clock, if it gave them.

    ``estimated`` is how many seconds the platform thinks it takes.
    """

    execution_id: str | None
    server_date: float | None
    estimated: float | None = None


class Zequenze:
    """One Zequenze Control, one token; safe for several threads."""

    def __init__(self, wire: Wire, token: str) -> None:
        """Take the wire to ``.../api/v1`` and the API token."""
        self.wire = wire
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        # Whether the API has answered below this address, so that a 404 is about a device and not about the address.
        self._has_answered = False
        self._filters_queue = True
        # What this installation was seen to do where the documentation leaves it open, by topic.
        self.dialect: dict[str, str] = {}

    def keep_rate(self, rate: object, store: Store) -> None:
        """Keep a rate such as 100/min, together with all who share the store; None: any. Raise BadInput."""
        wanted = read_rate(rate)
        self.wire.turns = None if wanted is None else Turns(wanted, store, self.server, self.wire.clock)

    @property
    def server(self) -> str:
        """The address that names this platform in the journal."""
        return self.wire.endpoint.base_url

    def device(self, name: str) -> DeviceRow:
        """Return a device by its exact name (docs/apis, 4.2). Raises NotFound, BadInput, NoAnswer, Refused.

        An answer about a device with another name is refused: it would put the right command to the wrong device.
        """
        row = self._record(f"/inventory_device_name/{segment(name)}/", f"device {shown(name)}")
        if row.name != name:
            raise NoAnswer(f"{SYSTEM} was asked for device {shown(name)} and answered with {shown(row.name)}.")
        return row

    def device_by_serial(self, serial: str) -> DeviceRow:
        """Return a device by its serial number; a reset may change its id. Raises as :meth:`device`."""
        what = f"the device with serial number {shown(serial)}"
        row = self._record(f"/inventory_device_serial/{segment(serial)}/", what)
        if row.serial != serial:
            raise NoAnswer(f"{SYSTEM} was asked for {what} and answered with {shown(str(row.serial))}.")
        return row

    def _record(self, path: str, what: str) -> DeviceRow:
        """Return one device record with its pending flag.

        Where ``pending`` is a filter (docs/apis, 8, question 12) it hides a device that has nothing pending.
        """
        try:
            answer = self._get(path, (("pending", "true"),), what)
        except NotFound:
            try:
                answer = self._get(path, (), what)
            except NotFound:
                if not self._has_answered:
                    self.check()
                raise
            row = device_row(json_of(answer), answer.server_date)
            return row if row.pending is not None else dataclasses.replace(row, pending=False)
        return device_row(json_of(answer), answer.server_date)

    def devices(self, most_pages: int = MOST_PAGES) -> list[DeviceRow]:
        """Return every device the token may see, all pages or an error. Raises MaintenanceError.

        Raises TooManyPages, as early as can be known, when there are more pages than ``most_pages``.
        """
        flagged = self._list((("pending", "true"),), most_pages)
        count = self._page(_DEVICES, (("limit", "1"),), _LIST)[0].get("count")
        if count == len(flagged):
            self.dialect["pending"] = "pending=true marks the rows"
            return flagged
        # Where ``pending`` is a filter it hides the devices that have nothing pending.
        everything, pending = self._list((), most_pages), {row.id: row.pending for row in flagged}
        if len(flagged) < len(everything) and False not in pending.values():
            self.dialect["pending"] = "pending=true filters the rows"
            return [dataclasses.replace(row, pending=row.id in pending) for row in everything]
        return [dataclasses.replace(row, pending=pending.get(row.id)) for row in everything]

    def _list(self, query: Query, most_pages: int) -> list[DeviceRow]:
        rows = self._dated(_DEVICES, (("limit", str(PAGE)), *query), _LIST, complete=True, most_pages=most_pages)
        return [device_row(row, server_date) for row, server_date in rows]

    def check(self) -> None:
        """Raise MaintenanceError unless the API answers below ``api_url`` and accepts the token."""
        self._page(_DEVICES, (("limit", "1"),), _LIST)

    def may_operate(self, name: str) -> bool | None:
        """Ask whether the token may send operations to a device, and change nothing; None: the platform does not say.

        OPTIONS is safe by definition (RFC 9110, section 9.2.1). No way to ask is documented, so nothing but a list that
        names PUT, which Django REST framework makes from the permissions of the token, is taken as an answer. Raises
        SignInRefused for a 401, NotSent, NoAnswer.
        """
        path = f"/inventory_device_name_operation/{segment(name)}/"
        answer = self.wire.call(Request("OPTIONS", path, headers=self._headers), repeatable=True)
        if answer.status == 401:
            raise failure(answer, f"operations of device {shown(name)}", self.wire.clock.now(), self.server)
        if answer.status != 200 or is_html(answer):
            return None
        document = json_of(answer)
        actions = document.get("actions") if isinstance(document, dict) else None
        return True if isinstance(actions, dict) and "PUT" in actions else None

    def log(self, device_id: str, since: float) -> list[LogRow]:
        """Return a device's log entries from an instant (epoch seconds, by the server's clock) on (docs/apis, 4.3)."""
        query: Query = (
            ("parent__id", device_id),
            ("datetime__gte", _date(since)),
            ("limit", str(PAGE)),
        )
        rows = [log_row(row) for row in self._pages(_LOG, query, "the device log")]
        # A server that does not know a filter ignores it.
        return [row for row in rows if row.device_id in (None, device_id)]

    def queue(self, device_id: str, since: float) -> list[LogRow]:
        """Return the log entries of a device that are queued, however old; others may come too (docs/apis, 4.3).

        Where the server does not know that filter, it is the log from an instant on (epoch seconds, its clock) instead:
        the whole log of a device may be endless.
        """
        rows: list[LogRow] = []
        query: Query = (("parent__id", device_id), ("is_pending", "true"), ("limit", str(PAGE)))
        for value in self._pages(_LOG, query, "the queue") if self._filters_queue else ():
            rows.append(log_row(value))
            if not rows[-1].pending:
                self._filters_queue = False
                break
        if not self._filters_queue:
            return self.log(device_id, since)
        return [row for row in rows if row.device_id in (None, device_id)]

    def queues(self, most_pages: int) -> list[LogRow]:
        """Return the queued log entries of all devices, however old. Raise TooManyPages as :meth:`logs`.

        It is raised too where the server does not know that filter: the log of a fleet may be endless.
        """
        rows: list[LogRow] = []
        query: Query = (("is_pending", "true"), ("limit", str(PAGE)))
        for value in self._pages(_LOG, query, "the queues", most_pages=most_pages) if self._filters_queue else ():
            rows.append(log_row(value))
            if not rows[-1].pending:
                self._filters_queue = False
                break
        if not self._filters_queue:
            raise TooManyPages(f"{SYSTEM} does not tell which entries of the device log are queued.")
        return rows

    def log_page(self, device_id: str, since: float) -> list[LogRow]:
        """Return at most one page of a device's log from an instant (epoch seconds) on: whether the token may read it.

        Raises MaintenanceError when it cannot be read.
        """
        query = (("parent__id", device_id), ("datetime__gte", _date(since)), ("limit", str(PAGE)))
        rows = [log_row(row) for row in self._page(_LOG, query, "the device log")[0]["results"]]
        return [row for row in rows if row.device_id in (None, device_id)]

    def logs(self, since: float, most_pages: int) -> list[LogRow]:
        """Return the log entries of all devices from an instant on; otherwise as :meth:`log`. Raises TooManyPages."""
        query = (("datetime__gte", _date(since)), ("limit", str(PAGE)))
        return [log_row(row) for row in self._pages(_LOG, query, "the device log", most_pages=most_pages)]

    def uptime(self, name: str, *, force: bool = False) -> Uptime | None:
        """Return a device's uptime, None when its profile shows none (docs/apis, 6, M3).

        ``force`` makes the platform read it from the device, which is slow and must stay rare.
        """
        query: Query = (
            ("parent__name", name),
            ("parameter__variable_name", ",".join(UPTIME_VARIABLES)),
            ("dates", "true"),
        )
        if force:
            query += (("force_update", "true"),)
        try:
            rows = list(self._pages("/inventory_device_name_variables/", query, f"variables of {shown(name)}"))
        except Refused as error:
            # A profile without these variables; any other refusal is no answer to the question.
            if error.status in (400, 404):
                return None
            raise
        return uptime(rows)

    def operate(self, name: str, operation: Operation, guard: Guard) -> Accepted:
        """Send an operation to a device, once (docs/apis, 4.1). Any success means accepted, not done.

        ``guard`` runs right before the first byte leaves. Raises NotSent and Blocked (nothing left), Conflict (409:
        offline or busy; 429), NotFound, Refused, SignInRefused (answered, not executed), NoAnswer (it may have been
        executed).
        """
        path = f"/inventory_device_name_operation/{segment(name)}/"
        body = json.dumps({"operation": operation}).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        answer = self.wire.call(Request("PUT", path, headers=headers, body=body), repeatable=False, guard=guard)
        what = f"{operation} of device {shown(name)}"
        if answer.ok:
            if is_html(answer):
                raise NoAnswer(
                    f"{SYSTEM} answered {answer.status} with an HTML page to {what}, as a login page or a proxy does.",
                    status=answer.status,
                )
            return Accepted(execution_id(answer), answer.server_date, estimated_seconds(answer))
        if answer.status in (409, 429):
            cause = "it is offline or another operation is running" if answer.status == 409 else "too many requests"
            raise Conflict(
                f"{SYSTEM} cannot {operation} device {shown(name)} now ({answer.status}): {cause}{said(answer)}.",
                status=answer.status,
                retry_after=answer.retry_after(self.wire.clock.now()),
            )
        raise failure(answer, what, self.wire.clock.now(), self.server)

    def _get(self, path: str, query: Query, what: str) -> Answer:
        answer = self.wire.call(Request("GET", path, query, self._headers), repeatable=True)
        if answer.status != 200:
            raise failure(answer, what, self.wire.clock.now(), self.server)
        self._has_answered = True
        return answer

    def _pages(self, path: str, query: Query, what: str, *, most_pages: int = MOST_PAGES) -> t.Iterator[t.Any]:
        """Return the rows of all pages; see :meth:`_dated`."""
        return (row for row, _date in self._dated(path, query, what, most_pages=most_pages))

    def _dated(
        self, path: str, query: Query, what: str, *, complete: bool = False, most_pages: int = MOST_PAGES
    ) -> t.Iterator[tuple[t.Any, float | None]]:
        """Return the rows of all pages, each with the server's clock when it gave the page.

        ``next`` is followed, offset and cursor alike (docs/apis, 3). Only its query is taken from it: the address stays
        the configured one. Rows are given once; a page that comes again, or no end, is an error and never a shorter
        list. Where ``complete`` asks for it, so is a list that is shorter than the server's own ``count``: a log may
        grow meanwhile, a fleet has to be whole.
        """
        asked: set[Query] = set()
        seen: set[str] = set()
        limits = ListLimits(SYSTEM, what, self.wire.endpoint.timeout, self.wire.clock)
        for _page in range(MOST_PAGES):
            if query in asked:
                raise NoAnswer(f"{SYSTEM} pages {what} in a circle.")
            asked.add(query)
            page, server_date = self._page(path, query, what, limits)
            known = len(seen)
            for row in page["results"]:
                if row_key(row) not in seen:
                    seen.add(row_key(row))
                    yield row, server_date
            if page["results"] and len(seen) == known:
                raise NoAnswer(f"{SYSTEM} gives the same page of {what} again.")
            following, count = page.get("next"), page.get("count")
            self.dialect["paging"] = _paging(following, count, self.dialect.get("paging", "one page"))
            if following and most_pages < MOST_PAGES:
                expected = count / PAGE if isinstance(count, int) else 0
                if max(expected, len(asked) + 1) > most_pages:
                    raise TooManyPages(f"{SYSTEM} has more than {most_pages} pages of {what}.")
            if not following:
                if complete and isinstance(count, int) and len(seen) < count:
                    raise NoAnswer(f"{SYSTEM} counts {count} entries in {what} but gave {len(seen)} of them.")
                return
            if not isinstance(following, str):
                raise NoAnswer(f"{SYSTEM} answered with a page of {what} whose next page is no address.")
            query = tuple(urllib.parse.parse_qsl(urllib.parse.urlsplit(following).query, keep_blank_values=True))
        raise NoAnswer(f"{SYSTEM} pages {what} without end.")

    def _page(
        self, path: str, query: Query, what: str, limits: ListLimits | None = None
    ) -> tuple[Record, float | None]:
        """Return one page, whose ``results`` are a list, and the server's clock; a bare list is a page too."""
        try:
            answer = self._get(path, query, what)
        except NotFound as error:
            # A list has no name that could be missing.
            raise Refused(
                f"{SYSTEM} has no API at {self.server} (404). api_url (ZEQUENZE_URL) usually ends with /api/v1.",
                status=404,
            ) from error
        document = json_of(answer)
        page = mapping({"results": document} if isinstance(document, list) else document, f"a page of {what}")
        if not isinstance(page.get("results"), list):
            raise NoAnswer(f"{SYSTEM} answered with a page of {what} that holds no results.")
        if limits is not None:
            limits.count(len(answer.body), len(page["results"]), answer.paused)
        return page, answer.server_date


def _paging(following: t.Any, count: t.Any, known: str) -> str:
    """Return how a list is paged, as far as this page tells. Pure."""
    names = {name for name, _value in urllib.parse.parse_qsl(urllib.parse.urlsplit(str(following or "")).query)}
    if not names:
        return known
    way = next((way for way in ("cursor", "offset", "page") if way in names), "next link")
    return f"by {way}, {'with' if isinstance(count, int) else 'without'} a count"


def _date(instant: float) -> str:
    """Write an instant for a date filter: always with an offset (docs/apis, 3)."""
    return str(iso(float(int(instant))))[:19] + "+00:00"
