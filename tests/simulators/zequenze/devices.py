# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One of the three families of device endpoints of Zequenze Control: by id, by name or by serial number."""

from __future__ import annotations

import typing as t

from aiohttp import web

from tests.simulators.ledger import current_request
from tests.simulators.world import Device
from tests.simulators.zequenze.answers import Refusal, body_of, flag, moment, page, whole
from tests.simulators.zequenze.fleet import ORGANIZATION, managed
from tests.simulators.zequenze.machine import SYSTEM
from tests.simulators.zequenze.operation import operate
from tests.simulators.zequenze.platform import ACCOUNT

if t.TYPE_CHECKING:
    from tests.simulators.zequenze.fleet import Managed
    from tests.simulators.zequenze.platform import Platform

FAMILIES = {"": "id", "_name": "name", "_serial": "serial"}
"""What the paths of a family have after ``inventory_device``, and the key they go by."""

PARENTS = {"id": "parent_id", "name": "parent__name", "serial": "parent__serial_number"}
FIELDS: dict[str, type] = {"name": str, "serial_number": str, "ip_address": str, "type": int, "organization": int}
STATUS = {"bool": (False, True), "int": (0, 1), "string": ("false", "true")}
ADDED_FROM = 1_000_000
"""Numbers of devices that only Zequenze has; no seeded device comes that far."""


