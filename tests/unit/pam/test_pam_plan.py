# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PAM device should become, without a network: options to fields, comparison, plan, verdict."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.plan import (
    Fields,
    differing,
    not_taken,
    plan_absent,
    plan_present,
    record,
    wanted_fields,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, device_row
from tests.unit.support.pam_script import WEB

ROW = device_row(WEB, "PAM")
HELD: Fields = {**ROW}
BASE = {name: WEB[name] for name in ("hostname", "ip", "model", "type", "vendor", "site")}


def wanted(**params: t.Any) -> Fields:
    return wanted_fields({"hostname": "web-01", **params})


def test_what_is_left_out_is_not_asked_for() -> None:
    assert wanted() == {"hostname": "web-01"}
    assert wanted(site=None, device_tags=None) == {"hostname": "web-01"}


def test_an_empty_list_and_an_empty_text_are_asked_for() -> None:
    asked = wanted(device_tags=[], session_remote_config="")
    assert asked == {"hostname": "web-01", "device_tags": [], "session_remote_config": ""}


def test_texts_are_trimmed_and_lists_lose_repeats() -> None:
    asked = wanted(site=" LAX ", device_tags=["a", " a", "b"], connectivities=["SSH: 22", "SSH:22"])
    assert (asked["site"], asked["device_tags"], asked["connectivities"]) == ("LAX", ["a", "b"], ["SSH:22"])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"hostname": ""}, "hostname"),
        ({"hostname": " web-01"}, "blanks at its ends"),
        ({"hostname": "web\n01"}, "control characters"),
        ({"hostname": "x" * 256}, "longer than 255 bytes"),
        ({"ip": " "}, "ip: it must not be empty"),
        ({"site": ""}, "site: it must not be empty"),
        ({"device_tags": ["a,b"]}, "device_tags: 'a,b'"),
        ({"device_tags": [""]}, "device_tags: ''"),
        ({"device_domain": ["corp example"]}, "device_domain: 'corp example'"),
        ({"connectivities": ["SSH"]}, "PROTOCOL:PORT"),
        ({"connectivities": ["SSH:0"]}, "PROTOCOL:PORT"),
        ({"connectivities": ["SSH:65536"]}, "PROTOCOL:PORT"),
        ({"connectivities": [":22"]}, "PROTOCOL:PORT"),
        ({"connectivities": ["SSH:22,HTTPS:443"]}, "PROTOCOL:PORT"),
        ({"connectivities": ["SSH:twenty"]}, "PROTOCOL:PORT"),
    ],
)
def test_what_the_api_cannot_carry_is_bad_input(params: dict[str, t.Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        wanted(**params)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"site": "POA"},
        {"device_tags": ["web", "prod"]},
        {"connectivities": ["https:443", "SSH:22"]},
        {"device_domain": ["CORP.example.com"]},
        {"device_domain": ["corp"]},
        {"session_remote_config": " "},
    ],
)
def test_the_same_in_other_words_is_no_difference(params: dict[str, t.Any]) -> None:
    assert differing(HELD, wanted(**params)) == []
    assert plan_present(ROW, wanted(**params)).action == "none"


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"site": "poa"}, ["site"]),
        ({"ip": "192.0.2.11", "model": "Debian 13"}, ["ip", "model"]),
        ({"device_tags": ["prod"]}, ["device_tags"]),
        ({"device_tags": ["Prod", "web"]}, ["device_tags"]),
        ({"device_tags": []}, ["device_tags"]),
        ({"connectivities": ["SSH:22"]}, ["connectivities"]),
        ({"connectivities": ["SSH:2222", "HTTPS:443"]}, ["connectivities"]),
        ({"device_domain": []}, ["device_domain"]),
        ({"device_domain": ["corp.example.com", "lab.example.net"]}, ["device_domain"]),
        ({"device_domain": ["corp.example.net"]}, ["device_domain"]),
        ({"session_remote_config": "SSH:a:b"}, ["session_remote_config"]),
    ],
)
def test_what_differs_is_named(params: dict[str, t.Any], names: list[str]) -> None:
    assert differing(HELD, wanted(**params)) == names


def test_an_update_sends_the_whole_record_merged() -> None:
    plan = plan_present(ROW, wanted(device_tags=["new"], device_domain=[]))
    assert plan.action == "updated"
    assert record(plan.fields or {}) == {
        **BASE,
        "device_domain": "",
        "device_tags": "new",
        "connectivities": "SSH:22,HTTPS:443",
        "session_remote_config": "",
    }
    assert plan.before == HELD
    assert plan.after == {**HELD, "device_tags": ["new"], "device_domain": []}


def test_an_update_sends_no_field_that_an_old_version_does_not_show() -> None:
    old = {name: value for name, value in HELD.items() if name in ("id", *BASE)}
    assert record(plan_present(t.cast("Row", old), wanted(site="LAX")).fields or {}) == {**BASE, "site": "LAX"}


def test_a_creation_sends_what_is_asked_for() -> None:
    plan = plan_present(None, wanted_fields({**BASE, "device_tags": ["a"]}))
    assert plan.action == "created"
    assert record(plan.fields or {}) == {**BASE, "device_tags": "a"}
    assert (plan.before, plan.after["id"]) == ({}, None)


def test_a_creation_names_all_fields_that_are_missing() -> None:
    with pytest.raises(BadInput, match=r"'web-01' is not listed .* needs also: ip, vendor, site\."):
        plan_present(None, wanted(model="m", type="t"))


def test_absent_deactivates_what_is_listed() -> None:
    assert plan_absent(ROW).action == "deactivated"
    assert plan_absent(None).action == "none"


def test_fields_that_did_not_take_are_told_from_those_that_can_be_explained() -> None:
    asked = wanted(site="LAX", device_tags=["a"], device_domain=["LAB"])
    assert not_taken({**HELD, "site": "LAX", "device_tags": ["a"], "device_domain": ["LAB"]}, asked) == ([], [])
    assert not_taken({**HELD, "device_domain": ["registered.example.com"]}, asked) == (
        ["site", "device_tags"],
        ["device_domain"],
    )
    assert not_taken({**HELD, "site": "LAX", "device_tags": ["a"], "device_domain": []}, asked) == (
        ["device_domain"],
        [],
    )
    assert not_taken({"site": "LAX", "hostname": "web-01"}, asked) == ([], ["device_domain", "device_tags"])


NAMES = st.text(st.characters(exclude_characters=",:", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "ip": NAMES,
            "site": NAMES,
            "device_tags": st.lists(NAMES, max_size=4),
            "device_domain": st.lists(NAMES, max_size=4),
            "connectivities": st.lists(st.builds("{}:{}".format, NAMES, st.integers(1, 65535)), max_size=4),
            "session_remote_config": st.text(max_size=8),
        },
    )
)
def test_after_its_own_update_a_device_has_no_difference(params: dict[str, t.Any]) -> None:
    asked = wanted(**params)
    plan = plan_present(ROW, asked)
    if plan.fields is None:
        return
    echoed = device_row({"id": "12", **record(plan.fields or {})}, "PAM")
    assert not_taken({**echoed}, plan.fields) == ([], [])
    assert plan_present(echoed, asked).action == "none"
