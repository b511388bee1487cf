# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations with Zequenze Control: its records in short form, and what a device answers before and after."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import LOOK_BACK
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS
from tests.unit.support.script import Expected, Script, VirtualClock

NAME = "lax-sbc-01"
TOKEN = "secret-token"
DEVICE: t.Mapping[str, t.Any] = {
    "id": 811,
    "name": NAME,
    "serial_number": "ZX81TEST0007",
    "type": 3,
    "organization": 5,
    "status": True,
    "ip_address": "192.0.2.44",
    "last_status_change": "2026-11-18T08:00:00Z",
    "pending_settings": False,
}
UPTIME = 86400
"""What the device shows right before an operation, in seconds."""

RESTARTED = (20, 50)
"""What a device that restarted shows at two looks that are thirty seconds apart, in seconds."""

HTML = {"content-type": "text/html; charset=utf-8"}


def entry(number: int = 1, **fields: t.Any) -> dict[str, t.Any]:
    """A log entry of the device: a command that was applied, unless told otherwise."""
    return {
        "id": 990000 + number,
        "parent": {"id": 811, "name": NAME},
        "action": "command",
        "variable_name": None,
        "is_pending": False,
        "is_applied": True,
        **fields,
    }


def queued(number: int = 1, **fields: t.Any) -> dict[str, t.Any]:
    """A log entry of a command that waits."""
    return entry(number, is_pending=True, is_applied=False, **fields)


class ZequenzeScript(Script):
    """A script whose lines are those of Zequenze Control; all its answers carry the clock's time as ``Date``."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)

    def client(self, timeout: float = 30.0) -> Zequenze:
        """Return a door over this script."""
        return Zequenze(self.wire("https://api.example.com/api/v1", "Zequenze Control", timeout), TOKEN)

    def shows(self, name: str = NAME, **fields: t.Any) -> Expected:
        """Expect the record to be read, and answer it with these fields changed."""
        record = {key: value for key, value in {**DEVICE, "name": name, **fields}.items() if value is not ...}
        return self.record(name).answers(json=record)

    def record(self, name: str = NAME) -> Expected:
        """Expect the record to be read."""
        return self.expect("GET", f"/inventory_device_name/{name}/")

    def has_no_device(self, name: str = NAME) -> None:
        """Expect the record to be read, and answer that there is none; it is asked for without ``pending`` too."""
        for query in ({"pending": "true"}, {}):
            self.expect("GET", f"/inventory_device_name/{name}/", query).answers(404, json={"detail": "Not found."})

    def logs(self, *entries: t.Mapping[str, t.Any]) -> Expected:
        """Expect the log to be read, and answer these entries."""
        return self.log().answers(json={"next": None, "previous": None, "results": list(entries)})

    def log(self) -> Expected:
        """Expect the log to be read."""
        return self.expect("GET", "/inventory_device_log/")

    def runs_for(self, seconds: t.Any, read_at: float | None = None, *, forced: bool = False) -> Expected:
        """Expect the uptime to be read, and answer it; None: the profile does not have it."""
        value = {"id": 3, "parameter": {"variable_name": "Device.DeviceInfo.UpTime"}, "value": str(seconds)}
        if read_at is not None:
            value["updated_at"] = iso(read_at)
        results = [] if seconds is None else [value]
        return self.uptime(forced=forced).answers(json={"count": 1, "next": None, "results": results})

    def uptime(self, *, forced: bool = False) -> Expected:
        """Expect the uptime to be read."""
        query = {
            "parent__name": NAME,
            "parameter__variable_name": "Device.DeviceInfo.UpTime,InternetGatewayDevice.DeviceInfo.UpTime",
            "dates": "true",
        }
        return self.expect(
            "GET", "/inventory_device_name_variables/", {**query, "force_update": "true"} if forced else query
        )

    def put(self, name: str = NAME) -> Expected:
        """Expect the operation to be sent."""
        return self.expect("PUT", f"/inventory_device_name_operation/{name}/")

    def accepts(self) -> Expected:
        """Expect the operation to be sent, and accept it."""
        return self.put().answers(json={"operation": "reboot", "execution_id": "op_1"})

    def baseline(self, operation: str = "reboot", uptime: t.Any = UPTIME) -> None:
        """Expect what is looked at right before sending: the log, for a restart the uptime, and the queue, which is
        empty."""
        self.logs()
        if operation in RESTARTS:
            self.runs_for(uptime)
        self.logs()

    def restarted(self, *uptimes: t.Any) -> None:
        """Expect looks that show a device which restarted and counts on: thirty seconds apart, unless told."""
        for uptime in uptimes or RESTARTED:
            self.logs()
            self.shows()
            self.runs_for(uptime)

    @property
    def puts(self) -> list[bytes | None]:
        """The bodies of all operations that left."""
        return [request.body for request in self.sent if request.method == "PUT"]


def log_query(since: float, **more: str) -> dict[str, str]:
    """The query of the log from an instant on."""
    return {
        "parent__id": "811",
        "datetime__gte": str(iso(since))[:19] + "+00:00",
        "limit": "100",
        **more,
    }


QUEUE_QUERY = {"parent__id": "811", "is_pending": "true", "limit": "100"}
"""The query of the queue, whatever the age of what waits in it."""


def before_operation(clock: VirtualClock) -> float:
    """From when on the log is read before an operation."""
    return clock.now() - LOOK_BACK
