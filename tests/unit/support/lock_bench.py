# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks over a scripted SDM, a real journal and a clock that only moves in pauses."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree

import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer, Guard, Request
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.returning import unlock
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.taking import lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import DEVICES_KEY, OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.sign_in import SESSION_KEY
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore
from tests.unit.support.script import Expected, Script

SERVER = "https://api.example.com"
DEVICES = "/rest/v1.3/inventory/deviceMgmt/devices"

Deed = t.Literal["Lock", "Unlock"]


def deed_of(request: Request) -> str:
    """Return what an action's body asks for."""
    return str(ElementTree.fromstring(request.body or b"").findtext("type"))


class LockScript(Script):
    """A script whose lines may tell Lock from Unlock, and during whose calls something else can happen."""

    def __init__(self) -> None:
        """Start with an empty page."""
        super().__init__()
        self.deeds: list[str] = []
        self.meanwhile: t.Callable[[], object] = lambda: None

    def expect_deed(self, deed: Deed, device_id: str = "ID41") -> Expected:
        """Write down that a device is to be locked or unlocked next."""
        self.deeds.append(deed)
        return self.expect("POST", f"{DEVICES}/{device_id}/action")

    def exchange(self, request: Request, *, seconds: float, fresh: bool, guard: Guard | None) -> Answer:
        """Play the next line and see that it asks for what it was to ask for."""
        if request.path.endswith("/action"):
            assert self.deeds, f"not expected any more: {deed_of(request)}"
            assert deed_of(request) == self.deeds.pop(0)

        def guarded() -> None:
            if guard is not None:
                guard()
            self.meanwhile()

        return super().exchange(request, seconds=seconds, fresh=fresh, guard=guarded)


class SharedStore(MemoryStore):
    """A store whose session is open already and stays open."""

    shared = True

    def __init__(self, account: str, devices: t.Mapping[str, list[str]]) -> None:
        """Take the account that has signed in, and the devices SDM lists."""
        super().__init__()
        self.save(f"{SESSION_KEY} {SERVER} v1.3 {account}", {"cookie": "C1", "version": "v1.3", "endpoint": {}})
        self.save(f"{DEVICES_KEY} {SERVER} {account.lower()}", dict(devices))


class Bench:
    """One script, one journal, and keepers of locks for any holder."""

    def __init__(self, script: LockScript, journal: Journal) -> None:
        """Take the script and the journal; both must live on the same clock."""
        self.script = script
        self.clock = script.clock
        self.journal = journal
        self.locks = Locks(journal)
        self.devices: dict[str, list[str]] = {"lax-sbc-01": ["ID41"], "lax-sbc-02": ["ID42"]}
        self.account = "lockbot"

    def keeper(self, holder: str = "CHG1", **more: t.Any) -> LockKeeper:
        """Return a keeper for a holder."""
        store = SharedStore(self.account, self.devices)
        usual = {"lease": 60.0, "wait_timeout": 0.0, "clock": self.clock}
        sdm = OracleSdm(self.script.wire(), self.account, "canary", "v1.3", store)
        return LockKeeper(sdm, self.locks, holder=holder, **{**usual, **more})

    def lock(self, name: str = "lax-sbc-01", device_id: str | None = None, **more: t.Any) -> DeviceResult:
        """Lock a device and assert that the whole script was held."""
        result = lock(self.keeper(**more), name, device_id)
        self.script.done()
        return result

    def unlock(
        self, name: str = "lax-sbc-01", device_id: str | None = None, *, force: bool = False, **more: t.Any
    ) -> DeviceResult:
        """Unlock a device and assert that the whole script was held."""
        result = unlock(self.keeper(**more), name, device_id, force=force)
        self.script.done()
        return result

    def held(self, name: str = "lax-sbc-01", device_id: str = "ID41", holder: str = "CHG1", **more: t.Any) -> Row:
        """Write down a lock of a holder, as taken before."""
        row = self.locks.intend(
            server=SERVER,
            device_id=device_id,
            device=name,
            holder=holder,
            **{"account": "lockbot", "lease": 60.0, **more},
        )
        return self.locks.move(row, "held")

    def row(self, device_id: str = "ID41") -> Row:
        """Return the newest lock row of a device."""
        table = schema.LOCKS
        return self.journal.rows(sa.select(table).where(table.c.device_id == device_id).order_by(table.c.id))[-1]

    def events(self) -> list[str]:
        """Return the kinds of all events, in order."""
        return [row["kind"] for row in self.journal.rows(sa.select(schema.EVENTS).order_by(schema.EVENTS.c.id))]

    def everything(self) -> str:
        """Return all the journal holds, as one text."""
        return repr([self.journal.rows(sa.select(table)) for table in schema.METADATA.sorted_tables])


def outcome(result: DeviceResult) -> tuple[str, bool, bool]:
    """Return the state that is shown, and whether the device was changed and failed."""
    return result.shown["state"], result.shown["changed"], result.failed
