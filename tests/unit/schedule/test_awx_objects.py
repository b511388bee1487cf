# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of setup_awx: what collides is refused, whatever the case, and only what is ours is left over."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.filter.awx_objects import FilterModule, awx_objects
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.awx_objects import (
    JOBS,
    mark_of,
    shared_names,
    window_names,
)

DEFAULT = {"organization": {"id": 1, "name": "Default"}}
TWO = {"organization": {"id": 2, "name": "Two"}}


def problem(*windows: str, prefix: str = "netfleet", **there: list[dict[str, t.Any]]) -> str:
    return str(awx_objects(there, prefix, "Default", windows)["problem"])


@pytest.mark.parametrize(
    "window", ["recover", "Recover", "one-off window", "windows", "PAM Core", "one-off", "pam core"]
)
def test_a_window_that_would_be_called_like_what_all_windows_share_is_refused(window: str) -> None:
    if window == "one-off":
        assert "'netfleet one-off window'" in problem(window)
    else:
        assert "setup_awx itself and window" in problem(window)


@pytest.mark.parametrize(
    ("one", "other"), [("core", "core"), ("core", "Core"), *(("core", f"core {job}") for job in JOBS), ("a b", "A B")]
)
def test_windows_that_would_share_a_name_are_refused(one: str, other: str) -> None:
    for windows in ((one, other), (other, one)):
        assert "would both have an object named" in problem(*windows)


@given(st.lists(st.sampled_from(["core", "edge", "plan", "core plan", "report", "x recover", "1"]), max_size=4))
def test_exactly_what_collides_is_refused(windows: list[str]) -> None:
    names = [*shared_names("netfleet"), *itertools.chain(*(window_names("netfleet", window) for window in windows))]
    assert bool(problem(*windows)) == (len({name.lower() for name in names}) < len(names))


@pytest.mark.parametrize(
    ("item", "refused"),
    [
        ({"name": "netfleet core", "type": "job_template"}, True),
        ({"name": "netfleet Core", "type": "workflow_job_template"}, True),
        ({"name": "netfleet core", "type": "workflow_job_template"}, False),
        ({"name": "netfleet windows", "type": "job_template"}, True),
        ({"name": "netfleet windows", "type": "project"}, False),
        ({"name": "netfleet edge", "type": "job_template"}, False),
    ],
)
def test_an_object_of_another_kind_under_the_name_is_refused(item: dict[str, t.Any], refused: bool) -> None:
    assert bool(problem("core", unified_job_templates=[item])) is refused


@pytest.mark.parametrize("kind", ["credentials", "inventories"])
@pytest.mark.parametrize("summary", [TWO, {}, None])
def test_the_same_prefix_in_another_organization_is_refused(kind: str, summary: dict[str, t.Any] | None) -> None:
    ours: dict[str, t.Any] = {"name": "netfleet fleet", "summary_fields": DEFAULT}
    theirs = {"name": "netfleet fleet", "summary_fields": summary}
    for items, refused in (([ours], False), ([ours, theirs], True), ([theirs], True)):
        found = awx_objects({kind: items}, "netfleet", "Default", ["core"])["problem"]
        assert ("Set another awx_prefix" in found) is refused
    assert awx_objects({kind: [theirs]}, "two", "Default", ["core"])["problem"] == ""


def test_only_what_is_marked_with_exactly_this_prefix_is_left_over() -> None:
    def item(name: str, kind: str, prefix: str | None) -> dict[str, t.Any]:
        return {"name": name, "type": kind, "description": None if prefix is None else f"Runs. {mark_of(prefix)}"}

    there = {
        "unified_job_templates": [
            item("netfleet core", "workflow_job_template", "netfleet"),
            item("netfleet gone", "workflow_job_template", "netfleet"),
            item("netfleet half gone report", "job_template", "netfleet"),
            item("netfleet core plan", "job_template", "netfleet"),
            item("netfleet two core", "workflow_job_template", "netfleet two"),
            item("netfleet by hand", "workflow_job_template", None),
            item("netfleet windows", "project", "netfleet"),
        ]
    }
    found = awx_objects(there, "netfleet", "Default", ["core"])
    assert found["left_over"] == ["netfleet gone", "netfleet half gone"]
    assert "netfleet core report" in found["missing"]
    assert "netfleet core plan" not in found["missing"]
    assert "netfleet PAM Core" not in found["missing"]


def test_anything_but_a_mapping_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="mapping"):
        FilterModule().filters()["awx_objects"]([], "netfleet", "Default")
