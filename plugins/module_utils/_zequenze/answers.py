# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what Zequenze Control answers: as JSON, as a failure, and as words for a message.

The bodies of its errors are not documented (docs/apis/zequenze_control.md, 5), so every form is taken.
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
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import SYSTEM, instant, text

# A longer estimate than a day tells nothing about a window.
LONGEST_ESTIMATE = 86400.0


def json_of(answer: Answer) -> t.Any:
    """Return an answer's JSON document. Raises SignInRefused for an HTML page, NoAnswer for what cannot be read."""
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


def failure(answer: Answer, what: str, now: float, server: str) -> MaintenanceError:
    """Return what a status means that the call itself has no special meaning for; ``now`` is the wall clock."""
    words = f"{SYSTEM} answered {answer.status} about {what}{answer.tried}"
    if answer.status == 401:
        return SignInRefused(
            f"{SYSTEM} ({server}) did not accept the API token (401) for {what}{answer.tried}. Check api_token "
            "(ZEQUENZE_TOKEN).",
            status=401,
        )
    if answer.status == 403:
        return Refused(f"{words}: the API token may not do this{said(answer)}.", status=403)
    if answer.status == 404:
        return NotFound(
            f"{words}: there is no such device for this token (names are case-sensitive, devices of other "
            "organizations are hidden).",
            status=404,
        )
    if answer.status in (400, 422):
        return Refused(
            f"{words}{said(answer)}. Check that Zequenze Control has this operation for the type of the device, and "
            "api_url.",
            status=answer.status,
        )
    if answer.status >= 500 or answer.ok:
        return NoAnswer(f"{words}{said(answer)}.", status=answer.status, retry_after=answer.retry_after(now))
    return Refused(f"{words}{said(answer)}.", status=answer.status)


def said(answer: Answer) -> str:
    """Return what the server wrote about a failure, shortened, as the end of a sentence."""
    if answer.problem or is_html(answer) or not answer.body.strip():
        return ""
    try:
        document: t.Any = parse(answer.body, SYSTEM)
    except MaintenanceError:
        document = answer.body.decode("utf-8", "replace")
    if isinstance(document, dict):
        document = document.get("detail", document)
    words = cut(document if isinstance(document, str) else json.dumps(document), 200)
    return f": {words.rstrip('.')}" if words else ""


def execution_id(answer: Answer) -> str | None:
    """Return the execution id of an acceptance; every field of that body is optional (docs/apis, 4.1)."""
    return text(_acceptance(answer).get("execution_id"))


def estimated_seconds(answer: Answer) -> float | None:
    """Return how long the platform thinks that an accepted operation takes, None when it does not say so.

    That is ``estimated_completion`` after ``timestamp``, or after the answer's own date (docs/apis, 4.1).
    """
    document = _acceptance(answer)
    ends, begins = instant(document.get("estimated_completion")), instant(document.get("timestamp"))
    begins = answer.server_date if begins is None else begins
    if ends is None or begins is None:
        return None
    seconds = ends - begins
    return seconds if 0 < seconds <= LONGEST_ESTIMATE else None


def _acceptance(answer: Answer) -> dict[str, t.Any]:
    """Return the body of an acceptance, empty when it is none that can be read."""
    if answer.problem or not answer.body.strip():
        return {}
    try:
        document = parse(answer.body, SYSTEM)
    except MaintenanceError:
        return {}
    return document if isinstance(document, dict) else {}


def row_key(row: t.Any) -> str:
    """Return what tells a row from the others of its list."""
    row_id = text(row.get("id")) if isinstance(row, dict) else None
    return json.dumps(row, sort_keys=True) if row_id is None else row_id
