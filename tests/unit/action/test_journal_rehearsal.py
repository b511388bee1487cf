# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal of the journal: what a worker does afterwards is compiled already, and nothing of it stays."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import engines as _journal_engines
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations, Wanted
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.rehearsal import rehearse


@pytest.fixture(autouse=True)
def nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal_engines, "_COMPILED", {})


def maintain(place: Path) -> None:
    """Take a device's lock, claim a reboot and give the lock back, as three tasks do."""
    with Journal.open(str(place), Clock()) as journal:
        locks, operations = Locks(journal), Operations(journal)
        assert locks.open_on("sdm", "ID1") is None
        row = locks.intend(server="sdm", device_id="ID1", device="a", account="me", holder="W", lease=60.0)
        assert locks.is_ours(row)
        row = locks.move(row, "held")
        wanted = Wanted("zequenze", "W", "1", "a", "SN", "reboot", {"uptime": 5}, send_deadline=1.0, busy_until=2.0)
        claim = operations.claim(wanted, Limits(max_in_flight=5))
        assert claim.verdict == "send"
        assert operations.is_ours(claim.row)
        operations.move(operations.move(claim.row, "accepted", sent=True), "done", evidence=["uptime was reset"])
        locks.move(locks.move(row, "returning"), "returned")


def test_after_a_rehearsal_nothing_of_a_device_is_compiled_anew(tmp_path: Path) -> None:
    rehearse()
    compiled = set(_journal_engines._COMPILED)
    maintain(tmp_path / "journal.sqlite3")
    assert compiled
    assert set(_journal_engines._COMPILED) == compiled


def test_a_rehearsal_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rehearse()
    assert list(tmp_path.iterdir()) == []
