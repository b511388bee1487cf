# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proofs an installation can give, from what a sample of its devices shows."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import (
    LIMITS,
    WILL_NOT,
    WORKS,
    Shown,
    look,
    proofs,
    spread,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from tests.unit.support.script import Script
from tests.unit.support.window_bench import zequenze_row

FULL = Shown("a", up=True, pending=False, last_status_change=1.0, uptime=86400.0, commands=3)
UNREAD = "Zequenze Control answered 403 about the device log."


def seen(count: int = 2, **changes: t.Any) -> list[Shown]:
    return [dataclasses.replace(FULL, name=f"device-{number}", **changes) for number in range(count)]


@pytest.mark.parametrize(
    ("shown", "verdicts", "word"),
    [
        (seen(), [WORKS, WORKS, WORKS], "Uptime: 2 of 2"),
        (seen(log_problem=UNREAD), [WILL_NOT] * 3, "403"),
        ([*seen(1, log_problem=UNREAD), FULL], [LIMITS] * 3, "for 1 of 2 devices"),
        (seen(uptime=None), [WORKS, LIMITS, LIMITS], "an applied entry"),
        ([*seen(1, uptime=None), FULL], [WORKS, LIMITS, LIMITS], "Uptime: 1 of 2"),
        (seen(uptime=None, commands=0), [LIMITS] * 3, "down and up again"),
        (seen(uptime=None, commands=0, up=None), [LIMITS] * 3, "No device shows its status"),
        (seen(uptime=None, uptime_problem="Variables answered 500."), [WORKS, LIMITS, LIMITS], "answered 500"),
        (seen(commands=0), [LIMITS, WORKS, WORKS], "0 of 2 devices have any now"),
        (seen(commands=0, pending=True), [LIMITS, WORKS, WORKS], "2 of 2 devices have any now"),
        (seen(commands=0, pending=None), [LIMITS, WORKS, WORKS], "no pending settings either"),
        ([], [LIMITS] * 3, "no device"),
    ],
)
def test_a_proof_is_promised_only_where_every_device_shows_it(
    shown: list[Shown], verdicts: list[str], word: str
) -> None:
    found = proofs(("sync", "reboot", "factory"), shown)
    assert [proof.verdict for proof in found] == verdicts
    assert any(word in proof.sentence for proof in found)
    # What does not simply work has a meaning and, where there is a device to look at, a cure.
    assert all(proof.meaning and (proof.cure or not shown) for proof in found if proof.verdict != WORKS)


@pytest.mark.parametrize(("rows", "size", "chosen"), [(0, 3, []), (2, 3, [0, 1]), (9, 3, [0, 3, 6]), (10, 1, [0])])
def test_a_sample_is_spread_over_the_fleet(rows: int, size: int, chosen: list[int]) -> None:
    assert spread(range(rows), size) == chosen


def test_a_log_that_may_not_be_read_is_part_of_the_answer_and_one_page_is_enough(script: Script) -> None:
    script.expect("GET", "/inventory_device_log/").answers(
        json={"results": [{"id": 1, "action": "command"}, {"id": 2, "action": "set"}], "next": "https://x/?cursor=2"}
    )
    script.expect("GET", "/inventory_device_name_variables/").answers(json={"results": []})
    script.expect("GET", "/inventory_device_log/").answers(403)
    zequenze = Zequenze(script.wire(), "token")
    row = zequenze_row(1, "a", up=None)
    (first,) = look(zequenze, [row], script.clock, uptimes=True)
    assert (first.commands, first.uptime, first.log_problem, first.up) == (1, None, "", None)
    (second,) = look(zequenze, [row], script.clock, uptimes=False)
    assert "403" in second.log_problem
    script.done()
