# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings, variables and headless transactions of Zequenze Control (docs/apis/zequenze_control.md, 4.4 to 4.6)."""

from __future__ import annotations

import itertools
import re
import typing as t

from aiohttp import web

from tests.simulators.zequenze.answers import Refusal, body_of, flag, page, whole

if t.TYPE_CHECKING:
    from tests.simulators.world import World
    from tests.simulators.zequenze.fleet import Managed, Setting
    from tests.simulators.zequenze.machine import Machine

COUNTS = {"s": 1.0, "min": 1 / 60, "1/100 s": 100.0, "ms": 1000.0}
"""How fast an uptime counts in each unit, per second."""

ROOTS = {"tr181": "Device.", "tr098": "InternetGatewayDevice."}
HEADLESS_CODES = frozenset({"get", "set", "add.obj", "del.obj"})

Iso = t.Callable[[float], str]


class Variable(t.NamedTuple):
    """One variable of a device as the platform knows it; ``at`` is when the value was collected."""

    id: int
    variable: str
    name: str
    short_name: str
    value: str
    at: float
    pending: bool = False


class Values:
    """Reads and writes of what a device is set to."""

    def __init__(self, world: World, machine: Machine, iso: Iso) -> None:
        self._world = world
        self._machine = machine
        self._iso = iso
        self._transactions: dict[str, dict[str, t.Any]] = {}
        self._numbers = itertools.count(1)

    def settings(self, request: web.Request, device: Managed) -> web.Response:
        """GET …_setting: the settings asked for, each with its pending flag."""
        found = [item for item in device.settings if self._asked(request, device, item)]
        number = whole(request.query, "parameter_id")
        if number is not None:
            found = [item for item in found if item.id % 10 + 1 == number]
        pending = flag(request.query, "pending")
        if pending is not None and self._is(device, "pending_flag") == "filter":
            found = [item for item in found if item.pending == pending]
        return page(request, found, lambda item: self._setting(device, item))

    async def write_settings(self, request: web.Request, device: Managed, account: str) -> web.Response:
        """PUT and PATCH of settings: what differs becomes pending. PUT takes those left out to their default."""
        wanted = _pairs(await body_of(request))
        root = self._root(device)
        known = {root + item.variable: item for item in device.settings}
        for variable in wanted:
            if variable not in known:
                raise Refusal(400, f"{variable} is no setting of this device.", "variable_name")
        if request.method == "PUT":
            wanted = {variable: item.default for variable, item in known.items()} | wanted
        for variable, value in wanted.items():
            if known[variable].wanted != value:
                self._machine.want_setting(device, known[variable], value, account)
        return web.json_response([self._setting(device, item) for item in device.settings])

    def variables(self, request: web.Request, device: Managed) -> web.Response:
        """GET …_variables: with ``force_update`` read from the device first, which needs it Up."""
        forced = bool(flag(request.query, "force_update"))
        if forced and not (device.up and device.reachable):
            raise Refusal(409, "The device is offline.")
        found = [item for item in self._variables(device, forced) if self._asked(request, device, item)]
        return page(request, found, lambda item: self._variable(request, device, item))

    async def headless(self, request: web.Request, device: Managed | None, account: str) -> web.Response:
        """GET and POST …_headless_operation: transactions that are scheduled, and completed when looked at again."""
        if request.method == "GET":
            return self._transaction(request)
        body = await body_of(request)
        code = body.get("operation") if isinstance(body, dict) else None
        if code not in HEADLESS_CODES:
            raise Refusal(400, f"{code!r} is not a valid choice.", "operation")
        if device is None:
            raise Refusal(404, "Not found.")
        names = body.get("variables", [])
        number = f"tx-{next(self._numbers)}"
        known = {self._root(device) + item.variable: item.value for item in self._variables(device, True)}
        values = {str(name): known.get(str(name)) for name in names} if isinstance(names, list) else names
        record = {"id": number, "operation": code, "device": device.id, "status": "scheduled", "variables": values}
        self._transactions[number] = record
        self._world.ledger.record(
            "zequenze", "headless", device.name, device_id=device.id, account=account, operation=code
        )
        return web.json_response(record, status=201)

    def _transaction(self, request: web.Request) -> web.Response:
        number = request.query.get("id")
        found = [record for key, record in self._transactions.items() if number in {None, key}]
        answer = web.json_response({"count": len(found), "results": found})
        for record in found:
            record["status"] = "completed"
        return answer

    def _counted(self, device: Managed, uptime: float) -> str:
        """The uptime as the device counts it: in its unit, starting again where its counter ends."""
        count = int(uptime * COUNTS[self._is(device, "uptime_unit")])
        bits = self._is(device, "uptime_bits")
        return str(count % 2**bits if bits else count)

    def _variables(self, device: Managed, forced: bool) -> list[Variable]:
        now = self._world.clock.now()
        exposed = self._is(device, "uptime_exposed")
        collected, uptime = device.uptime_collected(now, self._is(device, "inform_interval"))
        if forced:
            collected, uptime = now, now - device.booted_at
            device.last_session, device.stale = now, (now, uptime)
        elif exposed == "stale":
            collected, uptime = device.stale
        if exposed == "redated":
            collected, uptime = now, device.stale[1]
        elif exposed == "zero":
            uptime = 0
        serial, model = device.serial_number, device.seed.model
        found = [
            Variable(1, "DeviceInfo.SerialNumber", "Serial number", "serial", serial, collected),
            Variable(2, "DeviceInfo.ModelName", "Model", "model", model, collected),
        ]
        if exposed != "no":
            found.append(Variable(3, "DeviceInfo.UpTime", "Uptime", "uptime", self._counted(device, uptime), collected))
        return found + [
            Variable(s.id, s.variable, s.name, s.short_name, s.value, s.updated_at, s.pending) for s in device.settings
        ]

    def _variable(self, request: web.Request, device: Managed, item: Variable) -> dict[str, t.Any]:
        record = {"id": item.id, "parameter": self._parameter(device, item), "value": item.value}
        if flag(request.query, "pending"):
            record["pending"] = item.pending
        if flag(request.query, "dates"):
            record["updated_at"] = self._iso(item.at)
        if flag(request.query, "extra"):
            record |= {"type": "string", "required": False, "read_only": item.id < 10, "metric": item.id == 3}
        return record

    def _setting(self, device: Managed, item: Setting) -> dict[str, t.Any]:
        return {
            "id": item.id,
            "parameter_id": item.id % 10 + 1,
            "parameter": self._parameter(device, item),
            "value": item.wanted,
            "pending": item.pending,
            "updated_at": self._iso(item.updated_at),
        }

    def _parameter(self, device: Managed, item: Setting | Variable) -> dict[str, str]:
        name = self._root(device) + item.variable
        return {"variable_name": name, "name": item.name, "short_name": item.short_name}

    def _asked(self, request: web.Request, device: Managed, item: Setting | Variable) -> bool:
        """Whether the ``parameter__…`` filters, each a comma-separated list, let an item through."""
        wildcard = bool(flag(request.query, "wildcard"))
        shown = self._parameter(device, item)
        for field, value in shown.items():
            wanted = request.query.get(f"parameter__{field}")
            if wanted is None:
                continue
            names = [name.strip() for name in wanted.split(",")]
            if not any(value == name or (wildcard and _like(value, name)) for name in names):
                return False
        return True

    def _root(self, device: Managed) -> str:
        return ROOTS[self._is(device, "uptime_name")]

    def _is(self, device: Managed, knob: str) -> t.Any:
        return self._world.setting(device.seed, f"zequenze.{knob}")


def _like(value: str, pattern: str) -> bool:
    """Whether a value fits a name in which ``*`` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value) is not None


def _pairs(body: t.Any) -> dict[str, str]:
    """Variable to value from any of the plausible bodies: a mapping, one record, a list of records, or ``results``."""
    if isinstance(body, dict) and "results" in body:
        body = body["results"]
    records = body if isinstance(body, list) else [body]
    pairs: dict[str, str] = {}
    for record in records:
        if not isinstance(record, dict):
            raise Refusal(400, "Expected a setting or a list of settings.")
        parameter = record.get("parameter")
        name = parameter.get("variable_name") if isinstance(parameter, dict) else record.get("variable_name")
        if name is not None and "value" in record:
            pairs[str(name)] = str(record["value"])
        else:
            pairs |= {str(key): str(value) for key, value in record.items()}
    return pairs
