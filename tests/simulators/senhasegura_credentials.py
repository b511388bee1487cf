# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential calls of the senhasegura simulator (PAM sheet, section 7).

Reading one credential takes custody: the ledger's ``custody_taken`` shows a client that does what it must not do.
"""

from __future__ import annotations

import re
import typing as t

from tests.simulators.senhasegura_vault import Credential, new_identifier
from tests.simulators.senhasegura_wire import Call, Endpoint, Fields, PamError, reply, shown_id, shown_time

if t.TYPE_CHECKING:
    from aiohttp.web import Response

    from tests.simulators.senhasegura_registry import Registry
    from tests.simulators.senhasegura_vault import Vault
    from tests.simulators.world import World

IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+")
CUSTODY_SECONDS = 24 * 3600


class CredentialCalls:
    """List without secrets, check out, release, create or update, deactivate, activate."""

    def __init__(self, world: World, registry: Registry, vault: Vault) -> None:
        self._world = world
        self._registry = registry
        self._vault = vault

    def endpoints(self) -> list[Endpoint]:
        """The calls with what answers them."""
        return [
            Endpoint("GET", "/pam/credential", self._list),
            Endpoint("POST", "/pam/credential", self._write, writes=True),
            Endpoint("GET", "/pam/credential/{key}", self._check_out),
            Endpoint("DELETE", "/pam/credential/{key}", self._deactivate, writes=True),
            Endpoint("PUT", "/pam/credential/{key}", self._activate, writes=True),
            Endpoint("DELETE", "/pam/credential/custody/{key}", self._release),
        ]

    def _list(self, call: Call) -> Response:
        items = [self._item(item, item.kind, "1") for item in self._vault.credentials() if item.record.visible]
        items += [self._item(item, "SSH Key", "3") for item in self._vault.ssh_keys() if item.record.visible]
        return reply(self._world.knobs, f"{len(items)} credentials found", credentials=items)

    def _item(self, item: t.Any, kind: str, code: str) -> Fields:
        record = item.record
        return {
            "id": shown_id(self._world.knobs, item.number),
            "identifier": item.identifier,
            "username": item.username,
            "expiration": "",
            "change": "",
            "view": "",
            "hostname": record.hostname,
            "management_ip": record.ip,
            "type": kind,
            "type_code": code,
            "device_model": record.model,
            "device_type": record.type,
            "device_vendor": record.vendor,
            "automatic_change": False,
            "connectivity": "SSH",
            "connectivity_code": "1",
        }

    def _check_out(self, call: Call) -> Response:
        item = self._vault.credential(call.key)
        if not item.active:
            raise PamError(1008)
        now = self._world.clock.now()
        item.custody.setdefault(call.client, now)
        self._vault.note("custody_taken", item, call.client)
        knobs = self._world.knobs
        shown = {
            "id": shown_id(knobs, item.number),
            "identifier": item.identifier,
            "username": item.username,
            "password": item.secret,
            "content": item.secret,
            "hostname": item.record.hostname,
            "parent_credential_cod": None,
            "parent_credential": None,
            "additional": item.additional,
            "domain": item.domain,
            "ip": item.record.ip,
            "port": "22",
            "model": item.record.model,
            "expiration_time": shown_time(knobs, now + CUSTODY_SECONDS),
        }
        return reply(knobs, f"Credential {item.number}", credential=shown)

    def _release(self, call: Call) -> Response:
        item = self._vault.credential(call.key)
        if not item.active:
            raise PamError(1008)
        if item.custody.pop(call.client, None) is None:
            raise PamError(1018)
        self._vault.note("custody_released", item, call.client)
        return reply(self._world.knobs, f"Credential custody {item.number} released")

    def _write(self, call: Call) -> Response:
        self._check(call)
        record = self._registry.named(call.text("hostname"))
        if record is None:
            raise PamError(1011)
        username = call.text("username") or "usr"
        identifier = call.text("identifier")
        item = self._vault.identified(identifier)
        if item is None:
            item = self._vault.credential_on(record.hostname, username, call.text("ip"))
        created = item is None
        if item is None:
            item = Credential(self._vault.next_number(), identifier or new_identifier(), username, record, "")
            self._vault.add(item)
        if not isinstance(item, Credential):
            raise PamError(1010)
        self._change(item, call)
        self._vault.note("credential_created" if created else "credential_updated", item, call.client)
        message = "Credential successfully registered!" if created else "Credential updated successfully!"
        shown = {"id": shown_id(self._world.knobs, item.number), "identifier": item.identifier}
        return reply(self._world.knobs, message, status=201, credential=shown)

    def _check(self, call: Call) -> None:
        if not call.text("hostname"):
            raise PamError(1004)
        if not call.text("ip"):
            raise PamError(1005)
        if "username" not in call.fields:
            raise PamError(1042)
        if call.text("identifier") and not IDENTIFIER.fullmatch(call.text("identifier")):
            raise PamError(1053)
        settings = call.fields.get("execution_settings")
        # The sheet has these two errors but not the names of the keys that they miss; these names are ours.
        if isinstance(settings, dict) and not settings.get("plugin"):
            raise PamError(1046)
        if isinstance(settings, dict) and not settings.get("template"):
            raise PamError(1047)

    def _change(self, item: Credential, call: Call) -> None:
        item.identifier = call.text("identifier") or item.identifier
        item.secret = call.text("content") or item.secret
        item.kind = call.text("credential_type") or item.kind
        item.domain = call.text("domain") or item.domain
        item.additional = call.text("additional") or item.additional

    def _deactivate(self, call: Call) -> Response:
        item = self._vault.credential(call.key)
        if not item.active:
            raise PamError(1008)
        item.active = False
        self._vault.note("credential_deactivated", item, call.client)
        return reply(self._world.knobs, "Credential successfully deactivated")

    def _activate(self, call: Call) -> Response:
        item = self._vault.credential(call.key)
        if item.active:
            raise PamError(1043)
        item.active = True
        self._vault.note("credential_activated", item, call.client)
        return reply(self._world.knobs, "Credential successfully activated")
