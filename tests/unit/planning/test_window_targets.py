# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pattern selects the devices that it names, and is refused when any part of it names nothing."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.filter.window_targets import FilterModule, window_targets

GROUPS = {
    "all": ["lax-sbc-01", "lax-sbc-02", "lon-gw-01"],
    "ungrouped": [],
    "site_LAX": ["lax-sbc-01", "lax-sbc-02"],
    "site_LON": ["lon-gw-01"],
    "type_SBC": ["lax-sbc-01", "lax-sbc-02"],
    "empty": [],
}


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("all", GROUPS["all"]),
        ("*", GROUPS["all"]),
        ("lax-sbc-02", ["lax-sbc-02"]),
        (" lax-sbc-02\n", ["lax-sbc-02"]),
        ("site_LAX:&type_SBC:!lax-sbc-01", ["lax-sbc-02"]),
        ("lax-sbc-01, lon-gw-01", ["lax-sbc-01", "lon-gw-01"]),
        ("lax-sbc-01 lon-gw-01", ["lax-sbc-01", "lon-gw-01"]),
        ("lax-*", GROUPS["site_LAX"]),
        ("~lax.*", GROUPS["site_LAX"]),
        ("site_LAX[0]", ["lax-sbc-01"]),
        ("site_LAX[0:1]", GROUPS["site_LAX"]),
        ("all:!site_LAX", ["lon-gw-01"]),
        ("!site_LAX", ["lon-gw-01"]),
    ],
)
def test_a_pattern_selects_what_it_names(pattern: str, hosts: list[str]) -> None:
    assert window_targets(pattern, GROUPS) == {"hosts": hosts, "problem": ""}
    assert FilterModule().filters() == {"window_targets": window_targets}


BLANK = ["", " ", "\n", "\t", None]
PARTLY_BLANK = [",", ":", ",,", " , ", "::", "~", "!", "&", "site_LAX,", ":&type_SBC", ",site_LAX", "site_LAX:&",
                "all:!", "all:! ", "site_LAX::type_SBC", "!~", "&,site_LAX"]  # fmt: skip
UNKNOWN = ["lax-sbc-99", "lax-sbc-01,nosuch", "site_lax", "site_LAX:&type_sbc", "all:!lax-sbc-99", "xyz*", "~nosuch",
           "~(", "~.*", "~", "localhost", "127.0.0.1", "nosuch[0]", "@file", "lax-sbc-01;lon-gw-01", "None", "\u200b",
           "[]", "{}", "lax-sbc-01/lon-gw-01"]  # fmt: skip


@pytest.mark.finding("F2")
@pytest.mark.parametrize("pattern", [*BLANK, *PARTLY_BLANK, *UNKNOWN])
def test_what_names_nothing_is_refused_in_one_sentence(pattern: t.Any) -> None:
    selection = window_targets(pattern, GROUPS)
    assert selection["hosts"] == []
    assert selection["problem"].startswith("window_targets ")


@pytest.mark.finding("F2")
@pytest.mark.parametrize("pattern", [True, False, 7, 0, 1.5, [], ["lax-sbc-01"], {}, {"a": 1}])
def test_what_is_not_text_is_refused_with_its_kind(pattern: t.Any) -> None:
    problem = window_targets(pattern, GROUPS, "drift_targets")["problem"]
    assert problem.startswith("drift_targets must be text, for example drift_targets=site_LAX, and is a ")


@pytest.mark.finding("A5")
@pytest.mark.parametrize(
    ("pattern", "groups", "limit", "sentence"),
    [
        ("lax-sbc-1", GROUPS, "", "names 'lax-sbc-1', which is not in the inventory. Did you mean lax-sbc-01?"),
        ("SITE_LON", GROUPS, "", "names 'SITE_LON', which is not in the inventory. Did you mean site_LON?"),
        ("a,b", GROUPS, "", "names 'a', 'b', which are not in the inventory. Names are case-sensitive."),
        ("empty", GROUPS, "", "'empty' matches no device. List groups and devices with ansible-inventory"),
        ("all:!all", GROUPS, "", "'all:!all' matches no device."),
        ("site_LAX[9]", GROUPS, "", "'site_LAX[9]' matches no device."),
        ("all", {"all": [], "ungrouped": []}, "", "The inventory holds no device. Did you forget -i?"),
        (
            "all",
            GROUPS,
            "site_LAX,localhost",
            "--limit 'site_LAX,localhost' leaves out lon-gw-01, which",
        ),
        ("all", GROUPS, "@hosts.retry", "--limit '@hosts.retry' leaves out lax-sbc-01 and 2 more"),
    ],
)
def test_the_sentence_says_the_cause_and_the_cure(
    pattern: str, groups: dict[str, list[str]], limit: str, sentence: str
) -> None:
    assert sentence in window_targets(pattern, groups, limit=limit)["problem"]


@pytest.mark.parametrize("limit", ["", " ", None, "all", "all,localhost", "site_LAX,localhost", "lax-sbc-01"])
def test_a_limit_that_leaves_nothing_out_is_fine(limit: str | None) -> None:
    assert window_targets("lax-sbc-01", GROUPS, limit=limit) == {"hosts": ["lax-sbc-01"], "problem": ""}


@given(st.text(alphabet=" ,:!&~\n\t", max_size=6))
def test_a_pattern_without_a_letter_never_selects_anything(pattern: str) -> None:
    selection = window_targets(pattern, GROUPS)
    assert selection["hosts"] == []
    assert selection["problem"]


@given(st.lists(st.sampled_from(["site_LAX", "&type_SBC", "!lon-gw-01", "", " ", "nosuch"]), min_size=1, max_size=5))
def test_a_blank_or_unknown_part_is_never_dropped(parts: list[str]) -> None:
    selection = window_targets(",".join(parts), GROUPS)
    if any(not part.strip() or part == "nosuch" for part in parts):
        assert selection["hosts"] == []


@pytest.mark.parametrize("slices", [2, "2", 16])
def test_in_a_part_of_the_inventory_a_name_may_be_of_another_part(slices: object) -> None:
    for pattern, hosts in (
        ("nosuch", []),
        ("lax-sbc-01,nosuch", ["lax-sbc-01"]),
        ("nosuch,!lax-sbc-01", []),
        ("site_LAX:&type_CPE", []),
        ("site_LAX:!nosuch", GROUPS["site_LAX"]),
        ("~nosuch.*", []),
    ):
        assert window_targets(pattern, GROUPS, slices=slices) == {"hosts": hosts, "problem": ""}, pattern
    assert window_targets("lax-sbc-01", {"all": []}, slices=slices) == {"hosts": [], "problem": ""}


@pytest.mark.parametrize("pattern", [*BLANK, *PARTLY_BLANK, "~(", "~.*", "~x*", "all:!~", True, 7, ["a"]])
@pytest.mark.parametrize("slices", [2, 16])
def test_in_a_part_what_names_nothing_at_all_is_refused_too(pattern: t.Any, slices: int) -> None:
    selection = window_targets(pattern, GROUPS, slices=slices)
    assert selection["hosts"] == []
    assert selection["problem"].startswith("window_targets ")


@pytest.mark.parametrize("slices", [1, "1", "", None, "x", "-2", True])
def test_without_slices_every_name_must_exist(slices: object) -> None:
    assert window_targets("nosuch", GROUPS, slices=slices)["problem"]
