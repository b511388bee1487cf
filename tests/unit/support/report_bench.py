# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals to report about: windows whose devices went every way a device can go, written through the real writers."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted

SDM = "https://sdm.example.com:8443"
ZEQUENZE = "https://control.example.com/api/v1"
HOSTILE = "<script>alert(1)</script>"
EVIDENCE = {
    "sync": ["device log entry 7 (sync) was applied"],
    "reboot": ["the uptime started anew: 86400 s before, 41 s after"],
    "hold": ["up for 30 s"],
}

Row = dict[str, t.Any]


class Story:
    """Writes what a window does to devices into a journal, moving its clock."""

    def __init__(self, journal: Journal, clock: Clock, window: str = "CHG1") -> None:
        """Take the open journal, its clock and the window's id."""
        self.locks = Locks(journal)
        self.operations = Operations(journal)
        self.clock = clock
        self.window = window

    def lock(self, device: str) -> Row:
        """Take the device's lock."""
        row = self._intend(device)
        self.clock.sleep(0.4)
        return self.locks.move(row, "held")

    def _intend(self, device: str) -> Row:
        return self.locks.intend(
            server=SDM, device_id=f"ID-{device}", device=device, account="lockbot", holder=self.window, lease=3600.0
        )

    def unlock(self, row: Row) -> None:
        """Return a lock back."""
        self.clock.sleep(0.3)
        self.locks.move(self.locks.move(row, "returning"), "returned")

    def claim(self, device: str, operation: str) -> Row:
        """Write down that an operation is about to be sent."""
        now = self.clock.now()
        wanted = Wanted(
            server=ZEQUENZE,
            window_id=self.window,
            device_id=f"8-{device}",
            device=device,
            serial=None,
            operation=operation,
            baseline={},
            send_deadline=now + 30,
            busy_until=now + 630,
            resend=True,
        )
        return self.operations.claim(wanted, Limits()).row

    def carry_out(
        self, device: str, operation: str, state: t.Any = "done", took: float = 40.0, message: str = ""
    ) -> Row:
        """Do an operation that ends in a state after so many seconds."""
        row = self.claim(device, operation)
        self.clock.sleep(0.2)
        if operation != "hold" and state != "refused":
            row = self.operations.move(row, "accepted", sent=True, execution_id=f"op-{operation}")
        self.clock.sleep(took)
        evidence = EVIDENCE[operation] if state == "done" else []
        return self.operations.move(row, state, evidence=evidence, message=message)

    def done(self, device: str) -> None:
        """Take a device through everything, without a fault."""
        lock = self.lock(device)
        self.carry_out(device, "sync", took=4.0)
        self.carry_out(device, "reboot", took=55.0)
        self.carry_out(device, "hold", took=30.0)
        self.unlock(lock)

    def failed(self, device: str) -> None:
        """A device whose reboot the system says has failed."""
        lock = self.lock(device)
        self.carry_out(device, "sync", took=4.0)
        self.carry_out(device, "reboot", "failed", 20.0, "reboot failed: device log entry 9 (reboot) failed: no space.")
        self.unlock(lock)

    def unknown(self, device: str) -> None:
        """A device whose reboot may have been executed."""
        lock = self.lock(device)
        self.carry_out(device, "sync", took=4.0)
        message = "reboot was sent and may have been executed, but 600 s brought no proof. Check the device."
        self.carry_out(device, "reboot", "unknown", 600.0, message)
        self.unlock(lock)

    def queued(self, device: str) -> Row:
        """A device whose reboot waits in the platform's queue, and which stays locked for it."""
        self.lock(device)
        self.carry_out(device, "sync", took=4.0)
        row = self.carry_out(device, "reboot", "unknown", 600.0, "reboot is queued and will still be carried out.")
        return self.operations.move(row, "unknown", queued=True, busy_until=self.clock.now())

    def busy(self, device: str, tries: int = 1) -> None:
        """A device that another user has locked, asked for so often."""
        for _try in range(tries):
            self.locks.move(self._intend(device), "refused", "locked by another user. Wait, or ask who holds it.")
            self.clock.sleep(5.0)

    def left_locked(self, device: str) -> None:
        """A device that a crash left locked after its sync."""
        self.lock(device)
        self.carry_out(device, "sync", took=4.0)

    def everything(self) -> None:
        """Devices that went every way, with a hostile name among them."""
        self.done("lax-sbc-01")
        self.failed("lax-sbc-02")
        self.unknown("lax-sbc-03")
        self.busy("lax-sbc-04", tries=3)
        self.left_locked("lax-sbc-05")
        self.done(HOSTILE)
