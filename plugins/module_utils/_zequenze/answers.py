# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what Zequenze Control answers: as JSON, as a failure, and as words for a message.

The bodies of its errors are not documented (Zequenze sheet, section 5), so every form is taken.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    MaintenanceError,
    NoAnswer,
    NotFound,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import SYSTEM, text


def json_of(answer: Answer) -> t.Any:
    """Give an answer's JSON document. Raises SignInRefused for an HTML page, NoAnswer for what cannot be read."""
    if is_html(answer):
        raise SignInRefused(
            f"{SYSTEM} answered with an HTML page instead of data, as a login page or a proxy does; check api_url.",
            status=answer.status,
        )
    return parse(answer.body, SYSTEM)


def is_html(answer: Answer) -> bool:
    """Whether an answer is a page for people, as a login page or a proxy's error is."""
    head = answer.body[:64].lstrip().lower()
    return "html" in answer.media_type or head.startswith((b"<!doctype html", b"<html"))


def failure(answer: Answer, what: str, now: float) -> MaintenanceError:
    """Name what a status means that the call itself has no special meaning for; ``now`` is the wall clock."""
    words = f"{SYSTEM} answered {answer.status} about {what}{answer.tried}"
    if answer.status == 401:
        return SignInRefused(f"{words}: the API token is missing or not accepted; check api_token.", status=401)
    if answer.status == 403:
        return Refused(f"{words}: the API token may not do this{said(answer)}.", status=403)
    if answer.status == 404:
        return NotFound(
            f"{words}: there is no such device for this token (names are case-sensitive, devices of other "
            "organizations are hidden).",
            status=404,
        )
    if answer.status >= 500 or answer.ok:
        return NoAnswer(f"{words}{said(answer)}.", status=answer.status, retry_after=answer.retry_after(now))
    return Refused(f"{words}{said(answer)}.", status=answer.status)


def said(answer: Answer) -> str:
    """Give what the server wrote about a failure, shortened, as the end of a sentence."""
    if answer.problem or is_html(answer) or not answer.body.strip():
        return ""
    try:
        document: t.Any = parse(answer.body, SYSTEM)
    except MaintenanceError:
        document = answer.body[:200].decode("utf-8", "replace")
    if isinstance(document, dict):
        document = document.get("detail", document)
    words = " ".join(str(document if isinstance(document, str) else json.dumps(document)).split())
    return f": {words[:200].rstrip('.')}" if words else ""


def execution_id(answer: Answer) -> str | None:
    """Give the execution id of an acceptance; every field of that body is optional (sheet, section 4.1)."""
    if answer.problem or not answer.body.strip():
        return None
    try:
        document = parse(answer.body, SYSTEM)
    except MaintenanceError:
        return None
    return text(document.get("execution_id")) if isinstance(document, dict) else None


def row_key(row: t.Any) -> str:
    """Give what tells a row from the others of its list."""
    row_id = text(row.get("id")) if isinstance(row, dict) else None
    return json.dumps(row, sort_keys=True) if row_id is None else row_id
