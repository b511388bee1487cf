# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to one device on its way through a window, and the result that its stages add up to."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice

# Outcomes of a stage after which the device goes on its way.
GOOD = frozenset({"done", "skipped", "accepted", "locked", "unlocked"})

# The outcome of an unlock that was left out, because the device must stay locked.
KEPT = "kept"


@dataclasses.dataclass(frozen=True)
class Stage:
    """One step of a device's way: ``lock``, an operation, ``hold``, ``check`` or ``unlock``, and what came of it.

    ``gate`` names the gate that kept it from being started. ``queued`` tells that the platform has the operation in its
    queue and will still carry it out.
    """

    name: str
    outcome: str
    message: str = ""
    changed: bool = False
    failed: bool = False
    evidence: tuple[str, ...] = ()
    gate: str | None = None
    queued: bool = False
    at: float | None = None

    def to_json(self) -> dict[str, t.Any]:
        """Return it as part of a task's result."""
        shown: dict[str, t.Any] = {
            "stage": self.name,
            "outcome": self.outcome,
            "changed": self.changed,
            "message": self.message,
            "evidence": list(self.evidence),
        }
        if self.gate is not None:
            shown["gate"] = self.gate
        return shown


class Steps(t.Protocol):
    """What can be done to one device; none of it raises MaintenanceError, the stage says what happened."""

    def lock(self, device: RecordedDevice, *, begun: bool) -> Stage | ClosedGate:
        """Lock the device, and look at the gates before where the window has not begun with it.

        A gate that is closed is returned at once and not waited for.
        """

    def confirm(self, device: RecordedDevice) -> Stage:
        """Confirm the lock before the next operation."""

    def operate(self, device: RecordedDevice, operation: str) -> Stage:
        """Carry one operation out, with its proof."""

    def hold(self, device: RecordedDevice) -> Stage:
        """Watch that the device stays up."""

    def compare(self, device: RecordedDevice) -> Stage | None:
        """Compare the device with what it was before the window; None when there is nothing to say about it."""

    def unlock(self, device: RecordedDevice) -> Stage:
        """Unlock the device."""

    def pass_check(self, device: RecordedDevice) -> None:
        """Write to the journal that the user's check, which had failed earlier, did not fail this time."""

    def keep_back(self, device: RecordedDevice, gate: ClosedGate) -> Stage:
        """Write to the journal that a gate kept the device from being started."""


@dataclasses.dataclass
class Way:
    """The way of one device through a window, as far as it has come."""

    device: RecordedDevice
    stages: list[Stage] = dataclasses.field(default_factory=list)

    @property
    def failure(self) -> Stage | None:
        """Return the first stage that failed, None when none did."""
        return next((stage for stage in self.stages if stage.failed), None)

    @property
    def outcome(self) -> str:
        """Return what became of the device: done, skipped, not_started, or how it failed."""
        failure = self.failure
        if failure is not None:
            return "not_started" if failure.gate and failure.name == "lock" else failure.outcome
        if any(stage.gate for stage in self.stages):
            return "not_started"
        return "done" if any(stage.outcome != "skipped" for stage in self.stages) else "skipped"

    def instant(self, outcome: str) -> float | None:
        """Return when the device was ``locked`` or ``unlocked`` on this way (epoch seconds), None when it was not."""
        return next((stage.at for stage in self.stages if stage.outcome == outcome and stage.at is not None), None)
