# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live and past privileged sessions of the senhasegura simulator (docs/apis/senhasegura.md, 7)."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from tests.simulators.ledger import fingerprint
from tests.simulators.senhasegura.wire import Call, Endpoint, Fields, PamError, reply, shown_id, shown_time, spoiled

if t.TYPE_CHECKING:
    from aiohttp.web import Response

    from tests.simulators.senhasegura.registry import Record, Registry
    from tests.simulators.world import World

FIRST_NUMBER = 7001
PAST_SESSIONS = 3
DEFAULTS: Fields = {
    "user": "operator",
    "credential": "admin",
    "protocol": "SSH",
    "port": 22,
    "origin_ip": "192.0.2.200",
    "seconds": 0,
}
"""What a session opened from outside has unless told; with ``seconds`` it ends by itself after so long."""


@dataclass(slots=True)
class RemoteSession:
    """One proxied session; ``end`` is None while it lives. Instants are epoch seconds."""

    number: str
    session_id: str
    record: Record
    user: str
    credential: str
    protocol: str
    port: int
    origin_ip: str
    start: float
    end: float | None = None


class SessionCalls:
    """List, get and drop sessions. A few past ones are seeded, so that not every listed session lives."""

    def __init__(self, world: World, registry: Registry) -> None:
        self._world = world
        self._registry = registry
        self._sessions: dict[str, RemoteSession] = {}
        now = world.clock.now()
        for record in registry.records()[:PAST_SESSIONS]:
            self._new(record, DEFAULTS, now - 7200).end = now - 3600

    def endpoints(self) -> list[Endpoint]:
        """The calls with what answers them; the paths without ``/pam`` are those of one sample and of 3.32."""
        return [
            endpoint
            for base in ("/pam/session", "/session")
            for endpoint in (
                Endpoint("GET", base + "/remotesessions", self._list),
                Endpoint("GET", base + "/remotesessions/{key}", self._get),
                Endpoint("DELETE", base + "/drop/{key}", self._drop, writes=True),
            )
        ]

    @staticmethod
    def check(wanted: object) -> Fields:
        """The details of a session to be opened, with the defaults; raises ValueError on one that is not known."""
        given = {} if wanted is True else wanted
        if not isinstance(given, dict):
            raise ValueError(f"session takes true or a mapping, not {wanted!r}.")
        details = DEFAULTS | given
        for name, value in details.items():
            if name not in DEFAULTS:
                raise ValueError(f"A session has no {name!r}: it has {', '.join(DEFAULTS)}.")
            sound = isinstance(value, (int, float)) if name in {"port", "seconds"} else isinstance(value, str)
            if not sound or isinstance(value, bool):
                raise ValueError(f"A session cannot have {value!r} as its {name}.")
        return details

    def open(self, record: Record, details: Fields) -> None:
        """Open a live session on a device, with details from :meth:`check`."""
        now = self._world.clock.now()
        session = self._new(record, details, now)
        self._registry.note("session_opened", record, session.user, session=session.number)
        if details["seconds"]:
            when = now + details["seconds"]
            self._world.at(when, functools.partial(self._end, session, "session_ended", None, when))

    def _new(self, record: Record, details: Fields, start: float) -> RemoteSession:
        number = str(FIRST_NUMBER + len(self._sessions))
        # Samples show session ids as opaque text; a hash of the number is one and stays the same in every run.
        session_id = fingerprint(number).removeprefix("sha256:")
        named = {name: value for name, value in details.items() if name != "seconds"}
        session = RemoteSession(number, session_id, record, start=start, **named)
        self._sessions[number] = session
        return session

    def end_all(self, record: Record) -> None:
        """End all live sessions on a device, as their users do."""
        for session in self._sessions.values():
            if session.record is record:
                self._end(session, "session_ended", None, self._world.clock.now())

    def _end(self, session: RemoteSession, effect: str, client: str | None, when: float) -> None:
        if session.end is None:
            session.end = when
            self._registry.note(effect, session.record, client, at=when, session=session.number)

    def _list(self, call: Call) -> Response:
        knobs = self._world.knobs
        before = self._world.clock.now() - knobs["senhasegura.session_lag"]
        listed = [
            self._shown(session)
            for session in self._sessions.values()
            if session.start <= before and session.record.visible
        ]
        fault = knobs["senhasegura.session_fault"]
        count = 0 if fault == "empty" else len(listed)
        return reply(knobs, f"{count} remote sessions found", remote_sessions=spoiled(fault, listed))

    def _find(self, key: str) -> RemoteSession:
        found = next((s for s in self._sessions.values() if key in {s.number, s.session_id}), None)
        if found is None or not found.record.visible:
            raise PamError(None, "Session not found")
        return found

    def _get(self, call: Call) -> Response:
        session = self._find(call.key)
        return reply(self._world.knobs, f"Remote session {session.number}", remote_session=self._shown(session))

    def _drop(self, call: Call) -> Response:
        session = self._find(call.key)
        if session.end is not None:
            raise PamError(None, "Session already ended")
        self._end(session, "session_dropped", call.client, self._world.clock.now())
        mixed = self._world.knobs["senhasegura.language"] == "mixed"
        return reply(
            self._world.knobs, "Sessão interrompida com sucesso" if mixed else "Session successfully interrupted"
        )

    def _shown(self, session: RemoteSession) -> Fields:
        knobs = self._world.knobs
        host = session.record.ip if knobs["senhasegura.session_device"] == "ip" else session.record.hostname
        alive = None if knobs["senhasegura.session_end"] == "null" else ""
        seconds = int((self._world.clock.now() if session.end is None else session.end) - session.start)
        return {
            "id": shown_id(knobs, session.number),
            "user": session.user,
            "origin_ip": session.origin_ip,
            "credential": session.credential,
            "device": f"{host}:{session.port}",
            "protocol": session.protocol,
            "proxy": "Web Proxy",
            "session_id": session.session_id,
            "start": shown_time(knobs, session.start),
            "end": alive if session.end is None else shown_time(knobs, session.end),
            "time": f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}",
            "prevent_purge": "0",
            "request": "",
            "ITSM": "",
        }

    def state(self) -> list[Fields]:
        """All sessions as JSON, with ``live``."""
        return [self._shown(session) | {"live": session.end is None} for session in self._sessions.values()]
