# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under ``/_sim/``: ledger, knobs, faults, signals, clock, devices. Never faulted itself."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict

from aiohttp import web

if t.TYPE_CHECKING:
    from tests.simulators.world import World

CONTROL = "/_sim/"

Handler = t.Callable[[web.Request], t.Awaitable[web.Response]]


def control_routes(world: World) -> list[web.RouteDef]:
    """The routes of the control API over one world."""
    desk = Desk(world)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "ledger", desk.ledger),
        ("GET", "requests", desk.requests),
        ("GET", "points", desk.points),
        ("GET", "knobs", desk.knobs),
        ("PATCH", "knobs", desk.turn),
        ("POST", "knobs", desk.turn),
        ("GET", "faults", desk.faults),
        ("POST", "faults", desk.arm_fault),
        ("DELETE", "faults", desk.disarm_faults),
        ("GET", "signals", desk.signals),
        ("POST", "signals", desk.arm_signal),
        ("DELETE", "signals", desk.disarm_signals),
        ("POST", "reset", desk.reset),
        ("GET", "origins", desk.origins),
        ("POST", "certificate", desk.show_certificate),
        ("GET", "state", desk.state),
        ("GET", "clock", desk.clock),
        ("POST", "clock", desk.advance),
        ("GET", "devices", desk.devices),
        ("POST", "devices", desk.add_device),
        ("PATCH", "devices/{name:.+}", desk.patch_device),
    ]
    return [web.route(method, CONTROL + path, _told(handler)) for method, path, handler in table]


def _told(handler: Handler) -> Handler:
    """Turn what a handler could not do into a 400 with one sentence."""

    async def told(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)

    return told


async def _mapping(request: web.Request) -> dict[str, t.Any]:
    try:
        body = await request.json() if await request.read() else {}
    except json.JSONDecodeError as error:
        raise ValueError(f"The body is no JSON: {error}.") from None
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")
    return body


class Desk:
    """The handlers of the control API."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def ledger(self, request: web.Request) -> web.Response:
        """Effects, filtered by any field; ``since`` gives those after a seq."""
        return web.json_response({"effects": self._world.ledger.effects(**request.query)})

    async def requests(self, request: web.Request) -> web.Response:
        """Received requests, filtered like the effects."""
        return web.json_response({"requests": self._world.ledger.requests(**request.query)})

    async def points(self, request: web.Request) -> web.Response:
        """Every wire phase seen so far, in order."""
        return web.json_response({"points": self._world.ledger.points()})

    async def knobs(self, request: web.Request) -> web.Response:
        """All knobs with value, default, allowed values and reason."""
        return web.json_response({"knobs": self._world.knobs.shown()})

    async def turn(self, request: web.Request) -> web.Response:
        """Set knobs: a mapping of name to value; all or none."""
        self._world.knobs.set(await _mapping(request))
        return await self.knobs(request)

    async def faults(self, request: web.Request) -> web.Response:
        """The armed faults."""
        return web.json_response({"faults": self._world.faults.shown_faults()})

    async def arm_fault(self, request: web.Request) -> web.Response:
        """Arm one fault."""
        return web.json_response(self._world.faults.arm_fault(await _mapping(request)), status=201)

    async def disarm_faults(self, request: web.Request) -> web.Response:
        """Disarm all faults."""
        self._world.faults.clear_faults()
        return await self.faults(request)

    async def signals(self, request: web.Request) -> web.Response:
        """The armed signals."""
        return web.json_response({"signals": self._world.faults.shown_signals()})

    async def arm_signal(self, request: web.Request) -> web.Response:
        """Arm one signal."""
        return web.json_response(self._world.faults.arm_signal(await _mapping(request)), status=201)

    async def disarm_signals(self, request: web.Request) -> web.Response:
        """Disarm all signals."""
        self._world.faults.clear_signals()
        return await self.signals(request)

    async def reset(self, request: web.Request) -> web.Response:
        """Start anew with ``devices`` and ``seed``, each as before when left out."""
        body = await _mapping(request)
        devices, seed = _whole(body, "devices"), _whole(body, "seed")
        if set(body) - {"devices", "seed"}:
            raise ValueError("A reset takes devices and seed.")
        self._world.reset(devices, seed)
        return web.json_response({"devices": len(self._world.devices)})

    async def origins(self, request: web.Request) -> web.Response:
        """The second origin, and the TLS listener if there is one."""
        tls = self._world.tls
        return web.json_response({"elsewhere": self._world.elsewhere_url, "tls": tls.url if tls else ""})

    async def show_certificate(self, request: web.Request) -> web.Response:
        """Have the TLS listener show another certificate: ``{"name": "expired"}``."""
        if self._world.tls is None:
            raise ValueError("There is no TLS listener: it needs --certificates.")
        self._world.tls.show(str((await _mapping(request)).get("name")))
        return await self.origins(request)

    async def state(self, request: web.Request) -> web.Response:
        """What each system holds now."""
        return web.json_response({name: system.state() for name, system in self._world.systems.items()})

    async def clock(self, request: web.Request) -> web.Response:
        """The time of the world."""
        now = self._world.clock.now()
        return web.json_response({"now": now, "now_iso": self._world.clock.iso(now)})

    async def advance(self, request: web.Request) -> web.Response:
        """Move the clock forward by ``advance`` seconds."""
        seconds = (await _mapping(request)).get("advance")
        if type(seconds) not in {int, float} or not 0 <= t.cast("float", seconds) < 10**9:
            raise ValueError(f"The clock advances by a number of seconds from 0 up, not {seconds!r}.")
        self._world.clock.advance(t.cast("float", seconds))
        self._world.run_due()
        return await self.clock(request)

    async def devices(self, request: web.Request) -> web.Response:
        """The devices as they were seeded or added."""
        return web.json_response({"devices": [asdict(device) for device in self._world.devices]})

    async def add_device(self, request: web.Request) -> web.Response:
        """Add one device to every system; the fields left out are seeded."""
        return web.json_response(asdict(self._world.add_device(await _mapping(request))), status=201)

    async def patch_device(self, request: web.Request) -> web.Response:
        """Change the behaviour of one device, per system."""
        name = request.match_info["name"]
        device = self._world.device(name)
        if device is None:
            return web.json_response({"error": f"There is no device {name!r}."}, status=404)
        self._world.patch_device(device, await _mapping(request))
        return web.json_response(asdict(device))


def _whole(body: dict[str, t.Any], name: str) -> int | None:
    value = body.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise ValueError(f"{name} must be a whole number from 0 up, not {value!r}.")
    return value
