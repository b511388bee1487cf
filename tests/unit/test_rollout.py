# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a window takes its devices: pure functions, and the filter over host variables."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.filter.window_rollout import window_rollout
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import Target, roll_out


def devices(*groups: str | None) -> list[Target]:
    return [Target(f"d{number}", group) for number, group in enumerate(groups)]


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
    assert [rollout.before(wave) for wave in range(4)] == [(), (), ("d0", "d1", "d2"), ("d0", "d1", "d2")]


def test_only_the_first_of_several_batches_is_a_canary() -> None:
    assert roll_out(plain(4), [2, 2]).canaries == ("d0", "d1")
    assert roll_out(plain(4), [4]).canaries == ()
    assert roll_out(devices("A", "A"), ["100%"]).canaries == ()


def test_a_protected_device_is_no_canary_and_comes_last() -> None:
    targets = [Target("kept", protected=True), *plain(3)]
    rollout = roll_out(targets, [1, 2])
    assert rollout.canaries == ("d0",)
    assert rollout.waves == (("d0",), ("d1", "d2", "kept"))
    assert roll_out(targets[:1], [1]).waves == (("kept",),)


@given(
    st.lists(st.tuples(st.sampled_from([None, "A", "B", "C"]), st.booleans()), max_size=40),
    st.lists(st.one_of(st.integers(1, 12), st.integers(1, 100).map(lambda number: f"{number}%")), max_size=4),
)
def test_every_device_is_taken_once_and_never_two_of_one_group(
    fleet: list[tuple[str | None, bool]], batches: list[t.Any]
) -> None:
    targets = [Target(f"d{number}", group, protected) for number, (group, protected) in enumerate(fleet)]
    rollout = roll_out(targets, batches)
    taken = [name for wave in rollout.waves for name in wave]
    assert sorted(taken) == sorted(target.name for target in targets)
    groups = {target.name: target.group for target in targets if not target.protected}
    for wave in rollout.waves:
        grouped = [groups[name] for name in wave if groups.get(name) is not None]
        assert len(grouped) == len(set(grouped))
    in_order = [name for batch in rollout.batches for name in batch]
    assert in_order == [target.name for target in targets if not target.protected]


HOSTS: dict[str, dict[str, t.Any]] = {
    "a": {"pam_site": "LAX", "sdm_name": "lax-a"},
    "b": {"pam_site": "LAX"},
    "c": {"pam_site": "LON", "maintenance_protected": "yes"},
    "d": {"pam_site": "LON", "maintenance_managed": False},
    "e": {"pam_site": "LON"},
}


def test_the_filter_reads_host_variables() -> None:
    order = window_rollout(list(HOSTS), HOSTS, [1, "100%"], "pam_site")
    assert order["waves"] == [["a"], ["b", "e", "c", "d"]]
    assert order["hosts"] == ["a", "b", "e", "c", "d"]
    assert order["serial"] == [1, 4]
    assert order["wave_of"] == {"a": 0, "b": 1, "e": 1, "c": 1, "d": 1}
    assert order["groups"]["a"] == "pam_site=LAX"
    assert order["canaries"] == ["lax-a"]
    assert order["previous"] == [[], ["lax-a"]]


def test_the_filter_takes_one_size_and_no_group() -> None:
    assert window_rollout(["a", "b"], HOSTS, 1)["serial"] == [1, 1]
    assert window_rollout([], HOSTS)["hosts"] == []


def test_a_host_without_the_variable_of_the_group_is_an_error() -> None:
    with pytest.raises(AnsibleFilterError, match="host a has no such variable"):
        window_rollout(["a"], {"a": {"pam_site": ""}}, [1], "pam_site")


def test_a_wrong_size_is_an_error_of_the_template() -> None:
    with pytest.raises(AnsibleFilterError, match="window_batches holds 'many'"):
        window_rollout(["a"], HOSTS, ["many"])
