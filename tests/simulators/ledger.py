# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: what was received and what really changed, in the order it happened.

Tests judge by it and never by a module's own words. Effects are recorded by the systems at the place where the state
changes; requests are recorded by the application around every handler.
"""

from __future__ import annotations

import hashlib
import typing as t
from contextvars import ContextVar
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from tests.simulators.world import Clock, Device

PHASES = ("before_accept", "after_headers", "before_effect", "after_effect", "mid_answer", "after_answer")
"""The wire phases P0 to P5 of one request."""

BODY_SHOWN = 2048
SHOWN_HEADERS = frozenset({"accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent"})
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})

current_request: ContextVar[RequestEntry | None] = ContextVar("current_request", default=None)
"""The request being served, so that an effect knows its cause."""


def fingerprint(secret: str) -> str:
    """A short hash that tells credentials apart without showing them."""
    return "sha256:" + hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()[:16]


@dataclass(slots=True)
class RequestEntry:
    """One received request; kept raw and cheap, shaped for people only when it is asked for."""

    seq: int
    at: float
    system: str
    method: str
    path: str
    query: str
    connection: int
    raw_headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    status: int | None = None
    answer_delivered: bool = False
    phases: list[str] = field(default_factory=list)

    def shown(self, clock: Clock, secrets: t.Iterable[str] = ()) -> dict[str, object]:
        """The entry as JSON, with credentials replaced by hashes in headers and by ``***`` in the body."""
        body = self.body[:BODY_SHOWN].decode("utf-8", "replace")
        for secret in secrets:
            body = body.replace(secret, "***")
        return {
            "seq": self.seq,
            "at": self.at,
            "at_iso": clock.iso(self.at),
            "system": self.system,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "answer_delivered": self.answer_delivered,
            "connection": self.connection,
            "headers": self._headers(),
            "body": body,
            "phases": list(self.phases),
        }

    def _headers(self) -> dict[str, str]:
        shown = {}
        for raw_name, raw_value in self.raw_headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name.lower() in SECRET_HEADERS:
                value = fingerprint(value)
            elif name.lower() not in SHOWN_HEADERS:
                value = ""
            shown[name] = value
        return shown


class Ledger:
    """Append-only record of requests and effects; a reset of the world starts a new one."""

    def __init__(self, clock: Clock, secrets: t.Iterable[str] = ()) -> None:
        self._clock = clock
        self._secrets = tuple(secrets)
        self._effects: list[dict[str, t.Any]] = []
        self._requests: list[RequestEntry] = []

    def record(
        self,
        system: str,
        effect: str,
        device: Device | str | None = None,
        *,
        account: str | None = None,
        device_id: str | int | None = None,
        at: float | None = None,
        request: int | None = None,
        **detail: t.Any,
    ) -> dict[str, t.Any]:
        """Append one effect: something that really changed.

        ``device`` is a device of the world (its id in ``system`` is filled in) or a bare name, then with ``device_id``.
        ``at`` (epoch seconds) and ``request`` (seq) are for effects that come later than the request that caused them;
        otherwise now and the request being served. Gives the entry.
        """
        cause = current_request.get()
        moment = self._clock.now() if at is None else at
        known = None if device is None or isinstance(device, str) else device
        entry: dict[str, t.Any] = {
            "seq": len(self._effects) + 1,
            "at": moment,
            "at_iso": self._clock.iso(moment),
            "system": system,
            "effect": effect,
            "device": known.name if known else device,
            "device_id": known.id_in(system) if known and device_id is None else device_id,
            "account": account,
            "request": request if request is not None else cause.seq if cause else None,
            **detail,
        }
        self._effects.append(entry)
        return entry

    def received(self, **fields: t.Any) -> RequestEntry:
        """Append one received request and give its entry, to be completed while it is served."""
        entry = RequestEntry(seq=len(self._requests) + 1, at=self._clock.now(), **fields)
        self._requests.append(entry)
        return entry

    def effects(self, **filters: str) -> list[dict[str, t.Any]]:
        """The effects whose named fields have these values (compared as text); ``since`` means seq above it."""
        return [entry for entry in self._effects if _matches(entry, filters)]

    def requests(self, **filters: str) -> list[dict[str, t.Any]]:
        """The received requests, filtered like :meth:`effects`."""
        shown = (entry.shown(self._clock, self._secrets) for entry in self._requests)
        return [entry for entry in shown if _matches(entry, filters)]

    def points(self) -> list[dict[str, t.Any]]:
        """Every phase reached so far, in order; ``nth`` counts equal (method, path) requests from 1."""
        seen: dict[tuple[str, str], int] = {}
        points = []
        for entry in self._requests:
            key = (entry.method, entry.path)
            seen[key] = seen.get(key, 0) + 1
            points += [
                {
                    "request": entry.seq,
                    "system": entry.system,
                    "method": entry.method,
                    "path": entry.path,
                    "phase": phase,
                    "nth": seen[key],
                }
                for phase in entry.phases
            ]
        return points


def _matches(entry: dict[str, t.Any], filters: t.Mapping[str, str]) -> bool:
    for name, wanted in filters.items():
        if name == "since":
            if entry["seq"] <= int(wanted):
                return False
        elif str(entry.get(name)) != str(wanted):
            return False
    return True
