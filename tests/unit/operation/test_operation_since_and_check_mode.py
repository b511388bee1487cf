# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that are skipped by what happened since an instant, and operations that are only rehearsed."""

from __future__ import annotations

import typing as t

import pytest

from tests.unit.support.operation_bench import Bench
from tests.unit.support.zequenze_script import ZequenzeScript, entry


def test_since_skips_what_happened(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs(entry(1, action="reboot", datetime="2026-11-21T01:00:00Z"))
    shown = bench.run(since=bench.clock.now() - 7200, window_id=None)
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("skipped", False, False)
    assert "990001" in shown["evidence"][0]
    assert shown["message"] == "it happened after 2026-11-21T00:00:00.000+00:00."
    assert bench.rows == []


def test_since_sends_what_did_not_happen(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs()
    script.baseline()
    script.accepts()
    assert bench.run(since=bench.clock.now() - 7200, wait=False)["outcome"] == "accepted"


def test_since_that_cannot_be_answered_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.log().answers(403)
    assert bench.run(since=bench.clock.now() - 7200)["outcome"] == "refused"
    assert script.puts == []


def test_check_mode_reads_and_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    shown = bench.run(dry=True)
    assert (shown["outcome"], shown["changed"], shown["sent"]) == ("accepted", True, False)
    assert shown["message"] == "reboot would be sent."
    script.shows()
    assert "has to be locked" in bench.run(dry=True, require_lock=True)["message"]
    assert bench.rows == []


@pytest.mark.parametrize(
    ("state", "outcome", "changed"),
    [
        ("done", "skipped", False),
        ("failed", "failed", False),
        ("unknown", "skipped", False),
        ("sending", "skipped", False),
        ("accepted", "skipped", False),
        ("refused", "accepted", True),
    ],
)
def test_check_mode_knows_what_was_sent_earlier_and_leaves_it_alone(
    bench: Bench, script: ZequenzeScript, state: t.Any, outcome: str, changed: bool
) -> None:
    bench.operations.move(bench.claim(), state, message="said.")
    before = bench.rows
    script.shows()
    shown = bench.run(dry=True)
    assert (shown["outcome"], shown["changed"], shown["sent"]) == (outcome, changed, False)
    assert bench.rows == before
    assert bench.clock.pauses == []


def test_check_mode_answers_since(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.logs(entry(1, action="reboot", datetime="2026-11-21T01:00:00Z"))
    assert bench.run(dry=True, since=bench.clock.now() - 7200)["outcome"] == "skipped"
