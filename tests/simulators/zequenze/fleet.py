# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Zequenze Control knows: managed devices with their settings, found by id, name or serial number."""

from __future__ import annotations

import typing as t
from collections import deque
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from tests.simulators.world import Device
    from tests.simulators.zequenze.log import LogRow

ORGANIZATION = 5
TYPES = {"SBC": 1, "Gateway": 2, "CPE": 3}
DAY = 86400.0

DEFAULTS = (
    # variable without its root, name, short name, value after a factory reset
    ("ManagementServer.PeriodicInformInterval", "Periodic inform interval", "inform", "300"),
    ("Time.NTPServer1", "First NTP server", "ntp1", "ntp.example.net"),
    ("DeviceInfo.SyslogServer", "Syslog server", "syslog", ""),
    ("UserInterface.Timeout", "Session timeout", "uitimeout", "600"),
)


@dataclass(slots=True)
class Setting:
    """One managed setting: ``wanted`` by the platform, ``value`` on the device; they differ while it is pending."""

    id: int
    variable: str
    name: str
    short_name: str
    default: str
    value: str
    wanted: str
    updated_at: float

    @property
    def pending(self) -> bool:
        """Accepted by the platform, not yet applied on the device (docs/apis/zequenze_control.md, 4.4)."""
        return self.value != self.wanted


@dataclass(slots=True)
class Order:
    """One accepted operation on its way through the state machine."""

    operation: str
    account: str
    execution_id: str
    request: int | None
    row: LogRow


@dataclass(slots=True)
class Managed:
    """One device record with what happens to it.

    ``up`` is the platform's view, ``reachable`` the truth; ``booting`` is the cause of a boot under way. ``collected``
    and ``stale`` are (instant, uptime) as last reported before the present outage, and as first known.
    """

    seed: Device
    id: int
    name: str
    serial_number: str
    type: int
    organization: int
    ip_address: str
    up: bool
    reachable: bool
    last_status_change: float
    booted_at: float
    last_session: float
    created_at: float
    updated_at: float
    settings: list[Setting]
    stale: tuple[float, float]
    collected: tuple[float, float]
    held_down: bool = False
    booting: str = ""
    forbidden: bool = False
    boots: int = 0
    set_rows: list[LogRow] = field(default_factory=list)
    queue: deque[Order] = field(default_factory=deque)
    running: Order | None = None

    @property
    def busy(self) -> bool:
        """Whether an operation is pending on the device."""
        return self.running is not None or bool(self.queue)

    @property
    def pending_settings(self) -> bool:
        """Whether any setting waits to be applied."""
        return any(setting.pending for setting in self.settings)

    def last_inform(self, now: float, interval: float) -> float:
        """The last instant at or before ``now`` at which the device opened a session by itself."""
        if interval <= 0:
            return now
        phase = (self.id * 0.618) % 1 * interval
        return (now - phase) // interval * interval + phase

    def uptime_collected(self, now: float, interval: float) -> tuple[float, float]:
        """When uptime was last reported by the device, and the seconds it reported."""
        if not self.reachable:
            return self.collected
        when = max(self.last_inform(now, interval), self.last_session)
        return when, when - self.booted_at


def managed(device: Device, now: float) -> Managed:
    """The record of a seeded device: Up for days, and one in three with a pending setting."""
    booted_at = now - DAY * (2 + device.number % 40) - device.number * 7.0
    settings = [
        Setting(device.number * 10 + place, variable, name, short, default, default, default, booted_at)
        for place, (variable, name, short, default) in enumerate(DEFAULTS)
    ]
    if device.number % 3 == 0:
        settings[1].wanted = "ntp2.example.net"
    seen = (now, now - booted_at)
    return Managed(
        seed=device,
        id=device.zequenze_id,
        name=device.name,
        serial_number=device.serial,
        type=TYPES.get(device.type, 9),
        organization=ORGANIZATION,
        ip_address=device.ip,
        up=True,
        reachable=True,
        last_status_change=booted_at,
        booted_at=booted_at,
        last_session=now,
        created_at=booted_at - DAY,
        updated_at=booted_at,
        settings=settings,
        stale=seen,
        collected=seen,
    )


class Fleet:
    """The registry. Of two devices with one name or serial number the older is found by it, both are listed."""

    def __init__(self, devices: t.Iterable[Managed] = ()) -> None:
        self._by: dict[str, dict[str, Managed]] = {"id": {}, "name": {}, "serial": {}}
        for device in devices:
            self.add(device)

    def add(self, device: Managed) -> None:
        """Take a device in."""
        for family, key in _keys(device):
            self._by[family].setdefault(key, device)

    def remove(self, device: Managed) -> None:
        """Take a device out; a twin hidden by it can be found from then on."""
        for family, key in _keys(device):
            self._forget(family, key, device)

    def change(self, device: Managed, fields: t.Mapping[str, t.Any]) -> None:
        """Set fields of a device, keeping it to be found by its new keys and in its place."""
        before = _keys(device)
        for name, value in fields.items():
            setattr(device, name, value)
        for (family, old), (_, new) in zip(before, _keys(device), strict=True):
            if old != new:
                self._forget(family, old, device)
                self._by[family].setdefault(new, device)

    def _forget(self, family: str, key: str, device: Managed) -> None:
        if self._by[family].get(key) is not device:
            return
        del self._by[family][key]
        twin = next((other for other in self.all() if other is not device and (family, key) in _keys(other)), None)
        if twin is not None:
            self._by[family][key] = twin

    def find(self, family: str, key: str) -> Managed | None:
        """A device by ``id``, ``name`` or ``serial``, exactly as written."""
        return self._by[family].get(key)

    def all(self) -> list[Managed]:
        """Every device, in the order it came."""
        return list(self._by["id"].values())

    def free_id(self) -> int:
        """An id nobody has had."""
        return max((device.id for device in self.all()), default=0) + 1000


def _keys(device: Managed) -> tuple[tuple[str, str], ...]:
    return ("id", str(device.id)), ("name", device.name), ("serial", device.serial_number)
