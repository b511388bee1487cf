# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trace of what was asked and answered, as an HTTP archive (HAR 1.2), for a report of a bug.

One run writes one file, whose processes append to it in turn; after each exchange it is a whole document. Credentials
are redacted (``_redaction.py``), names replaced where that is wished (``pseudonyms.py``), and its size is bounded. A
trace never makes a call fail: what cannot be written is left out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import typing as t
import urllib.parse

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import (
    Answer,
    Endpoint,
    Request,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.pseudonyms import Pseudonyms
from ansible_collections.netfleet.maintenance.plugins.module_utils._redaction import (
    redacted,
    redacted_header,
    redacted_query,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut
from ansible_collections.netfleet.maintenance.plugins.module_utils._versions import collection_version

# The longest body that is written (characters), and the largest file (bytes).
LONGEST_BODY = 4 * 1024 * 1024
MOST_BYTES = 64 * 1024 * 1024

# Read once in the controller process, before it forks its workers: they all write to one file.
_FILE = f"netfleet-{dt.datetime.now(dt.timezone.utc):%Y%m%dT%H%M%SZ}-{os.getpid()}.har"

_TAIL = b"\n]}}\n"

_FULL = b'\n],"_full":"The trace has reached its largest size; later exchanges are left out."}}\n'

Pairs = t.Iterable[tuple[str, str]]


class Trace:
    """Writes the exchanges with one system; safe for several threads and after a fork."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the endpoint, which names the folder. Raises BadInput when nothing can be written there."""
        folder = os.path.abspath(os.path.expanduser(str(endpoint.trace)))
        self.path = os.path.join(folder, _FILE)
        self._endpoint = endpoint
        parts = urllib.parse.urlsplit(endpoint.base_url)
        other = f"https://{'-'.join(endpoint.system.lower().split())}.example.com"
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._pseudonyms = Pseudonyms(self._origin, other) if endpoint.trace_names == "pseudonyms" else None
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise BadInput(f"trace: {self.path} cannot be written: {error.strerror or error}.") from error

    def note(self, request: Request, answer: Answer | None, problem: str, began: float, seconds: float) -> None:
        """Write one exchange: ``began`` is epoch seconds; without an answer ``problem`` says why there is none."""
        with contextlib.suppress(OSError):
            self._append(json.dumps(self._entry(request, answer, problem, began, seconds)).encode())

    def _entry(
        self, request: Request, answer: Answer | None, problem: str, began: float, seconds: float
    ) -> dict[str, t.Any]:
        sent, got = _decoded(request.body or b""), _decoded(answer.body if answer else b"")
        base, path, query = self._endpoint.base_url, request.path, redacted_query(request.query)
        bodies = [None if text is None else redacted(text) for text in (sent, got)]
        headers = dict(request.headers)
        if request.sign is not None:
            headers["Authorization"] = "OAuth signature"
        shown = [(name, redacted_header(name, value)) for name, value in headers.items()]
        answered = [(name, redacted_header(name, value)) for name, value in (answer.headers if answer else {}).items()]
        answered += [
            ("set-cookie", redacted_header("set-cookie", line)) for line in (answer.set_cookies if answer else ())
        ]
        problem = redacted(problem)
        if self._pseudonyms is not None:
            self._pseudonyms.learn(path, query, [body for body in bodies if body is not None])
            base, path, query = (
                self._pseudonyms.address(base),
                self._pseudonyms.path(path),
                self._pseudonyms.query(query),
            )
            bodies = [None if body is None else self._pseudonyms.body(body) for body in bodies]
            shown = self._pseudonyms.query(shown)
            answered = self._pseudonyms.query(answered)
            problem = self._pseudonyms.text(problem)
        url = base + redacted(path) + (f"?{urllib.parse.urlencode(query)}" if query else "")
        entry: dict[str, t.Any] = {
            "startedDateTime": dt.datetime.fromtimestamp(began, dt.timezone.utc).isoformat(timespec="milliseconds"),
            "time": round(seconds * 1000, 1),
            "request": {
                "method": request.method,
                "url": url,
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": _pairs(shown),
                "queryString": _pairs(query),
                "headersSize": -1,
                "bodySize": len(request.body or b""),
            },
            "response": {
                "status": answer.status if answer else 0,
                "statusText": "",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": _pairs(answered),
                "content": _content(bodies[1], len(answer.body) if answer else 0, answer.media_type if answer else ""),
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": len(answer.body) if answer else -1,
            },
            "cache": {},
            "timings": {"send": 0, "wait": round(seconds * 1000, 1), "receive": 0},
            "_system": self._endpoint.system,
            "_base": base,
        }
        if request.body is not None:
            kind = request.headers.get("Content-Type", "")
            entry["request"]["postData"] = {"mimeType": kind, "text": _short(bodies[0])[0]}
        why = problem or (answer.problem if answer else "")
        if why:
            entry["response"]["_error"] = cut(why, 500)
        return entry

    def _append(self, entry: bytes) -> None:
        """Put an entry at the end of the document; the other processes of the run wait for their turn."""
        handle = os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            if size == 0:
                _write(handle, _head() + entry + _TAIL, 0)
                return
            place = size - len(_TAIL)
            if place < 0 or os.pread(handle, len(_TAIL), place) != _TAIL:
                return
            is_full = size + len(entry) > MOST_BYTES
            _write(handle, _FULL if is_full else b",\n" + entry + _TAIL, place)
        finally:
            os.close(handle)


def _head() -> bytes:
    creator = {"name": "netfleet.maintenance", "version": collection_version()}
    return f'{{"log":{{"version":"1.2","creator":{json.dumps(creator)},"entries":[\n'.encode()


def _write(handle: int, content: bytes, place: int) -> None:
    while content:
        written = os.pwrite(handle, content, place)
        content, place = content[written:], place + written


def _decoded(body: bytes) -> str | None:
    """Return a body as text, None when it is none: what cannot be read cannot be redacted."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _short(text: str | None) -> tuple[str, str]:
    """Return a body no longer than allowed, and a comment where something of it is missing."""
    if text is None:
        return "", "Left out: it is no text in UTF-8."
    if len(text) > LONGEST_BODY:
        return text[:LONGEST_BODY], f"Cut: {len(text)} characters in all."
    return text, ""


def _content(text: str | None, size: int, media_type: str) -> dict[str, t.Any]:
    shown, comment = _short(text)
    content: dict[str, t.Any] = {"size": size, "mimeType": media_type, "text": shown}
    return content | ({"comment": comment} if comment else {})


def _pairs(pairs: Pairs) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
