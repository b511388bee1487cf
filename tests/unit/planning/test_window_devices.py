# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes devices of a window from hosts of the inventory."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.netfleet.maintenance.plugins.filter.window_devices import FilterModule, window_devices
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import read_targets
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._untrusted import untrusted


def test_a_host_without_variables_is_known_by_its_name() -> None:
    assert [target.name for target in read_targets(window_devices(["b", "a"], {"a": {}, "b": {}}))] == ["b", "a"]
    assert window_devices(["a"], {"a": {}}) == [
        {
            "name": "a",
            "zequenze_name": "a",
            "sdm_name": "a",
            "pam_hostname": "a",
            "managed": True,
            "protected": False,
            "sdm_lock": True,
        }
    ]
    assert FilterModule().filters() == {"window_devices": window_devices}


def test_what_the_inventory_says_about_a_device_is_taken_along() -> None:
    variables = {
        "zequenze_name": "A",
        "sdm_name": "a.example.com",
        "sdm_device_id": "ID7",
        "sdm_group_id": "ID40",
        "pam_hostname": "a b",
        "maintenance_managed": "no",
        "maintenance_protected": "yes",
        "maintenance_protected_reason": "Emergency calls",
        "other": 1,
    }
    (target,) = read_targets(window_devices(["a"], {"a": variables}))
    assert (target.zequenze_name, target.sdm_name, target.sdm_device_id) == ("A", "a.example.com", "ID7")
    assert (target.pam_hostname, target.sdm_group_id) == ("a b", "ID40")
    assert target.excluded == "protected: Emergency calls"


def test_a_device_that_is_not_managed_is_excluded() -> None:
    (target,) = read_targets(window_devices(["a"], {"a": {"maintenance_managed": False}}))
    assert target.excluded == "not managed (maintenance_managed is false)"


YES = ["yes", "Yes", "YES", "y", "Y", "on", "On", "ON", "true", "True", "TRUE", "t", "T", " yes ", "1", 1, 1.0, True]
NO = ["no", "No", "NO", "n", "N", "off", "Off", "OFF", "false", "False", "FALSE", "f", "F", "no\n", "0", 0, 0.0, False]
FLAGS = {"maintenance_protected": "protected", "maintenance_managed": "managed", "maintenance_lock": "sdm_lock"}


@pytest.mark.parametrize("variable", FLAGS)
@pytest.mark.parametrize(("value", "means"), [*((value, True) for value in YES), *((value, False) for value in NO)])
def test_every_spelling_of_yes_and_no_is_understood(variable: str, value: t.Any, means: bool) -> None:
    (device,) = window_devices(["a"], {"a": {variable: value}})
    assert device[FLAGS[variable]] is means


@pytest.mark.parametrize("variable", FLAGS)
@pytest.mark.parametrize(
    "value", ["perhaps", "", " ", None, [], {}, ["yes"], 7, 2, -1, 0.5, float("nan"), "yess", "2", "null", "none", "~"]
)
def test_what_is_neither_yes_nor_no_is_refused_by_host_and_variable(variable: str, value: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match=f"{variable} of host 'a' is .* and must be true or false"):
        window_devices(["a"], {"a": {variable: value}})


NAMES = ("zequenze_name", "sdm_name", "pam_hostname")


@pytest.mark.finding("F8")
@pytest.mark.parametrize("variable", [*NAMES, "sdm_device_id", "sdm_group_id", "maintenance_protected_reason"])
@pytest.mark.parametrize("blank", ["", " ", "\t\n", None])
def test_a_blank_name_counts_as_left_out(variable: str, blank: t.Any) -> None:
    assert window_devices(["a"], {"a": {variable: blank}}) == window_devices(["a"], {"a": {}})


@pytest.mark.parametrize("variable", [*NAMES, "sdm_device_id", "sdm_group_id"])
@pytest.mark.parametrize("value", [True, False, 7.1, [], ["a"], {}])
def test_a_name_that_is_no_text_is_refused_by_host_and_variable(variable: str, value: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match=f"{variable} of host 'a' is .* and must be text"):
        window_devices(["a"], {"a": {variable: value}})


@pytest.mark.parametrize(("value", "seconds"), [("10m", 600.0), (90, 90.0), ("1.5", 1.5), ("", None), (None, None)])
def test_the_time_a_device_takes_is_the_hosts_own(value: t.Any, seconds: float | None) -> None:
    (device,) = window_devices(["a"], {"a": {"window_expected_duration": value}})
    assert device.get("expected_duration") == seconds


@pytest.mark.parametrize("value", ["soon", -1, "-5", float("nan"), float("inf"), True, []])
def test_a_time_that_is_none_is_refused_by_host(value: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="Host 'a': window_expected_duration is"):
        window_devices(["a"], {"a": {"window_expected_duration": value}})


@pytest.mark.parametrize(("names", "text"), [("a", "takes a list"), (["c"], "no host 'c'")])
def test_what_is_no_list_of_hosts_is_an_error(names: t.Any, text: str) -> None:
    with pytest.raises(AnsibleFilterError, match=text):
        window_devices(names, {"a": {}})


