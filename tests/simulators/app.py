# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application: three APIs under their bases, and one corridor around them that records and spoils requests."""

from __future__ import annotations

import asyncio
import functools
import os
import typing as t
import weakref
from email.utils import formatdate
from pathlib import Path

from aiohttp import ClientPayloadError, web

from tests.simulators import wire
from tests.simulators.control import CONTROL, control_routes
from tests.simulators.ledger import current_request
from tests.simulators.oracle_sdm import api as oracle_sdm
from tests.simulators.senhasegura import api as senhasegura
from tests.simulators.wire import Gone
from tests.simulators.zequenze import api as zequenze

if t.TYPE_CHECKING:
    from tests.simulators.faults import Fault, Plan, Signal
    from tests.simulators.ledger import RequestEntry
    from tests.simulators.world import System, World

Handler = t.Callable[[web.Request], t.Awaitable[web.StreamResponse]]

BASES = {"zequenze": "/zequenze/api/v1", "oracle_sdm": "/sdm", "senhasegura": "/pam"}
BODY_LIMIT = 16 * 1024 * 1024
BY_HAND = frozenset({"drip", "drip_headers", "truncate", "endless", "wrong_length", "raw"})
"""Kinds of answers that aiohttp would not send."""

SIGNAL_PAUSE = 0.05
"""Seconds a signal is given to do its work: a killed client has then closed its connection, and is seen to have."""


def furnish(world: World) -> None:
    """Put the three systems, with their knobs, into a world."""
    for module, build in (
        (zequenze, zequenze.ZequenzeControl),
        (oracle_sdm, oracle_sdm.OracleSdm),
        (senhasegura, senhasegura.Senhasegura),
    ):
        world.knobs.declare(module.KNOBS)
        system: System = build(world)
        world.register(system)
        system.reset(world)


def build_app(world: World) -> web.Application:
    """The whole application over a world, which is furnished if it is not yet."""
    if not world.systems:
        furnish(world)
    app = web.Application(middlewares=[Corridor(world).middleware()], client_max_size=BODY_LIMIT)
    app.add_routes(control_routes(world))
    for name, system in world.systems.items():
        for route in system.routes():
            app.router.add_route(route.method, BASES[name] + route.path, route.handler, **route.kwargs)
    return app


class Corridor:
    """Every request to a simulated API passes here: recorded, taken through its phases, answered, spoiled if armed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._connections: weakref.WeakKeyDictionary[t.Any, int] = weakref.WeakKeyDictionary()
        self._connection_count = 0

    def middleware(self) -> t.Any:
        """The aiohttp middleware."""

        @web.middleware
        async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._world.run_due()
            path = request.rel_url.raw_path
            if path.startswith(CONTROL):
                return await handler(request)
            entry = self._received(request, path)
            token = current_request.set(entry)
            try:
                plan = self._world.faults.plan(entry.system, entry.method, path)
                return await self._serve(request, handler, entry, plan)
            except Gone:
                return web.Response()
            finally:
                current_request.reset(token)

        return pass_through

    def _received(self, request: web.Request, path: str) -> RequestEntry:
        system = next((name for name, base in BASES.items() if path.startswith(base + "/")), "")
        return self._world.ledger.received(
            system=system,
            method=request.method,
            path=path,
            query=request.rel_url.raw_query_string,
            connection=self._connection(request),
            raw_headers=request.raw_headers,
        )

    def _connection(self, request: web.Request) -> int:
        transport = request.transport
        if transport is None:
            return 0
        number = self._connections.get(transport)
        if number is None:
            self._connection_count += 1
            number = self._connections[transport] = self._connection_count
        return number

    async def _serve(
        self, request: web.Request, handler: Handler, entry: RequestEntry, plan: Plan
    ) -> web.StreamResponse:
        await self._reach("before_accept", request, entry, plan)
        await self._reach("after_headers", request, entry, plan)
        fault = plan.answer("after_headers")
        if fault is not None:
            return await self._answer(request, wire.spoiled(fault, None), entry, plan, fault)
        entry.body = await _body(request)
        await self._reach("before_effect", request, entry, plan)
        fault = plan.answer("before_effect")
        if fault is not None:
            return await self._answer(request, wire.spoiled(fault, None), entry, plan, fault)
        self._world.run_due()
        response = await _handled(request, handler)
        entry.status = response.status
        await self._reach("after_effect", request, entry, plan)
        fault = plan.answer("after_effect", "mid_answer")
        if fault is not None:
            response = wire.spoiled(fault, response)
        return await self._answer(request, response, entry, plan, fault)

    async def _answer(
        self, request: web.Request, response: web.Response, entry: RequestEntry, plan: Plan, fault: Fault | None
    ) -> web.StreamResponse:
        entry.status = response.status
        self._date(response, entry.system)
        if plan.strikes("mid_answer") or (fault is not None and fault.kind in BY_HAND):
            reach_middle = functools.partial(self._reach, "mid_answer", request, entry, plan)
            entry.answer_delivered = await wire.send_raw(request, response, fault, reach_middle)
        else:
            entry.phases.append("mid_answer")
            try:
                await response.prepare(request)
                await response.write_eof()
            except ConnectionError:
                raise Gone from None
            entry.answer_delivered = await wire.flush(request)
        await self._reach("after_answer", request, entry, plan)
        return response

    async def _reach(self, phase: str, request: web.Request, entry: RequestEntry, plan: Plan) -> None:
        entry.phases.append(phase)
        for armed in plan.signals:
            if armed.phase == phase:
                _send_signal(armed)
                await asyncio.sleep(SIGNAL_PAUSE)
                if armed.then == "stall":
                    await wire.stall(request, None)
                elif armed.then == "reset":
                    wire.reset(request)
        for fault in plan.deeds(phase):
            if fault.kind == "reset":
                wire.reset(request)
            await wire.stall(request, fault.seconds)

    def _date(self, response: web.Response, system: str) -> None:
        if "Date" not in response.headers:
            skew = getattr(self._world.systems.get(system), "clock_skew", float)()
            response.headers["Date"] = http_date(int(self._world.clock.now() + skew))


@functools.lru_cache(maxsize=16)
def http_date(second: int) -> str:
    """Epoch seconds as an HTTP date."""
    return formatdate(second, usegmt=True)


def _send_signal(armed: Signal) -> None:
    armed.sent = True
    try:
        for pid in _children(armed.pid) if armed.children else [armed.pid]:
            (os.killpg if armed.group else os.kill)(pid, armed.number)
    except OSError as error:
        armed.error = str(error)


def _children(pid: int) -> list[int]:
    """The children of a process, by what Linux shows of its threads."""
    lists = [thread / "children" for thread in Path(f"/proc/{pid}/task").iterdir()]
    return [int(child) for text in lists for child in text.read_text().split()]


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return b""
    except (ConnectionError, asyncio.IncompleteReadError, ClientPayloadError):
        raise Gone from None


async def _handled(request: web.Request, handler: Handler) -> web.Response:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = web.Response(status=error.status, text=error.text, headers=_plain(error.headers))
    return t.cast("web.Response", response)


def _plain(headers: t.Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() in {"allow", "location"}}
