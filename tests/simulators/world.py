# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world the three simulators share: devices, clock, knobs, ledger and armed faults."""

from __future__ import annotations

import heapq
import itertools
import time
import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone

from tests.simulators.faults import Faults
from tests.simulators.knobs import Knobs, Value
from tests.simulators.ledger import Ledger, current_request
from tests.simulators.seed import seeded

if t.TYPE_CHECKING:
    from aiohttp.web import RouteDef

    from tests.simulators.certificates import TlsDoor

ZEQUENZE_TOKEN = "sim-zequenze-token"

SDM_ACCOUNTS = {
    "lockbot": "sim-lockbot-password",
    "alice": "sim-alice-password",
    "monitor": "sim-monitor-password",
}
SDM_READ_ONLY = frozenset({"monitor"})

PAM_CLIENTS = {"sim-client": "sim-client-secret", "sim-reader": "sim-reader-secret"}
PAM_READ_ONLY = frozenset({"sim-reader"})
PAM_CONSUMER_KEY = "sim-consumer"
PAM_CONSUMER_SECRET = "sim-consumer-secret"
PAM_TOKEN_KEY = "sim-token"
PAM_TOKEN_SECRET = "sim-token-secret"

SECRETS = (
    ZEQUENZE_TOKEN,
    *SDM_ACCOUNTS.values(),
    *PAM_CLIENTS.values(),
    PAM_CONSUMER_SECRET,
    PAM_TOKEN_SECRET,
)
"""Every seeded secret; the ledger shows none of them."""


@dataclass(slots=True)
class Device:
    """One device as it was seeded; what a simulator changes later is its own state, kept by these ids."""

    number: int
    name: str
    serial: str
    ip: str
    site: str
    vendor: str
    model: str
    type: str
    tags: list[str]
    zequenze_id: int
    sdm_id: str
    pam_id: str

    def id_in(self, system: str) -> int | str:
        """The id by which ``system`` knows the device."""
        ids: dict[str, int | str] = {
            "zequenze": self.zequenze_id,
            "oracle_sdm": self.sdm_id,
            "senhasegura": self.pam_id,
        }
        return ids[system]


