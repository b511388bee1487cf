# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zequenze Control, simulated: device records, operations, log, settings and variables behind a bearer token."""

from __future__ import annotations

import hmac
import math
import typing as t

from aiohttp import web

from tests.simulators.world import ZEQUENZE_TOKEN
from tests.simulators.zequenze.answers import Refusal, cursor_page, flag, moment, page
from tests.simulators.zequenze.devices import FAMILIES, FIELDS, Door
from tests.simulators.zequenze.fleet import managed
from tests.simulators.zequenze.knobs import KNOBS
from tests.simulators.zequenze.log import Wanted
from tests.simulators.zequenze.machine import SYSTEM
from tests.simulators.zequenze.platform import ACCOUNT, Platform

if t.TYPE_CHECKING:
    from tests.simulators.world import Device, World

__all__ = ["KNOBS", "ZequenzeControl"]

Handler = t.Callable[[web.Request], t.Awaitable[web.Response]]
Verbs = t.Mapping[str, Handler]

PATCHABLE: dict[str, tuple[type, ...]] = {
    "online": (bool,),
    "forbidden": (bool,),
    "removed": (bool,),
    "uptime": (int, float),
    "id": (int,),
    **{name: (kind,) for name, kind in FIELDS.items()},
}
"""What PATCH /_sim/devices/{name} may change of a device besides knobs."""


