# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three systems of a window as they stand in a test, without a wire: what they list, say and refuse."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import SdmDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import Clients
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import (
    DeviceRow,
    LogRow,
    Uptime,
    log_row,
)
from tests.unit.support.script import VirtualClock

CONNECTION = {"api_url": None}


def zequenze_row(number: int, name: str, **fields: t.Any) -> DeviceRow:
    """A device of Zequenze Control that is up and has nothing pending, unless told otherwise."""
    usual = DeviceRow(
        id=str(810 + number),
        name=name,
        serial=f"S{number}",
        up=True,
        pending=False,
        last_status_change=None,
        type=None,
        organization=None,
        ip=f"192.0.2.{number}",
        server_date=None,
    )
    return dataclasses.replace(usual, **fields)


def sdm_row(number: int, name: str, **fields: t.Any) -> SdmDevice:
    """The same device of Session Delivery Manager."""
    usual = SdmDevice(
        id=f"ID{40 + number}",
        name=name,
        ip=f"192.0.2.{number}",
        serial=f"S{number}",
        platform=None,
        version=None,
        config_version=None,
        reachable=True,
        manageable=True,
        nf_name=None,
    )
    return dataclasses.replace(usual, **fields)


def pam_row(number: int, name: str) -> dict[str, t.Any]:
    """The same device of PAM Core."""
    return {"id": str(2000 + number), "hostname": name, "ip": f"192.0.2.{number}"}


class Systems:
    """The systems with these devices; what is changed afterwards is what they then say."""

    def __init__(self, *names: str, asked: t.Sequence[str] = ("zequenze", "oracle_sdm")) -> None:
        """Take the devices that all asked systems know."""
        self.names = list(names)
        self.zequenze = [zequenze_row(number, name) for number, name in enumerate(names, 1)]
        self.sdm = [sdm_row(number, name) for number, name in enumerate(names, 1)]
        self.pam = [pam_row(number, name) for number, name in enumerate(names, 1)]
        self.sessions: list[dict[str, str]] = []
        self.log: list[LogRow] = [log_row({"id": 1, "action": "command", "is_applied": True})]
        self.uptime: Uptime | None = Uptime(86400.0, None)
        self.permissions: dict[str, t.Any] = {}
        self.ahead: dict[str, float | None] = dict.fromkeys(asked, 0.0)
        self.broken: dict[str, MaintenanceError] = {}
        self.failures: dict[str, str] = {}
        self.asked = asked
        self.probed: list[str] = []
        self.clock = VirtualClock()

    def clients(self) -> Clients:
        """Return doors that answer as the systems stand now."""
        wires = {system: types.SimpleNamespace(ahead=self.ahead[system]) for system in self.asked}
        clients = Clients(wires=t.cast("t.Any", wires), failures=dict(self.failures))
        fake: dict[str, t.Any] = {
            "zequenze": types.SimpleNamespace(
                server="https://zequenze.example.com/api/v1",
                devices=lambda: self._said("zequenze", self.zequenze),
                may_operate=lambda _name: self._probe("zequenze"),
                log_page=lambda _device_id, _since: self._said("log", self.log),
                uptime=lambda _name: self.uptime,
            ),
            "oracle_sdm": types.SimpleNamespace(
                server="https://sdm.example.com:8443",
                devices=lambda: self._said("oracle_sdm", self.sdm),
                __exit__=lambda: None,
            ),
            "senhasegura": types.SimpleNamespace(
                identity="vault",
                clock=self.clock,
                ahead=self.ahead.get("senhasegura"),
                devices=lambda: self._said("senhasegura", self.pam),
                may_write=lambda: self._probe("senhasegura"),
                live_sessions=lambda: self._said("sessions", self.sessions),
            ),
        }
        for system in self.asked:
            if system not in self.failures:
                setattr(clients, system, fake[system])
        return clients

    def task(self, journal: str, check_mode: bool = False, **params: t.Any) -> Task:
        """Return a task about all devices with these options."""
        usual: dict[str, t.Any] = {
            "devices": [{"name": name} for name in self.names],
            "systems": list(self.asked),
            "journal": journal,
            "listed_in": None,
            "window": None,
            "fleet_size": None,
            "check_approval": True,
            **dict.fromkeys(("zequenze", "oracle_sdm", "senhasegura"), CONNECTION),
        }
        return Task(params={**usual, **params}, check_mode=check_mode, clock=self.clock)

    def _said(self, what: str, rows: t.Any) -> t.Any:
        if what in self.broken:
            raise self.broken[what]
        return list(rows)

    def _probe(self, system: str) -> bool | None:
        self.probed.append(system)
        answer = self.permissions.get(system)
        if isinstance(answer, MaintenanceError):
            raise answer
        return t.cast("bool | None", answer)
