# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the doctor found: plain values, which ``judging.py`` turns into lines."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.learning import Learned
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import Shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Known

Permission = t.Literal["allowed", "refused", "unknown", "not asked"]


@dataclasses.dataclass(frozen=True)
class SystemFacts:
    """What was found out about one system.

    ``missing`` says what is not configured; ``error`` is why its list of devices cannot be read, and ``devices`` how
    many it has. ``clock_ahead`` and ``seconds`` (how long the list took) are seconds, ``certificate_ends`` is epoch
    seconds. ``dialect`` holds what it was seen to do where its documentation leaves it open.
    """

    system: str
    address: str = ""
    missing: str = ""
    error: MaintenanceError | None = None
    devices: int = 0
    seconds: float = 0.0
    clock_ahead: float | None = None
    certificate_ends: float | None = None
    certificate_checked: bool = True
    dialect: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    api: str = ""
    may_write: Permission = "not asked"
    may_write_problem: str = ""

    @property
    def is_read(self) -> bool:
        """Whether its list of devices was read."""
        return not self.missing and self.error is None


@dataclasses.dataclass(frozen=True)
class JournalFacts:
    """What was found out about the journal; instants are epoch seconds, ``size`` bytes, ``mode`` that of the file."""

    place: str
    problem: str = ""
    exists: bool = False
    is_file: bool = True
    writable: bool = True
    throwaway: bool = False
    size: int | None = None
    mode: int | None = None
    first_at: float | None = None
    last_at: float | None = None
    open_locks: int = 0
    repeats_lock: bool | None = None
    repeats_unlock: bool | None = None
    counts_locks: bool | None = None


@dataclasses.dataclass(frozen=True)
class Facts:
    """Everything that was found out. ``now`` is epoch seconds; ``sessions`` counts the live ones, where read."""

    now: float
    systems: tuple[SystemFacts, ...]
    lists: t.Mapping[str, tuple[Known, ...]]
    sample: tuple[Shown, ...]
    journal: JournalFacts
    versions: t.Mapping[str, str]
    sessions: int | None = None
    sessions_problem: str = ""
    probed: bool = False
    device: str = ""
    learned: Learned | None = None
