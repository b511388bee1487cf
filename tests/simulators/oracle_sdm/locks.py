# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock table of the Oracle SDM simulator: one holder account per device (docs/apis/oracle_sdm.md, 7 and 8).

Documented is only that the same account unlocks and all others are shut out. Everything else is a knob; those
about locks can be set for one device alone.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from tests.simulators.ledger import current_request
from tests.simulators.oracle_sdm.wire import Refused

if t.TYPE_CHECKING:
    from tests.simulators.world import Device, World

DEEDS = ("Lock", "Unlock")


@dataclass(slots=True)
class Lock:
    """One held lock. ``asked`` numbers its holder's uncounted Locks: a delayed Unlock sees that one came after it."""

    device: Device
    account: str
    since: float
    session: str | None
    count: int = 1
    asked: int = 1


class Locks:
    """Which account holds which device."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held: dict[int, Lock] = {}
        self._coming: set[tuple[int, str]] = set()

    def act(self, deed: str, devices: t.Sequence[Device], account: str, session: str) -> None:
        """Lock or unlock devices for an account; raises Refused with the status of the first one that cannot be.

        Whether the others are then done is the knob ``group_lock``.
        """
        refusals = [self._refusal(deed, device, account) for device in devices]
        first = next((status for status in refusals if status is not None), None)
        if first is None or self._world.knobs["oracle_sdm.group_lock"] == "each":
            for device, refusal in zip(devices, refusals, strict=True):
                if refusal is None:
                    self._do(deed, device, account, session)
        if first is not None:
            raise Refused(first)

    def check_write(self, device: Device, account: str) -> None:
        """Raise Refused when another account holds the device."""
        lock = self._held.get(device.number)
        if lock is not None and lock.account != account:
            raise Refused(self._setting(device, "foreign_status"))

    def _setting(self, device: Device, knob: str) -> t.Any:
        return self._world.setting(device, f"oracle_sdm.{knob}")

    def _refusal(self, deed: str, device: Device, account: str) -> int | None:
        lock = self._held.get(device.number)
        if lock is not None and lock.account != account:
            return int(self._setting(device, "foreign_status"))
        repeated = lock is not None if deed == "Lock" else lock is None
        status = int(self._setting(device, "repeat_lock" if deed == "Lock" else "unlock_free"))
        return status if repeated and status != 204 else None

    def _do(self, deed: str, device: Device, account: str, session: str) -> None:
        lock = self._held.get(device.number)
        if deed == "Unlock":
            self._coming.discard((device.number, account))
            if lock is not None and not self._setting(device, "unlock_ignored"):
                self._later(self._setting(device, "unlock_delay"), self._release, lock, lock.asked)
        elif lock is None:
            self._coming.add((device.number, account))
            self._later(self._setting(device, "lock_delay"), self._take_if_coming, device, account, session)
        else:
            self._repeat(lock)

    def _later(self, delay: float, deed: t.Callable[..., None], *details: t.Any) -> None:
        request = current_request.get()
        when = self._world.clock.now() + delay
        arranged = functools.partial(deed, *details, at=when, request=request.seq if request else None)
        if delay:
            self._world.at(when, arranged)
        else:
            arranged()

    def _take_if_coming(self, device: Device, account: str, session: str, **cause: t.Any) -> None:
        if (device.number, account) in self._coming:
            self._coming.discard((device.number, account))
            self._take(device, account, session, **cause)

    def _take(self, device: Device, account: str, session: str | None, **cause: t.Any) -> None:
        if device.number not in self._held:
            self._held[device.number] = Lock(device, account, cause["at"], session)
            self._record("lock", self._held[device.number], **cause)

    def _repeat(self, lock: Lock) -> None:
        if self._setting(lock.device, "lock_counts"):
            lock.count += 1
            self._record("lock", lock)
        else:
            lock.asked += 1

    def _release(self, lock: Lock, asked: int, **cause: t.Any) -> None:
        if self._held.get(lock.device.number) is not lock or lock.asked != asked:
            return
        lock.count -= 1
        if not lock.count:
            del self._held[lock.device.number]
        self._record("unlock", lock, **cause)

    def _record(self, effect: str, lock: Lock, **detail: t.Any) -> None:
        self._world.ledger.record("oracle_sdm", effect, lock.device, account=lock.account, count=lock.count, **detail)

    def clear(self, device: Device) -> None:
        """Remove a lock the way an administrator does in the GUI: whoever holds it, and nobody is told."""
        lock = self._held.pop(device.number, None)
        if lock is not None:
            lock.count = 0
            self._record("admin_unlock", lock)

    def seize(self, device: Device, account: str) -> None:
        """Lock a device for an account as somebody at the GUI with the override right does."""
        self.clear(device)
        self._take(device, account, None, at=self._world.clock.now())

    def session_ended(self, session: str, at: float) -> None:
        """Drop the locks taken in a session that ended at ``at`` (epoch seconds), unless they survive it."""
        if not self._world.knobs["oracle_sdm.lock_survives_logout"]:
            self._drop([lock for lock in self._held.values() if lock.session == session], "session ended", at)

    def server_restarted(self) -> None:
        """Drop all locks, unless they survive a restart."""
        if not self._world.knobs["oracle_sdm.lock_survives_restart"]:
            self._drop(list(self._held.values()), "server restarted", self._world.clock.now())

    def _drop(self, locks: list[Lock], reason: str, at: float) -> None:
        for lock in locks:
            del self._held[lock.device.number]
            lock.count = 0
            self._record("lock_dropped", lock, reason=reason, at=at)

    def shown(self) -> dict[str, dict[str, t.Any]]:
        """The held locks as JSON: ``{device name: {account, since, count}}``."""
        return {
            lock.device.name: {
                "account": lock.account,
                "since": self._world.clock.iso(lock.since),
                "count": lock.count,
            }
            for lock in self._held.values()
        }
