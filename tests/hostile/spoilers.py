# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can happen to one answer, by the row of the catalogue it belongs to."""

from __future__ import annotations

import typing as t

import pytest

MIB = 1024 * 1024

Fault = dict[str, t.Any]

HTML = {"content_type": "text/html", "body": "<html><body>Please sign in</body></html>"}


def _raw(head: str, body: str = "") -> Fault:
    return {"phase": "after_effect", "kind": "raw", "body": f"{head}\r\n\r\n{body}"}


# Before the effect nothing has happened; after it, it has. Each is (row, name, fault).
BEFORE: list[tuple[int, str, Fault]] = [
    (4, "reset before the request is read", {"phase": "before_accept", "kind": "reset"}),
    (4, "reset after the headers", {"phase": "after_headers", "kind": "reset"}),
    (4, "reset after the body", {"phase": "before_effect", "kind": "reset"}),
    (7, "silence before it is done", {"phase": "before_effect", "kind": "stall"}),
    (18, "a gateway's page", {"phase": "before_effect", "kind": "status", "status": 502, **HTML}),
    (18, "a gateway that waited too long", {"phase": "before_effect", "kind": "status", "status": 504, **HTML}),
    (36, "503 and nothing done", {"phase": "before_effect", "kind": "status", "status": 503}),
    (42, "a page in place of an answer", {"phase": "before_effect", "kind": "body", "status": 200, **HTML}),
]
AFTER: list[tuple[int, str, Fault]] = [
    (5, "reset before a byte of the answer", {"phase": "after_effect", "kind": "reset"}),
    (6, "reset in the middle of the answer", {"phase": "mid_answer", "kind": "reset"}),
    (6, "answer cut", {"phase": "after_effect", "kind": "truncate"}),
    (6, "less than Content-Length", {"phase": "after_effect", "kind": "wrong_length"}),
    (7, "silence after it is done", {"phase": "after_effect", "kind": "stall"}),
    (11, "headers that drip", {"phase": "after_effect", "kind": "drip_headers"}),
    (11, "a body that drips", {"phase": "after_effect", "kind": "drip", "body": "x" * 400}),
    (12, "a body without end", {"phase": "after_effect", "kind": "endless", "size": 48 * MIB}),
    (13, "a gzip bomb", {"phase": "after_effect", "kind": "bomb", "size": 8 * MIB}),
    (
        13,
        "a gzip bomb in a gzip bomb in a gzip bomb",
        {"phase": "after_effect", "kind": "bomb", "size": 8 * MIB, "layers": 3},
    ),
    (14, "chunks that are none", _raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "zz\r\nabc")),
    (14, "a cut chunk", _raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "40\r\nabc")),
    (14, "two lengths", _raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5", "abcde")),
    (14, "no HTTP at all", _raw("SSH-2.0-OpenSSH_9.9")),
    (15, "an interim answer only", _raw("HTTP/1.1 103 Early Hints")),
    (37, "500 although it is done", {"phase": "after_effect", "kind": "status", "status": 500}),
    (36, "503 although it is done", {"phase": "after_effect", "kind": "status", "status": 503}),
    (42, "a text in place of an answer", {"phase": "after_effect", "kind": "body", "body": "OK\x00\x1b[2J\u202e"}),
]


def cases(faults: list[tuple[int, str, Fault]], *more_rows: int) -> list[t.Any]:
    """Return the faults as parameters that carry their rows, and ``more_rows`` with each."""
    return [pytest.param(fault, id=name, marks=pytest.mark.row(row, *more_rows)) for row, name, fault in faults]
