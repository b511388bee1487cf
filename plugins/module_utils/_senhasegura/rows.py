# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain typed rows for what PAM Core sends about devices and sessions: strict on what is needed, tolerant otherwise."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

BASE_FIELDS = ("hostname", "ip", "model", "type", "vendor", "site")

LIST_FIELDS = ("device_domain", "device_tags", "connectivities")

DETAIL_FIELDS = ("device_domain", "device_tags", "connectivities", "session_remote_config")

SESSION_FIELDS = ("id", "session_id", "user", "origin_ip", "credential", "device", "protocol", "start")

_LEADING_COUNT = re.compile(r"\s*(\d{1,9})\b(?!\s*:)")


class Row(t.TypedDict, total=False):
    """One device under the names the API gives its fields (docs/apis/senhasegura.md, 6.1).

    The first eight keys are always there; the others only where the answer had them (the list has no details, and
    versions before 3.32 have none at all).
    """

    id: str
    hostname: str
    ip: str
    model: str
    type: str
    vendor: str
    site: str
    device_tags: list[str]
    device_domain: list[str]
    connectivities: list[str]
    session_remote_config: str


class Session(t.TypedDict):
    """One live session through PAM Core (docs/apis/senhasegura.md, 7); times are the server's own texts."""

    id: str
    session_id: str
    user: str
    origin_ip: str
    credential: str
    device: str
    protocol: str
    start: str


def device_row(raw: object, where: str) -> Row:
    """Read one device of a list or by itself.

    Takes what the JSON held and how a sentence about the answer begins. Raises NoAnswer when it is no object, has no id
    or hostname, or a field is neither text nor number.
    """
    fields = _object(raw, "a device", where)
    row: dict[str, t.Any] = {"id": _text(fields, "id", where)}
    for name in BASE_FIELDS:
        row[name] = _text(fields, name, where)
    for name in ("id", "hostname"):
        if not row[name]:
            raise NoAnswer(f"{where} listed a device without {name}, so the answer cannot be believed.")
    # The list calls them tags, everything else device_tags.
    tags = "device_tags" if "device_tags" in fields else "tags"
    if tags in fields:
        row["device_tags"] = _texts(fields, tags, where)
    if "device_domain" in fields:
        row["device_domain"] = _texts(fields, "device_domain", where)
    if "connectivities" in fields:
        row["connectivities"] = [
            connectivity_text(*parse_connectivity(text)) for text in _texts(fields, "connectivities", where)
        ]
    if "session_remote_config" in fields:
        row["session_remote_config"] = _text(fields, "session_remote_config", where)
    return t.cast("Row", row)


def device_rows(raw: object, message: str, where: str) -> list[Row]:
    """Read the list of devices.

    Takes the value under ``devices``, the answer's message (whose leading number, if any, counts the devices) and how a
    sentence about the answer begins. Raises NoAnswer for anything but a complete list: no list, a count that differs,
    the same id twice.
    """
    if not isinstance(raw, list):
        raise NoAnswer(f"{where} sent no list of devices but {_kind(raw)}, so the answer cannot be believed.")
    count = _LEADING_COUNT.match(message)
    if count and int(count[1]) != len(raw):
        raise NoAnswer(f"{where} announced {int(count[1])} devices but sent {len(raw)}: the list is not complete.")
    rows = [device_row(item, where) for item in raw]
    seen: dict[str, Row] = {}
    for row in rows:
        other = seen.setdefault(row["id"], row)
        if other is not row:
            raise NoAnswer(
                f"{where} listed the id {shown(row['id'])} twice ({shown(other['hostname'])} and "
                f"{shown(row['hostname'])}), so the list cannot be believed."
            )
    return rows


def live_sessions(raw: object, where: str) -> list[Session]:
    """Read the list of sessions and give those that have not ended.

    Raises NoAnswer when it is no list, or when a live session does not say which device it is on: a gate that does not
    know that must not open.
    """
    if not isinstance(raw, list):
        raise NoAnswer(f"{where} sent no list of sessions but {_kind(raw)}, so the answer cannot be believed.")
    live: list[Session] = []
    for item in raw:
        fields = _object(item, "a session", where)
        if _text(fields, "end", where).strip("0-:T Z"):
            continue
        session = {name: _text(fields, name, where) for name in SESSION_FIELDS}
        if not session["device"]:
            raise NoAnswer(
                f"{where} listed the live session {shown(session['id'] or session['session_id'])} without its device."
            )
        live.append(t.cast("Session", session))
    return live


def parse_connectivity(text: str) -> tuple[str, int | None]:
    """Split ``SSH:22`` into protocol and port; the port is None where there is none."""
    protocol, colon, port = text.rpartition(":")
    if colon and port.strip().isascii() and port.strip().isdigit():
        return protocol.strip(), int(port.strip()[:9])
    return text.strip(), None


def connectivity_text(protocol: str, port: int | None) -> str:
    """Write a connectivity as the API does."""
    return protocol if port is None else f"{protocol}:{port}"


def _object(raw: object, what: str, where: str) -> dict[str, t.Any]:
    if not isinstance(raw, dict):
        raise NoAnswer(f"{where} sent {_kind(raw)} in place of {what}, so the answer cannot be believed.")
    return raw


def _text(fields: dict[str, t.Any], name: str, where: str) -> str:
    """Return a field as text: numbers are written out, null and a missing field are the empty text."""
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip() if name != "hostname" else value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise NoAnswer(f"{where} sent {_kind(value)} as {name}, so the answer cannot be believed.")


def _texts(fields: dict[str, t.Any], name: str, where: str) -> list[str]:
    """Return a comma-separated field as a list: blanks around the entries and repeated entries do not count."""
    value = fields[name]
    entries = value if isinstance(value, list) else _text(fields, name, where).split(",")
    if not all(isinstance(entry, str) for entry in entries):
        raise NoAnswer(f"{where} sent a list of other things than texts as {name}, so the answer cannot be believed.")
    return [entry for entry in dict.fromkeys(entry.strip() for entry in entries) if entry]


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object")