class ZequenzeControl:
    """The simulated API; its state is the platform's."""

    name = SYSTEM

    def __init__(self, world: World) -> None:
        self._world = world
        self._platform = Platform(world)
        self._calls: list[float] = []

    def reset(self, world: World) -> None:
        """Forget everything and start from the world's devices."""
        self._calls.clear()
        self._platform.start()

    def clock_skew(self) -> float:
        """Seconds this server's clock is ahead, in the Date header and in every instant it shows."""
        return self._platform.skew

    def state(self) -> dict[str, t.Any]:
        """Every device: ids, status, boots, what is pending."""
        return {
            "devices": {
                device.name: {
                    "id": device.id,
                    "serial_number": device.serial_number,
                    "status": device.up,
                    "reachable": device.reachable,
                    "boots": device.boots,
                    "busy": device.busy,
                    "pending_settings": device.pending_settings,
                }
                for device in self._platform.fleet.all()
            }
        }

    def device_added(self, device: Device) -> None:
        """Take in a device added to the world."""
        self._platform.fleet.add(managed(device, self._world.clock.now()))

    def device_patched(self, device: Device, changes: dict[str, t.Any]) -> None:
        """Change one device: online, forbidden, removed, uptime (seconds) and the fields of its record."""
        fleet = self._platform.fleet
        record = next((found for found in fleet.all() if found.seed is device), None)
        if record is None:
            raise ValueError(f"Zequenze no longer has the device {device.name!r}.")
        for name, value in changes.items():
            if name not in PATCHABLE:
                raise ValueError(f"A Zequenze device has no {name!r} to change, but {', '.join(sorted(PATCHABLE))}.")
            if type(value) not in PATCHABLE[name]:
                raise ValueError(f"{name} of a Zequenze device cannot be {value!r}.")
        fleet.change(record, {name: value for name, value in changes.items() if name in {"id", "forbidden", *FIELDS}})
        if "online" in changes:
            self._platform.machine.hold(record, changes["online"])
        if "uptime" in changes:
            record.booted_at = self._world.clock.now() - changes["uptime"]
        if changes.get("removed"):
            fleet.remove(record)

    def routes(self) -> list[web.RouteDef]:
        """Every documented path, with and without its last slash, and a 404 for the rest."""
        table: dict[str, Verbs] = {
            "/inventory_device_log": {"GET": self._log},
            "/inventory_device_log/{key:[^/]+}": {"GET": self._log_row},
            "/inventory_device_whip/{key:[^/]+}": {"GET": self._whip},
        }
        for suffix, family in FAMILIES.items():
            door, base = Door(self._platform, family), f"/inventory_device{suffix}"
            table |= {
                base: {"GET": door.listing, "POST": door.create},
                base + "/{key:[^/]+}": {
                    "GET": door.show,
                    "PUT": door.change,
                    "PATCH": door.change,
                    "DELETE": door.delete,
                },
                base + "_operation/{key:[^/]+}": {"PUT": door.operate},
                base + "_setting": {"GET": door.settings},
                base + "_setting/{key:[^/]+}": {"PUT": door.write_settings, "PATCH": door.write_settings},
                base + "_variables": {"GET": door.variables},
                base + "_variables/{key:[^/]+}": {"PUT": door.write_settings},
                base + "_headless_operation": {"GET": door.headless, "POST": door.headless},
            }
        routes = [web.route("*", path + "/", self._guarded(verbs)) for path, verbs in table.items()]
        routes += [web.route("*", path, self._without_slash) for path in table]
        return [*routes, web.route("*", "/{rest:.*}", self._guarded({}))]

    def _guarded(self, verbs: Verbs) -> Handler:
        """A handler behind the token and the method check; with no verbs at all, the path is unknown."""

        async def guarded(request: web.Request) -> web.Response:
            try:
                self._check_rate()
                self._check_token(request)
                verb = verbs.get("GET" if request.method == "HEAD" else request.method)
                if verb is not None:
                    return await verb(request)
                if request.method == "OPTIONS" and verbs and self._platform.knob("options") == "drf":
                    return web.json_response({"name": "Inventory", "actions": {name: {} for name in verbs}})
                if not verbs:
                    raise Refusal(404, "Not found.")
                raise Refusal(405, f'Method "{request.method}" not allowed.', headers={"Allow": ", ".join(verbs)})
            except Refusal as refusal:
                return refusal.answer(str(self._platform.knob("error_body")))

        return guarded

    def _check_rate(self) -> None:
        most, within, now = self._platform.knob("calls"), self._platform.knob("calls_within"), self._world.clock.now()
        if not most:
            return
        self._calls = [at for at in self._calls if at > now - within]
        if len(self._calls) >= most:
            pause = math.ceil(self._calls[0] + within - now)
            raise Refusal(429, "Request was throttled.", headers={"Retry-After": str(max(1, pause))})
        self._calls.append(now)

    def _check_token(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(token.encode("utf-8", "replace"), ZEQUENZE_TOKEN.encode()):
            missing = "Authorization" not in request.headers
            text = "Authentication credentials were not provided." if missing else "Invalid token."
            raise Refusal(401, text, headers={"WWW-Authenticate": "Bearer"})

    async def _without_slash(self, request: web.Request) -> web.Response:
        """A redirect to the path with its slash; whoever follows it with a PUT may lose the body."""
        status = int(self._platform.knob("redirect_no_slash"))
        if status == 404:
            return Refusal(404, "Not found.").answer(str(self._platform.knob("error_body")))
        query = request.rel_url.raw_query_string
        place = request.rel_url.raw_path + "/" + (f"?{query}" if query else "")
        return web.Response(status=status, headers={"Location": place})

    async def _log(self, request: web.Request) -> web.Response:
        query = request.query
        times = {name: round(moment(query[name], name) - self._platform.skew, 3) for name in LOG_TIMES if name in query}
        wanted = Wanted(
            parent_id=query.get("parent__id"),
            since=times.get("datetime__gte"),
            until=times.get("datetime__lte"),
            action=query.get("action"),
            variable_name=query.get("variable_name"),
            is_pending=flag(query, "is_pending"),
            is_applied=flag(query, "is_applied"),
        )
        rows = self._platform.book.select(wanted, self._world.clock.now())
        falling = self._platform.knob("log_order") == "newest"
        if falling:
            rows.reverse()
        if self._platform.knob("paging") == "offset":
            return page(request, rows, lambda row: row.shown(self._platform.iso))
        return cursor_page(request, rows, lambda row: row.shown(self._platform.iso), falling=falling)

    async def _log_row(self, request: web.Request) -> web.Response:
        row = self._platform.book.row(request.match_info["key"], self._world.clock.now())
        if row is None:
            raise Refusal(404, "Not found.")
        return web.json_response(row.shown(self._platform.iso))

    async def _whip(self, request: web.Request) -> web.Response:
        """A call no client may make (section 4.7): it may start an operation. Flagged in the ledger."""
        device = self._platform.fleet.find("id", request.match_info["key"])
        if device is None:
            raise Refusal(404, "Not found.")
        text = "GET inventory_device_whip may start an operation and must not be called"
        self._world.ledger.record(SYSTEM, "client_bug", device.name, device_id=device.id, account=ACCOUNT, message=text)
        return web.json_response({"operations": ["reboot", "factory", "device_factory", "sync", "reconf"]})


LOG_TIMES = ("datetime__gte", "datetime__lte")
