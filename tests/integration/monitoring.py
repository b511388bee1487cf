# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for what watches the fleet: the calls of Alertmanager and of a Pushgateway that matter."""

from __future__ import annotations

import json
import threading
import time
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = 60.0


class Monitoring:
    """Use it as ``with Monitoring() as monitoring``; it notes every call, and all that came with it."""

    def __init__(self) -> None:
        """Listen on a free port of this machine."""
        self.calls: list[tuple[str, dict[str, t.Any]]] = []
        """What Alertmanager was asked: the method, and the silence or its id."""
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        """Method and path, headers and body of every request."""
        self._refusal: str | None = None
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self._read())
                owner.calls.append(("POST", body))
                self._answer(json.dumps({"silenceID": body.get("id", "s1")}))

            def do_GET(self) -> None:
                self._read()
                self._answer(json.dumps({"id": "s1", "startsAt": "2026-11-21T02:00:07.123Z"}))

            def do_DELETE(self) -> None:
                self._read()
                owner.calls.append(("DELETE", {"id": self.path.rsplit("/", 1)[-1]}))
                self._answer("")

            def do_PUT(self) -> None:
                self._read()
                self._answer("")

            def _read(self) -> bytes:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                owner.received.append((f"{self.command} {self.path}", dict(self.headers), body))
                return body

            def _answer(self, text: str) -> None:
                self.send_response(200 if owner._refusal is None else 400)
                text = text if owner._refusal is None else owner._refusal
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: t.Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Monitoring:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def refuse_with(self, text: str) -> None:
        """Refuse everything from now on, with a text."""
        self._refusal = text

    def until(self, reached: t.Callable[[], bool]) -> None:
        """Wait until something holds. Raises AssertionError when it does not within a minute."""
        deadline = time.monotonic() + LIMIT
        while not reached():
            assert time.monotonic() < deadline, self.calls
            time.sleep(0.05)

    def methods(self) -> list[str]:
        """Return the methods of the calls to Alertmanager, in order."""
        return [method for method, _body in self.calls]