class Door:
    """The handlers of one family (docs/apis/zequenze_control.md, 4.1, 4.2, 4.4 to 4.6)."""

    def __init__(self, platform: Platform, family: str) -> None:
        self._platform = platform
        self._family = family

    async def listing(self, request: web.Request) -> web.Response:
        """GET of the records, filtered and paged."""
        query, found = request.query, self._platform.fleet.all()
        for field in ("type", "organization"):
            wanted = whole(query, field)
            if wanted is not None:
                found = [device for device in found if getattr(device, field) == wanted]
        up = flag(query, "status")
        if up is not None:
            found = [device for device in found if device.up == up]
        if "last_status_change_from" in query:
            since = moment(query["last_status_change_from"], "last_status_change_from") - self._platform.skew
            found = [device for device in found if device.last_status_change >= since]
        pending = flag(query, "pending")
        if pending is not None and self._platform.knob("pending_flag") == "filter":
            found = [device for device in found if device.pending_settings == pending]
        flag(query, "update_status")
        return page(request, found, lambda device: self._record(device, bool(pending)))

    async def show(self, request: web.Request) -> web.Response:
        """GET of one record."""
        device = self._device(request)
        return web.json_response(self._record(device, bool(flag(request.query, "pending"))))

    async def create(self, request: web.Request) -> web.Response:
        """POST of a record: a device that only Zequenze has."""
        body = _fields(await body_of(request))
        for name in ("name", "serial_number"):
            if not body.get(name):
                raise Refusal(400, "This field is required.", name)
        self._unique(body, None)
        fleet = self._platform.fleet
        number = fleet.free_id()
        seed = Device(
            number=ADDED_FROM + number,
            name=body["name"],
            serial=body["serial_number"],
            ip=body.get("ip_address", ""),
            site="",
            vendor="",
            model="",
            type="",
            tags=[],
            zequenze_id=number,
            sdm_id="",
            pam_id="",
        )
        device = managed(seed, self._platform.world.clock.now())
        device.type = body.get("type", device.type)
        device.organization = body.get("organization", ORGANIZATION)
        fleet.add(device)
        self._effect("device_created", device, fields=sorted(body))
        return web.json_response(self._record(device, False), status=201)

    async def change(self, request: web.Request) -> web.Response:
        """PUT and PATCH of a record."""
        device = self._device(request)
        body = _fields(await body_of(request))
        if request.method == "PUT" and not {"name", "serial_number"} <= set(body):
            raise Refusal(400, "This field is required.", "name" if "name" not in body else "serial_number")
        self._unique(body, device)
        changed = {name: value for name, value in body.items() if getattr(device, name) != value}
        if changed:
            now = self._platform.world.clock.now()
            self._platform.fleet.change(device, changed | {"updated_at": now})
            self._effect("device_updated", device, fields=sorted(changed))
        return web.json_response(self._record(device, False))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE of a record."""
        device = self._device(request)
        self._platform.fleet.remove(device)
        self._effect("device_deleted", device)
        return web.Response(status=204)

    async def operate(self, request: web.Request) -> web.Response:
        """PUT of an operation."""
        return await operate(self._platform, request, self._device(request))

    async def settings(self, request: web.Request) -> web.Response:
        """GET of the settings of the device named by the required ``parent`` parameter."""
        return self._platform.values.settings(request, self._parent(request))

    async def write_settings(self, request: web.Request) -> web.Response:
        """PUT and PATCH of the settings of one device."""
        return await self._platform.values.write_settings(request, self._device(request), ACCOUNT)

    async def variables(self, request: web.Request) -> web.Response:
        """GET of the variables of the device named by the required ``parent`` parameter."""
        return self._platform.values.variables(request, self._parent(request))

    async def headless(self, request: web.Request) -> web.Response:
        """GET and POST of scheduled transactions; the device of a POST is named like that of a GET of variables."""
        device = self._parent(request) if request.method == "POST" else None
        return await self._platform.values.headless(request, device, ACCOUNT)

    def _device(self, request: web.Request) -> Managed:
        return self._found(request.match_info["key"])

    def _parent(self, request: web.Request) -> Managed:
        name = PARENTS[self._family]
        if not request.query.get(name):
            raise Refusal(400, "This parameter is required.", name)
        return self._found(request.query[name])

    def _found(self, key: str) -> Managed:
        device = self._platform.fleet.find(self._family, key)
        if device is None or "/" in key or key in {".", ".."}:  # the front of any real server takes those as path
            raise Refusal(404, "Not found.")
        if device.forbidden:
            raise Refusal(403, "You do not have permission to perform this action.")
        return device

    def _unique(self, body: dict[str, t.Any], device: Managed | None) -> None:
        for field, family in (("name", "name"), ("serial_number", "serial")):
            twin = self._platform.fleet.find(family, body[field]) if field in body else None
            if twin is not None and twin is not device:
                raise Refusal(400, f"Inventory device with this {field} already exists.", field)

    def _record(self, device: Managed, with_pending: bool) -> dict[str, t.Any]:
        iso = self._platform.iso
        moved = device.last_status_change
        if self._platform.own(device, "status_moves") == "informs":
            now = self._platform.world.clock.now()
            moved = max(moved, device.last_inform(now, self._platform.own(device, "inform_interval")))
        record = {
            "id": device.id,
            "name": device.name,
            "serial_number": device.serial_number,
            "type": device.type,
            "organization": device.organization,
            "status": STATUS[str(self._platform.knob("status_type"))][device.up],
            "last_status_change": iso(moved),
            "ip_address": device.ip_address,
            "location": device.seed.site,
            "cwmp_username": f"cwmp-{device.serial_number}",
            "cwmp_password": f"sim-cwmp-{device.id}-password",
            "created_at": iso(device.created_at),
            "updated_at": iso(device.updated_at),
        }
        if with_pending:
            record["pending_settings"] = device.pending_settings
        return record

    def _effect(self, effect: str, device: Managed, **detail: t.Any) -> None:
        cause = current_request.get()
        self._platform.world.ledger.record(
            SYSTEM,
            effect,
            device.name,
            device_id=device.id,
            account=ACCOUNT,
            request=cause.seq if cause else None,
            **detail,
        )


def _fields(body: t.Any) -> dict[str, t.Any]:
    """The writable fields of a record, unknown ones left out as Django REST framework does; raises Refusal."""
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid data. Expected a dictionary.")
    found = {name: body[name] for name in FIELDS if name in body}
    for name, value in found.items():
        if type(value) is not FIELDS[name]:
            raise Refusal(400, f"{value!r} is not valid.", name)
    return found
