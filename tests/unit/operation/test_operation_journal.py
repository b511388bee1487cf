# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operation as the journal knows it: claims of the living and the dead, and a journal that fails."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.unit.support.operation_bench import FAILURE, Bench
from tests.unit.support.zequenze_script import ZequenzeScript, queued


@pytest.mark.row(63)
@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ({"serial": "ZX81OLD"}, {}),
        ({"serial": None, "device_id": "810"}, {}),
        ({"device_id": "810"}, {"serial_number": None}),
    ],
)
@pytest.mark.parametrize("state", ["done", "unknown", "refused"])
def test_a_device_that_was_replaced_since_the_earlier_attempt_is_refused(
    bench: Bench, script: ZequenzeScript, earlier: dict[str, t.Any], now: dict[str, t.Any], state: t.Any
) -> None:
    bench.operations.move(bench.claim(**{"device": "811", **_as_claim(earlier)}), state)
    script.shows(**now)
    shown = bench.run()
    assert shown["outcome"] == "refused"
    assert "is a different device now" in shown["message"]
    assert "Nothing was sent" in shown["message"]


def _as_claim(earlier: dict[str, t.Any]) -> dict[str, t.Any]:
    """Turn fields of a row into those of a claim that keeps the device's name."""
    fields = dict(earlier)
    if "device_id" in fields:
        fields["device_id"] = str(fields["device_id"])
    return fields


@pytest.mark.row(63)
@pytest.mark.parametrize("state", ["done", "unknown", "refused"])
def test_a_device_that_was_replaced_between_two_operations_of_a_window_is_refused(
    bench: Bench, script: ZequenzeScript, state: t.Any
) -> None:
    bench.operations.move(bench.claim("sync", serial="ZX81OLD"), state)
    script.shows()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "is a different device now: its serial number was ZX81OLD earlier in window" in shown["message"]


def test_what_another_window_did_to_the_device_before_it_was_replaced_does_not_matter(
    bench: Bench, script: ZequenzeScript
) -> None:
    bench.operations.move(bench.claim("sync", serial="ZX81OLD", window_id="EARLIER"), "done")
    bench.sends()
    bench.happens()
    assert bench.run()["outcome"] == "done"


def test_a_device_under_a_new_id_is_the_same_by_its_serial_number(bench: Bench, script: ZequenzeScript) -> None:
    bench.sends("factory")
    bench.happens("factory")
    bench.run("factory")
    script.shows(id=1811)
    assert bench.run("factory")["outcome"] == "skipped"


def test_a_claim_of_a_dead_process_is_observed_and_not_sent(bench: Bench, script: ZequenzeScript) -> None:
    bench.journal.sender["pid"], bench.journal.sender["started"] = 2**22 + 1, "1"
    bench.claim()
    script.shows()
    script.restarted()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("done", False)
    assert bench.clock.pauses == [30.0], "a dead sender is not waited for, only the second look at the uptime"


def test_a_claim_of_a_dead_process_without_evidence_is_unknown(bench: Bench, script: ZequenzeScript) -> None:
    bench.journal.sender["pid"] = 2**22 + 1
    bench.claim()
    script.shows()
    bench.shows_nothing(1)
    shown = bench.run(wait=False)
    assert shown["outcome"] == "unknown"
    assert "The process that sent it ended" in shown["message"]
    assert script.puts == []


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_claim_of_a_living_process_is_waited_for_until_its_deadline(
    bench: Bench, script: ZequenzeScript, elsewhere: bool
) -> None:
    if elsewhere:
        bench.journal.sender["host"] = "another-controller"
    bench.claim()
    script.shows()
    script.restarted()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("done", False)
    assert sum(bench.clock.pauses) == pytest.approx(30.0 + 30.0), "until the deadline, and until the second look"
    assert script.puts == []


