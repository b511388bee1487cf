# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations with PAM Core: its answers in short form, and the door and tasks to hold them with."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from tests.unit.support.script import Expected, Script

WEB = {
    "id": "12",
    "hostname": "web-01",
    "ip": "192.0.2.10",
    "model": "Debian 12",
    "type": "Server",
    "vendor": "Debian",
    "site": "POA",
    "device_domain": "corp.example.com",
    "connectivities": "SSH:22, HTTPS:443",
    "session_remote_config": "",
    "device_tags": "prod,web",
}
LAB = {**WEB, "id": "40", "hostname": "lab switch 01", "ip": "192.0.2.77", "site": "LAB", "device_tags": ""}


class Anonymous:
    """A sign-in that signs nothing, for conversations about something else."""

    identity = "nobody"
    kind = "none"

    def signed(self, request: Request) -> Request:
        """Return the request as it is."""
        return request

    def renew(self, refused: Request) -> bool:
        """There is nothing to renew."""
        return False


class PamScript(Script):
    """A script whose answers are those of PAM Core in its full envelope."""

    def client(self) -> Senhasegura:
        """Return a door without sign-in over this script."""
        return Senhasegura(self.wire("https://vault.example.com"), Anonymous(), "/iso")

    def lists(self, *devices: t.Mapping[str, t.Any]) -> Expected:
        """Expect the list, with the eight fields it has."""
        items = [_listed(device) for device in devices]
        return self.expect("GET", "/iso/pam/device").answers(
            json=envelope(f"{len(items)} devices found", devices=items)
        )

    def shows(self, device: t.Mapping[str, t.Any], device_id: str | None = None) -> Expected:
        """Expect one device to be read."""
        path = f"/iso/pam/device/{device_id or device['id']}"
        return self.expect("GET", path).answers(json=envelope(f"Device {device['id']}", device=dict(device)))

    def writes(self, device: t.Mapping[str, t.Any] | None, status: int = 201) -> Expected:
        """Expect a device to be created or updated."""
        payload = {} if device is None else {"device": dict(device)}
        return self.expect("POST", "/iso/pam/device").answers(status, json=envelope("Done", status, **payload))

    def activates(self, device_id: str) -> Expected:
        """Expect a device to be activated that was inactive."""
        return self.expect("PUT", f"/iso/pam/device/{device_id}").answers(
            json=envelope("Device successfully activated")
        )

    def deactivates(self, device_id: str) -> Expected:
        """Expect a device to be deactivated that was active."""
        return self.expect("DELETE", f"/iso/pam/device/{device_id}").answers(json=envelope("Device deactivated"))

    def refuses(self, method: str, path: str, code: int, text: str = "Some text", status: int = 400) -> Expected:
        """Expect a call that fails with a documented code."""
        return self.expect(method, path).answers(status, json=failure(code, text, status))

    def body(self, number: int) -> dict[str, t.Any]:
        """Return the JSON of one sent request, counted from 0; negative from the end."""
        return t.cast("dict[str, t.Any]", json.loads(self.sent[number].body or b"null"))

    def methods(self) -> list[str]:
        """Return the methods of all sent requests."""
        return [request.method for request in self.sent]


def envelope(message: str, status: int = 200, **payload: t.Any) -> dict[str, t.Any]:
    """Return a success as the full envelope has it (docs/apis/senhasegura.md, 4.2)."""
    response = {"status": status, "message": message, "error": False, "error_code": 0, "detail": ""}
    return {"code": status, "response": {**response, "mensagem": message, "erro": False, "cod_erro": 0}, **payload}


def failure(code: int | None, text: str, status: int = 400) -> dict[str, t.Any]:
    """Return a failure as the full envelope has it; without a code there is no exception."""
    message = text if code is None else f"{code}: {text}"
    response = {"status": status, "message": message, "error": True, "error_code": 1, "detail": ""}
    said: dict[str, t.Any] = {"code": status, "response": response}
    return said if code is None else {**said, "exception": {"code": code, "message": message, "detail": None}}


def pam_task(store: Store | None = None, **params: t.Any) -> tuple[Task, list[str]]:
    """Return a task with these options, the defaults of all three modules besides, and the list its warnings go to."""
    warnings: list[str] = []
    defaults = {
        "name": None,
        "all": False,
        "details": None,
        "concurrency": 1,
        "state": "present",
        "activate": "auto",
    }
    modes = {mode: params.pop(mode, False) for mode in ("check_mode", "diff")}
    task = Task(params={**defaults, **params}, warn=warnings.append, store=store or MemoryStore(), **modes)
    return task, warnings


def _listed(device: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    fields = ("id", "hostname", "ip", "model", "type", "vendor", "site")
    return {**{name: device[name] for name in fields}, "tags": device["device_tags"]}
