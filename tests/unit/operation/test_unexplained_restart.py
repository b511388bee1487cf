# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device that restarted under our lock without a claim: the journal lost something, so nothing is sent."""

from __future__ import annotations

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from tests.unit.support.operation_bench import Bench
from tests.unit.support.zequenze_script import ZequenzeScript, entry


def locked_before(bench: Bench) -> str:
    """Lock the device, and return a time after that as the platform shows it."""
    bench.lock()
    bench.clock.sleep(600)
    return str(iso(bench.clock.now() - 300))


@pytest.mark.row(219)
@pytest.mark.parametrize("again", [False, True])
def test_a_restart_that_the_journal_does_not_know_is_refused(bench: Bench, script: ZequenzeScript, again: bool) -> None:
    """Also where the lock was returned and taken again meanwhile, as the next run does with a dead one's."""
    changed = locked_before(bench)
    if again:
        (row,) = bench.locks.all_open()
        bench.locks.move(bench.locks.move(row, "returning"), "returned")
        bench.lock()
    script.shows(last_status_change=changed)
    script.baseline(uptime=280)
    script.runs_for(280)
    script.runs_for(280, forced=True)
    script.runs_for(283, forced=True)
    script.runs_for(286, forced=True)
    shown = bench.run(require_lock=True)
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "this journal does not know why: the device booted at" in shown["message"]
    assert script.puts == []


def test_a_log_entry_of_a_restart_that_the_journal_does_not_know_is_refused(
    bench: Bench, script: ZequenzeScript
) -> None:
    changed = locked_before(bench)
    script.shows()
    script.logs(entry(3, action="reboot", datetime=changed))
    script.runs_for(None)
    script.logs()
    shown = bench.run(require_lock=True)
    assert shown["outcome"] == "refused"
    assert "device log entry 990003 (reboot) was applied" in shown["message"]
    assert script.puts == []


@pytest.mark.parametrize("why", ["no lock asked for", "a status that changed only", "a person asks for it"])
def test_what_is_explained_or_not_proven_is_sent(bench: Bench, script: ZequenzeScript, why: str) -> None:
    changed = locked_before(bench)
    script.shows(last_status_change=changed)
    script.baseline()
    if why == "a status that changed only":
        script.runs_for(86400)
    script.accepts()
    attempt = 2 if why == "a person asks for it" else 1
    shown = bench.run(require_lock=why != "no lock asked for", attempt=attempt, wait=False)
    assert shown["outcome"] == "accepted"
