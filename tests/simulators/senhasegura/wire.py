# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How senhasegura reads and writes bodies: JSON, form and query in, the bilingual envelope out (docs/apis, 4)."""

from __future__ import annotations

import json
import typing as t
import urllib.parse
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from aiohttp import web

if t.TYPE_CHECKING:
    from tests.simulators.knobs import Knobs

TENANT = "example"
BRASILIA = timezone(timedelta(hours=-3))

ERRORS = {
    1004: "The device's hostname was not informed",
    1005: "The device's IP was not informed",
    1011: "Device not found",
    1019: "The device's site was not informed",
    1020: "The device's model was not informed",
    1021: "The device's vendor was not informed",
    1022: "The device's type was not informed",
    1029: "It is not possible to enter a domain that has not been previously registered",
    1039: "Without PAM Configuration Access permission",
    1044: "Device is already activated",
}
"""The documented exception codes (docs/apis/senhasegura.md, 8)."""

Fields = dict[str, t.Any]


class PamError(Exception):
    """A call that fails with the envelope: a documented ``code``, or a ``text`` alone with its HTTP status."""

    def __init__(self, code: int | None = None, text: str = "", status: int = 400) -> None:
        self.code = code
        self.text = text if code is None else f"{code}: {ERRORS[code]}"
        self.status = status
        super().__init__(self.text)


@dataclass(slots=True)
class Call:
    """One admitted call: ``client`` is the OAuth 2 client or OAuth 1 consumer it comes from."""

    request: web.Request
    fields: Fields
    client: str

    @property
    def key(self) -> str:
        """The variable part of the path, decoded."""
        return self.request.match_info["key"]

    def text(self, name: str) -> str:
        """One field as text; empty when it was not sent."""
        return str(self.fields.get(name, ""))


class Endpoint(t.NamedTuple):
    """One verb of one path below the prefix; ``writes`` needs a read-write authorization."""

    method: str
    path: str
    handle: t.Callable[[Call], web.Response]
    writes: bool = False


def read_fields(request: web.Request, body: bytes) -> Fields:
    """The fields of a request: those of the query, overruled by those of a JSON or form body (docs/apis, 4.1)."""
    fields: Fields = dict(request.query)
    if request.content_type == "application/json":
        fields.update(_json_object(body))
    elif request.content_type == "application/x-www-form-urlencoded":
        fields.update(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return {name: value for name, value in fields.items() if value is not None}


def _json_object(body: bytes) -> Fields:
    try:
        fields = json.loads(body) if body.strip() else {}
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def reply(knobs: Knobs, message: str, *, status: int = 200, **payload: t.Any) -> web.Response:
    """A success with its envelope and payload."""
    return _sent(_envelope(knobs, message, status, failed=False) | payload, status)


def failure(knobs: Knobs, error: PamError) -> web.Response:
    """A failure with its envelope and, when it has a code, its exception."""
    document = _envelope(knobs, error.text, error.status, failed=True)
    if error.code is not None:
        document["exception"] = {"code": error.code, "message": error.text, "detail": None}
    return _sent(document, error.status)


def _envelope(knobs: Knobs, message: str, status: int, *, failed: bool) -> Fields:
    form = knobs["senhasegura.envelope"]
    response: Fields = {"status": status, "message": message, "error": failed}
    aliases: Fields = {"mensagem": message, "erro": failed}
    if form != "short":
        response |= {"error_code": int(failed), "detail": ""}
        aliases["cod_erro"] = int(failed)
    document: Fields = {"code": status} if form == "full" else {}
    document["response"] = response | aliases
    if knobs["senhasegura.tenant_key"] == "present" and not failed:
        document["tenant"] = knobs["senhasegura.tenant"] or TENANT
    return document


def _sent(document: Fields, status: int) -> web.Response:
    return web.Response(status=status, text=json.dumps(document), content_type="application/json")


def shown_id(knobs: Knobs, number: str) -> str | int:
    """An id as replies show it."""
    return int(number) if knobs["senhasegura.ids"] == "int" and number.isdigit() else number


def shown_time(knobs: Knobs, ts: float) -> str:
    """Epoch seconds in the appliance's zone, in one of the three documented forms."""
    moment = datetime.fromtimestamp(int(ts), BRASILIA)
    form = knobs["senhasegura.timestamps"]
    if form == "offset":
        return moment.isoformat()
    return moment.replace(tzinfo=None).isoformat(sep=" " if form == "blank" else "T")


def spoiled(fault: str, items: list[t.Any]) -> t.Any:
    """A list as the knobs ``list_fault`` and ``session_fault`` spoil it."""
    if fault == "empty":
        return []
    if fault == "partial":
        return items[: len(items) - max(len(items) // 3, 1)] if items else []
    if fault == "null":
        return None
    if fault == "object":
        return items[0] if len(items) == 1 else {str(place): item for place, item in enumerate(items)}
    return items