PAIRS: dict[str, dict[str, t.Any]] = {
    "a1": {"pair": "a", "role": "active", "group_names": ["active"]},
    "a2": {"pair": "a", "role": "standby", "group_names": ["standby"]},
    "b1": {"pair": "b", "role": "active", "group_names": ["active"], "zequenze_name": "B-1"},
    "b2": {"pair": "b", "role": "standby", "group_names": ["standby"], "maintenance_protected": "y"},
    "alone": {"group_names": []},
}


def names(devices: list[dict[str, t.Any]]) -> list[str]:
    return [device["name"] for device in devices]


def test_the_other_members_of_a_group_come_along_and_a_host_without_the_variable_has_no_group() -> None:
    devices = window_devices(["alone", "a1", "b2"], PAIRS, "pair")
    assert [(device["name"], device.get("group"), device.get("selected", True)) for device in devices] == [
        ("alone", None, True),
        ("a1", "pair=a", True),
        ("b2", "pair=b", True),
        ("a2", "pair=a", False),
        ("b1", "pair=b", False),
    ]
    assert devices[-1]["zequenze_name"] == "B-1"
    assert names(window_devices(["alone"], PAIRS, "pair")) == ["alone"]
    assert "group" not in window_devices(["a1"], PAIRS)[0]


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("maintenance_protcted", "maintenance_protected"),
        ("maintenence_protected", "maintenance_protected"),
        ("Maintenance_protected", "maintenance_protected"),
        ("maintenance-protected", "maintenance_protected"),
        ("maintenance_protect", "maintenance_protected"),
        ("maintenance_mangaed", "maintenance_managed"),
        ("maintenance_lok", "maintenance_lock"),
    ],
)
def test_a_misspelt_variable_that_would_spare_a_device_is_refused(variable: str, meant: str) -> None:
    with pytest.raises(AnsibleFilterError, match=rf"Host 'a': unknown variable '{variable}'. Did you mean {meant}\?"):
        window_devices(["a"], {"a": {variable: True}})


@pytest.mark.parametrize(
    "variable",
    ["maintenance_contact", "maintenance_protected_by", "maintenance_clock", "maintenance_max_in_flight", "maintainer"],
)
def test_a_variable_of_one_s_own_is_not(variable: str) -> None:
    assert window_devices(["a"], {"a": {variable: "x"}}) == window_devices(["a"], {"a": {}})


@pytest.mark.parametrize("blank", ["", " ", None])
def test_a_blank_group_is_none(blank: t.Any) -> None:
    assert "group" not in window_devices(["a"], {"a": {"pair": blank}}, "pair")[0]


@pytest.mark.parametrize("value", [["x"], {"x": 1}])
def test_a_group_that_is_no_single_value_is_refused_by_host(value: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="pair of host 'a' must be one value"):
        window_devices(["a"], {"a": {"pair": value}}, "pair")


@pytest.mark.parametrize("by", ["", " ", 7, ["pair"]])
def test_a_blank_or_wrong_variable_of_groups_is_refused_by_name(by: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="window_exclusive_by"):
        window_devices(["a1"], PAIRS, by)


@pytest.mark.parametrize(
    ("by", "order"),
    [
        (None, ["a1", "a2", "b1", "b2", "alone"]),
        ("role", ["a1", "b1", "a2", "b2", "alone"]),
        ({"role": ["standby", "active"]}, ["a2", "b2", "a1", "b1", "alone"]),
        ({"role": ["standby", "active"], "pair": ["b", "a"]}, ["b2", "a2", "b1", "a1", "alone"]),
        (["standby", "active"], ["a2", "b2", "a1", "b1", "alone"]),
    ],
)
def test_the_order_is_that_of_a_variable_of_its_values_or_of_groups(by: t.Any, order: list[str]) -> None:
    assert names(window_devices(list(PAIRS), PAIRS, None, by)) == order


def test_numbers_come_in_their_order_and_before_text() -> None:
    hosts: dict[str, dict[str, t.Any]] = {"a": {"rank": 10}, "b": {"rank": 9}, "c": {"rank": "x"}, "d": {}}
    assert names(window_devices(["d", "c", "a", "b"], hosts, None, "rank")) == ["b", "a", "c", "d"]


@pytest.mark.parametrize(
    "by",
    [
        "",
        " ",
        7,
        True,
        [],
        {},
        ["stanby", "active"],
        ["standby", 1],
        {"role": []},
        {"role": "standby"},
        {"role": ["standby"]},
    ],
)
def test_an_order_that_cannot_be_understood_is_refused(by: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="window_order_by"):
        window_devices(list(PAIRS), PAIRS, None, by)


def test_what_the_inventory_says_is_never_rendered() -> None:
    evil = "{{ lookup('pipe', 'id') }}"
    (device,) = window_devices([evil], {evil: {"maintenance_protected_reason": evil}})
    assert device["name"] == device["protected_reason"] == evil
    # How a core marks such a text differs, and `inert` knows.
    assert type(device["name"]) is type(untrusted(evil))


@pytest.mark.parametrize("group", ["/", "ID40/", "a/b/c", "/b"])
def test_a_group_of_oracle_sdm_that_is_none_is_refused_by_name(group: str) -> None:
    with pytest.raises(BadInput, match="sdm_group_id of 'a' is"):
        read_targets(window_devices(["a"], {"a": {"sdm_group_id": group}}))
