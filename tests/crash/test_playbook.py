# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same through real ``ansible-playbook``: a few points, and that the fast driver does what the playbook does."""

from __future__ import annotations

import itertools

import pytest

from tests.crash import bench, playbook
from tests.crash.lane import Lane
from tests.crash.matrix import Undisturbed
from tests.crash.points import named, process_of
from tests.crash.verdict import Record, Row

POINTS = 6


@pytest.fixture(scope="module")
def real(lane: Lane) -> Undisturbed:
    return playbook.undisturbed(lane)


def sequence(record: Record) -> list[str]:
    """Return the requests in order, without the looks: how often those are repeated depends on time.

    The preflight asks all systems at once, so its requests come in any order.
    """
    early = [request for request in record.requests if _is_early(request)]
    names = [named(request) for request in record.requests if request not in early]
    order = sorted(named(request) for request in early)
    for name, again in itertools.groupby(names):
        order += [name] if name.startswith("GET") else list(again)
    writes = [index for index, name in enumerate(order) if not name.startswith("GET")]
    kept = []
    for index, name in enumerate(order):
        behind_an_operation = any(order[write].startswith("PUT") for write in writes if write < index) and name in (
            "GET log",
            "GET device",
            "GET variables",
        )
        if not behind_an_operation:
            kept.append(name)
    return kept


def _is_early(request: Row) -> bool:
    sender = process_of(request)
    return sender is not None and sender.step.endswith("preflight")


def test_the_fast_driver_sends_what_the_playbook_sends(reference: Undisturbed, real: Undisturbed) -> None:
    assert sequence(reference.record) == sequence(real.record)


def test_a_crash_of_the_playbook_and_one_rerun(lane: Lane, real: Undisturbed) -> None:
    tried = [playbook.attempt(lane, case, real) for case in playbook.sample(real.cases, POINTS)]
    assert bench.broken(tried) == []
    assert sum(each.ended == "missed" for each in tried) <= 1
