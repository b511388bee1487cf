# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of PAM Core: strict on what is needed, tolerant to the rest, and never a list that is not complete."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import (
    host_of,
    names_in_session,
    names_of_device,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import (
    Row,
    connectivity_text,
    device_row,
    device_rows,
    parse_connectivity,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import folded
from tests.unit.support.pam_script import LAB, WEB


def row_of(**fields: t.Any) -> Row:
    return device_row({**WEB, **fields}, "PAM")


def test_the_list_calls_tags_by_another_name() -> None:
    listed = {name: WEB[name] for name in ("id", "hostname", "ip", "model", "type", "vendor", "site")}
    row = device_row({**listed, "tags": "prod, web"}, "PAM")
    assert row["device_tags"] == ["prod", "web"]
    assert "device_domain" not in row
    assert "device_tags" not in device_row(listed, "PAM")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("", []),
        (None, []),
        ("a,b", ["a", "b"]),
        (" a , b ,, a ", ["a", "b"]),
        (["a", " b"], ["a", "b"]),
        (7, ["7"]),
    ],
)
def test_lists_are_split_trimmed_and_free_of_repeats(sent: t.Any, read: str | list[str]) -> None:
    assert row_of(device_tags=sent)["device_tags"] == read


def test_connectivities_are_written_one_way() -> None:
    row = row_of(connectivities="SSH: 22 , SQL Server:1433,Telnet")
    assert row["connectivities"] == ["SSH:22", "SQL Server:1433", "Telnet"]


@given(st.text(st.characters(exclude_characters=":", exclude_categories=["C", "Z"]), min_size=1), st.integers(1, 65535))
def test_a_connectivity_survives_writing_and_reading(protocol: str, port: int) -> None:
    assert parse_connectivity(connectivity_text(protocol, port)) == (protocol, port)


@pytest.mark.parametrize(("sent", "read"), [(12, "12"), ("0123", "0123"), (1e3, "1000.0"), (None, ""), (" on ", "on")])
def test_fields_are_texts(sent: t.Any, read: str | list[str]) -> None:
    assert row_of(model=sent)["model"] == read


@pytest.mark.row(49)
def test_an_id_above_two_to_the_53_keeps_its_digits() -> None:
    assert row_of(id=2**63 + 1)["id"] == "9223372036854775809"


def test_blanks_of_a_hostname_are_kept() -> None:
    assert row_of(hostname=" web ")["hostname"] == " web "


@pytest.mark.parametrize(
    "fields",
    [{"id": None}, {"id": ""}, {"id": True}, {"hostname": ""}, {"hostname": ["a"]}, {"ip": {}}, {"device_tags": [1]}],
)
def test_a_device_that_cannot_be_read_is_no_answer(fields: dict[str, t.Any]) -> None:
    with pytest.raises(NoAnswer, match="PAM"):
        row_of(**fields)


@pytest.mark.parametrize("raw", [None, [], "web-01", 7])
def test_what_is_no_object_is_no_device(raw: t.Any) -> None:
    with pytest.raises(NoAnswer):
        device_row(raw, "PAM")


@pytest.mark.row(52)
def test_the_count_of_the_message_is_believed_where_there_is_one() -> None:
    assert len(device_rows([WEB, LAB], "2 devices found", "PAM")) == 2
    assert len(device_rows([WEB], "Dispositivos: 5", "PAM")) == 1
    assert device_rows([], "", "PAM") == []
    with pytest.raises(NoAnswer, match="announced 3 devices but sent 2"):
        device_rows([WEB, LAB], "3 dispositivos", "PAM")
    with pytest.raises(NoAnswer, match="announced 5 devices but sent 0"):
        device_rows([], "5 devices found", "PAM")


@pytest.mark.row(50, 51)
@pytest.mark.parametrize("raw", [None, {"0": WEB}, WEB, "none"])
def test_what_is_no_list_is_no_registry(raw: t.Any) -> None:
    with pytest.raises(NoAnswer, match="no list of devices"):
        device_rows(raw, "1 devices found", "PAM")


@pytest.mark.row(52)
def test_the_same_id_twice_is_no_list() -> None:
    with pytest.raises(NoAnswer, match="the id '12' twice"):
        device_rows([WEB, {**LAB, "id": 12}], "", "PAM")


def test_the_same_hostname_twice_is_read() -> None:
    assert len(device_rows([WEB, {**LAB, "hostname": "web-01"}], "", "PAM")) == 2


@pytest.mark.row(57)
@pytest.mark.parametrize("twin", ["WEB-01", " web-01", "web-01 ", "\uff57eb-01"])
def test_twins_are_seen_as_such(twin: str) -> None:
    assert folded(twin) == folded("web-01")
    assert folded("web-02") != folded("web-01")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("192.0.2.10", "192.0.2.10"),
        (" web.example.com ", "web.example.com"),
        ("https://www.example.com/login?x=1", "www.example.com"),
        ("https://user:pass@Console.Example.com:8443/", "Console.Example.com"),
        ("http://[2001:db8::1]:8080/x", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:22", "2001:db8::1"),
        ("192.0.2.10:8443", "192.0.2.10"),
        ("www.example.com/login", "www.example.com"),
        ("example.com.", "example.com."),
        ("", None),
        ("-oProxyCommand=reboot", None),
        ("10.0.0.1\\SQLEXPRESS", None),
        ("{{ lookup('pipe', 'id') }}", None),
        ("two words", None),
        ("http://[broken", None),
        ("https:///nothing", None),
        ("fe80::1%eth0", None),
    ],
)
def test_the_host_of_an_address(address: str, host: str | None) -> None:
    assert host_of(address) == host


@given(st.text())
def test_a_host_is_never_more_than_a_host(address: str) -> None:
    host = host_of(address)
    assert host is None or (host[0] != "-" and not set(host) & set(" /\\'\"{}%@,;$`"))


def test_a_session_belongs_to_the_device_it_mentions_by_name_or_address() -> None:
    device = names_of_device(row_of(ip="https://[2001:DB8:0::1]/"))
    assert names_in_session("WEB-01:22") & device
    assert names_in_session("web-01") & device
    assert names_in_session("2001:db8::1:22") & device
    assert names_in_session("[2001:db8::1]:22") & device
    assert not names_in_session("web-011:22") & device
