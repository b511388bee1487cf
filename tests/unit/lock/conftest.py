# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One holder who locks and unlocks, against a script of what Oracle SDM answers."""

from __future__ import annotations

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.unit.support.lock_bench import SERVER, Bench, LockScript


@pytest.fixture
def script() -> LockScript:
    return LockScript()


@pytest.fixture
def bench(script: LockScript, journal: Journal) -> Bench:
    made = Bench(script, journal)
    made.locks.learn_repeats(SERVER, True)
    return made
