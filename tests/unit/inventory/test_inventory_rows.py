# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From rows to host variables and groups, and which rows become hosts."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, device_row
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.config_file import read_filters
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.rows import (
    chosen,
    host_vars,
    labels_of,
)
from tests.unit.support.pam_script import LAB, WEB

ROW = device_row(WEB, "PAM")
BARE = {name: ROW[name] for name in ("id", "hostname", "ip", "model", "type", "vendor", "site")}


def test_host_vars_without_details() -> None:
    assert host_vars(ROW, details=False) == {
        "ansible_host": "192.0.2.10",
        "pam_id": "12",
        "pam_hostname": "web-01",
        "pam_ip": "192.0.2.10",
        "pam_model": "Debian 12",
        "pam_type": "Server",
        "pam_vendor": "Debian",
        "pam_site": "POA",
        "pam_tags": ["prod", "web"],
    }


def test_host_vars_with_details() -> None:
    values = host_vars(ROW, details=True)
    assert values["pam_domains"] == ["corp.example.com"]
    assert values["pam_connectivities"] == [{"protocol": "SSH", "port": 22}, {"protocol": "HTTPS", "port": 443}]
    assert values["pam_session_remote_config"] == ""


def test_a_version_that_shows_less_leaves_the_variables_empty() -> None:
    values = host_vars(t.cast("Row", BARE), details=True)
    assert (values["pam_tags"], values["pam_domains"], values["pam_connectivities"]) == ([], [], [])


def test_ansible_host_is_the_host_of_a_url_and_missing_where_there_is_none() -> None:
    assert host_vars({**ROW, "ip": "https://web.example.com/x"}, details=False)["ansible_host"] == "web.example.com"
    assert "ansible_host" not in host_vars({**ROW, "ip": "-oProxyCommand=x"}, details=False)


def test_labels_are_the_values_there_are() -> None:
    assert labels_of({**ROW, "site": "", "device_tags": ["a", "a"]}) == [
        ("type", "Server"),
        ("vendor", "Debian"),
        ("model", "Debian 12"),
        ("tag", "a"),
    ]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["web-01", "lab switch 01"]),
        ({"include": {"site": ["POA"]}}, ["web-01"]),
        ({"include": {"site": "LAB"}}, ["lab switch 01"]),
        ({"include": {"site": ["poa"]}}, []),
        ({"include": {"site": ["POA", "LAB"], "tag": ["web", "other"]}}, ["web-01"]),
        ({"include": {"hostname": ["lab*", "x"]}}, ["lab switch 01"]),
        ({"include": {"hostname": ["web-0?"]}, "exclude": {"tag": ["prod"]}}, []),
        ({"exclude": {"hostname": ["* *"]}}, ["web-01"]),
        ({"exclude": {"vendor": ["Debian"]}}, []),
    ],
)
def test_filters(filters: dict[str, t.Any], names: list[str]) -> None:
    rows = [ROW, device_row(LAB, "PAM")]
    assert [row["hostname"] for row in rows if chosen(row, read_filters(filters))] == names
