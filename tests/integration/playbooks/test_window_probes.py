# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two probes of the guide in a real window: a device without service stops the rollout, and is checked again."""

from __future__ import annotations

import contextlib
import http.server
import socketserver
import threading
import typing as t

from tests.docs.examples import File, steps
from tests.integration.run import Commands
from tests.integration.windows import LAX, locks, operations, run
from tests.simulators import Simulator
from tests.tools.isolated import ROOT

GUIDE = ROOT / "docs/docsite/rst/guide_window.rst"


class Device:
    """What a device answers to both probes."""

    def __init__(self) -> None:
        self.sip = "SIP/2.0 200 OK"
        self.health = 200
        self.asked: list[str] = []


def serving(device: Device, stack: contextlib.ExitStack) -> tuple[int, int]:
    """Serve SIP and HTTP, and return the two ports."""

    class Sip(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            lines = iter(lambda: self.rfile.readline().decode().strip(), "")
            device.asked.append(next(lines))
            wanted = {line.partition(":")[0] for line in lines}
            assert {"Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length"} <= wanted
            if device.sip:
                self.wfile.write(f"{device.sip}\r\nContent-Length: 0\r\n\r\n".encode())

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            device.asked.append(f"GET {self.path}")
            self.send_response(device.health)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: t.Any) -> None:
            """Say nothing."""

    ports = []
    for server in (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sip),
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health),
    ):
        stack.enter_context(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        ports.append(int(server.server_address[1]))
    return ports[0], ports[1]


def test_the_probes_of_the_guide_stop_a_rollout_and_are_made_again(ansible: Commands, simulator: Simulator) -> None:
    for step in steps(GUIDE.read_text()):
        if isinstance(step, File) and step.path.startswith("probes/"):
            (ansible.home / step.path).parent.mkdir(exist_ok=True)
            (ansible.home / step.path).write_text(step.content)
    device = Device()
    with contextlib.ExitStack() as stack:
        sip, health = serving(device, stack)
        variables = {"ansible_host": "127.0.0.1", "sip_port": sip, "health_url": f"http://127.0.0.1:{health}/health"}
        window: dict[str, t.Any] = {
            "hosts": ansible.static_inventory(dict.fromkeys(LAX[:2], variables)),
            "window_operations": ["reboot"],
            "window_batches": [1, "100%"],
            "window_max_failures": 0,
            "window_after_device": "probes/after_device.yml",
        }
        device.sip = "SIP/2.0 503 Service Unavailable"
        silent = run(ansible, **window)
        assert silent.rc == 2
        assert f"{LAX[0]} does not serve SIP: SIP/2.0 503 Service Unavailable" in silent.said()
        device.sip, device.health = "SIP/2.0 405 Method Not Allowed", 503
        ill = run(ansible, **window)
        assert ill.rc == 2
        assert "Status code was 503" in ill.said()
        assert operations(simulator) == [(LAX[0], "reboot")], "the canary alone, and once"
        device.health = 200
        well = run(ansible, **window)
        assert well.rc == 0, well.said()
    assert operations(simulator) == [(name, "reboot") for name in LAX[:2]]
    assert locks(simulator) == {}
    assert device.asked.count("GET /health") == 3
    assert device.asked.count("OPTIONS sip:127.0.0.1 SIP/2.0") == 4