def test_a_claim_that_its_sender_settles_while_we_wait_is_reported(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim()
    bench.clock.meanwhile.append(lambda: bench.operations.move(row, "done", sent=True, evidence=["seen"]))
    script.shows()
    shown = bench.run()
    assert (shown["outcome"], shown["evidence"]) == ("skipped", ["seen"])


def test_a_claim_that_its_sender_sees_refused_while_we_wait_is_sent_by_us(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim()
    bench.clock.meanwhile.append(lambda: bench.operations.move(row, "refused", message="404"))
    script.shows()
    bench.sends()
    shown = bench.run(wait=False)
    assert (shown["outcome"], shown["sent"]) == ("accepted", True)


def test_only_observing_does_not_send_what_was_refused_meanwhile(bench: Bench, script: ZequenzeScript) -> None:
    row = bench.claim()
    bench.clock.meanwhile.append(lambda: bench.operations.move(row, "refused", message="404"))
    script.shows()
    assert bench.run(observe_only=True)["outcome"] == "skipped"
    assert script.puts == []


@pytest.mark.row(110)
def test_two_runs_that_claim_at_once_send_once(bench: Bench, script: ZequenzeScript) -> None:
    """The other one claims after we looked into the journal, while we look at the device."""
    script.shows(status=False)
    script.baseline()
    bench.clock.meanwhile.append(lambda: bench.operations.move(bench.claim(), "accepted", sent=True))
    script.shows()
    script.baseline()
    script.logs(queued(8))
    script.restarted()
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("done", False)
    assert script.puts == []


def test_a_claim_that_was_taken_over_is_not_sent(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    script.baseline("sync")
    script.put().is_not_sent()
    script.put()

    def take_over() -> None:
        bench.operations.move(bench.row, "unknown", sent=True)
        bench.claim("sync", resend=True)

    bench.clock.meanwhile.append(take_over)
    shown = bench.run("sync")
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "Another process has taken over" in shown["message"]
    assert script.puts == []
    assert bench.row["state"] == "sending", "what the other one claimed is not ours to settle"


def test_what_a_person_asks_for_again_is_sent_again(bench: Bench, script: ZequenzeScript) -> None:
    bench.sends()
    script.logs(FAILURE)
    script.shows()
    script.runs_for(None)
    script.runs_for(None, forced=True)
    bench.run()
    bench.sends()
    assert bench.run(attempt=2, wait=False)["outcome"] == "accepted"
    script.clock.sleep(60)
    script.shows()
    script.restarted()
    assert bench.run(attempt=2)["outcome"] == "done"
    assert [row["attempt"] for row in bench.rows] == [1, 2]
    assert len(script.puts) == 2


def test_only_observing_sends_nothing(bench: Bench, script: ZequenzeScript) -> None:
    script.shows()
    assert bench.run(observe_only=True)["outcome"] == "skipped"
    bench.sends()
    bench.run(wait=False)
    script.clock.sleep(60)
    script.shows()
    script.restarted()
    assert bench.run(observe_only=True)["outcome"] == "done"
    assert len(script.puts) == 1


def break_journal(monkeypatch: pytest.MonkeyPatch, bench: Bench, method: str, after: int = 0) -> None:
    """Let a method of the journal's operations fail, after it has worked so many times."""
    works = getattr(bench.operations, method)
    calls = iter(range(100))

    def fails(*args: t.Any, **fields: t.Any) -> t.Any:
        if next(calls) < after:
            return works(*args, **fields)
        raise JournalError("The journal cannot be written: the disk is full.")

    monkeypatch.setattr(bench.operations, method, fails)


@pytest.mark.row(106)
@pytest.mark.parametrize("answer", ["accepted", "lost"])
def test_a_journal_that_fails_after_the_request_left_makes_it_unknown(
    bench: Bench, script: ZequenzeScript, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    script.shows()
    script.baseline()
    if answer == "accepted":
        script.put().answers(200)
    else:
        script.put().loses_the_answer()
    break_journal(monkeypatch, bench, "move")
    shown = bench.run()
    assert (shown["outcome"], shown["sent"], shown["changed"]) == ("unknown", True, True)
    assert "disk is full" in shown["message"]


def test_a_journal_that_fails_when_the_evidence_is_there_makes_it_unknown(
    bench: Bench, script: ZequenzeScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sends()
    bench.happens()
    break_journal(monkeypatch, bench, "move", after=1)
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("unknown", True)


@pytest.mark.row(106)
@pytest.mark.parametrize("method", ["of_device", "claim", "is_ours"])
def test_a_journal_that_fails_before_lets_nothing_leave(
    bench: Bench, script: ZequenzeScript, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    script.shows()
    if method != "of_device":
        script.baseline()
    if method == "is_ours":
        script.put()
    break_journal(monkeypatch, bench, method)
    shown = bench.run()
    assert (shown["outcome"], shown["sent"]) == ("refused", False)
    assert "disk is full" in shown["message"]
    assert script.puts == []


def test_the_intent_is_on_disk_before_the_request_leaves(bench: Bench, script: ZequenzeScript) -> None:
    seen: list[t.Any] = []
    script.shows()
    script.baseline()
    script.accepts()
    exchange = script.exchange

    def watched(request: t.Any, **more: t.Any) -> t.Any:
        if request.method == "PUT":
            with Journal.open(bench.journal.place, bench.clock) as other:
                [row] = Bench(script, other).rows
            seen.append((row["state"], row["sent"], row["baseline"]["seen"]["uptime"], row["serial"]))
        return exchange(request, **more)

    script.exchange = watched  # type: ignore[method-assign]
    bench.run(wait=False)
    assert seen == [("sending", False, 86400.0, "ZX81TEST0007")]
