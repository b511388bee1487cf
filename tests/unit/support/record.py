# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of windows, as a pre-flight would have agreed on them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates, LiveSessions, gates_for
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import NO_LIMITS, Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    RecordedDevice,
    WindowRecord,
    WindowRules,
)

# The virtual clock of the tests starts at 2026-11-21T02:00:00Z.
TIMES: dict[str, t.Any] = {
    "window_opens_at": "2026-11-21T01:00:00+00:00",
    "window_duration": "2h",
    "window_cutoff": "20m",
}


def device(name: str, **fields: t.Any) -> RecordedDevice:
    """A device that all systems know by its inventory name."""
    return RecordedDevice(name, name, name, name, **fields)


def record(
    *devices: RecordedDevice,
    window_id: str = "CHG1",
    operations: t.Sequence[str] = ("sync", "reboot"),
    times: t.Mapping[str, t.Any] | None = None,
    at: str | None = None,
    partners: t.Sequence[RecordedDevice] = (),
    approval: t.Mapping[str, t.Any] | None = None,
    **rules: t.Any,
) -> WindowRecord:
    """The record of a window with these devices and rules; without a hold, unless it is asked for."""
    return WindowRecord(
        window_id=window_id,
        operations=tuple(operations),
        devices=devices,
        rules=WindowRules(**{"hold": 0.0, **rules}),
        partners=tuple(partners),
        definition={"window_id": window_id, **(TIMES if times is None else times)},
        occurrence={"id": window_id, "at": at},
        approval=approval or {},
    )


def no_zequenze() -> t.Any:
    """Stand for a connection that nothing may ask for."""
    raise AssertionError("Zequenze Control was asked")


def gates(
    journal: Journal,
    agreed: WindowRecord | None,
    *,
    window_id: str | None = "CHG1",
    sessions: LiveSessions = lambda _device: [],
    zequenze: t.Callable[[], t.Any] = no_zequenze,
    dry: bool = False,
    limits: Limits = NO_LIMITS,
    **more: t.Any,
) -> Gates:
    """The gates of a window over a journal."""
    return gates_for(agreed, window_id, journal, journal.clock, sessions, zequenze, dry=dry, limits=limits, **more)


def with_rules(agreed: WindowRecord, **rules: t.Any) -> WindowRecord:
    """The same window with some other rules."""
    return dataclasses.replace(agreed, rules=dataclasses.replace(agreed.rules, **rules))
