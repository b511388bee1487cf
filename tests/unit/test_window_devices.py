# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes devices of a window from hosts of the inventory."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.filter.window_devices import FilterModule, window_devices
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import read_targets
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inert import inert


def test_a_host_without_variables_is_known_by_its_name() -> None:
    assert window_devices(["b", "a"], {"a": {}, "b": {}}) == [
        {"name": "b", "managed": True, "protected": False},
        {"name": "a", "managed": True, "protected": False},
    ]
    assert FilterModule().filters() == {"window_devices": window_devices}


def test_what_the_inventory_says_about_a_device_is_taken_along() -> None:
    variables = {
        "zequenze_name": "A",
        "sdm_name": "a.example.com",
        "sdm_device_id": "ID7",
        "pam_hostname": "a b",
        "maintenance_managed": "no",
        "maintenance_protected": "yes",
        "maintenance_protected_reason": "Emergency calls",
        "other": 1,
    }
    (target,) = read_targets(window_devices(["a"], {"a": variables}))
    assert (target.zequenze_name, target.sdm_name, target.sdm_device_id) == ("A", "a.example.com", "ID7")
    assert target.pam_hostname == "a b"
    assert target.protected
    assert target.excluded == "protected: Emergency calls"


def test_a_device_that_is_not_managed_is_excluded() -> None:
    (target,) = read_targets(window_devices(["a"], {"a": {"maintenance_managed": False}}))
    assert not target.protected
    assert target.excluded == "not managed (maintenance_managed is false)"


@pytest.mark.parametrize("value", ["perhaps", "", [], 7])
def test_a_protection_that_cannot_be_read_is_an_error(value: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="maintenance_protected of host 'a' must be true or false"):
        window_devices(["a"], {"a": {"maintenance_protected": value}})


@pytest.mark.parametrize(("names", "text"), [("a", "takes a list"), (["c"], "no host 'c'")])
def test_what_is_no_list_of_hosts_is_an_error(names: t.Any, text: str) -> None:
    with pytest.raises(AnsibleFilterError, match=text):
        window_devices(names, {"a": {}})


def test_exclusive_groups_are_told_apart_by_a_variable() -> None:
    hosts = {"a": {"pam_site": "LAX"}, "b": {}}
    assert window_devices(["a"], hosts, "pam_site")[0]["group"] == "pam_site=LAX"
    assert "group" not in window_devices(["a"], hosts, "")[0]
    with pytest.raises(AnsibleFilterError, match="Host 'b' has no pam_site"):
        window_devices(["b"], hosts, "pam_site")


def test_what_the_inventory_says_is_never_rendered() -> None:
    evil = "{{ lookup('pipe', 'id') }}"
    (device,) = window_devices([evil], {evil: {"maintenance_protected_reason": evil}})
    assert device["name"] == device["protected_reason"] == evil
    # How a core marks such a text differs, and `inert` knows.
    assert type(device["name"]) is type(inert(evil))
