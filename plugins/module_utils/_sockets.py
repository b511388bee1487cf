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

try:
    import requests.adapters
    import requests.exceptions
    import urllib3
    import urllib3.connection
    import urllib3.connectionpool
    import urllib3.exceptions
except ImportError:
    # The face names the missing library before anything here is used.
    _HTTPConnection: t.Any = object
    _HTTPSConnection: t.Any = object
    _HTTPPool: t.Any = object
    _HTTPSPool: t.Any = object
    _Adapter: t.Any = object
else:
    _HTTPConnection = urllib3.connection.HTTPConnection
    _HTTPSConnection = urllib3.connection.HTTPSConnection
    _HTTPPool = urllib3.connectionpool.HTTPConnectionPool
    _HTTPSPool = urllib3.connectionpool.HTTPSConnectionPool
    _Adapter = requests.adapters.HTTPAdapter


class Exchange:
    """The exchange the current thread is carrying: its deadline, its guard, and whether a byte has left."""

    def __init__(self, seconds: float, guard: t.Callable[[], None] | None) -> None:
        """Take the seconds the whole exchange may take and what runs right before the first byte."""
        self.deadline = time.monotonic() + seconds
        self.guard = guard
        self.connecting = False
        self.began = False

    def left(self) -> float:
        """Give the seconds left; raises TimeoutError when there are none."""
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
        """Give the exchange and make it current."""
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
    """A TLS connection under a deadline."""


class _PlainPool(_HTTPPool):
    ConnectionCls = _GuardedHTTP


class _TlsPool(_HTTPSPool):
    ConnectionCls = _GuardedHTTPS


class GuardedAdapter(_Adapter):
    """A requests adapter over these connections, with one TLS context made by us and no retries of its own."""

    def __init__(self, context: ssl.SSLContext | None, connections: int) -> None:
        """Take the TLS context every connection uses (None: plain HTTP) and how many connections are kept for reuse."""
        self._context = context
        super().__init__(pool_connections=4, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Make the pool manager of our connection classes (called by requests)."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        """Give the manager for a proxy, of our connection classes too (called by requests)."""
        if proxy.lower().startswith("socks"):
            # Our connection classes would go round it.
            raise requests.exceptions.InvalidSchema("SOCKS proxies are not supported")
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
        return manager

    def build_connection_pool_key_attributes(self, request: t.Any, verify: t.Any, cert: t.Any = None) -> t.Any:
        """Name the pool by origin only: the TLS context already holds what verify and cert would say."""
        host_params, _pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
        return host_params, {}

    def cert_verify(self, conn: t.Any, url: t.Any, verify: t.Any, cert: t.Any) -> None:
        """Do nothing: the TLS context already holds what verify and cert would say."""
