# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of the doctor: what was looked at, the verdict, what was found, what it means for a window, and the cure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import (
    LIMITS,
    WILL_NOT,
    WORKS,
    Proof,
    Verdict,
)

VERDICTS: tuple[Verdict, ...] = (WORKS, LIMITS, WILL_NOT)


@dataclasses.dataclass(frozen=True)
class Check:
    """A line. ``system`` is the key of the table it stands in, ``check`` its name there."""

    system: str
    check: str
    verdict: Verdict
    found: str
    meaning: str = ""
    cure: str = ""

    def to_json(self) -> dict[str, t.Any]:
        """Return it as plain values."""
        return dataclasses.asdict(self)


def of_proof(proof: Proof, name: str) -> Check:
    """Return the line about the proof of an operation. Pure."""
    return Check("zequenze", name, proof.verdict, proof.found, proof.meaning, proof.cure)


def worst(checks: t.Iterable[Check]) -> Verdict:
    """Return the worst verdict of some lines; nothing wrong where there are none. Pure."""
    return max((check.verdict for check in checks), key=VERDICTS.index, default=WORKS)
