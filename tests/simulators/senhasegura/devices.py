# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device calls of the senhasegura simulator (docs/apis/senhasegura.md, 6)."""

from __future__ import annotations

import typing as t

from tests.simulators.senhasegura.wire import Call, Endpoint, PamError, reply, spoiled

if t.TYPE_CHECKING:
    from aiohttp.web import Response

    from tests.simulators.senhasegura.registry import Record, Registry
    from tests.simulators.world import World


class DeviceCalls:
    """List, get, create or update, deactivate, activate."""

    def __init__(self, world: World, registry: Registry) -> None:
        self._world = world
        self._registry = registry

    def endpoints(self) -> list[Endpoint]:
        """The calls with what answers them."""
        return [
            Endpoint("GET", "/pam/device", self._list),
            Endpoint("POST", "/pam/device", self._write, writes=True),
            Endpoint("GET", "/pam/device/{key}", self._get),
            Endpoint("DELETE", "/pam/device/{key}", self._deactivate, writes=True),
            Endpoint("PUT", "/pam/device/{key}", self._activate, writes=True),
        ]

    def _list(self, call: Call) -> Response:
        items = self._registry.listed()
        fault = self._world.knobs["senhasegura.list_fault"]
        count = 0 if fault == "empty" else len(items)
        return reply(self._world.knobs, f"{count} devices found", devices=spoiled(fault, items))

    def _word(self, record: Record) -> str:
        mixed = self._world.knobs["senhasegura.language"] == "mixed"
        return f"{'Dispositivo' if mixed else 'Device'} {record.number}"

    def _get(self, call: Call) -> Response:
        record = self._registry.find(call.key)
        if not record.active and self._registry.setting(record, "get_inactive") == "1011":
            raise PamError(1011)
        return reply(self._world.knobs, self._word(record), device=self._registry.shown(record))

    def _write(self, call: Call) -> Response:
        record, created = self._registry.write(call.fields, call.client)
        status = int(self._world.knobs["senhasegura.post_reply"])
        message = "Device successfully registered!" if created else "Device updated successfully!"
        if status == 200:
            message = self._word(record)
        shown = self._registry.shown(record, in_post=True)
        return reply(self._world.knobs, message, status=status, device=shown)

    def _deactivate(self, call: Call) -> Response:
        record = self._registry.find(call.key)
        if not record.active:
            answer = self._registry.setting(record, "delete_inactive")
            if answer != "200":
                raise PamError(1011) if answer == "1011" else PamError(None, "The device is already inactive")
        self._registry.set_active(record, False, call.client)
        return reply(self._world.knobs, "Device successfully deactivated")

    def _activate(self, call: Call) -> Response:
        record = self._registry.find(call.key)
        if record.active:
            raise PamError(1044)
        self._registry.set_active(record, True, call.client)
        return reply(self._world.knobs, "Device successfully activated")
