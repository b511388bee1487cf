# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the simulators: in this process until a signal, or as a :class:`Simulator` beside a test."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from aiohttp import web

from tests.simulators.app import BASES, build_app, furnish
from tests.simulators.certificates import TlsDoor
from tests.simulators.elsewhere import elsewhere_app
from tests.simulators.world import World

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 30.0


async def serve(world: World, host: str, port: int, ready: t.Callable[[str], None], ended: asyncio.Event) -> None:
    """Serve a world until ``ended``; ``ready`` is called once with the URL when connections are accepted.

    Beside it, on free ports, listen a second origin and, where the world has certificates, the same world under TLS.
    """
    runner = web.AppRunner(build_app(world), access_log=None, shutdown_timeout=0.2)
    elsewhere = web.AppRunner(elsewhere_app(world), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await elsewhere.setup()
    try:
        await web.TCPSite(elsewhere, host, 0).start()
        world.elsewhere_url = _address("http", elsewhere)
        await web.TCPSite(runner, host, port, backlog=1024, reuse_address=True).start()
        url = _address("http", runner)
        if world.tls is not None:
            await web.TCPSite(runner, host, 0, ssl_context=world.tls.context).start()
            world.tls.url = _address("https", runner)
        ready(url)
        await ended.wait()
    finally:
        await elsewhere.cleanup()
        await runner.cleanup()


def _address(scheme: str, runner: web.AppRunner) -> str:
    """The address of the site that was started last."""
    host, port = runner.addresses[-1][:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


async def serve_until_signalled(world: World, host: str, port: int, ready: t.Callable[[str], None]) -> None:
    """Serve a world until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await serve(world, host, port, ready, ended)


class SimulatorError(Exception):
    """The control API refused; the text is its sentence."""


class Simulator:
    """Simulators for a test, on a free loopback port: ``with Simulator(devices=3) as sim: sim.zequenze_url``.

    ``knobs`` are in force from the start and survive :meth:`reset`. With ``process`` they run in a child process, else
    in a thread; either way they are spoken to over HTTP only. With ``certificates``, a folder that
    :func:`~tests.simulators.certificates.make_certificates` wrote, they also listen under TLS.
    """

    def __init__(
        self,
        devices: int = 30,
        seed: int = 1,
        knobs: t.Mapping[str, object] | None = None,
        *,
        process: bool = False,
        certificates: Path | None = None,
    ) -> None:
        self._devices = devices
        self._seed = seed
        self._knobs = dict(knobs or {})
        self._process = process
        self._certificates = certificates
        self._stop: t.Callable[[], None] | None = None
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self.url = ""

    def __enter__(self) -> Simulator:
        self._stop = self._start_process() if self._process else self._start_thread()
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    @property
    def zequenze_url(self) -> str:
        """What ``api_url`` of the Zequenze options means."""
        return self.url + BASES["zequenze"]

    @property
    def sdm_url(self) -> str:
        """What ``api_url`` of the Oracle SDM options means."""
        return self.url + BASES["oracle_sdm"]

    @property
    def pam_url(self) -> str:
        """What ``api_url`` of the senhasegura options means."""
        return self.url + BASES["senhasegura"]

    def tls_url(self, system: str) -> str:
        """What ``api_url`` of a system means under TLS."""
        return str(self.call("GET", "origins")["tls"]) + BASES[system]

    def show_certificate(self, name: str) -> None:
        """Show another certificate to every new TLS connection: server, expired, elsewhere or self_signed."""
        self.call("POST", "certificate", {"name": name})

    @property
    def elsewhere_url(self) -> str:
        """A second origin; what it receives stands among the requests of the system ``elsewhere``."""
        return str(self.call("GET", "origins")["elsewhere"])

    def ledger(self, **filters: object) -> list[dict[str, t.Any]]:
        """The effects, filtered by any field."""
        return list(self.call("GET", "ledger", query=filters)["effects"])

    def requests(self, **filters: object) -> list[dict[str, t.Any]]:
        """The received requests, filtered by any field."""
        return list(self.call("GET", "requests", query=filters)["requests"])

    def points(self) -> list[dict[str, t.Any]]:
        """The wire phases seen so far."""
        return list(self.call("GET", "points")["points"])

    def knob(self, name: str, value: object) -> None:
        """Turn one knob."""
        self.call("PATCH", "knobs", {name: value})

    def knobs(self) -> dict[str, dict[str, t.Any]]:
        """All knobs as GET /_sim/knobs shows them."""
        return dict(self.call("GET", "knobs")["knobs"])

    def fault(self, **spec: object) -> dict[str, t.Any]:
        """Arm one fault."""
        return self.call("POST", "faults", spec)

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self.call("DELETE", "faults")

    def signal(self, **spec: object) -> dict[str, t.Any]:
        """Arm one signal."""
        return self.call("POST", "signals", spec)

    def signals(self) -> list[dict[str, t.Any]]:
        """The armed signals, with whether each was sent."""
        return list(self.call("GET", "signals")["signals"])

    def reset(self, devices: int | None = None, seed: int | None = None) -> None:
        """Start anew: ledger, faults, clock, devices; those and the knobs as given at the start, if not given now."""
        devices = self._devices if devices is None else devices
        self.call("POST", "reset", {"devices": devices, "seed": self._seed if seed is None else seed})

    def state(self) -> dict[str, t.Any]:
        """What each system holds now."""
        return self.call("GET", "state")

    def devices(self) -> list[dict[str, t.Any]]:
        """The devices as they were seeded or added."""
        return list(self.call("GET", "devices")["devices"])

    def add_device(self, **fields: object) -> dict[str, t.Any]:
        """Add one device to every system."""
        return self.call("POST", "devices", fields)

    def patch_device(self, name: str, changes: t.Mapping[str, t.Mapping[str, object]]) -> None:
        """Change the behaviour of one device, per system."""
        self.call("PATCH", "devices/" + urllib.parse.quote(name, safe=""), changes)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.call("POST", "clock", {"advance": seconds})

    def call(
        self, method: str, path: str, body: object = None, query: t.Mapping[str, object] | None = None
    ) -> dict[str, t.Any]:
        """One call of the control API; raises SimulatorError with its sentence when it refuses."""
        address = f"{self.url}/_sim/{path}" + ("?" + urllib.parse.urlencode(query) if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self._open(request, timeout=START_LIMIT) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise SimulatorError(error.read().decode("utf-8", "replace")) from None

    def _start_thread(self) -> t.Callable[[], None]:
        world = World(self._devices, self._seed)
        furnish(world)
        world.knobs.set(self._knobs, at_start=True)
        world.tls = TlsDoor(self._certificates) if self._certificates else None
        loop, ended, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

        def announce(url: str) -> None:
            self.url = url
            ready.set()

        def run() -> None:
            loop.run_until_complete(serve(world, "127.0.0.1", 0, announce, ended))
            loop.close()

        thread = threading.Thread(target=run, name="simulators", daemon=True)
        thread.start()
        if not ready.wait(START_LIMIT):
            raise SimulatorError("The simulators did not start.")

        def stop() -> None:
            loop.call_soon_threadsafe(ended.set)
            thread.join(START_LIMIT)

        return stop

    def _start_process(self) -> t.Callable[[], None]:
        command = [sys.executable, "-m", "tests.simulators", "--listen", "127.0.0.1:0"]
        command += ["--devices", str(self._devices), "--seed", str(self._seed)]
        for name, value in self._knobs.items():
            command += ["--knob", f"{name}={value}"]
        if self._certificates:
            command += ["--certificates", str(self._certificates)]
        child = subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True)
        line = t.cast("t.IO[str]", child.stdout).readline()
        if not line.startswith("listening on "):
            child.kill()
            child.wait()
            raise SimulatorError("The simulators did not start; see their words above.")
        self.url = line.split()[-1]

        def stop() -> None:
            child.terminate()
            child.wait(START_LIMIT)
            t.cast("t.IO[str]", child.stdout).close()

        return stop
