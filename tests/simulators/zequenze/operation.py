# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PUT of an operation on Zequenze Control: judged, accepted, answered (docs/apis/zequenze_control.md, 4.1)."""

from __future__ import annotations

import typing as t

from aiohttp import web

from tests.simulators import wire
from tests.simulators.ledger import current_request
from tests.simulators.zequenze.answers import Refusal, body_of
from tests.simulators.zequenze.machine import OPERATIONS
from tests.simulators.zequenze.platform import ACCOUNT, FOREIGNER

if t.TYPE_CHECKING:
    from tests.simulators.zequenze.fleet import Managed, Order
    from tests.simulators.zequenze.platform import Platform

ESTIMATE = 120.0


async def operate(platform: Platform, request: web.Request, device: Managed) -> web.Response:
    """Run an operation on a device; raises Refusal for every answer that is an error."""
    operation = _operation(await body_of(request))
    fault = str(platform.own(device, "put_fault"))
    try:
        _break_before(platform, device, fault)
    except Refusal:
        _meanwhile(platform, device, operation)
        raise
    if not device.up and platform.own(device, "offline_policy") == "409":
        raise Refusal(409, "The device is offline.")
    if device.busy and platform.own(device, "busy_policy") == "409":
        raise Refusal(409, "Another operation is running on the device.")
    cause = current_request.get()
    order = platform.machine.accept(device, operation, ACCOUNT, cause.seq if cause else None)
    _meanwhile(platform, device, operation)
    if fault == "accepted-then-timeout":
        await wire.stall(request, None)
    if fault == "500-but-executed":
        raise Refusal(500, "Could not initiate the operation.")
    return _accepted(platform, device, order)


def _operation(body: t.Any) -> str:
    operation = body.get("operation") if isinstance(body, dict) else None
    if operation is None:
        raise Refusal(400, "This field is required.", "operation")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise Refusal(400, f'"{operation}" is not a valid choice.', "operation")
    return operation


def _break_before(platform: Platform, device: Managed, fault: str) -> None:
    if fault == "500-not-executed":
        raise Refusal(500, "Could not initiate the operation.")
    if fault == "503":
        raise Refusal(503, "Service unavailable.")
    if fault == "429":
        raise Refusal(429, "Request was throttled.", headers={"Retry-After": str(platform.own(device, "retry_after"))})
    if fault == "429-without-retry-after":
        raise Refusal(429, "Request was throttled.")


def _meanwhile(platform: Platform, device: Managed, operation: str) -> None:
    """What else happens to the device in the window of the request."""
    foreign = str(platform.own(device, "foreign_operator"))
    if foreign != "no":
        platform.machine.accept(device, operation if foreign == "same" else foreign, FOREIGNER, None)
    if platform.own(device, "spontaneous_reboot"):
        platform.machine.reboot_by_itself(device)


def _accepted(platform: Platform, device: Managed, order: Order) -> web.Response:
    status = int(platform.own(device, "accept_code"))
    shape = platform.own(device, "response_shape")
    if shape == "empty" or status == 204:
        return web.Response(status=status)
    if shape == "echo-only":
        return web.json_response({"operation": order.operation}, status=status)
    return web.json_response(
        {
            "id": order.row.id,
            "operation": order.operation,
            "device_name": device.name,
            "status": "initiated",
            "timestamp": platform.iso(order.row.at),
            "execution_id": order.execution_id,
            "estimated_completion": platform.iso(order.row.at + ESTIMATE),
        },
        status=status,
    )
