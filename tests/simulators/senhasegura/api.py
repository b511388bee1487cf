# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""senhasegura PAM Core: the registry of devices and its live sessions (docs/apis/senhasegura.md).

Credentials, keys and information items are left out: nothing of ours may ask for one, so their paths are unknown.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

from aiohttp import web

from tests.simulators.senhasegura.auth import Gate, NotAdmitted
from tests.simulators.senhasegura.devices import DeviceCalls
from tests.simulators.senhasegura.knobs import KNOBS
from tests.simulators.senhasegura.registry import DOMAINS, Registry
from tests.simulators.senhasegura.sessions import SessionCalls
from tests.simulators.senhasegura.wire import Call, Endpoint, PamError, failure, read_fields

if t.TYPE_CHECKING:
    from tests.simulators.world import Device, World

__all__ = ["KNOBS", "Senhasegura"]

PREFIX = "/{prefix:iso|api}"
NOT_FOUND = "Resource sub not found"


class Senhasegura:
    """The simulated appliance."""

    name = "senhasegura"

    def __init__(self, world: World) -> None:
        self.reset(world)

    def reset(self, world: World) -> None:
        """Forget all tokens and what was written, and register the devices of the world."""
        self._world = world
        self._gate = Gate(world)
        self._registry = Registry(world)
        self._sessions = SessionCalls(world, self._registry)
        desks = (DeviceCalls(world, self._registry), self._sessions)
        self._endpoints: dict[str, dict[str, Endpoint]] = defaultdict(dict)
        for desk in desks:
            for endpoint in desk.endpoints():
                self._endpoints[endpoint.path][endpoint.method] = endpoint

    def state(self) -> dict[str, t.Any]:
        """Devices by hostname, sessions, registered domains, how many tokens live."""
        return {
            "devices": self._registry.state(),
            "sessions": self._sessions.state(),
            "domains": dict(DOMAINS),
            "tokens": self._gate.live_tokens(),
        }

    def device_added(self, device: Device) -> None:
        """Register one more device of the world."""
        self._registry.seed(device)

    def device_patched(self, device: Device, changes: t.Mapping[str, t.Any]) -> None:
        """What happens at the console: ``active``, ``visible``, ``end_sessions``, ``session`` (true or details).

        ``visible`` is whether the authorization reaches the device. Raises ValueError on another key or a value of the
        wrong type; then nothing was changed.
        """
        for key, value in changes.items():
            if key not in {"active", "visible", "end_sessions", "session"}:
                raise ValueError(f"senhasegura knows no {key!r}.")
            if key != "session" and not isinstance(value, bool):
                raise ValueError(f"{key} takes true or false, not {value!r}.")
        session = self._sessions.check(changes["session"]) if "session" in changes else None
        record = self._registry.of(device)
        record.visible = changes.get("visible", record.visible)
        if changes.get("active") is True:
            self._registry.set_active(record, True, None)
        elif changes.get("active") is False:
            self._registry.set_active(record, False, None)
        if changes.get("end_sessions"):
            self._sessions.end_all(record)
        if session is not None:
            self._sessions.open(record, session)

    def routes(self) -> list[web.RouteDef]:
        """The token call and all endpoints under both prefixes; all other paths are not found."""
        return [
            web.route("*", PREFIX + "/oauth2/token", self._token),
            *(web.route("*", PREFIX + path, self._handler(path)) for path in self._endpoints),
            web.route("*", "/{tail:.*}", self._handler(None)),
        ]

    async def _token(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            if request.method != "POST" or not self._serves(request):
                return self._not_found()
            return self._gate.issue(request, body)
        except NotAdmitted as problem:
            return self._gate.refuse(problem)
        except PamError as error:
            return failure(self._world.knobs, error)

    def _handler(self, path: str | None) -> t.Callable[[web.Request], t.Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            endpoint = self._endpoints[path].get(request.method) if path is not None else None
            try:
                client = self._gate.admit(request, body, writes=endpoint is not None and endpoint.writes)
                if endpoint is None or not self._serves(request):
                    return self._not_found()
                return endpoint.handle(Call(request, read_fields(request, body), client))
            except NotAdmitted as problem:
                return self._gate.refuse(problem)
            except PamError as error:
                return failure(self._world.knobs, error)

        return handle

    def _serves(self, request: web.Request) -> bool:
        return self._world.knobs["senhasegura.prefix"] in {"both", request.match_info["prefix"]}

    def _not_found(self) -> web.Response:
        if self._world.knobs["senhasegura.unknown_path"] == "text":
            return web.Response(status=404, text=NOT_FOUND)
        return failure(self._world.knobs, PamError(None, NOT_FOUND, 404))
