# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Zequenze Control answers: errors, dates, booleans and pages (docs/apis/zequenze_control.md, 3 and 5)."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from datetime import datetime, timezone
from urllib.parse import urlencode

from aiohttp import web

if t.TYPE_CHECKING:
    from tests.simulators.zequenze.log import LogRow

LIMIT = 20
LIMIT_CAP = 100
DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(Z|[+-]\d{2}:\d{2})?)?")


class Refusal(Exception):
    """A request that is answered with an error status; ``field`` is the part of it that is wrong, if one is."""

    def __init__(
        self, status: int, text: str, field: str | None = None, headers: t.Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.field = field
        self.headers = dict(headers or {})

    def answer(self, shape: str) -> web.Response:
        """The answer in one of the shapes of the knob ``zequenze.error_body``."""
        text = str(self)
        if shape == "empty":
            return web.Response(status=self.status, headers=self.headers)
        if shape == "html":
            page = f"<!doctype html><html><head><title>{self.status}</title></head><body><h1>{text}</h1></body></html>"
            return web.Response(status=self.status, text=page, content_type="text/html", headers=self.headers)
        body: dict[str, t.Any] = {"detail": text}
        if shape == "fields" or self.field is not None:
            body = {self.field or "non_field_errors": [text]}
        return web.json_response(body, status=self.status, headers=self.headers)


def moment(text: str, field: str) -> float:
    """Epoch seconds of a date filter in one of the three documented spellings (naive: UTC); raises Refusal."""
    found = DATE.fullmatch(text.strip())
    if found:
        day, clock, zone = found.groups()
        spelled = f"{day}T{clock or '00:00:00'}{(zone or '+00:00').replace('Z', '+00:00')}"
        try:
            return _instant(spelled).timestamp()
        except (ValueError, OverflowError):
            pass
    raise Refusal(400, "Enter a valid date/time.", field)


def _instant(spelled: str) -> datetime:
    form = "%Y-%m-%dT%H:%M:%S.%f%z" if "." in spelled else "%Y-%m-%dT%H:%M:%S%z"
    return datetime.strptime(spelled, form).astimezone(timezone.utc)


def flag(query: t.Mapping[str, str], name: str) -> bool | None:
    """A boolean query parameter, None when it is absent; raises Refusal on anything but the spellings of section 3."""
    if name not in query:
        return None
    if query[name] in {"1", "true", "True"}:
        return True
    if query[name] in {"0", "false", "False"}:
        return False
    raise Refusal(400, f"{query[name]!r} is not one of the available choices.", name)


def whole(query: t.Mapping[str, str], name: str) -> int | None:
    """A whole-number query parameter, None when it is absent; raises Refusal."""
    if name not in query:
        return None
    text = query[name]
    if not (text.isascii() and text.isdigit()):
        raise Refusal(400, "Enter a number.", name)
    return int(text)


async def body_of(request: web.Request) -> t.Any:
    """The JSON body; raises Refusal 415 for another content type and 400 for no JSON."""
    if request.content_type != "application/json":
        raise Refusal(415, f'Unsupported media type "{request.content_type}" in request.')
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        raise Refusal(400, "JSON parse error.") from None


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "")
    asked = int(text) if text.isascii() and text.isdigit() else 0
    return min(asked, LIMIT_CAP) or LIMIT


def _address(request: web.Request, **changes: str | int | None) -> str:
    query = {name: value for name, value in request.query.items() if name not in changes}
    query |= {name: str(value) for name, value in changes.items() if value is not None}
    base = f"{request.scheme}://{request.host}{request.rel_url.raw_path}"
    return f"{base}?{urlencode(query)}" if query else base


Item = t.TypeVar("Item")


def page(request: web.Request, items: t.Sequence[Item], show: t.Callable[[Item], object]) -> web.Response:
    """One page by ``limit`` and ``offset``: count, next, previous, results."""
    limit = _limit(request)
    offset = whole({"offset": request.query.get("offset", "0") or "0"}, "offset") or 0
    after, before = offset + limit, max(offset - limit, 0)
    return web.json_response(
        {
            "count": len(items),
            "next": _address(request, limit=limit, offset=after) if after < len(items) else None,
            "previous": _address(request, limit=limit, offset=before or None) if offset > 0 else None,
            "results": [show(item) for item in items[offset:after]],
        }
    )


def cursor_page(
    request: web.Request, rows: t.Sequence[LogRow], show: t.Callable[[LogRow], object], *, falling: bool
) -> web.Response:
    """One page by opaque ``cursor``. The cursor holds the id of the row it stands after, so new rows shift nothing.

    ``falling`` says that the newest row, with the highest id, comes first.
    """
    limit = _limit(request)
    start = 0
    if "cursor" in request.query:
        stand = _row_id(request.query["cursor"])
        start = sum(1 for row in rows if (row.id >= stand if falling else row.id <= stand))
    shown = rows[start : start + limit]
    more = start + limit < len(rows)
    back = _cursor(rows[start - limit - 1].id) if start > limit else None
    return web.json_response(
        {
            "next": _address(request, cursor=_cursor(shown[-1].id)) if more else None,
            "previous": _address(request, cursor=back) if start else None,
            "results": [show(row) for row in shown],
        }
    )


def _cursor(row_id: int) -> str:
    return base64.urlsafe_b64encode(f"r={row_id}".encode()).decode()


def _row_id(cursor: str) -> int:
    try:
        name, _, value = base64.urlsafe_b64decode(cursor.encode()).decode().partition("=")
        if name == "r":
            return int(value)
    except ValueError:
        pass
    raise Refusal(404, "Invalid cursor")
