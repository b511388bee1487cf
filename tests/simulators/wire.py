# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoiling bytes: what a fault does to the connection and to the answer. Knows sockets, knows no API."""

from __future__ import annotations

import asyncio
import functools
import socket
import struct
import time
import typing as t
import zlib

from aiohttp import web

if t.TYPE_CHECKING:
    from tests.simulators.faults import Fault

PAUSE = 0.02
DRIP_PAUSE = 0.2
ENDLESS_CAP = 256 * 1024 * 1024
BOMB_SIZE = 100 * 1024 * 1024
FLUSH_LIMIT = 60.0
LINGER_ZERO = struct.pack("ii", 1, 0)


class Gone(Exception):
    """The connection is no more; nothing is to be answered."""


def is_open(request: web.Request) -> bool:
    """Whether the client's connection still stands, as far as the kernel has told."""
    transport = request.transport
    return transport is not None and not transport.is_closing()


def reset(request: web.Request) -> t.NoReturn:
    """End the connection with a TCP reset and raise Gone."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None and is_open(request):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()
    raise Gone


async def stall(request: web.Request, seconds: float | None) -> None:
    """Hold the request: for ``seconds``, then go on; or, without a number, until the client leaves, then raise Gone."""
    if seconds is not None:
        await asyncio.sleep(seconds)
        return
    while is_open(request):
        await asyncio.sleep(PAUSE)
    raise Gone


async def flush(request: web.Request) -> bool:
    """Wait until the kernel has everything; whether it took it while the connection stood."""
    until = time.monotonic() + FLUSH_LIMIT
    while is_open(request) and time.monotonic() < until:
        transport = t.cast("asyncio.WriteTransport", request.transport)
        if transport.get_write_buffer_size() == 0:
            return True
        await asyncio.sleep(PAUSE)
    return False


async def send_raw(request: web.Request, response: web.Response, fault: Fault | None, mid: Middle) -> bool:
    """Write an answer by hand, spoiled as ``fault`` says, with ``mid`` awaited halfway; then close the connection.

    Gives whether all of the real answer reached the kernel. Raises Gone when the client left.
    """
    kind = fault.kind if fault else ""
    head, body = rendered(request, response, fault)
    pace = _pace(fault)
    whole = True
    if kind == "raw":
        head, body = b"", t.cast("Fault", fault).payload() or b""
    if kind == "truncate":
        cut = t.cast("Fault", fault).size
        body, whole = body[: len(body) // 2 if cut is None else cut], False
    await _write(request, head, pace if kind == "drip_headers" else None)
    half = len(body) // 2
    await _write(request, body[:half], pace)
    await mid()
    await _write(request, body[half:], pace)
    if kind == "endless":
        await _pour(request, body or b" ", t.cast("Fault", fault).size or ENDLESS_CAP)
        whole = False
    delivered = await flush(request)
    if request.transport is not None:
        request.transport.close()
    return delivered and whole


Middle = t.Callable[[], t.Awaitable[None]]
Pace = tuple[int, float]


def _pace(fault: Fault | None) -> Pace | None:
    if fault is None or fault.kind not in {"drip", "drip_headers"}:
        return None
    return max(fault.chunk, 1), DRIP_PAUSE if fault.seconds is None else fault.seconds


async def _write(request: web.Request, data: bytes, pace: Pace | None) -> None:
    step, pause = pace or (len(data) or 1, 0.0)
    for start in range(0, len(data), step):
        if not is_open(request):
            raise Gone
        t.cast("asyncio.WriteTransport", request.transport).write(data[start : start + step])
        if pause:
            await asyncio.sleep(pause)


async def _pour(request: web.Request, piece: bytes, cap: int) -> None:
    block = piece * max(65536 // len(piece), 1)
    poured = 0
    while poured < cap:
        await _write(request, block, None)
        poured += len(block)
        if not await flush(request):
            raise Gone


def rendered(request: web.Request, response: web.Response, fault: Fault | None) -> tuple[bytes, bytes]:
    """Status line with headers, and body, as aiohttp would send them, but for Content-Length and Connection."""
    body = b"" if request.method == "HEAD" else bytes(t.cast("bytes", response.body) or b"")
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [
        f"{name}: {value}"
        for name, value in response.headers.items()
        if name.lower() not in {"content-length", "connection"}
    ]
    lines += [f"Set-Cookie: {cookie.OutputString()}" for cookie in response.cookies.values()]
    kind = fault.kind if fault else ""
    if kind == "wrong_length" and fault is not None:
        lines.append(f"Content-Length: {len(body) + 10 if fault.length is None else fault.length}")
    elif kind != "endless" and response.status not in {204, 304}:
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8"), body


def spoiled(fault: Fault, real: web.Response | None) -> web.Response:
    """The answer a fault leads to. ``real`` is what the handler answered, None when it never ran."""
    given = fault.payload()
    if fault.kind == "bomb":
        return _bomb(fault)
    if real is not None and fault.kind not in {"status", "body", "redirect"}:
        real.headers.update(fault.headers)
        if given is not None:
            real.body = given
        if fault.status is not None:
            real.set_status(fault.status)
        return real
    usual = {"status": 503, "redirect": 302, "body": real.status if real is not None else 200}
    answer = web.Response(status=fault.status or usual.get(fault.kind, 200), body=given or b"")
    if fault.content_type is not None:
        answer.headers["Content-Type"] = fault.content_type
    if fault.location is not None:
        answer.headers["Location"] = fault.location
    answer.headers.update(fault.headers)
    return answer


def _bomb(fault: Fault) -> web.Response:
    layers = max(fault.layers, 1)
    body = bomb(BOMB_SIZE if fault.size is None else fault.size, layers)
    headers = {"Content-Type": fault.content_type or "application/json", **fault.headers}
    headers["Content-Encoding"] = ", ".join(["gzip"] * layers)
    return web.Response(status=fault.status or 200, body=body, headers=headers)


@functools.lru_cache(maxsize=4)
def bomb(size: int, layers: int) -> bytes:
    """``size`` blanks in ``layers`` layers of gzip; built piece by piece, so it costs little memory here."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * 65536
    packed = b"".join(packer.compress(block[: min(65536, size - done)]) for done in range(0, size, 65536))
    packed += packer.flush()
    for _ in range(layers - 1):
        outer = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = outer.compress(packed) + outer.flush()
    return packed
