# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a device's way, over what the rooms of locks and operations do for one device."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import note_locked
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.failures import note_failure
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import CHECK
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.seen import Change
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.journal_only import JournalOnly
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.returning import unlock
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.taking import lock
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_health import hold_device
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operate import operate
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.order import Context, Order
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.outside import excepted
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.checks import write_check
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.comparison import Comparison
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.opening import WindowGates
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import Operation
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.polling import PageWise

# For how long (s) a device that is read right before or after an operation waits for others that are.
GATHER = 0.05


class DeviceSteps:
    """Does the steps of a window to one device at a time, from any thread; see ``stages.Steps``."""

    def __init__(
        self,
        task: Task,
        record: WindowRecord,
        journal: Journal,
        zequenze: Zequenze,
        sdm: OracleSdm | JournalOnly,
        gates: WindowGates,
    ) -> None:
        """Take the task, the window's record, the open journal, the clients and the window's gates."""
        rules = record.rules
        self._task = task
        self._record = record
        self._journal = journal
        self._gates = gates
        self._page_wise = PageWise(zequenze, task.clock, rules.wait_interval, gather=GATHER)
        self._keeper = LockKeeper(
            sdm,
            Locks(journal),
            holder=record.window_id,
            lease=rules.lease,
            wait_timeout=rules.lock_wait_timeout,
            clock=task.clock,
            run_alive=task.run_alive,
            dry=task.check_mode,
            alone=rules.require_partners,
        )
        # Of a device that Oracle SDM does not manage, the journal is the only lock.
        self._without_sdm = dataclasses.replace(self._keeper, sdm=JournalOnly())
        self._context = Context(
            zequenze=zequenze,
            operations=Operations(journal),
            locks=self._keeper.locks,
            clock=task.clock,
            run_alive=task.run_alive,
            dry=task.check_mode,
            gates=gates.of_request,
            page_wise=self._page_wise,
        )
        self._comparison = Comparison(record, journal, zequenze, sdm, task.clock)
        self._held: dict[str, dict[str, t.Any]] = {}
        self._devices = {device.zequenze_name: device for device in record.devices}
        self._orders = {operation: self._order(operation) for operation in record.operations}

    def lock(self, device: RecordedDevice, *, begun: bool) -> Stage | ClosedGate:
        """Lock the device, and look at the gates before where the window has not begun with it."""
        try:
            closed = None if begun else self._gates.of_lock.before_lock(device)
        except MaintenanceError as error:
            return Stage("lock", "unknown", str(error), failed=True)
        if closed is not None:
            return closed
        if not self._task.check_mode:
            try:
                self._comparison.note_before(device)
            except JournalError as error:
                return Stage("lock", "unknown", str(error), failed=True)
        result = lock(self._keeper_of(device), device.sdm_name, device.sdm_id, device)
        if result.shown.get("gate") is not None:
            return ClosedGate(result.shown["gate"], result.shown["message"].partition(": ")[2], may_open=True)
        if result.shown["state"] == "locked":
            note_locked(device.sdm_name, self._record, self._task.store, self._task.clock)
        elif not self._task.check_mode:
            what = f"lock {result.shown['state']}"
            server = self._keeper.sdm.server
            note_failure(
                self._journal, self._record.window_id, device.sdm_name, what, result.shown["message"], server=server
            )
        return self._lock_stage("lock", result)

    def _keeper_of(self, device: RecordedDevice) -> LockKeeper:
        return self._keeper if device.sdm_lock else self._without_sdm

    def confirm(self, device: RecordedDevice) -> Stage:
        """Confirm the lock: only this tells that nobody removed it in the console since."""
        keeper = dataclasses.replace(self._keeper_of(device), wait_timeout=0.0)
        result = lock(keeper, device.sdm_name, device.sdm_id, device)
        if result.shown["state"] == "locked":
            # Whoever came before this moment is asked for again: the lock may have been gone in between.
            note_locked(device.sdm_name, self._record, self._task.store, self._task.clock)
        return self._lock_stage("confirm", result)

    def operate(self, device: RecordedDevice, operation: str) -> Stage:
        """Carry one operation out, with its proof."""
        shown = (result := operate(self._context, self._orders[operation], device.zequenze_name)).shown
        return Stage(
            operation,
            shown["outcome"],
            shown["message"],
            changed=shown["changed"],
            failed=result.failed,
            evidence=tuple(shown["evidence"]),
            gate=shown.get("gate"),
            queued=bool(shown.get("queued")),
        )

    def hold(self, device: RecordedDevice) -> Stage:
        """Watch that the device stays up, with looks that all devices share."""
        context, name = self._context, device.zequenze_name
        with self._page_wise.taking_part():
            result = hold_device(context.zequenze, context.operations, name, self._holding(device), self._page_wise)
        self._held[device.name] = dict(result.after or {})
        outcome = "failed" if result.failed else "accepted" if self._task.check_mode else "done"
        return Stage("hold", outcome, result.shown["message"], failed=result.failed)

    def _holding(self, device: RecordedDevice) -> Task:
        rules = self._record.rules
        params = {
            "window_id": self._record.window_id,
            "lock_name": device.sdm_name,
            "hold": rules.hold,
            "wait_timeout": rules.wait_timeout,
            "wait_interval": rules.wait_interval,
        }
        return dataclasses.replace(self._task, params=params)

    def compare(self, device: RecordedDevice) -> Stage | None:
        """Compare the device with what it was before the window; a change fails it where the window says so."""
        if self._task.check_mode:
            return None
        held = self._held.pop(device.name, {})
        try:
            if self._record.rules.after_change == "allow":
                self._comparison.look_later(device, held)
                return None
            compared = self._comparison.look(device, held)
            wrong = self._comparison.significant(compared)
            if compared.problem:
                wrong.append(f"what changed cannot be told: {compared.problem.rstrip('.')}")
            if not wrong:
                return _changed(compared.changes)
            message = f"{'; '.join(wrong)} (window_after_change)."
            write_check(
                self._context.operations,
                self._context.zequenze.server,
                self._record.window_id,
                device,
                "failed",
                message,
            )
        except JournalError as error:
            return Stage(CHECK, "failed", str(error), failed=True)
        return Stage(CHECK, "failed", message, failed=True)

    def compare_rest(self) -> dict[str, Stage]:
        """Compare the devices that no answer was there for yet; return what is to be said, by inventory name."""
        if self._task.check_mode:
            return {}
        try:
            found = self._comparison.look_at_rest()
        except JournalError as error:
            self._task.warn(f"What changed on the devices could not be recorded. {error}")
            return {}
        return {name: stage for name, changes in found.items() if (stage := _changed(changes)) is not None}

    def unlock(self, device: RecordedDevice) -> Stage:
        """Unlock the device."""
        keeper = dataclasses.replace(self._keeper_of(device), wait_timeout=self._record.rules.unlock_wait_timeout)
        result = unlock(keeper, device.sdm_name)
        if self._task.check_mode and result.shown["state"] == "unknown":
            # A rehearsal has not locked it.
            return Stage("unlock", "unlocked")
        return self._lock_stage("unlock", result)

    def pass_check(self, device: RecordedDevice) -> None:
        """Write that the user's check, which had failed earlier, did not fail this time."""
        with contextlib.suppress(JournalError):
            server = self._context.zequenze.server
            write_check(self._context.operations, server, self._record.window_id, device, "done")

    def keep_back(self, device: RecordedDevice, gate: ClosedGate) -> Stage:
        """Write to the journal that a gate kept the device from being started."""
        with contextlib.suppress(JournalError):
            self._gates.of_lock.note(gate.gate, gate.message, device.sdm_name, server=self._keeper.sdm.server)
        # A device that was selected and not maintained is no success, whatever the reason.
        failed = gate.gate != "protected"
        return Stage("lock", "not_started", gate.message, failed=failed, gate=gate.gate)

    def _lock_stage(self, name: str, result: DeviceResult) -> Stage:
        shown = result.shown
        return Stage(
            name,
            shown["state"],
            shown["message"],
            changed=shown["changed"],
            failed=result.failed,
            at=self._task.clock.now(),
        )

    def _order(self, operation: str) -> Order:
        record, rules = self._record, self._record.rules
        cutoff = record.occurrence.get("cutoff_at")
        return Order(
            operation=t.cast(Operation, operation),
            devices=self._devices,
            window_id=record.window_id,
            not_after=parse_instant(cutoff) if cutoff else None,
            wait_timeout=rules.wait_timeout,
            wait_interval=rules.wait_interval,
            conflict_timeout=rules.conflict_timeout,
            # A rehearsal has not locked it.
            require_lock=not self._task.check_mode,
            outside=excepted(record),
        )


def _changed(changes: t.Sequence[Change]) -> Stage | None:
    """Return what is said about changes that fail nobody, None where there are none."""
    said = "; ".join(change.sentence for change in changes)
    return Stage(CHECK, "done", f"{said}.") if said else None