class Clock:
    """Real time plus an offset that tests move forward."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Epoch seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock; everything due in between happens at the next request, in order."""
        self._offset += seconds

    def restore(self) -> None:
        """Back to real time."""
        self._offset = 0.0

    @staticmethod
    def iso(ts: float) -> str:
        """Epoch seconds as ISO 8601 in UTC with milliseconds and ``Z``."""
        return datetime.fromtimestamp(ts, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class System(t.Protocol):
    """One simulated API. The constructor takes the world.

    A system may also have ``device_added(device: Device) -> None`` (a device was added by POST /_sim/devices),
    ``device_patched(device: Device, changes: dict) -> None`` (behaviour changes that are not knobs; raises ValueError,
    one sentence, on a key it does not know) and ``clock_skew() -> float`` (seconds added to the Date header).
    """

    name: str

    def routes(self) -> list[RouteDef]:
        """The routes, with paths relative to the system's base."""

    def reset(self, world: World) -> None:
        """Forget everything and start from ``world.devices``."""

    def state(self) -> dict[str, t.Any]:
        """What the system holds now, as JSON for GET /_sim/state."""


class World:
    """All shared state. Single-threaded: everything runs on the event loop of the application."""

    def __init__(self, devices: int = 30, seed: int = 1) -> None:
        self._wanted = devices
        self._seed = seed
        self.clock = Clock()
        self.knobs = Knobs()
        self.faults = Faults()
        self.systems: dict[str, System] = {}
        self.tls: TlsDoor | None = None
        self.elsewhere_url = ""
        self._start()

    def _start(self) -> None:
        self.devices: list[Device] = seeded(self._wanted, self._seed)
        self._names = {device.name: device for device in self.devices}
        self.ledger = Ledger(self.clock, SECRETS)
        self._settings: dict[int, dict[str, Value]] = {}
        self._due: list[tuple[float, int, t.Callable[[], None]]] = []
        self._order = itertools.count()

    def register(self, system: System) -> None:
        """Add a system; its knobs must be declared before."""
        self.systems[system.name] = system

    def reset(self, devices: int | None = None, seed: int | None = None) -> None:
        """Start anew: devices (as many as before unless told), ledger, faults, clock, knobs and every system."""
        self._wanted = self._wanted if devices is None else devices
        self._seed = self._seed if seed is None else seed
        self.clock.restore()
        self.knobs.restore()
        self.faults.clear()
        if self.tls is not None:
            self.tls.restore()
        self._start()
        for system in self.systems.values():
            system.reset(self)

    def device(self, name: str) -> Device | None:
        """A device by its seeded name."""
        return self._names.get(name)

    def add_device(self, fields: t.Mapping[str, t.Any]) -> Device:
        """Add one device to every system; fields left out are seeded. Raises ValueError on a bad field."""
        number = max((device.number for device in self.devices), default=0) + 1
        model = seeded(1, self._seed, first=number)[0]
        for key, value in fields.items():
            if key not in Device.__dataclass_fields__ or key == "number":
                raise ValueError(f"A device has no field {key!r}.")
            if type(value) is not type(getattr(model, key)):
                raise ValueError(f"Field {key} must be of type {type(getattr(model, key)).__name__}, not {value!r}.")
            setattr(model, key, value)
        self.devices.append(model)
        self._names.setdefault(model.name, model)
        for system in self.systems.values():
            hook = getattr(system, "device_added", None)
            if hook is not None:
                hook(model)
        return model

    def setting(self, device: Device, knob: str) -> t.Any:
        """The value of a knob for one device: its own override, else the knob itself."""
        own = self._settings.get(device.number)
        if own is not None and knob in own:
            return own[knob]
        return self.knobs[knob]

    def patch_device(self, device: Device, changes: t.Mapping[str, t.Mapping[str, t.Any]]) -> None:
        """Change the behaviour of one device: ``{"zequenze": {"online": false, "log_result": "error"}}``.

        A key that is a knob of the system becomes an override for this device (null takes it back); the rest goes to
        the system's ``device_patched``. Raises ValueError on what nobody knows; then that system is unchanged.
        """
        for name, wanted in changes.items():
            system = self.systems.get(name)
            if system is None or not isinstance(wanted, dict):
                raise ValueError(f"{name!r} must be one of {', '.join(self.systems)} and hold a mapping.")
            knobs = {f"{name}.{key}": value for key, value in wanted.items() if f"{name}.{key}" in self.knobs}
            others = {key: value for key, value in wanted.items() if f"{name}.{key}" not in self.knobs}
            read = {knob: self.knobs.knob(knob).read(value) for knob, value in knobs.items() if value is not None}
            hook = getattr(system, "device_patched", None)
            if others and hook is None:
                raise ValueError(f"{name} cannot change {', '.join(map(repr, others))} of a device.")
            if others:
                t.cast("t.Callable[..., None]", hook)(device, others)
            own = self._settings.setdefault(device.number, {})
            own.update(read)
            for knob, value in knobs.items():
                if value is None:
                    own.pop(knob, None)

    def at(self, when: float, action: t.Callable[[], None]) -> None:
        """Have ``action`` happen at ``when`` (epoch seconds); it records its effects with ``at=when``."""
        heapq.heappush(self._due, (when, next(self._order), action))

    def run_due(self) -> None:
        """Let everything happen that is due, in the order of time. Called before each request is looked at."""
        due = self._due
        if not due or due[0][0] > self.clock.now():
            return
        token = current_request.set(None)
        try:
            while due and due[0][0] <= self.clock.now():
                heapq.heappop(due)[2]()
        finally:
            current_request.reset(token)
