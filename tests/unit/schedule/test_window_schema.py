# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of window files says what the collection says: the same keys, and nothing refused that it understands."""

from __future__ import annotations

import datetime as dt
import json
import re
import typing as t

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_window
from tests.tools.isolated import ROOT

FILE = ROOT / "roles/window/files/window.schema.json"
SCHEMA: dict[str, t.Any] = json.loads(FILE.read_text())
SPECS = yaml.safe_load((ROOT / "roles/window/meta/argument_specs.yml").read_text())["argument_specs"]
MONTHLY = {
    "window_name": "core",
    "window_targets": "site_LAX",
    "window_schedule": "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2",
    "window_duration": "2h",
}
ONE_OFF = {"window_id": "CHG1", "window_targets": "site_LAX"}


def valid(definition: object) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(definition)


def understood(definition: object) -> bool:
    try:
        read_window(definition)
    except BadInput:
        return False
    return True


def test_the_schema_is_one_and_the_example_has_it() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert (ROOT / "examples/gitops/window.schema.json").read_text() == FILE.read_text()


def test_every_key_that_says_when_the_window_is_stands_in_the_schema() -> None:
    source = (ROOT / "plugins/module_utils/_schedule/definition.py").read_text()
    assert set(re.findall(r'"(window_[a-z_]+)"', source)) <= set(SCHEMA["properties"])


def test_every_option_of_the_role_stands_in_the_schema_with_its_type() -> None:
    types = {
        "str": "string",
        "path": "string",
        "int": "integer",
        "float": "number",
        "list": "array",
        "dict": "object",
        "bool": "boolean",
    }
    for entry in SPECS.values():
        for name, option in entry["options"].items():
            rule = SCHEMA["properties"][name]
            if "$ref" in rule:
                rule = SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]]
            kinds = {rule.get("type")} | {choice.get("type") for choice in rule.get("oneOf", [])}
            choices = rule.get("enum") or rule.get("items", {}).get("enum")
            # Whatever the role takes as it is, the schema describes by itself.
            assert choices or option["type"] == "raw" or types[option["type"]] in kinds, name
            assert sorted(choices or []) == sorted(option.get("choices", [])), name


def test_every_key_of_the_schema_is_used() -> None:
    used = "".join(
        path.read_text() for folder in ("roles/window", "playbooks") for path in (ROOT / folder).rglob("*.yml")
    )
    for source in (
        "_schedule/definition.py",
        "_planning/description.py",
        "_planning/agreement.py",
        "_planning/approved_plans.py",
    ):
        used += (ROOT / "plugins/module_utils" / source).read_text()
    assert {name for name in SCHEMA["properties"] if not re.search(rf"\b{name}\b", used)} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("**/windows/*.yml")), ids=lambda path: path.stem)
def test_every_example_is_valid_and_understood(path: t.Any) -> None:
    definition = yaml.safe_load(path.read_text())
    assert valid(definition)
    assert understood(definition)


@pytest.mark.parametrize(
    "definition",
    [
        MONTHLY,
        ONE_OFF,
        {**MONTHLY, "window_schedule": "RRULE:FREQ=DAILY"},
        {**MONTHLY, "window_schedule_start": "2026-01-05"},
        {**ONE_OFF, "window_id": "4711", "window_duration": 3600, "window_opens_at": "2026-12-13T02:00:00+00:00"},
        {**ONE_OFF, "window_freeze": "calendars/holidays.ics", "x_own": {"anything": 1}},
        {**MONTHLY, "window_duration": "1h30m", "window_cutoff": "90 s"},
    ],
)
def test_what_is_right_is_right_for_both(definition: dict[str, t.Any]) -> None:
    assert valid(definition)
    assert understood(definition)


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"window_targets": "all"},
        {**MONTHLY, "window_id": "CHG1"},
        {**MONTHLY, "window_opens_at": "2026-12-13T02:00:00+00:00"},
        {**ONE_OFF, "window_schedule_start": "2026-01-05"},
        {name: value for name, value in MONTHLY.items() if name != "window_name"},
        {name: value for name, value in MONTHLY.items() if name != "window_duration"},
        {**MONTHLY, "window_duration": "two hours"},
        {**MONTHLY, "window_duration": "h"},
        {**MONTHLY, "window_duration": "010"},
        {**ONE_OFF, "window_id": 4711},
        {**MONTHLY, "window_duration": True},
        {**MONTHLY, "window_name": " core"},
        {**MONTHLY, "window_schedule": "every Sunday"},
        {**ONE_OFF, "window_opens_at": "2026-12-13T02:00:00"},
        {**ONE_OFF, "window_freeze": [""]},
    ],
)
def test_what_is_wrong_is_wrong_for_both(definition: dict[str, t.Any]) -> None:
    assert not valid(definition)
    assert not understood(definition)


@pytest.mark.parametrize("key", ["window_cutof", "window_Name", "window_", "widow_cutoff", "Window_cutoff", "my_own"])
def test_a_key_that_nothing_knows_is_refused(key: str) -> None:
    assert not valid({**ONE_OFF, key: "1h"})


texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["2h", "90m", "1 h", "1H30M", "3600", "CHG1", "Europe/London", "UTC", "FREQ=DAILY"]),
    st.integers(-1, 10**6),
    st.booleans(),
    st.floats(0, 10),
)
keys = ["window_name", "window_id", "window_timezone", "window_duration", "window_cutoff", "window_schedule"]


@given(st.dictionaries(st.sampled_from(keys), texts))
def test_the_schema_refuses_nothing_that_is_understood(changes: dict[str, t.Any]) -> None:
    """But for empty values, which a window file has no reason to hold."""
    for usual in (MONTHLY, ONE_OFF):
        definition = {**usual, **changes}
        if "" not in definition.values() and understood(definition):
            assert valid(definition), definition


def test_dates_that_yaml_reads_by_itself_are_to_be_quoted() -> None:
    """The collection takes them all the same; JSON, which is what a schema is about, has no dates."""
    assert understood({**MONTHLY, "window_schedule_start": dt.date(2026, 1, 5)})
    described = SCHEMA["properties"]["window_schedule_start"]["description"]
    assert "quoted" in described
