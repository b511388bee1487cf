# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operation on one device, against a script of what Zequenze Control answers."""

from __future__ import annotations

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.unit.support.operation_bench import Bench, HookedClock
from tests.unit.support.zequenze_script import ZequenzeScript


@pytest.fixture
def script() -> ZequenzeScript:
    return ZequenzeScript(HookedClock())


@pytest.fixture
def bench(script: ZequenzeScript, journal: Journal) -> Bench:
    return Bench(script, journal)
