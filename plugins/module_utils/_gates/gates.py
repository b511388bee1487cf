# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of a window: what must hold for a device to be locked for new work, or for a disruptive request to leave.

They are looked at again every time, right before; a gate that cannot be looked at is shut. Giving a lock back, and
observing what was sent, passes no gate.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock, iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rules import Rules, Shut
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Limits, Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import GATE_EVENT
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.standing import Standing
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import fits, local_iso, reason
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Session
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# Gives the live privileged sessions on a device of this name in PAM; raises MaintenanceError when nobody can say.
LiveSessions = t.Callable[[str], t.Sequence[Session]]


@dataclasses.dataclass(frozen=True)
class Gates:
    """The gates of one window (``window_id``), or of no window at all: then none is ever shut.

    ``dry`` is a rehearsal: what only holds while the devices before this one are really maintained is left out.
    """

    rules: Rules
    window_id: str | None
    journal: Journal
    clock: Clock
    live_sessions: LiveSessions
    dry: bool = False

    def none_can_shut(self, limits: Limits) -> bool:
        """Whether nothing was asked for that could keep a device back, which saves looking."""
        return self.rules == Rules() and limits == Limits()

    def before_lock(self, name: str, limits: Limits) -> Shut | None:
        """Give the first gate that keeps a device (as it is locked) from being locked for new work, None if none does.

        Raises JournalError.
        """
        shut = self._protected() or self.time()
        if shut is None and self.window_id is not None:
            shut = self._others(name, limits)
        return shut or self._sessions(name)

    def before_request(self, name: str) -> Shut | None:
        """Give the first gate that keeps a request for a device from being prepared; a claim sees to the limits."""
        return self._protected() or self.time() or self._sessions(name)

    def time(self) -> Shut | None:
        """Give the gate that the clock or a freeze has shut; calendars are read anew. Costs no call."""
        window = self.rules.window
        if window is None:
            return None
        now = self.rules.at if self.dry and self.rules.at is not None else self.clock.now()
        try:
            occurrence = look(window, now, Freezes(window.freeze, window.directory, window.zone).between)
        except BadInput as error:
            return Shut("calendar", str(error))
        if occurrence.state == "closed" or occurrence.id != self.window_id:
            said = reason(occurrence) if occurrence.state == "closed" else f"{occurrence.id} is on now"
            return Shut("window", f"window {self.window_id} is over or not open yet; {said}.", planned=True)
        if occurrence.state != "open":
            gate = "freeze" if occurrence.state == "frozen" else "cutoff"
            return Shut(gate, f"{reason(occurrence)}.", planned=True)
        if not fits(occurrence, now, self.rules.expected):
            ends = local_iso(occurrence.no_work_from, occurrence.zone)
            text = f"the device is expected to take {self.rules.expected:.0f} s, and work must end by {ends}."
            return Shut("duration", text, planned=True)
        return None

    def is_under_way(self, name: str) -> bool:
        """Whether an operation of this window is under way on a device (as it is locked). Raises JournalError."""
        if self.window_id is None:
            return False
        return Operations(self.journal).in_flight_under(self.window_id, name) is not None

    def note(self, gate: str, message: str, name: str, **data: t.Any) -> None:
        """Write down that a gate kept a device back; not in a rehearsal. Raises JournalError.

        ``server`` among ``data`` says whose device it is.
        """
        if not self.dry and self.window_id is not None:
            about = {"window_id": self.window_id, "device": name, "server": data.pop("server", None)}
            self.journal.note(GATE_EVENT, about, gate=gate, message=message, **data)

    def _protected(self) -> Shut | None:
        if self.rules.protected is None:
            return None
        return Shut("protected", f"the device is protected from maintenance ({self.rules.protected}).", planned=True)

    def _others(self, name: str, limits: Limits) -> Shut | None:
        """Look at what became of the other devices of the window."""
        rules, others = self.rules, Standing(self.journal, str(self.window_id))
        failed = 0 if limits.max_failures is None else others.failed_others(name)
        if limits.max_failures is not None and failed > limits.max_failures:
            text = (
                f"{failed} other devices of window {self.window_id} have failed, more than max_failures "
                f"({limits.max_failures}) allows."
            )
            return Shut("budget", text)
        if self.dry:
            return None
        canaries = () if name in rules.canaries else rules.canaries
        problem = others.not_through(canaries, rules.operations)
        if problem:
            return Shut("canary", f"the canary has not been maintained in window {self.window_id}: {problem}.")
        problem = others.none_through(rules.previous, rules.operations)
        if problem:
            return Shut("batch", f"no device of the batch before has been maintained: {problem}.")
        ended = others.ended_at(rules.previous) if rules.soak else None
        if ended is not None and self.clock.now() < ended + rules.soak:
            until = ended + rules.soak
            return Shut("soak", f"the batch before soaks until {iso(until)}.", may_open=True, until=until)
        flying = 0 if limits.max_in_flight is None else others.in_flight_others(name)
        if limits.max_in_flight is not None and flying >= limits.max_in_flight:
            text = (
                f"{flying} other devices of window {self.window_id} are in flight, as many as max_in_flight "
                f"({limits.max_in_flight}) allows."
            )
            return Shut("cap", text, may_open=True)
        return None

    def _sessions(self, name: str) -> Shut | None:
        """Ask PAM whether somebody works on the device."""
        if self.rules.live_sessions == "ignore":
            return None
        waits = self.rules.live_sessions == "wait"
        try:
            sessions = self.live_sessions(self.rules.pam_names[name])
        except MaintenanceError as error:
            return Shut("live_session", f"nobody can say whether somebody works on the device. {error}", waits)
        if not sessions:
            return None
        who = ", ".join(sorted({shown(str(session["user"])) for session in sessions}))
        text = f"{len(sessions)} live privileged session(s) on the device, of {who}."
        return Shut("live_session", text, may_open=waits, planned=not waits)
