# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a series of uptimes says about a restart: the shapes seen in the field, each with the truth behind it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import (
    WRAPS,
    Seen,
    booted_at,
    elapsed,
    read_uptimes,
)

NOW = 1_795_226_400.0
SKEW = 7200.0
DAY = 86400.0

Shown = tuple[float, float | None]


def look(passed: float, uptime: float | None, read: float | None = None, **fields: t.Any) -> Seen:
    """A look ``passed`` seconds after the first, at which an uptime is shown; ``read`` dates it, also in seconds."""
    dated = None if read is None else NOW + SKEW + read
    usual = {"at": NOW + passed, "server_at": NOW + SKEW + passed, "steady": passed, "uptime_read_at": dated}
    return Seen(uptime=uptime, **{**usual, **fields})


def series(*shown: tuple[float, float | None] | tuple[float, float | None, float]) -> tuple[Seen, list[Seen]]:
    first, *rest = (look(*each) for each in shown)
    return first, rest


# name: (looks as (seconds passed, uptime shown, seconds at which it is said to be read), whether a restart is seen)
SHAPES: dict[str, tuple[list[t.Any], bool | None]] = {
    "restarted, and counts": ([(0, DAY), (60, 20), (65, 25)], True),
    "restarted, and counts, dated": ([(0, DAY, 0), (60, 20, 60), (65, 25, 65)], True),
    "fell once": ([(0, DAY), (60, 20)], None),
    "fell, and stays": ([(0, DAY), (60, 20), (65, 20), (70, 20)], None),
    "fell, and stays, under new dates": ([(0, DAY, 0), (60, 20, 60), (65, 20, 65), (70, 20, 70)], None),
    "the same value under new dates": ([(0, 45, 0), (50, 45, 50), (55, 45, 55)], None),
    "the same value as that of the last inform, 0": ([(0, 0, 0), (5, 0, 5), (10, 0, 10)], None),
    "0 while it could not be read": ([(0, 864007), (4, 0), (8, 0), (12, 864019)], False),
    "0 while it could not be read, dated": ([(0, 864007, 0), (4, 0, 4), (8, 0, 8), (12, 864019, 12)], False),
    "0, then restarted": ([(0, 864007), (4, 0), (60, 20), (65, 25)], True),
    "not known before": ([(0, None), (60, 20), (65, 25)], None),
    "not read before, and seen to fall": ([(0, 0), (5, 864007), (60, 20), (65, 25)], True),
    "went on": ([(0, DAY), (60, DAY + 60)], False),
    "went on, and counts": ([(0, DAY), (60, DAY + 60), (65, DAY + 65)], False),
    "minutes that went on": ([(0, 30), (30, 30), (65, 31), (125, 32)], False),
    "minutes, restarted": ([(0, 14400), (100, 0), (160, 1), (220, 2)], True),
    "minutes, restarted before the request": ([(0, 14400), (30, 5), (60, 6), (120, 7)], False),
    "hundredths that went on": ([(0, 8640000), (30, 8643000), (35, 8643500)], False),
    "hundredths, restarted": ([(0, 8640000), (30, 2000), (35, 2500), (40, 3000)], True),
    "milliseconds that went on": ([(0, 86400000), (30, 86430000), (35, 86435000)], False),
    "milliseconds, restarted": ([(0, 86400000), (30, 20000), (35, 25000), (40, 30000)], True),
    "restarted before the request": ([(0, DAY), (60, 90), (65, 95)], False),
    "restarted before the request, noticed late": ([(0, DAY), (5, 40), (10, 45)], False),
    "up for seconds only, restarted": ([(0, 45), (60, 20), (65, 25)], True),
    "up for seconds only, restarted, seen late": ([(0, 45), (90, 50), (95, 55)], True),
    "up for seconds only, restarted long after": ([(0, 45), (85, None), (90, 50), (95, 55)], True),
    "up for seconds only, went on": ([(0, 45), (50, 95), (55, 100)], False),
    "the second reading is older than the first": ([(0, DAY), (60, DAY + 60), (65, DAY), (70, DAY + 70)], False),
    "a boot loop": ([(0, DAY), (60, 3), (65, 2), (70, 1), (75, 3)], None),
    "a boot loop that ends": ([(0, DAY), (60, 3), (65, 2), (70, 7), (75, 12)], True),
    "jumps about": ([(0, DAY), (60, 20), (65, 90), (70, 91)], False),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_from_the_field(name: str) -> None:
    shown, restarted = SHAPES[name]
    before, looks = series(*shown)
    found = read_uptimes(before, looks)
    assert found.restarted is restarted
    assert found.text or len({each.uptime for each in (before, *looks)} - {None, 0.0}) < 2, "it says what it saw"


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("unit", [1.0, 1 / 60, 100.0, 1000.0])
@pytest.mark.parametrize("old", [0.0, 250.0, 20000.0])
def test_a_fall_where_a_counter_starts_again_by_itself_tells_nothing(wrap: float, unit: float, old: float) -> None:
    """Whatever the unit, and however old the reading before was."""
    up = wrap - 8.0

    def shown(passed: float) -> float:
        return int(((up + passed) % wrap) * unit)

    before = look(0, shown(-old))
    looks = [look(passed, shown(passed)) for passed in (30, 90, 150, 210, 270)]
    assert read_uptimes(before, looks).restarted is not True


def test_a_device_that_restarts_far_from_a_wrap_is_seen_although_it_is_up_for_long() -> None:
    for wrap in WRAPS:
        before, looks = series((0, wrap - 3 * DAY), (60, 20), (65, 25))
        assert read_uptimes(before, looks).restarted is True


@pytest.mark.row(227)
@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_of_ours_that_steps_changes_nothing(step: float) -> None:
    """The platform's clock and the one that never jumps are asked first."""
    before, looks = series((0, 607), (60, 20), (65, 25))
    for hidden in ("server_at", "steady", ""):
        stepped = [dataclasses.replace(each, at=each.at + step) for each in looks]
        if hidden:
            stepped = [dataclasses.replace(each, **t.cast("t.Any", {hidden: None})) for each in stepped]
        assert read_uptimes(before, stepped).restarted is True


def test_clocks_that_disagree_make_the_time_between_two_looks_uncertain() -> None:
    first, second = look(0, None), look(60, None, server_at=NOW + SKEW + 3660)
    assert elapsed(first, second) == (60, 3661)


@pytest.mark.parametrize(("took", "unit"), [(0.5, "milliseconds"), (200.0, None)])
def test_a_unit_is_not_told_from_two_looks_that_took_long(took: float, unit: str | None) -> None:
    """Hundredths of a second, read at the beginning of the one and at the end of the other."""
    before = look(0, 42000)
    shown = ((10, 43000), (30, 63000), (50, 80000))
    looks = [dataclasses.replace(look(passed, uptime), took=took) for passed, uptime in shown]
    assert (f"it counts in {unit}" in read_uptimes(before, looks).text) is (unit is not None)


def test_the_sentence_names_the_unit_when_it_is_not_seconds() -> None:
    before, looks = series((0, 8640000), (30, 2000), (35, 2500), (40, 3000))
    text = read_uptimes(before, looks).text
    assert text == "the uptime was 1 d 0 h before and is 30 s now (it counts in hundredths of a second)"


@pytest.mark.parametrize(
    ("shown", "booted"),
    [
        ([(0, 60), (3, 63), (6, 66)], -60),
        ([(0, 60), (3, 60), (6, 60)], None),
        ([(0, 0), (3, 0), (6, 0)], None),
        ([(0, 30), (3, 30), (6, 31)], None),
        ([(0, 60), (3, 5 * DAY), (6, 5 * DAY + 3)], -5 * DAY + 3),
        ([(0, 60, -DAY), (3, 2 * DAY, 3), (6, 2 * DAY + 3, 6)], SKEW - 2 * DAY + 3),
    ],
)
def test_the_time_of_a_boot(shown: list[t.Any], booted: float | None) -> None:
    found = booted_at([look(*each) for each in shown])
    assert found == (None if booted is None else pytest.approx(NOW + booted, abs=1.0))
