# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that mean one device each, or not: what is a problem, what is a remark, and what stands side by side."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.identity import not_one_to_one
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import (
    Known,
    identify,
    read_targets,
)

NFD, NFC = "cafe\u0301-01", "caf\u00e9-01"


def judged(devices: list[dict[str, t.Any]], **lists: list[Known]) -> tuple[list[str], list[str]]:
    rows = {system: tuple(row) for system, row in lists.items()}
    return not_one_to_one(identify(read_targets(devices), rows), rows)


def test_one_record_everywhere_is_no_problem() -> None:
    lists = {
        "zequenze": [Known("811", "a", "192.0.2.1", "S1")],
        "oracle_sdm": [Known("ID1", "a", "192.0.2.1", "S1")],
        "senhasegura": [Known("20", "a", "192.0.2.1")],
    }
    assert judged([{"name": "a"}], **lists) == ([], [])


def test_a_device_that_is_missing_in_one_system_is_shown_beside_the_others() -> None:
    problems, _ = judged([{"name": "a"}], zequenze=[Known("811", "a", "192.0.2.1", "S1")], oracle_sdm=[])
    assert problems == [
        "a: Oracle SDM has no such device. Zequenze Control: 'a' (id 811, address 192.0.2.1, serial number S1) | "
        "Oracle SDM: no 'a'"
    ]


def test_a_name_that_means_two_devices_means_none() -> None:
    problems, _ = judged([{"name": "a"}], oracle_sdm=[Known("ID1", "a"), Known("ID2", "a")])
    assert "Oracle SDM has 2 devices of this name" in problems[0]
    assert "id ID1" in problems[0]
    assert "id ID2" in problems[0]


def test_an_id_of_sdm_is_enough_for_it() -> None:
    device = {"name": "a", "sdm_device_id": "ID2"}
    assert judged([device], oracle_sdm=[Known("ID1", "a"), Known("ID2", "a")]) == ([], [])
    assert "no such device" in judged([device], oracle_sdm=[Known("ID1", "a")])[0][0]


@pytest.mark.parametrize("twin", ["LAX-01", " lax-01", "ｌａｘ-01"])
def test_a_twin_in_a_system_is_a_problem(twin: str) -> None:
    problems, _ = judged([{"name": "lax-01"}], zequenze=[Known("1", "lax-01"), Known("2", twin)])
    assert "differs in case, blanks or Unicode form only" in problems[0]


@pytest.mark.row(57)
def test_a_twin_is_written_so_that_the_difference_can_be_seen() -> None:
    problems, _ = judged([{"name": NFC}], zequenze=[Known("1", NFC), Known("2", NFD)])
    assert r"'cafe\u0301-01'" in problems[0]


def test_twins_in_the_inventory_are_a_problem() -> None:
    lists = [Known("1", NFC), Known("2", NFD)]
    problems, _ = judged([{"name": NFC}, {"name": NFD}], zequenze=lists)
    assert any("in the inventory differ" in problem for problem in problems)


def test_two_names_of_one_device_are_a_problem() -> None:
    problems, _ = judged([{"name": "a"}, {"name": "b", "zequenze_name": "a"}], zequenze=[Known("1", "a")])
    assert problems == ["a and b are one device in Zequenze Control (id 1)."]


def test_a_serial_number_of_another_target_is_a_problem_and_another_notation_a_remark() -> None:
    crossed = {
        "zequenze": [Known("1", "a", serial="S1"), Known("2", "b", serial="S2")],
        "oracle_sdm": [Known("ID1", "a", serial="S2"), Known("ID2", "b", serial="S1")],
    }
    problems, remarks = judged([{"name": "a"}, {"name": "b"}], **crossed)
    assert len(problems) == 2
    assert "these names do not mean the same device" in problems[0]
    assert remarks == []
    problems, remarks = judged(
        [{"name": "a"}], zequenze=[Known("1", "a", serial="S-1")], oracle_sdm=[Known("ID1", "a", serial="S1")]
    )
    assert problems == []
    assert "the systems show different serial numbers" in remarks[0]


def test_an_empty_selection_and_a_name_that_stands_twice_are_refused() -> None:
    with pytest.raises(BadInput, match="matches no device"):
        read_targets([])
    with pytest.raises(BadInput, match="'a' more than once"):
        read_targets([{"name": "a"}, {"name": "a"}])


@given(st.lists(st.text(min_size=1), min_size=1, max_size=12))
def test_every_target_is_one_record_or_named_in_a_problem(names: list[str]) -> None:
    """No name that is doubtful in any way passes unnoticed, whatever the names are."""
    rows = [Known(str(number), name) for number, name in enumerate(names)]
    wanted = list(dict.fromkeys(names))
    problems, _ = judged([{"name": name} for name in wanted], zequenze=rows)
    doubtful = {name for name in wanted if names.count(name) > 1}
    assert bool(problems) >= bool(doubtful)
    assert all(any(problem.startswith(f"{name}: ") for problem in problems) for name in doubtful)
