# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and sessions of the Oracle SDM simulator (docs/apis/oracle_sdm.md, 2)."""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import dataclass

from tests.simulators.oracle_sdm.wire import Refused
from tests.simulators.world import SDM_ACCOUNTS, SDM_READ_ONLY

if t.TYPE_CHECKING:
    from tests.simulators.world import World

NODE = ".tomcat1"


@dataclass(slots=True)
class Session:
    """One signed-in session; ``since`` and ``last_used`` are epoch seconds."""

    cookie: str
    account: str
    since: float
    last_used: float

    @property
    def read_only(self) -> bool:
        """Whether the account may only look."""
        return self.account in SDM_READ_ONLY


class Sessions:
    """All sessions. ``on_end`` is told of each that ends, whatever the reason, and when (epoch seconds)."""

    def __init__(self, world: World, on_end: t.Callable[[Session, float], None]) -> None:
        self._world = world
        self._on_end = on_end
        self._open: dict[str, Session] = {}

    def sign_in(self, user_name: str, password: str) -> Session:
        """A new session; raises Refused: 400 without a name or password, 401 when they are wrong."""
        if not user_name or not password:
            raise Refused(400)
        account = user_name.lower()
        if SDM_ACCOUNTS.get(account) != password:
            raise Refused(401)
        self._make_room(account)
        now = self._world.clock.now()
        session = Session(secrets.token_hex(16).upper() + NODE, account, now, now)
        self._open[session.cookie] = session
        self._world.ledger.record("oracle_sdm", "login", account=account)
        return session

    def _make_room(self, account: str) -> None:
        limit = self._world.knobs["oracle_sdm.session_limit"]
        own = [session for session in self._open.values() if session.account == account]
        for session in own[: max(len(own) - limit + 1, 0)] if limit else []:
            self._end(session, "session_displaced")

    def find(self, cookie: str | None) -> Session | None:
        """The live session of a cookie, which thereby counts as used now; None when there is none."""
        self.expire()
        session = self._open.get(cookie or "")
        if session is not None:
            session.last_used = self._world.clock.now()
        return session

    def sign_out(self, session: Session) -> None:
        """End one session."""
        self._end(session, "logout")

    def expire(self) -> None:
        """End the sessions that were idle for too long, at the instant that happened."""
        limit = self._world.knobs["oracle_sdm.idle_timeout"]
        now = self._world.clock.now()
        for session in [s for s in self._open.values() if limit and now - s.last_used > limit]:
            self._end(session, "session_expired", at=session.last_used + limit)

    def restart(self) -> None:
        """End all sessions, as a restart of the server does."""
        for session in list(self._open.values()):
            self._end(session, "session_lost")

    def _end(self, session: Session, effect: str, at: float | None = None) -> None:
        del self._open[session.cookie]
        moment = self._world.clock.now() if at is None else at
        self._world.ledger.record("oracle_sdm", effect, account=session.account, at=moment)
        self._on_end(session, moment)

    def shown(self) -> list[dict[str, str]]:
        """The live sessions as JSON, without their cookies."""
        self.expire()
        iso = self._world.clock.iso
        return [
            {"account": session.account, "since": iso(session.since), "last_used": iso(session.last_used)}
            for session in self._open.values()
        ]
