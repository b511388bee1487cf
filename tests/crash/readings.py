# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Oracle does not document about locks, in every reading: does a crash end well whatever the server does?"""

from __future__ import annotations

import typing as t

from tests.crash.kill import Case

READINGS: dict[str, dict[str, object]] = {
    "Locks are counted": {"oracle_sdm.lock_counts": True},
    "Lock is refused to the account that holds it": {"oracle_sdm.repeat_lock": 400},
    "Unlock of a free device is refused": {"oracle_sdm.unlock_free": 400},
    "Both are refused": {"oracle_sdm.repeat_lock": 400, "oracle_sdm.unlock_free": 400},
    "Locks are counted, and Unlock of a free device is refused": {
        "oracle_sdm.lock_counts": True,
        "oracle_sdm.unlock_free": 400,
    },
}
"""docs/apis/oracle_sdm.md, 8 and 9: the knobs of the simulator that make each reading."""

FAULTS = ("kill", "kill-lost")
PLACES = ("P2", "P3", "after_commit")


def choose(cases: t.Sequence[Case]) -> list[Case]:
    """Return the cases in which a reading matters: a Lock or Unlock takes effect, or the journal tells of it."""
    return [case for case in cases if case.fault.name in FAULTS and case.point.column in PLACES and _locks(case)]


def _locks(case: Case) -> bool:
    step, _colon, what = case.point.row.partition(": ")
    return step in ("lock", "confirm", "unlock") and what.startswith(("Lock", "Unlock", "journal write"))
