# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH key and protected information calls of the senhasegura simulator (PAM sheet, section 7)."""

from __future__ import annotations

import typing as t

from tests.simulators.senhasegura_vault import Information, Key, new_identifier
from tests.simulators.senhasegura_wire import Call, Endpoint, PamError, reply, shown_id

if t.TYPE_CHECKING:
    from aiohttp.web import Response

    from tests.simulators.senhasegura_registry import Registry
    from tests.simulators.senhasegura_vault import Vault
    from tests.simulators.world import World


class SecretCalls:
    """Keys and information items; reading one is the ledger's ``secret_read``."""

    def __init__(self, world: World, registry: Registry, vault: Vault) -> None:
        self._world = world
        self._registry = registry
        self._vault = vault

    def endpoints(self) -> list[Endpoint]:
        """The calls with what answers them."""
        return [
            Endpoint("POST", "/pam/key", self._write_key, writes=True),
            Endpoint("GET", "/pam/key/{key}", self._read_key),
            Endpoint("DELETE", "/pam/key/{key}", self._deactivate_key, writes=True),
            Endpoint("PUT", "/pam/key/{key}", self._activate_key, writes=True),
            Endpoint("POST", "/pam/info", self._write_information, writes=True),
            Endpoint("GET", "/pam/info/{key}", self._read_information),
            Endpoint("DELETE", "/pam/info/{key}", self._deactivate_information, writes=True),
        ]

    def _write_key(self, call: Call) -> Response:
        for name, code in (("hostname", 1004), ("ip", 1005), ("public_key", 1013), ("private_key", 1014)):
            if not call.text(name):
                raise PamError(code)
        record = self._registry.named(call.text("hostname"))
        if record is None:
            raise PamError(1011)
        item = self._vault.identified(call.text("identifier"))
        created = item is None
        if item is None:
            name = call.text("identifier") or new_identifier()
            item = Key(self._vault.next_number(), name, call.text("username"), record, "", "")
            self._vault.add(item)
        if not isinstance(item, Key):
            raise PamError(1016)
        item.public_key, item.private_key = call.text("public_key"), call.text("private_key")
        item.active = call.fields.get("enabled", True) not in {False, "0", "false"}
        self._vault.note("key_created" if created else "key_updated", item, call.client)
        shown = {
            "id": shown_id(self._world.knobs, item.number),
            "identifier": item.identifier,
            "devices": [{"hostname": record.hostname, "ip": record.ip}],
            "devices_error": [],
        }
        message = "SSH key successfully registered!" if created else "SSH key updated successfully!"
        return reply(self._world.knobs, message, status=201, key=shown)

    def _read_key(self, call: Call) -> Response:
        item = self._vault.key(call.key)
        if not item.active:
            raise PamError(1017)
        self._vault.note("secret_read", item, call.client)
        shown = {
            "id": shown_id(self._world.knobs, item.number),
            "identifier": item.identifier,
            "username": item.username,
            "hostname": item.record.hostname,
            "public_key": item.public_key,
            "private_key": item.private_key,
        }
        return reply(self._world.knobs, f"SSH key {item.number}", key=shown)

    def _deactivate_key(self, call: Call) -> Response:
        item = self._vault.key(call.key)
        if not item.active:
            raise PamError(1017)
        item.active = False
        self._vault.note("key_deactivated", item, call.client)
        return reply(self._world.knobs, "SSH key successfully deactivated")

    def _activate_key(self, call: Call) -> Response:
        item = self._vault.key(call.key)
        if item.active:
            raise PamError(1045)
        item.active = True
        self._vault.note("key_activated", item, call.client)
        return reply(self._world.knobs, "SSH key successfully activated")

    def _write_information(self, call: Call) -> Response:
        if not call.text("content"):
            raise PamError(1026)
        item = self._vault.identified(call.text("identifier"))
        if not isinstance(item, Information):
            name = call.text("identifier") or new_identifier()
            item = Information(self._vault.next_number(), name, call.text("name"), call.text("type"), "")
            self._vault.add(item)
        item.content = call.text("content")
        self._vault.note("information_written", item, call.client)
        shown = {"id": shown_id(self._world.knobs, item.number), "identifier": item.identifier}
        return reply(self._world.knobs, "Information successfully registered!", status=201, info=shown)

    def _read_information(self, call: Call) -> Response:
        item = self._active_information(call)
        self._vault.note("secret_read", item, call.client)
        shown = {
            "id": shown_id(self._world.knobs, item.number),
            "identifier": item.identifier,
            "name": item.name,
            "type": item.kind,
            "content": item.content,
        }
        return reply(self._world.knobs, f"Information {item.number}", info=shown)

    def _deactivate_information(self, call: Call) -> Response:
        item = self._active_information(call)
        item.active = False
        self._vault.note("information_deactivated", item, call.client)
        return reply(self._world.knobs, "Information successfully deactivated")

    def _active_information(self, call: Call) -> Information:
        item = self._vault.information(call.key)
        if not item.active:
            raise PamError(1024)
        return item
