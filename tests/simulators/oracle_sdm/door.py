# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Door of the SDM simulator: version, verb, session; sign-in and sign-out (docs/apis/oracle_sdm.md, 2 and 3)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from aiohttp import web

from tests.simulators.oracle_sdm.sessions import Session, Sessions
from tests.simulators.oracle_sdm.wire import LOGIN_PAGE, Record, Refused, answer, error, finish, read_fields, wants_json

if t.TYPE_CHECKING:
    from tests.simulators.oracle_sdm.locks import Locks
    from tests.simulators.world import World

VERSIONS = ("v1.0", "v1.1", "v1.2", "v1.3")


@dataclass(slots=True)
class Call:
    """One request that passed the door: ``session`` is None only where none is needed."""

    request: web.Request
    body: bytes
    session: Session | None

    def segment(self, name: str) -> str:
        """One variable part of the path, decoded."""
        return self.request.match_info[name]

    @property
    def signed_in(self) -> Session:
        """The session of a call that needs one."""
        return t.cast("Session", self.session)


Answer = t.Callable[[Call], web.Response]


class Door:
    """Who may come in. ``started`` is when the server was last started (epoch seconds)."""

    def reset(self, world: World, locks: Locks) -> None:
        """Forget all sessions; ``locks`` are told when sessions end and when the server restarts."""
        self._world = world
        self._locks = locks
        self._sessions = Sessions(world, lambda session, at: locks.session_ended(session.cookie, at))
        self._restarts = world.knobs["oracle_sdm.restarts"]
        self.started = world.clock.now()

    def shown(self) -> list[dict[str, str]]:
        """The live sessions as JSON."""
        self._settle()
        return self._sessions.shown()

    def routes(self) -> list[web.RouteDef]:
        """Sign-in and sign-out."""
        return [
            self.route("/admin/login", {"POST": self._login}, needs_session=False),
            self.route("/admin/logout", {"POST": self._logout}),
        ]

    def dead_end(self) -> web.RouteDef:
        """The route of every path that is no endpoint: 404."""
        return web.route("*", "/{tail:.*}", self._handler(None, needs_session=False))

    def route(self, path: str, methods: dict[str, Answer], *, needs_session: bool = True) -> web.RouteDef:
        """One endpoint below ``/rest/{version}``, with what answers each verb; other verbs answer 405."""
        return web.route("*", "/rest/{version}" + path, self._handler(methods, needs_session=needs_session))

    def _handler(
        self, methods: dict[str, Answer] | None, *, needs_session: bool
    ) -> t.Callable[[web.Request], t.Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                response = self._pass(request, body, methods, needs_session)
            except Refused as refusal:
                response = error(refusal.status, self._world.knobs)
            return finish(response, self._world.knobs)

        return handle

    def _pass(
        self, request: web.Request, body: bytes, methods: dict[str, Answer] | None, needs_session: bool
    ) -> web.Response:
        self._settle()
        if methods is None or not self._knows(request.match_info["version"]):
            raise Refused(404)
        if request.method not in methods:
            raise Refused(405)
        as_json = wants_json(request)
        if as_json and self._world.knobs["oracle_sdm.json_fails"]:
            raise Refused(404)
        session = self._sessions.find(request.cookies.get("JSESSIONID"))
        if needs_session and session is None:
            return self._no_session()
        return methods[request.method](Call(request, body, session))

    def _knows(self, version: str) -> bool:
        newest = VERSIONS.index(self._world.knobs["oracle_sdm.newest_version"])
        return version in VERSIONS[: newest + 1]

    def _no_session(self) -> web.Response:
        style = self._world.knobs["oracle_sdm.no_session"]
        if style == "login_page":
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        if style == "redirect":
            return web.Response(status=302, headers={"Location": "/login"})
        raise Refused(401)

    def _settle(self) -> None:
        """Let happen what time or an administrator has brought about since the last look."""
        self._sessions.expire()
        restarts = self._world.knobs["oracle_sdm.restarts"]
        if restarts != self._restarts:
            self._restarts = restarts
            self.started = self._world.clock.now()
            self._sessions.restart()
            self._locks.server_restarted()

    def _login(self, call: Call) -> web.Response:
        fields = read_fields(call.request, call.body, "session")
        session = self._sessions.sign_in(fields.get("userName", ""), fields.get("password", ""))
        knobs = self._world.knobs
        minutes = -(-knobs["oracle_sdm.idle_timeout"] // 60)
        record: Record = {
            "idleTimeout": int(minutes),
            "serverInfo": "NNC90",
            "sessionId": session.cookie,
            "userGroup": "monitors" if session.read_only else "provisioners",
            "userName": session.account,
        }
        if knobs["oracle_sdm.valid_until"]:
            record["validUntil"] = self._world.clock.iso(session.since + minutes * 60)
        response = answer(call.request, knobs, "session", record)
        path = knobs["oracle_sdm.cookie_path"]
        response.headers["Set-Cookie"] = f"JSESSIONID={session.cookie}; Path={path}; HttpOnly"
        return response

    def _logout(self, call: Call) -> web.Response:
        self._sessions.sign_out(call.signed_in)
        return web.Response(status=204)
