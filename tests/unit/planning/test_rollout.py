# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a window takes its devices."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import roll_out, waves_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Target
from tests.unit.support.record import device, record


def target(name: str, group: str | None = None, protected: bool = False) -> Target:
    return Target(name, name, name, name, group=group, excluded="protected: x" if protected else None)


def devices(*groups: str | None) -> list[Target]:
    return [target(f"d{number}", group) for number, group in enumerate(groups)]


def plain(number: int) -> list[Target]:
    return devices(*[None] * number)


@pytest.mark.parametrize(
    ("number", "batches", "sizes"),
    [
        (10, ["100%"], [10]),
        (10, [], [10]),
        (10, [1, "10%", "30%"], [1, 1, 3, 3, 2]),
        (10, ["1", "100%"], [1, 9]),
        (3, ["10%"], [1, 1, 1]),
        (3, [5], [3]),
        (0, [1], []),
    ],
)
def test_batches_are_cut_as_serial_cuts_them(number: int, batches: list[t.Any], sizes: list[int]) -> None:
    assert [len(batch) for batch in roll_out(plain(number), batches).batches] == sizes


@pytest.mark.parametrize("batch", [0, "0%", -1, "ten", "5 %%", True, 1.5, ""])
def test_a_size_that_is_none_is_refused(batch: t.Any) -> None:
    with pytest.raises(BadInput, match="window_batches"):
        roll_out(plain(3), [batch])


def test_a_batch_with_several_of_one_group_is_taken_in_waves() -> None:
    rollout = roll_out(devices("A", "A", None, "B", "A", "B"), [3, 3])
    assert rollout.batches == (("d0", "d1", "d2"), ("d3", "d4", "d5"))
    assert rollout.waves == (("d0", "d2"), ("d1",), ("d3", "d4"), ("d5",))
    assert rollout.batch_of == (0, 0, 1, 1)


def test_a_protected_device_is_no_canary_and_comes_last() -> None:
    targets = [target("kept", protected=True), *plain(3)]
    rollout = roll_out(targets, [1, 2])
    assert rollout.waves == (("d0",), ("d1", "d2", "kept"))
    assert roll_out(targets[:1], [1]).waves == (("kept",),)


@given(
    st.lists(st.tuples(st.sampled_from([None, "A", "B", "C"]), st.booleans()), max_size=40),
    st.lists(st.one_of(st.integers(1, 12), st.integers(1, 100).map(lambda number: f"{number}%")), max_size=4),
)
def test_every_device_is_taken_once_and_never_two_of_one_group(
    fleet: list[tuple[str | None, bool]], batches: list[t.Any]
) -> None:
    targets = [target(f"d{number}", group, protected) for number, (group, protected) in enumerate(fleet)]
    rollout = roll_out(targets, batches)
    taken = [name for wave in rollout.waves for name in wave]
    assert sorted(taken) == sorted(target.name for target in targets)
    groups = {target.name: target.group for target in targets if target.excluded is None}
    for wave in rollout.waves:
        grouped = [groups[name] for name in wave if groups.get(name) is not None]
        assert len(grouped) == len(set(grouped))
    in_order = [name for batch in rollout.batches for name in batch]
    assert in_order == [target.name for target in targets if target.excluded is None]


def test_the_waves_of_a_record_are_those_of_its_batches() -> None:
    agreed = record(
        device("c"),
        device("a1", batch=1, group="pair=a"),
        device("a2", batch=1, group="pair=a"),
        device("kept", batch=1, excluded="protected: x"),
    )
    assert waves_of(agreed) == [["c"], ["a1"], ["a2", "kept"]]
    assert waves_of(record(device("kept", excluded="protected: x"))) == [["kept"]]
