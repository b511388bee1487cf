# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operation on one device over a scripted platform, a real journal and a clock that only moves in pauses."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.attempt import MOST_SENDS
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operate import operate
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS
from tests.unit.support.record import device, gates
from tests.unit.support.script import VirtualClock
from tests.unit.support.zequenze_script import NAME, ZequenzeScript, entry, queued

PROOF = ["the uptime was 1 d 0 h before and is 50 s now"]
FAILURE = entry(8, is_applied=False, error_code="9002", error_message="Internal error")
WINDOW = "CHG0012345"
SERIAL = "ZX81TEST0007"

Shown = dict[str, t.Any]


class HookedClock(VirtualClock):
    """A virtual clock during whose pauses something else can happen."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self.meanwhile: list[t.Callable[[], object]] = []

    def sleep(self, seconds: float) -> None:
        """Move on, and let the next thing happen that waits for a pause."""
        super().sleep(seconds)
        self.pauses.append(seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()


class Bench:
    """One device, one script, one journal; :meth:`run` plays an order and asserts that the whole script was held."""

    def __init__(self, script: ZequenzeScript, journal: Journal) -> None:
        """Take the script and the journal; both must live on the same clock."""
        self.script = script
        self.journal = journal
        self.operations = Operations(journal)
        self.locks = Locks(journal)
        self.clock = t.cast("HookedClock", script.clock)
        self.alive = True
        self.timeout = 30.0
        self.limits = Limits()
        self.agreed_window: WindowRecord | None = None

    def run(self, operation: t.Any = "reboot", *, dry: bool = False, **fields: t.Any) -> Shown:
        """Carry an order out and give the device's result."""
        usual = {
            "window_id": WINDOW,
            "devices": {NAME: device(NAME)},
            "wait_timeout": 300.0,
            "wait_interval": 30.0,
            "conflict_timeout": 120.0,
        }
        self.limits = fields.pop("limits", Limits())
        order = Order(operation=operation, **{**usual, **fields})
        result = operate(self.context(dry=dry), order, NAME)
        self.script.done()
        assert result.failed is (result.shown["outcome"] in ("refused", "failed", "unknown"))
        assert result.shown["message"] or result.shown["outcome"] == "done", "whatever is not done is explained"
        return result.shown

    def context(self, *, dry: bool = False) -> Context:
        """Return what an order is carried out with."""
        return Context(
            zequenze=self.script.client(self.timeout),
            operations=self.operations,
            locks=self.locks,
            clock=self.clock,
            run_alive=lambda: self.alive,
            dry=dry,
            gates=self.gates(dry),
        )

    def gates(self, dry: bool) -> Gates:
        """Return the gates: of what was agreed, or of a bare id with the limits of the task."""
        return gates(self.journal, self.agreed_window, window_id=WINDOW, dry=dry, limits=self.limits)

    @property
    def rows(self) -> list[Row]:
        """All operations in the journal."""
        return self.operations.all_of()

    @property
    def row(self) -> Row:
        """The only operation in the journal."""
        [row] = self.rows
        return row

    def lock(self, device: str = NAME, holder: str = WINDOW) -> Row:
        """Write a confirmed lock."""
        row = self.locks.intend(
            server="https://sdm.example.com",
            device_id=f"ID-{device}",
            device=device,
            account="lockbot",
            holder=holder,
            lease=3600.0,
        )
        return self.locks.move(row, "held")

    def claim(self, operation: str = "reboot", device: str = "811", **fields: t.Any) -> Row:
        """Write a claim by another process, which took its baseline a minute ago, of a device that was up for a day."""
        before = {"at": self.clock.now() - 60, "device_id": device, "up": True, "pending": False, "uptime": 86400.0}
        baseline = {
            "name": NAME,
            "device_id": device,
            "serial": SERIAL,
            "seen": {**before, "last_status_change": 1794988800.0},
            "log_since": self.clock.now() - 660,
            "log_ids": [],
            "queued": [],
        }
        usual: Shown = {
            "server": "https://api.example.com/api/v1",
            "window_id": WINDOW,
            "device_id": device,
            "device": NAME if device == "811" else f"device-{device}",
            "serial": SERIAL,
            "operation": operation,
            "baseline": baseline,
            "send_deadline": self.clock.now() + 30,
            "busy_until": self.clock.now() + 630,
        }
        claim = self.operations.claim(Wanted(**{**usual, **fields}), Limits())
        assert claim.verdict == "send"
        return claim.row

    # ------------------------------------------------------------------------------------------ conversations

    def sends(self, operation: str = "reboot") -> None:
        """Expect the device to be resolved, looked at, and the operation accepted."""
        self.script.shows()
        self.script.baseline(operation)
        self.script.accepts()

    def happens(self, operation: str = "reboot") -> None:
        """Expect a look while it is queued and one when it has happened."""
        self.script.logs(queued(8))
        if operation in RESTARTS:
            self.script.restarted()
        else:
            self.script.logs({**queued(8), "is_pending": False, "is_applied": True})

    def loses_every_sync(self) -> None:
        """Lose the answer to each sync that may be sent, and show no trace of any."""
        for send in range(MOST_SENDS):
            self.script.shows()
            if send:
                self.script.logs()
            self.script.baseline("sync")
            self.script.put().loses_the_answer()
        self.script.shows()
        self.script.logs()
        self.shows_nothing(11, "sync")

    def shows_nothing(self, looks: int, operation: str = "reboot") -> None:
        """Expect that many looks at a device that went on as before, and shows no uptime."""
        for _look in range(looks):
            self.script.logs()
            if operation in RESTARTS:
                self.script.shows()
                self.script.runs_for(None)
