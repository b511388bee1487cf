# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the values of a window file: what the schema refuses, no more and no less, in a sentence each."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import jsonschema
import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.filter.window_file_problems import (
    FilterModule,
    window_file_problems,
)
from tests.tools.isolated import ROOT

SCHEMA: dict[str, t.Any] = json.loads((ROOT / "roles/window/files/window.schema.json").read_text())


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (
            "window_max_failures",
            "two",
            "window_max_failures 'two' must be a whole number of 0 or more. (How many devices",
        ),
        ("window_max_failures", True, "a whole number of 0 or more"),
        ("window_max_failures", float("inf"), "a whole number of 0 or more"),
        ("window_max_failures", 1.5, "a whole number of 0 or more"),
        ("window_max_targets", 0, "a whole number of 1 or more"),
        ("window_wait_interval", 0, "a number above 0"),
        ("window_hold", "30", "a number of 0 or more"),
        (
            "window_batches",
            ["x"],
            "a list, not empty, with a whole number of 1 or more or text of the right form in each",
        ),
        ("window_batches", [], "a list, not empty"),
        ("window_batches", 1, "a list"),
        (
            "window_operations",
            ["sync", "restart"],
            "one of sync, reconf, reboot, factory, device_factory in each place",
        ),
        ("window_operations", ["sync", "sync"], "and none twice"),
        ("window_operations", "sync", "a list"),
        ("window_live_sessions", "maybe", "one of wait, skip, ignore"),
        ("window_targets", ["all"], "must be text."),
        ("window_duration", "two hours", "(How long the window lasts: 2h, 90m, 1h30m or a number of seconds.)"),
        ("window_name", "x" * 201, "..."),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(key: str, value: object, words: str) -> None:
    (problem,) = window_file_problems({key: value, "window_id": "CHG1"}, SCHEMA)
    assert problem.startswith(f"{key} ")
    assert words in problem


def test_what_a_mapping_was_given_instead_is_not_shown() -> None:
    (problem,) = window_file_problems({"window_pam": "client_secret=hunter2"}, SCHEMA)
    assert problem.startswith("window_pam must be a mapping. (")


def test_several_are_told_in_the_order_of_the_file() -> None:
    problems = window_file_problems({"window_soak": "x", "window_hold": "y", "window_id": "CHG1"}, SCHEMA)
    assert [problem.partition(" ")[0] for problem in problems] == ["window_soak", "window_hold"]


def test_what_is_not_its_business_is_left_alone() -> None:
    right = {
        "window_max_targets": None,
        "window_timezone": "",
        "my_own": {"anything": 1},
        "window_schedule_start": dt.date(2026, 1, 5),
        "window_opens_at": dt.datetime(2026, 12, 13, 2, tzinfo=dt.timezone.utc),
        "window_batches": [1, "50%"],
    }
    assert window_file_problems(right, SCHEMA) == []


def test_a_file_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="must be a mapping"):
        window_file_problems(["window_targets"], SCHEMA)


def test_its_name_is_that_of_its_file() -> None:
    assert FilterModule().filters() == {"window_file_problems": window_file_problems}


scalars = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["2h", "50%", "sync", "wait", "3600", "0" * 64, "UTC", "2026-01-05"]),
    st.integers(-2, 300),
    st.booleans(),
    st.floats(-1, 10),
)
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(st.text(max_size=3), scalars, max_size=2))


@given(st.sampled_from(sorted(SCHEMA["properties"])), values.filter(lambda value: value != ""))
def test_it_says_what_a_validator_of_json_schema_says(key: str, value: object) -> None:
    rule = {**SCHEMA["properties"][key], "$defs": SCHEMA["$defs"]}
    valid = jsonschema.Draft202012Validator(rule).is_valid(value)
    assert (window_file_problems({key: value}, SCHEMA) == []) is valid, (key, value)
