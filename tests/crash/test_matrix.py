# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slice of the matrix: break a window, run it again, compare with an undisturbed run. All of it: ``make crash``."""

from __future__ import annotations

from tests.crash import bench, matrix, pairs, verdict
from tests.crash.kill import start_broken
from tests.crash.lane import Lane
from tests.crash.matrix import WINDOW, Undisturbed
from tests.crash.steps import DIED

SPREAD = 30
PAIRS = 8
SEED = 2


def test_a_crash_and_one_rerun_end_where_an_undisturbed_run_ends(lane: Lane, reference: Undisturbed) -> None:
    cases = bench.slice_of(reference.cases, SPREAD)
    tried = [matrix.attempt(lane, case, reference.record) for case in cases]
    assert bench.broken(tried) == []
    # What is looked at is not the same every time, but most of it is.
    assert sum(each.ended == "missed" for each in tried) <= len(tried) // 10


def test_a_second_crash_in_the_rerun_changes_nothing(lane: Lane, reference: Undisturbed) -> None:
    chosen = pairs.choose(reference.cases, PAIRS, SEED)
    tried = [pairs.attempt(lane, pair, reference.record) for pair in chosen]
    assert bench.broken(tried) == []
    assert sum(each.ended == "missed" for each in tried) <= 1


def test_a_worker_that_dies_at_a_request_leaves_nothing_behind(lane: Lane, reference: Undisturbed) -> None:
    rows = ("lock: Lock", "sync: PUT sync", "reboot: PUT reboot", "unlock: Unlock")
    died = [
        case
        for case in reference.cases
        if case.fault.name == "worker" and case.point.row in rows and case.point.column == "P3"
    ]
    assert [case.point.row for case in died] == list(rows)
    for case in died:
        lane.afresh()
        run = start_broken(lane, case, WINDOW).wait().settle()
        seen = verdict.record(lane, lane.device, [run])
        # The end of the same run unlocks; nobody has to run it again.
        assert (run.status, verdict.left_behind(seen), verdict.broken_promises(seen, [WINDOW])) == (DIED, [], []), case
    assert bench.broken([matrix.attempt(lane, case, reference.record) for case in died]) == []


def test_the_one_thing_nobody_can_know_is_no_excuse_for_more_than_it_is(reference: Undisturbed) -> None:
    allowed = {(case.point.row, case.fault.name, case.point.column) for case in reference.cases if case.unknowable}
    lost = {(name, place) for name in ("reset", "stall", "kill-lost", "ghost-lost") for place in ("P0", "P1", "P2")}
    dead = {(name, place) for name in ("kill", "worker") for place in ("P0", "P1")}
    dead |= {("term", "P1"), ("int", "P1"), ("hup", "P1")}
    claim = "reboot: journal write 1 (update locks, insert operations)"
    claimed = {(claim, name, "after_commit") for name in ("kill", "worker")}
    assert allowed == {("reboot: PUT reboot", *each) for each in lost | dead} | claimed


def test_the_points_are_all_there_are(reference: Undisturbed) -> None:
    rows = {case.point.row for case in reference.cases}
    expected = {
        *("preflight: POST login", "preflight: OPTIONS operation"),
        *("preflight: GET devices", "lock: Lock"),
        *("sync: GET device", "sync: GET log", "sync: PUT sync"),
        *("confirm: Lock", "reboot: GET variables", "reboot: PUT reboot"),
        *("hold: GET device", "unlock: Unlock", "sign_out: POST logout"),
    }
    assert expected <= rows
    journal = {row.partition(":")[0] for row in rows if "journal write" in row}
    # What a device is before its lock and after its hold is written between the stages.
    between = {"window_run"}
    stages = {"preflight", "lock", "sync", "confirm", "reboot", "hold", "unlock"}
    assert journal == {"operation_recovery"} | stages | between
    columns = {case.point.column for case in reference.cases if case.point.row == "reboot: PUT reboot"}
    assert columns == {"P0", "P1", "P2", "P3", "P4", "P5"}
