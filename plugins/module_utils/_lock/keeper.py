# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For whom devices are locked and unlocked, where, and how patiently: what ``taking`` and ``returning`` work with."""

from __future__ import annotations

import dataclasses
import threading
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.journal_only import JournalOnly
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm

FOUR_HOURS = 4 * 3600.0


@dataclasses.dataclass
class LockKeeper:
    """One holder of locks at one server; several threads may work with it. Times are seconds.

    ``dry`` is check mode, ``gates`` are passed before new work, ``group`` is the redundancy group of the devices,
    ``login`` tells that the holder is a person and no window, and ``reason`` closes what cannot be unlocked.
    """

    sdm: OracleSdm | JournalOnly
    locks: Locks
    holder: str
    lease: float
    wait_timeout: float
    clock: Clock
    run_alive: t.Callable[[], bool] = lambda: True
    dry: bool = False
    gates: Gates | None = None
    group: str | None = None
    # Whether no other device of the group may be locked meanwhile.
    alone: bool = True
    login: bool = False
    reason: str = ""
    # Whether this server was seen to answer a repeated Lock; it is asked once.
    learning: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)
    learned: bool = False
