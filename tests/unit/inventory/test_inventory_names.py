# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the inventory: none means more than one thing, and a renamed one can be read back."""

from __future__ import annotations

import urllib.parse

import pytest
from ansible.inventory.manager import split_host_pattern
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.names import (
    group_names,
    renamed,
    why_unsafe,
)

HOSTILE = [
    "all",
    "localhost",
    "ungrouped",
    "127.0.0.1",
    "::1",
    "*",
    "web*",
    "web-0?",
    "db[1:3]",
    "db[0]",
    "a:b",
    "a,b",
    "a b",
    "!x",
    "&x",
    "~x",
    "~web.*",
    "@file",
    "@/etc/passwd",
    "-x",
    "--limit",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "trailing.",
    " web",
    "web ",
    "web\n01",
    "web\x00",
    "web\u200b01",
    "web\u202e01",
    "cafe\u0301",
    "{{ 7 * 7 }}",
    "{% if x %}",
    "$(reboot)",
    "`reboot`",
    "a;b",
    "a%2Fb",
    "'",
    '"',
]


@pytest.mark.row(58, 65)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_unsafe(name: str) -> None:
    assert why_unsafe(name)


@pytest.mark.row(58)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_can_be_renamed_and_read_back(name: str) -> None:
    assert urllib.parse.unquote(renamed(name)) == name


@pytest.mark.parametrize("name", ["web-01", "lax-sbc-01.example.com", "a", "0123", "1e3", "on", "null", "café", "a_b"])
def test_an_ordinary_name_is_safe(name: str) -> None:
    assert why_unsafe(name) is None


@pytest.mark.row(64)
@pytest.mark.parametrize("name", ["", "x" * 256, "é" * 128])
def test_an_empty_or_endless_name_is_beyond_help(name: str) -> None:
    assert why_unsafe(name)
    with pytest.raises(BadInput):
        renamed(name)


@pytest.mark.row(58)
@given(st.text(min_size=1, max_size=40))
def test_any_renamed_name_means_only_itself(name: str) -> None:
    if why_unsafe(name) is None:
        assert split_host_pattern(name) == [name]
        return
    safe = renamed(name)
    assert urllib.parse.unquote(safe, errors="surrogatepass") == name
    assert split_host_pattern(safe) == [safe]
    assert not set(safe) & set("*?[]:,&!~@/\\ {}")
    assert safe[0] not in "-." and safe[-1] != "."  # noqa: PT018


@pytest.mark.row(58, 61)
@given(st.lists(st.text(min_size=1, max_size=6), unique=True, min_size=2, max_size=6))
def test_two_names_never_become_one(names: list[str]) -> None:
    assert len({renamed(name) if why_unsafe(name) else name for name in names}) == len(names)


def test_group_names_hold_no_unsafe_character() -> None:
    names, given_up = group_names([("site", "LAX"), ("model", "Acme Packet 4600"), ("tag", "a.b-c"), ("site", "東京")])
    assert list(names.values()) == ["site_LAX", "model_Acme_Packet_4600", "tag_a_b_c", "site_東京"]
    assert given_up == []


def test_two_values_never_share_a_group() -> None:
    names, given_up = group_names([("site", "LAX-1"), ("site", "LAX 1"), ("site", "LAX_1"), ("site", "LON")])
    assert given_up == ["site_LAX_1"]
    assert len(set(names.values())) == 4
    assert "site_LAX_1" not in names.values()
    assert names["site", "LON"] == "site_LON"


@given(st.lists(st.tuples(st.sampled_from(["site", "tag"]), st.text(max_size=5)), unique=True))
def test_group_names_are_identifiers_and_apart(labels: list[tuple[str, str]]) -> None:
    names, _given_up = group_names(labels)
    assert len(set(names.values())) == len(labels)
    assert all(name.replace("_", "a").isalnum() for name in names.values())
