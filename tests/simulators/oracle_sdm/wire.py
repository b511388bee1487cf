# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Oracle SDM reads and writes bodies: XML in two list dialects, JSON without its root, empty errors."""

from __future__ import annotations

import json
import typing as t
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from aiohttp import web
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

if t.TYPE_CHECKING:
    from tests.simulators.knobs import Knobs

PROLOG = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

SINGULAR = {
    "devices": "device",
    "nfs": "nf",
    "groups": "group",
    "children": "child",
    "deviceGroups": "deviceGroup",
    "clusterMembers": "clusterMember",
    "groupParameters": "groupParameter",
}
"""The name of one item of each list, in the dialect with wrappers (docs/apis/oracle_sdm.md, 4 and 7.2)."""

PLURAL = {"nfs": "nfList"}
"""The name of one item in the flattened dialect, where it is not the list's own name."""

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action='/login'></form></body></html>"

Record = dict[str, t.Any]


class Refused(Exception):
    """A request that is answered with an error status and nothing that a client could rely on."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def wants_json(request: web.Request) -> bool:
    """Whether the answer shall be JSON; raises Refused 406 for a type SDM does not speak."""
    accepted = [part.split(";")[0].strip() for part in request.headers.get("Accept", "*/*").lower().split(",")]
    for kind in accepted:
        if kind in {"application/json", "application/xml", "text/xml", "*/*", "application/*"}:
            return kind == "application/json"
    raise Refused(406)


def read_fields(request: web.Request, body: bytes, root: str) -> dict[str, str]:
    """The fields of a request body: XML under ``root``, or JSON that leaves it out (docs/apis/oracle_sdm.md, 3).

    Raises Refused: 400 for a malformed or missing body or another root, 415 for another content type.
    """
    kind = request.content_type.lower()
    if kind == "application/json":
        return _from_json(body)
    if kind in {"application/xml", "text/xml"}:
        return _from_xml(body, root)
    raise Refused(415 if body else 400)


def _from_json(body: bytes) -> dict[str, str]:
    try:
        fields = json.loads(body)
    except ValueError:
        raise Refused(400) from None
    if not isinstance(fields, dict):
        raise Refused(400)
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _from_xml(body: bytes, root: str) -> dict[str, str]:
    try:
        document = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Refused(400) from None
    if document.tag != root:
        raise Refused(400)
    return {child.tag: (child.text or "").strip() for child in document}


def answer(request: web.Request, knobs: Knobs, root: str, value: Record | list[Record]) -> web.Response:
    """200 with a document: one record or a list under ``root``, as the client accepts and the knobs shape it."""
    if wants_json(request):
        document = json.dumps(_json_document(root, value, knobs))
        return web.Response(text=document, content_type="application/json", charset="utf-8")
    plural = knobs["oracle_sdm.list_dialect"] == "plural"
    inner = _xml(root, value, plural)
    text = PROLOG + (f"<{root}>{inner}</{root}>" if isinstance(value, list) and plural else inner)
    return web.Response(text=text, content_type="application/xml", charset="utf-8")


def _xml(name: str, value: t.Any, plural: bool) -> str:
    if isinstance(value, dict):
        return f"<{name}>{''.join(_xml(key, member, plural) for key, member in value.items())}</{name}>"
    if isinstance(value, list):
        item = PLURAL.get(name, name) if plural else SINGULAR[name]
        items = "".join(_xml(item, member, plural) for member in value)
        return items if plural else f"<{name}>{items}</{name}>"
    return f"<{name}>{escape(_text(value))}</{name}>"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json_document(root: str, value: Record | list[Record], knobs: Knobs) -> t.Any:
    shape = knobs["oracle_sdm.json_shape"]
    single = knobs["oracle_sdm.json_single"] == "object"
    if isinstance(value, dict):
        return {key: _json_member(key, member, shape, single) for key, member in value.items()}
    items = [_json_document(root, member, knobs) for member in value]
    shown = items[0] if single and len(items) == 1 else items
    if shape == "array":
        return shown
    if shape == "flat":
        return {PLURAL.get(root, root): shown}
    inner = {SINGULAR[root]: shown}
    return inner if shape == "rootless" else {root: inner}


def _json_member(name: str, value: t.Any, shape: str, single: bool) -> t.Any:
    if isinstance(value, dict):
        return {key: _json_member(key, member, shape, single) for key, member in value.items()}
    if not isinstance(value, list):
        return value
    items = [_json_member(name, member, shape, single) for member in value]
    shown = items[0] if single and len(items) == 1 else items
    return {SINGULAR[name]: shown} if shape == "wrapped" else shown


def error(status: int, knobs: Knobs) -> web.Response:
    """An error; its body is as the knob says, since none is documented (docs/apis/oracle_sdm.md, 5.2)."""
    style = knobs["oracle_sdm.error_body"]
    if style == "text":
        return web.Response(status=status, text="The request could not be processed.")
    if style == "html":
        page = f"<!doctype html><html><head><title>HTTP Status {status}</title></head><body></body></html>"
        return web.Response(status=status, text=page, content_type="text/html")
    if style == "xml":
        text = f"{PROLOG}<fault><detail>The request could not be processed.</detail><number>{status}</number></fault>"
        return web.Response(status=status, text=text, content_type="application/xml")
    return web.Response(status=status)


def finish(response: web.Response, knobs: Knobs) -> web.Response:
    """The headers of the Apache in front (docs/apis/oracle_sdm.md, 3) and, by knob, its odd status line."""
    response.headers["Server"] = "Apache"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    if knobs["oracle_sdm.status_line"] == "repeated":
        response.set_status(response.status, str(response.status))
    return response
