# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old windows are removed from a journal of either kind, and nothing that is needed goes with them."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.journal_prune import run_journal_prune
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import pruned_windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from tests.unit.journal.test_history import window
from tests.unit.support.script import VirtualClock


def test_windows_are_removed_from_either_kind_of_journal(place: str) -> None:
    clock = VirtualClock()
    with Journal.open(place, clock) as journal:
        for number in range(1, 5):
            window(journal, f"W{number}", **{"lax-sbc-01": "done", "東京": "unknown" if number == 2 else "done"})
        clock.sleep(500 * 86400)
        # A later window of another device: what it did stays readable.
        window(journal, "W5", other="done")
        for check, changed in ((True, True), (False, True), (False, False)):
            told = run_journal_prune(Task({"journal": place, "days": 400}, check, clock=clock))
            assert (told["changed"], [each["window_id"] for each in told["windows"]]) == (
                changed,
                ["W1", "W3"] if changed else [],
            )
            assert [each["window_id"] for each in told["kept"]] == ["W2", "W4"]
        assert sorted(pruned_windows(journal)) == ["W1", "W3"]
