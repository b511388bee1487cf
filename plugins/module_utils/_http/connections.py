# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that keep a total deadline and know whether a byte of the request has left.

urllib3 bounds every single read, so a server that drips one byte a second is never late; and its exceptions do not tell
whether a request was sent. These connection classes add both: a deadline for the whole exchange, and a guard that runs
right before the first byte.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
import typing as t
import urllib.parse

try:
    import urllib3
    import urllib3.connection
    import urllib3.connectionpool
    import urllib3.exceptions
except ImportError:
    # The module runner names the missing library before anything here is used.
    _HTTPConnection: t.Any = object
    _HTTPSConnection: t.Any = object
    _HTTPPool: t.Any = object
    _HTTPSPool: t.Any = object
else:
    _HTTPConnection = urllib3.connection.HTTPConnection
    _HTTPSConnection = urllib3.connection.HTTPSConnection
    _HTTPPool = urllib3.connectionpool.HTTPConnectionPool
    _HTTPSPool = urllib3.connectionpool.HTTPSConnectionPool
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible


class Exchange:
    """The exchange the current thread is carrying: its deadline, its guard, and whether a byte has left."""

    def __init__(self, seconds: float, guard: t.Callable[[], None] | None) -> None:
        """Take the seconds the whole exchange may take and what runs right before the first byte."""
        self.deadline = time.monotonic() + seconds
        self.guard = guard
        self.connecting = False
        self.began = False
        self.certificate_ends: float | None = None

    def left(self) -> float:
        """Return the seconds left; raises TimeoutError when there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the total time for this request is over")
        return seconds


_current = threading.local()


class carrying:  # noqa: N801 (used as a statement: "with carrying(exchange)")
    """Make an exchange the current thread's for the length of a ``with``."""

    def __init__(self, exchange: Exchange) -> None:
        """Take the exchange."""
        self._exchange = exchange

    def __enter__(self) -> Exchange:
        """Return the exchange and make it current."""
        _current.exchange = self._exchange
        return self._exchange

    def __exit__(self, *_exception: object) -> None:
        """Forget the exchange."""
        _current.exchange = None


class _DeadlineReader(io.RawIOBase):
    """Reads a socket, each time with only the time that is left for the whole exchange."""

    def __init__(self, sock: socket.socket, raw: t.Any, exchange: Exchange) -> None:
        self._sock = sock
        self._raw = raw
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        self._sock.settimeout(self._exchange.left())
        return t.cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    """An HTTP response whose status line, headers and body are all read under the exchange's deadline."""

    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_DeadlineReader(sock, raw, _current.exchange))


class _Guarded:
    """What plain and TLS connections have in common; comes before the urllib3 class it is mixed with."""

    sock: socket.socket | None
    timeout: t.Any
    port: int
    socket_options: t.Any
    _dns_host: str
    response_class = _DeadlineResponse

    def connect(self) -> None:
        exchange: Exchange = _current.exchange
        exchange.connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            exchange.connecting = False

    def _new_conn(self) -> socket.socket:
        """As urllib3's, but all addresses of a name share the time that is left, so a dead one does not use it up."""
        try:
            return self._reach(_current.exchange)
        except OSError as error:
            # Not the error itself: urllib3 passes over a reset and would then read from no connection at all.
            raise urllib3.exceptions.NewConnectionError(t.cast("t.Any", self), str(error)) from error

    def _reach(self, exchange: Exchange) -> socket.socket:
        longest = self.timeout if isinstance(self.timeout, (int, float)) else exchange.left()
        addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        problem = OSError("the name has no address")
        for waiting, (family, kind, protocol, _name, address) in zip(
            range(len(addresses), 0, -1), addresses, strict=True
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(min(exchange.left() / waiting, longest))
                sock.connect(address)
                # What a TLS handshake may take.
                sock.settimeout(min(exchange.left(), longest))
            except OSError as error:
                sock.close()
                problem = error
            else:
                return sock
        raise problem

    def send(self, data: t.Any) -> None:
        exchange: Exchange = _current.exchange
        if exchange.connecting:
            # A proxy's CONNECT: not a byte of the request itself.
            super().send(data)  # type: ignore[misc]
            return
        if self.sock is None:
            self.connect()
        if not exchange.began and exchange.guard is not None:
            exchange.guard()
        seconds = exchange.left()
        exchange.began = True
        t.cast("socket.socket", self.sock).settimeout(seconds)
        super().send(data)  # type: ignore[misc]


class _GuardedHTTP(_Guarded, _HTTPConnection):
    """A plain connection under a deadline."""


class _GuardedHTTPS(_Guarded, _HTTPSConnection):
    """A TLS connection under a deadline; notes when the server's certificate ends, where it was checked."""

    def connect(self) -> None:
        super().connect()
        read = getattr(self.sock, "getpeercert", None)
        ends = (read() or {}).get("notAfter") if read is not None else None
        if isinstance(ends, str):
            _current.exchange.certificate_ends = float(ssl.cert_time_to_seconds(ends))


class _PlainPool(_HTTPPool):
    ConnectionCls = _GuardedHTTP


class _TlsPool(_HTTPSPool):
    ConnectionCls = _GuardedHTTPS


def open_pool(
    base_url: str, proxy: str | None, context: ssl.SSLContext | None, connections: int
) -> urllib3.HTTPConnectionPool:
    """Return a pool of these connections to one origin, straight or through a proxy.

    Takes the address, the proxy's (with its own credentials, if any), the TLS context every connection uses (None:
    plain HTTP) and how many connections are kept for reuse. Raises BadInput for an address that cannot be one.
    """
    options: dict[str, t.Any] = {"maxsize": connections, "ssl_context": context}
    manager = _manager(proxy, options) if proxy else urllib3.PoolManager(**options)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    try:
        return manager.connection_from_url(base_url)
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise BadInput(f"api_url is not a usable address ({legible(str(error))}).") from error


def _manager(proxy: str, options: t.Mapping[str, t.Any]) -> urllib3.PoolManager:
    """Make the manager of the connections through a proxy, whose address is not shown: it may hold a password."""
    try:
        parts = urllib3.util.parse_url(proxy)
        credentials = urllib3.util.make_headers(proxy_basic_auth=urllib.parse.unquote(parts.auth or "") or None)
        if parts.host and parts.scheme in ("http", "https"):
            return urllib3.ProxyManager(proxy, proxy_headers=credentials, **options)
    except (urllib3.exceptions.HTTPError, ValueError):
        # Said below: the cause would show the address.
        pass
    raise BadInput(
        "the proxy that the environment names for it is not a usable http or https one (SOCKS is not supported). "
        "Correct its address, or name the system in no_proxy."
    )
