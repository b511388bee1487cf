# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of an operation: accepted, session opened, applied, then Down and Up (docs/apis/zequenze_control.md, 8.1).

Nothing runs in the background: each step is an entry in the world's timetable and happens, with its own time, before
the next request is looked at.
"""

from __future__ import annotations

import functools
import hashlib
import math
import typing as t

from tests.simulators.zequenze.fleet import Fleet, Managed, Order, Setting

if t.TYPE_CHECKING:
    from tests.simulators.world import World
    from tests.simulators.zequenze.log import LogBook

RESETS = frozenset({"factory", "device_factory"})
OPERATIONS = frozenset({"reboot", "sync", "reconf"}) | RESETS
SYSTEM = "zequenze"


class Machine:
    """Moves devices from state to state and records every change in the ledger."""

    def __init__(self, world: World, fleet: Fleet, book: LogBook) -> None:
        self._world = world
        self._fleet = fleet
        self._book = book
        self._accepted = 0

    def accept(self, device: Managed, operation: str, account: str, request: int | None) -> Order:
        """Take an operation on: a pending row in the log and a place in the device's queue."""
        now = self._world.clock.now()
        self._accepted += 1
        execution_id = "op_" + hashlib.sha256(f"{self._accepted}".encode()).hexdigest()[:12]
        spelled = self._is(device, "log_action")
        row = self._book.write(
            device,
            now,
            operation if spelled == "operation" else spelled,
            account,
            new_value=operation if self._is(device, "log_detail") == "operation" else None,
            is_pending=True,
            visible_at=self._visible_at(device, now),
        )
        order = Order(operation, account, execution_id, request, row)
        self._record("operation", device, now, order)
        device.queue.append(order)
        self._next(device, now)
        return order

    def reboot_by_itself(self, device: Managed) -> None:
        """A reboot nobody asked for, as after an automatic firmware upgrade."""
        when = self._world.clock.now() + self._is(device, "session_delay") / 2
        self._at(when, self._down, device, "firmware", None)

    def want_setting(self, device: Managed, setting: Setting, value: str, account: str) -> None:
        """Have the platform hold a new value of a setting, pending until a sync or reconf applies it."""
        now = self._world.clock.now()
        row = self._book.write(
            device,
            now,
            "set",
            account,
            variable_name=setting.variable,
            old_value=setting.wanted,
            new_value=value,
            is_pending=True,
            visible_at=self._visible_at(device, now),
        )
        device.set_rows.append(row)
        setting.wanted, setting.updated_at = value, now
        self._world.ledger.record(
            SYSTEM,
            "setting_pending",
            device.name,
            device_id=device.id,
            account=account,
            variable_name=setting.variable,
            value=value,
        )

    def hold(self, device: Managed, online: bool) -> None:
        """Take a device off the network, or put it back."""
        now = self._world.clock.now()
        device.held_down = not online
        if online and not device.reachable:
            self._up(device, None, now)
        elif not online:
            device.collected = device.uptime_collected(now, self._is(device, "inform_interval"))
            device.reachable = False
            self._show(device, False, now, None)

    def _visible_at(self, device: Managed, now: float) -> float:
        delay = float(self._is(device, "log_delay"))
        return {"on": 0.0, "delayed": now + delay, "off": math.inf}[str(self._is(device, "log_visibility"))]

    def _is(self, device: Managed, knob: str) -> t.Any:
        return self._world.setting(device.seed, f"zequenze.{knob}")

    def _at(self, when: float, step: t.Callable[..., None], *args: t.Any) -> None:
        self._world.at(when, functools.partial(step, *args, when))

    def _record(self, effect: str, device: Managed, when: float, order: Order | None, **detail: t.Any) -> None:
        if order is not None:
            detail = {"operation": order.operation, "execution_id": order.execution_id, **detail}
        self._world.ledger.record(
            SYSTEM,
            effect,
            device.name,
            device_id=device.id,
            at=when,
            request=order.request if order else None,
            account=order.account if order else None,
            **detail,
        )

    def _next(self, device: Managed, now: float) -> None:
        if device.running is not None or not device.queue or not device.reachable:
            return
        order = device.running = device.queue.popleft()
        when = now + self._is(device, "session_delay")
        if self._is(device, "connection_request") == "blocked":
            interval = self._is(device, "inform_interval")
            when = device.last_inform(now, interval) + interval
        self._at(when, self._session, device, order)

    def _put_back(self, device: Managed, order: Order) -> bool:
        """Whether the device cannot be reached and the order has to wait for its return."""
        if device.reachable:
            return False
        device.running = None
        device.queue.appendleft(order)
        return True

    def _session(self, device: Managed, order: Order, when: float) -> None:
        if self._put_back(device, order):
            return
        device.last_session = when
        result = self._is(device, "log_result")
        if result == "error":
            order.row.is_pending = False
            order.row.error_code, order.row.error_message = "9002", "Internal error"
            self._record("failed", device, when, order)
            device.running = None
            self._next(device, when)
        elif result == "applied":
            self._at(when + self._is(device, "apply"), self._applied, device, order)

    def _applied(self, device: Managed, order: Order, when: float) -> None:
        if self._put_back(device, order):
            return
        order.row.is_pending, order.row.is_applied, order.row.applied_at = False, True, when
        device.running = None
        ignored = self._is(device, "execution") == "ignored"
        self._record("applied", device, when, order, ignored=ignored)
        if ignored:
            self._next(device, when)
        elif order.operation in {"sync", "reconf"}:
            self._settle_settings(device, order, when)
            self._next(device, when)
        else:
            if order.operation in RESETS:
                for setting in device.settings:
                    setting.value, setting.updated_at = setting.default, when
            self._down(device, order.operation, order, when)

    def _settle_settings(self, device: Managed, order: Order, when: float) -> None:
        for setting in device.settings:
            if setting.pending:
                setting.value, setting.updated_at = setting.wanted, when
                self._record("setting_cleared", device, when, order, variable_name=setting.variable)
        for row in device.set_rows:
            row.is_pending, row.is_applied, row.applied_at = False, True, when
        device.set_rows.clear()

    def _down(self, device: Managed, cause: str, order: Order | None, when: float) -> None:
        if not device.reachable:
            return
        device.collected = device.uptime_collected(when, self._is(device, "inform_interval"))
        device.reachable = False
        device.booting = cause
        device.boots += 1
        self._record("boot", device, when, order, cause=cause)
        if self._is(device, "reboot_visible_down"):
            self._show(device, False, when, order)
        if cause in RESETS and self._is(device, "reset_outcome") == "never":
            device.held_down = True
            self._show(device, False, when, order)
            return
        self._at(when + self._is(device, "boot"), self._up, device, order)

    def _up(self, device: Managed, order: Order | None, when: float) -> None:
        if device.held_down or device.reachable:
            return
        cause, device.booting = device.booting, ""
        device.reachable = True
        device.last_session = when
        if cause:
            device.booted_at = when
        if cause in RESETS and self._is(device, "reset_outcome") == "new-id":
            self._fleet.change(device, {"id": self._fleet.free_id()})
        self._show(device, True, when, order)
        if cause and self._is(device, "log_events"):
            self._write_events(device, cause, when)
        if cause not in ("", "loop"):
            for turn in range(self._is(device, "boot_loop")):
                self._at(when + (turn + 1) * self._is(device, "boot_loop_time"), self._down, device, "loop", None)
        for turn in range(2 * self._is(device, "flaps") if cause else 0):
            later = when + (turn + 1) * self._is(device, "flap_time")
            self._at(later, self._flap, device, turn % 2 == 1, order)
        self._next(device, when)

    def _flap(self, device: Managed, up: bool, order: Order | None, when: float) -> None:
        if not device.held_down:
            self._show(device, up, when, order)

    def _show(self, device: Managed, up: bool, when: float, order: Order | None) -> None:
        if device.up != up:
            device.up, device.last_status_change = up, when
            self._record("up" if up else "down", device, when, order)

    def _write_events(self, device: Managed, cause: str, when: float) -> None:
        events = ["0 BOOTSTRAP"] if cause in RESETS else []
        events += ["1 BOOT"] + (["M Reboot"] if cause == "reboot" else [])
        for event in events:
            self._book.write(device, when, "event", None, new_value=event, is_applied=True, applied_at=when)
