# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of a window: what must hold for a device to be locked for new work, or for a disruptive request to leave.

The rules are those of the window's record in the journal. Every gate is checked again each time, right before; a gate
that cannot be checked is closed. Unlocking, and observing what was sent, passes no gate. A bare window id, of which the
journal has no record, closes no gate but the limits that its task names.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.alerts import Concern
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.alerts import sentence as alerts_sentence
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.closed_gate import ClosedGate, excluded
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.group import partner_not_up, restarted_at
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rollout import batch_closed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Controls
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import NO_LIMITS, Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import GATE_EVENT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import (
    Window,
    read_instant,
    read_window,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import fits, local_iso, reason
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Session
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze

# Returns the live privileged sessions on a device; raises MaintenanceError when PAM cannot be asked.
LiveSessions = t.Callable[[RecordedDevice], t.Sequence[Session]]

# Returns the firing alerts that concern a device; raises MaintenanceError when Alertmanager cannot be asked.
Alerts = t.Callable[[RecordedDevice], t.Sequence[Concern]]


def _nobody_asked(_device: RecordedDevice) -> t.NoReturn:
    raise BadInput("Alertmanager is not asked here.")


@dataclasses.dataclass(frozen=True)
class Gates:
    """The gates of one window, or of no window at all (``window_id`` None): then only ``limits`` count.

    ``record`` is what the window was agreed to be, None for a bare id. ``own_limits`` are the task's, for a bare id.
    ``zequenze`` opens Zequenze Control, for a device's partners, and ``alerts`` asks Alertmanager. ``dry`` is a
    rehearsal: what only holds while the devices before this one are really maintained is left out.
    """

    record: WindowRecord | None
    window_id: str | None
    journal: Journal
    clock: Clock
    live_sessions: LiveSessions
    zequenze: t.Callable[[], Zequenze]
    dry: bool = False
    own_limits: Limits = dataclasses.field(default_factory=Limits)
    alerts: Alerts = _nobody_asked

    @property
    def rules(self) -> WindowRules:
        """Return the rules of the window; a bare id has none, and waits for nothing."""
        return _NO_RULES if self.record is None else self.record.rules

    @property
    def limits(self) -> Limits:
        """Return the limits that count for the window's devices."""
        if self.record is None:
            return self.own_limits
        rules = self.rules
        return Limits(
            rules.max_in_flight,
            rules.max_failures,
            rules.fleet_max_in_flight,
            rules.max_per_hour,
            rules.restart_interval or None,
        )

    @property
    def none_can_close(self) -> bool:
        """Whether there is neither a window nor a limit, which saves looking."""
        return self.window_id is None and self.own_limits == NO_LIMITS

    def before_lock(self, device: RecordedDevice) -> ClosedGate | None:
        """Return the first gate that keeps a device from being locked for new work, None if none does.

        Raises JournalError.
        """
        rules: tuple[t.Callable[[], ClosedGate | None], ...] = (
            lambda: excluded(device),
            lambda: self.time(device),
            self.control,
            lambda: self._interval(device),
            lambda: self._others(device),
            lambda: self._group(device),
            lambda: self._limits(device),
            lambda: self._alerts(device),
            lambda: self._sessions(device),
        )
        return next(filter(None, (rule() for rule in rules)), None)

    def before_request(self, device: RecordedDevice) -> ClosedGate | None:
        """Return the first gate that keeps a request for a device from being prepared; a claim checks the limits.

        Raises JournalError.
        """
        return excluded(device) or self.time(device) or self._group(device) or self._sessions(device)

    def time(self, device: RecordedDevice | None = None) -> ClosedGate | None:
        """Return the gate that the clock or a freeze has closed; calendars are read again. Costs no call."""
        if self.record is None:
            return None
        now = self.clock.now()
        if self.dry and self.record.occurrence.get("at"):
            now = read_instant(self.record.occurrence["at"], "window_at")
        try:
            window = self._window
            occurrence = look(window, now, Freezes(window.freeze, window.directory, window.zone).between)
        except BadInput as error:
            return ClosedGate("calendar", str(error))
        if occurrence.state == "closed" or occurrence.id != self.window_id:
            why = reason(occurrence) if occurrence.state == "closed" else f"{occurrence.id} is on now"
            return ClosedGate("window", f"window {self.window_id} is over or not open yet; {why}.", planned=True)
        if occurrence.state != "open":
            gate = "freeze" if occurrence.state == "frozen" else "cutoff"
            return ClosedGate(gate, f"{reason(occurrence)}.", planned=True)
        expected = 0.0 if device is None else device.expected_duration
        if not fits(occurrence, now, expected):
            ends = local_iso(occurrence.no_work_from, occurrence.zone)
            text = f"the device is expected to take {expected:.0f} s, and work must end by {ends}."
            return ClosedGate("duration", text, planned=True)
        return None

    def is_under_way(self, device: RecordedDevice) -> bool:
        """Whether an operation of this window is under way on a device. Raises JournalError."""
        if self.window_id is None:
            return False
        return Operations(self.journal).in_flight_under(self.window_id, device.sdm_name) is not None

    def note(self, gate: str, message: str, name: str, **data: t.Any) -> None:
        """Write down that a gate kept a device back; not in a rehearsal. Raises JournalError.

        ``server`` among ``data`` says whose device it is.
        """
        if not self.dry and self.window_id is not None:
            about = {"window_id": self.window_id, "device": name, "server": data.pop("server", None)}
            self.journal.note(GATE_EVENT, about, gate=gate, message=message, **data)

    @functools.cached_property
    def _window(self) -> Window:
        return read_window(self.record.definition if self.record else {})

    def control(self) -> ClosedGate | None:
        """Check whether an operator paused or stopped the window; a device that is begun is finished all the same."""
        if self.window_id is None:
            return None
        control = Controls(self.journal).in_force(self.window_id, self.record.name if self.record else "")
        if control is None:
            return None
        return ClosedGate(
            control.state,
            f"{control.sentence}.",
            may_open=control.state == "paused",
            planned=control.state == "stopped",
        )

    def _interval(self, device: RecordedDevice) -> ClosedGate | None:
        """Check that the device's last proven restart is long enough ago."""
        if not self.rules.min_interval:
            return None
        try:
            last = restarted_at(self.journal, self.zequenze(), device, self.window_id, self.clock)
        except MaintenanceError as error:
            return ClosedGate("interval", f"cannot tell when the device restarted last. {error}")
        if last is None or self.clock.now() >= last + self.rules.min_interval:
            return None
        text = (
            f"the device restarted at {iso(last)}, less than window_min_interval ({self.rules.min_interval:.0f} s) ago."
        )
        return ClosedGate("interval", text, planned=True)

    def _others(self, device: RecordedDevice) -> ClosedGate | None:
        """Check what became of the canary and of the batch before."""
        record = self.record
        if record is None or self.dry or not device.batch:
            return None
        others = sorted({each.sdm_name for each in (*record.canaries, *record.in_batch(device.batch - 1))})
        progress = read_progress(self.journal, record.window_id, names=others)
        return batch_closed(record, device.batch, progress, lambda _device: False, self.clock.now())

    def _group(self, device: RecordedDevice) -> ClosedGate | None:
        """Check that every other member of the device's group is up and proven."""
        if self.record is None or not self.rules.require_partners:
            return None
        for partner in self.record.partners_of(device):
            why = partner_not_up(self.journal, self.zequenze, partner)
            if why:
                text = f"{partner.name} of the same group ({device.group}) is not proven up: {why}"
                return ClosedGate("exclusive", text, may_open=True)
        return None

    def _limits(self, device: RecordedDevice) -> ClosedGate | None:
        limits = self.limits
        if self.dry:
            limits = dataclasses.replace(limits, max_in_flight=None, fleet_max_in_flight=None)
        over = Operations(self.journal).over_limit(self.window_id, device.sdm_name, limits)
        return None if over is None else ClosedGate(over.gate, over.message, over.may_open)

    def _alerts(self, device: RecordedDevice) -> ClosedGate | None:
        """Ask Alertmanager whether an alert on the device, its group or the whole is firing."""
        if self.rules.alerts is None:
            return None
        try:
            concerns = self.alerts(device)
        except MaintenanceError as error:
            return ClosedGate("alert", f"cannot tell whether an alert is firing. {error}", may_open=True)
        return ClosedGate("alert", alerts_sentence(concerns), may_open=True) if concerns else None

    def _sessions(self, device: RecordedDevice) -> ClosedGate | None:
        """Ask PAM whether someone is logged in to the device."""
        if self.rules.live_sessions == "ignore":
            return None
        waits = self.rules.live_sessions == "wait"
        try:
            sessions = self.live_sessions(device)
        except MaintenanceError as error:
            return ClosedGate("live_session", f"cannot tell whether someone is logged in to the device. {error}", waits)
        if not sessions:
            return None
        who = ", ".join(sorted({shown(str(session["user"])) for session in sessions}))
        count = "1 live privileged session" if len(sessions) == 1 else f"{len(sessions)} live privileged sessions"
        return ClosedGate("live_session", f"{count} on the device, of {who}.", may_open=waits, planned=not waits)


_NO_RULES = WindowRules(hold=0.0, gate_timeout=0.0)


def gates_for(
    record: WindowRecord | None,
    window_id: str | None,
    journal: Journal,
    clock: Clock,
    live_sessions: LiveSessions,
    zequenze: t.Callable[[], Zequenze],
    *,
    dry: bool = False,
    limits: Limits = NO_LIMITS,
    alerts: Alerts = _nobody_asked,
) -> Gates:
    """Return the gates of a window with this record, or of a bare id with the task's own limits.

    Raises BadInput, by name, for an own limit that contradicts the record.
    """
    gates = Gates(record, window_id, journal, clock, live_sessions, zequenze, dry, limits, alerts)
    if record is not None:
        agreed = gates.limits
        for field in dataclasses.fields(Limits):
            own = getattr(limits, field.name)
            if own is not None and own != getattr(agreed, field.name):
                raise BadInput(
                    f"{field.name} is {own} here, and window {window_id} was agreed with "
                    f"{'none' if getattr(agreed, field.name) is None else getattr(agreed, field.name)}; leave it out."
                )
    return gates
