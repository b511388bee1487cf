# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Alertmanager to ask: the real one where it is installed, else a stand-in with the calls that matter."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import socket
import subprocess
import threading
import time
import typing as t
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# What Debian calls it, and what it calls itself.
BINARY = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
PATIENCE = 60.0


class Alertmanager:
    """Use it as ``with Alertmanager(folder) as alertmanager``; :meth:`stop` ends it early."""

    def __init__(self, folder: Path) -> None:
        """Take the folder for its files."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._standin: ThreadingHTTPServer | None = None
        self.url = ""

    def __enter__(self) -> Alertmanager:
        """Start it, and return when it answers."""
        if BINARY is None:
            self._standin = _stand_in()
            self.url = f"http://127.0.0.1:{self._standin.server_port}"
            threading.Thread(target=self._standin.serve_forever, daemon=True).start()
        else:
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{sock.getsockname()[1]}"
            self.url = f"http://{address}"
            configuration = self._folder / "alertmanager.yml"
            configuration.write_text(CONFIGURATION)
            options: dict[str, object] = {"config.file": configuration, "storage.path": self._folder / "alertmanager"}
            options |= {"web.listen-address": address, "cluster.listen-address": ""}
            self._process = subprocess.Popen(
                [BINARY, *(f"--{name}={value}" for name, value in options.items())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._call("GET", "silences")
                return self
            except OSError:
                assert time.monotonic() < deadline, "Alertmanager does not answer"
                time.sleep(0.05)

    def __exit__(self, *_exception: object) -> None:
        """End it."""
        self.stop()

    def stop(self) -> None:
        """End it; nobody answers any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._standin is not None:
            self._standin.shutdown()
            self._standin.server_close()
        self._process = self._standin = None

    def fires(self, name: str, **labels: str) -> None:
        """Let an alert fire for an hour."""
        ends = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)).isoformat()
        self._call("POST", "alerts", [{"labels": {"alertname": name, **labels}, "endsAt": ends}])

    def silence(self, created_by: str, **labels: str) -> None:
        """Let somebody silence the alerts with these labels for an hour."""
        now = dt.datetime.now(dt.timezone.utc)
        matchers = [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in labels.items()]
        times = {"startsAt": now.isoformat(), "endsAt": (now + dt.timedelta(hours=1)).isoformat()}
        self._call("POST", "silences", {"matchers": matchers, "createdBy": created_by, "comment": "test", **times})

    def _call(self, method: str, path: str, body: object = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v2/{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            answer.read()


def _stand_in() -> ThreadingHTTPServer:
    alerts: list[dict[str, t.Any]] = []
    silences: list[dict[str, t.Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.endswith("alerts"):
                alerts.extend(body)
            else:
                silences.append({**body, "id": f"s{len(silences)}"})
            self._answer({})

        def do_GET(self) -> None:
            self._answer([_listed(alert, silences) for alert in alerts] if "/alerts" in self.path else silences)

        def _answer(self, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: t.Any) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def _listed(alert: dict[str, t.Any], silences: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    by = [
        silence["id"]
        for silence in silences
        if all(alert["labels"].get(each["name"], "") == each["value"] for each in silence["matchers"])
    ]
    return {**alert, "status": {"state": "suppressed" if by else "active", "silencedBy": by, "inhibitedBy": []}}
