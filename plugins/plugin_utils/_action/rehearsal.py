# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal of the journal, for a process that is about to fork workers: each would write its first statements again.

That takes a worker longer than its HTTP calls. It is no test: nothing is asserted, and nothing of it stays.
"""

from __future__ import annotations

import os
import tempfile

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress

_SERVER, _DEVICE, _WINDOW = "server", "device", "window"


def rehearse() -> None:
    """Lock a device, operate it and unlock it, in a journal that is gone afterwards. Raises JournalError, OSError."""
    with (
        tempfile.TemporaryDirectory(prefix="netfleet-") as folder,
        Journal.open(os.path.join(folder, "journal.sqlite3"), Clock()) as journal,
    ):
        _gates(journal)
        _lock(Locks(journal), Operations(journal))


def _gates(journal: Journal) -> None:
    read_progress(journal, _WINDOW, names=[_DEVICE])


def _lock(locks: Locks, operations: Operations) -> None:
    for group in ("group", None):
        device = f"{_DEVICE} {group}"
        locks.open_on(_SERVER, device)
        row = locks.intend(
            server=_SERVER, device_id=device, device=device, account="", holder=_WINDOW, lease=1.0, group=group
        )
        locks.is_ours(row)
    locks.intend(server=_SERVER, device_id=device, device=device, account="", holder=_WINDOW, lease=1.0)
    locks.repeats(_SERVER)
    locks.learn_repeats(_SERVER, True)
    row = locks.move(row, "held")
    locks.is_held(device, _WINDOW)
    _operate(operations, device)
    locks.open_by_name(_SERVER, device)
    locks.last_by_name(_SERVER, device)
    locks.move(locks.move(row, "returning"), "returned")


def _operate(operations: Operations, device: str) -> None:
    operations.earlier(_SERVER, _WINDOW, device, device, "reboot")
    operations.last_done(_SERVER, device, "reboot")
    operations.in_flight_under(_WINDOW, device)
    wanted = Wanted(_SERVER, _WINDOW, device, device, None, "reboot", {}, send_deadline=0.0, busy_until=0.0)
    row = operations.claim(wanted, Limits(1, 1, 1)).row
    operations.over_limit(_WINDOW, device, Limits(1, 1, 1))
    operations.is_ours(row)
    row = operations.move(row, "accepted", sent=True)
    operations.by_id(row["id"])
    operations.move(row, "done", evidence=[])
