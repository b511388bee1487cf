# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many processes at one journal: nobody gets an error, nothing is given twice, and every count is right."""

from __future__ import annotations

import collections
import typing as t

import sqlalchemy as sa

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from tests.integration.neighbours.journal.crowd import gather


def rows(place: str, table: t.Any) -> list[dict[str, t.Any]]:
    with Journal.open(place, Clock()) as journal:
        return journal.rows(sa.select(table).order_by(table.primary_key.columns.values()[0]))


def test_twenty_processes_may_use_it_first(place: str) -> None:
    assert gather("open_it", 20, place) == [str(schema.VERSION)] * 20


def test_one_of_twenty_processes_gets_to_send(place: str) -> None:
    assert collections.Counter(gather("claim_one", 20, place)) == {"send": 1, "known": 19}
    assert len(rows(place, schema.OPERATIONS)) == 1


def test_one_of_twenty_windows_gets_the_device(place: str) -> None:
    assert sum(gather("lock_one", 20, place)) == 1
    assert len(rows(place, schema.LOCKS)) == 1


def test_fifty_processes_write_at_the_same_moment(place: str) -> None:
    assert gather("write", 50, place, times=3) == [3] * 50
    assert len(rows(place, schema.META)) == 151


def test_fifty_processes_get_their_turn_beside_one_with_hundreds_of_threads(place: str) -> None:
    assert gather("write_beside_a_crowd", 51, place, threads=400, times=5) == [5] * 51
    assert len(rows(place, schema.META)) == 1 + 50 * 5 + 400 * 5


def test_cap_and_budget_hold_over_processes(place: str) -> None:
    """Read afterwards from the events, which every process wrote in the order of its commits."""
    cap, budget = 3, 4
    limits = {"max_in_flight": cap, "max_failures": budget}
    counted = collections.Counter(
        verdict for verdicts in gather("maintain", 12, place, devices=4, seed=1, limits=limits) for verdict in verdicts
    )
    in_flight: set[str] = set()
    failed: set[str] = set()
    most, sends = 0, 0
    for event in rows(place, schema.EVENTS):
        device, kind = event["device"], event["kind"]
        if kind == "operation_claimed":
            sends += 1
            assert len(failed - {device}) <= budget, "sent although the budget was used up"
            in_flight.add(device)
        elif kind != "operation_accepted":
            in_flight.discard(device)
        if kind in ("operation_failed", "operation_refused"):
            failed.add(device)
        most = max(most, len(in_flight))
        assert len(in_flight) <= cap, "more in flight than the cap"
    assert most == cap, "the cap was never reached: this run proves nothing"
    assert counted["send"] == sends
    assert counted["budget"] > 0, "the budget was never reached: this run proves nothing"


def test_who_dies_in_the_middle_writes_nothing_and_holds_nobody_up(place: str) -> None:
    dead, *others = gather("die_in_the_middle", 8, place)
    assert dead is None
    assert others == ["send"] * 7
    assert "half" not in {row["key"] for row in rows(place, schema.META)}


def test_who_dies_making_the_tables_leaves_none_half_made(place: str) -> None:
    assert gather("die_making_tables", 1, place) == [None]
    assert gather("open_it", 4, place) == [str(schema.VERSION)] * 4
    for table in schema.METADATA.sorted_tables:
        rows(place, table)
