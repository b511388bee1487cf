# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that speak in raw bytes, for what no HTTP library would ever send."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
import typing as t

# How long a server waits for its client; only reached when a test is about to fail.
PATIENCE = 5.0


class Peer:
    """One accepted connection, as its handler sees it; ``received`` is every byte that came."""

    def __init__(self, sock: socket.socket) -> None:
        """Take the connected socket."""
        self._sock = sock
        self.received = b""
        self._unread = b""

    def request(self) -> bytes:
        """Read one request with its body; empty when the client has closed the connection."""
        while b"\r\n\r\n" not in self._unread:
            if not self._more():
                return b""
        head, _, rest = self._unread.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(rest) < length and self._more():
            rest = self._unread.partition(b"\r\n\r\n")[2]
        self._unread = rest[length:]
        return head + b"\r\n\r\n" + rest[:length]

    def _more(self) -> bool:
        data = self._sock.recv(65536)
        self.received += data
        self._unread += data
        return bool(data)

    def await_bytes(self) -> None:
        """Wait until something has come, and leave it unread."""
        self._sock.recv(1, socket.MSG_PEEK)

    def send(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send bytes, with a pause in seconds after each piece."""
        for piece in pieces:
            self._sock.sendall(piece)
            time.sleep(pause)

    def upgrade(self, context: ssl.SSLContext) -> None:
        """Go on under TLS, as the far end of a proxy's tunnel does."""
        self._sock = context.wrap_socket(self._sock, server_side=True)

    def reset(self) -> None:
        """Cut the connection the rude way (RST)."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def hang_up(self) -> None:
        """Let the handler read what has come and then see the end; may be called from another thread."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._sock.close()


Handler = t.Callable[[Peer], None]


class Server:
    """Runs a handler for every connection to a free port on loopback; use it in a ``with``."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        """Take what to do with each connection, and the TLS to speak, if any."""
        self._handler = handler
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.peers: list[Peer] = []
        self._threads: list[threading.Thread] = []
        self._doorman = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def received(self) -> bytes:
        """Every byte that came over any connection."""
        return b"".join(peer.received for peer in self.peers)

    def __enter__(self) -> Server:
        """Start to accept."""
        self._doorman.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop to accept, and wait until every connection has been dealt with."""
        # Closing alone does not wake a thread that is in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._doorman.join(PATIENCE)
        for peer, thread in zip(self.peers, self._threads, strict=True):
            peer.hang_up()
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a connection was never finished"

    def await_peers(self, number: int) -> None:
        """Wait until so many connections have been accepted."""
        until = time.monotonic() + PATIENCE
        while len(self.peers) < number and time.monotonic() < until:
            time.sleep(0.005)
        assert len(self.peers) >= number

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            peer = Peer(sock)
            self.peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: Peer) -> None:
        # A client that goes away in the middle is what most of these tests are about.
        with contextlib.suppress(OSError):
            if self._tls:
                peer.upgrade(self._tls)
            self._handler(peer)
        peer.close()


def answering(*answers: bytes) -> Handler:
    """Return a handler that answers the requests of a connection in turn, the last answer again and again."""

    def handle(peer: Peer) -> None:
        turn = 0
        while peer.request():
            peer.send(answers[min(turn, len(answers) - 1)])
            turn += 1

    return handle


def once(answer: bytes) -> Handler:
    """Return a handler that answers one request and closes the connection."""

    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(answer)

    return handle


def http(status: str = "200 OK", body: bytes = b"", *headers: str) -> bytes:
    """Write a well-formed answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
