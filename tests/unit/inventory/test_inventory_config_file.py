# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in an inventory file means what was written, or is refused."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.config_file import (
    check_options,
    read_filters,
    unmet_filters,
    written_values,
)

KNOWN = {"plugin", "filters", "details", "validate_certs", "hostname_template", "allow_empty", "tenant"}
CHANGED = ["NO", "no", "on", "Off", "yes", "True", "010", "0x10", "0b1", "7.10", "12:30", "1_000", "~", "null", "NULL",
           "2026-11-21", "+5", "1.", ".5", ".inf", ".nan", "190:20:30", "0o7 "]  # fmt: skip


def filters(text: str) -> dict[str, dict[str, list[str]]]:
    """Return the filters of a file as the plugin reads them."""
    return read_filters(yaml.safe_load(text)["filters"], written_values(text)["filters"])


@pytest.mark.finding("F4")
@pytest.mark.parametrize("side", ["include", "exclude"])
@pytest.mark.parametrize("word", CHANGED)
def test_a_word_that_yaml_changes_is_refused_with_its_cure(side: str, word: str) -> None:
    for value in (f"[{word}]", word, f"[LAX, {word}]"):
        text = f"filters: {{{side}: {{site: {value}}}}}"
        if isinstance(yaml.safe_load(word), str):
            assert word.strip() in filters(text)[side]["site"]
            continue
        with pytest.raises(BadInput) as refused:
            filters(text)
        assert str(refused.value).startswith(f"filters.{side}.site: YAML reads {word.strip()} as ")
        assert f"Put it in quotes: '{word.strip()}'." in str(refused.value)


@pytest.mark.parametrize("value", ["NO", "010", "7.10", "12:30", "~"])
def test_quotes_keep_a_word(value: str) -> None:
    assert filters(f"filters: {{exclude: {{site: ['{value}']}}}}") == {"exclude": {"site": [value]}}


@pytest.mark.parametrize("value", ["LAX", "4600", "2.5", "1e3", "-7", "a b"])
def test_what_yaml_does_not_change_is_text(value: str) -> None:
    assert filters(f"filters: {{include: {{model: [{value}]}}}}") == {"include": {"model": [value]}}
    assert filters(f"filters: {{include: {{model: {value}}}}}") == {"include": {"model": [value]}}


@pytest.mark.finding("F4")
@given(st.text(alphabet="0123456789.:xXeE+-_nNoOyYfFtTrRuUlL~", min_size=1, max_size=6))
def test_a_filter_is_what_was_written_or_refused(word: str) -> None:
    text = f"filters:\n  exclude:\n    site:\n      - {word}\n"
    try:
        assert filters(text) == {"exclude": {"site": [word]}}
    except (BadInput, yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError):
        # Not YAML, or refused; never another word.
        pass


@pytest.mark.parametrize(
    "value",
    [None, "", [], "include", {"includes": {}}, {"include": ["POA"]}, {"include": None}, {"include": {}},
     {"include": {"sites": ["POA"]}}, {"include": {"Site": ["POA"]}}, {"include": {"site": []}},
     {"exclude": {"site": None}}, {"exclude": {"site": [None]}}, {"exclude": {"site": [""]}},
     {"exclude": {"site": [" "]}}, {"exclude": {"site": {"a": 1}}}, {"exclude": {"site": [["a"]]}},
     {"exclude": {"site": [True]}}, {"exclude": {"site": [8]}}, {"exclude": {True: ["a"]}}],
)  # fmt: skip
def test_filters_that_mean_nothing_are_refused(value: t.Any) -> None:
    with pytest.raises(BadInput, match="filters"):
        read_filters(value)


@pytest.mark.finding("F5")
@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("filter", "Unknown option 'filter'. Did you mean filters?"),
        ("Filters", "Unknown option 'Filters'. Did you mean filters?"),
        ("exclude", "Unknown option exclude. Put it under filters."),
        ("validate_cert", "Did you mean validate_certs?"),
        ("detail", "Did you mean details?"),
        ("host_name_template", "Did you mean hostname_template?"),
        ("allow_emtpy", "Did you mean allow_empty?"),
        ("xyz", "ansible-doc"),
        (7, "Unknown option '7'."),
    ],
)
def test_an_unknown_option_is_refused_with_what_was_meant(option: t.Any, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_options(["plugin", option], KNOWN)
    assert sentence in str(refused.value)
    check_options(KNOWN, KNOWN)


def test_a_key_that_stands_twice_is_refused() -> None:
    for text in ("filters: {}\nplugin: x\nfilters: {}\n", "filters:\n  exclude: {a: b}\n  exclude: {c: d}\n"):
        with pytest.raises(BadInput, match="is there twice, again in line 3"):
            written_values(text)


def test_an_encrypted_file_cannot_be_compared_and_refuses_what_may_be_changed() -> None:
    assert written_values("$ANSIBLE_VAULT;1.1;AES256\n1234") is None
    with pytest.raises(BadInput, match="YAML reads a value as false"):
        read_filters({"exclude": {"site": [False]}}, None)


THERE = {"site": {"LAX", "LON", "LAB1"}, "type": set(), "vendor": {""}, "model": {"Acme 4600"}, "tag": {"spare"}}


@pytest.mark.parametrize(
    ("chosen", "slips", "others"),
    [
        ({"exclude": {"site": ["lax"]}}, ["filters.exclude.site: no device has 'lax'. Did you mean 'LAX'?"], []),
        ({"exclude": {"tag": ["spares"]}}, ["filters.exclude.tag: no device has 'spares'. Did you mean 'spare'?"], []),
        ({"exclude": {"tag": ["retired"]}}, [], ["filters.exclude.tag: no device has 'retired'."]),
        ({"exclude": {"site": ["LAB2"]}}, [], ["filters.exclude.site: no device has 'LAB2'. Did you mean 'LAB1'?"]),
        ({"include": {"tag": ["spares"]}}, [], ["filters.include.tag: no device has 'spares'. Did you mean 'spare'?"]),
        ({"include": {"site": ["LAX"]}, "exclude": {"hostname": ["nosuch*"]}}, [], []),
    ],
)
def test_an_exclusion_that_looks_like_a_slip_is_told_from_one_that_is_not_there_today(
    chosen: t.Any, slips: list[str], others: list[str]
) -> None:
    assert unmet_filters(chosen, THERE) == (slips, others)
