# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of Zequenze Control in every form that docs/apis/zequenze_control.md leaves open."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import (
    Uptime,
    device_row,
    flag,
    instant,
    log_row,
    text,
    uptime,
)
from tests.unit.support.zequenze_script import DEVICE, entry


def test_a_full_record() -> None:
    row = device_row(dict(DEVICE), 1795226400.0)
    assert (row.id, row.name, row.serial, row.up, row.pending) == ("811", "lax-sbc-01", "ZX81TEST0007", True, False)
    assert (row.type, row.organization, row.ip) == ("3", "5", "192.0.2.44")
    assert row.last_status_change == 1794988800.0
    assert row.server_date == 1795226400.0


@pytest.mark.row(49)
@pytest.mark.parametrize("device_id", [811, "811"])
def test_an_id_is_text_whether_it_comes_as_a_number_or_not(device_id: t.Any) -> None:
    assert device_row({"id": device_id, "name": "d1"}, None).id == "811"


@pytest.mark.row(49)
def test_a_huge_id_keeps_all_its_digits() -> None:
    assert device_row({"id": 2**63 + 1, "name": "d1"}, None).id == "9223372036854775809"


@pytest.mark.row(50)
def test_a_single_record_may_come_as_a_list_of_one() -> None:
    assert device_row({"count": 1, "results": [dict(DEVICE)]}, None).id == "811"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"id": 811},
        {"name": "d1"},
        {"id": None, "name": "d1"},
        {"id": {}, "name": "d1"},
        {"results": []},
        [],
        None,
        "811",
    ],
)
def test_a_record_without_id_or_name_is_no_answer(record: t.Any) -> None:
    with pytest.raises(NoAnswer):
        device_row(record, None)


@pytest.mark.parametrize(
    ("field", "value", "pending"), [("pending", True, True), ("pending_settings", "1", True), ("pending", 0, False)]
)
def test_the_pending_flag_has_two_names(field: str, value: t.Any, pending: bool) -> None:
    assert device_row({"id": 1, "name": "d1", field: value}, None).pending is pending


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        ("1", True),
        ("0", False),
        ("True", True),
        ("FALSE", False),
        (" up ", True),
        ("Down", False),
        (None, None),
        ("", None),
        ("maybe", None),
        (2, None),
        ([], None),
    ],
)
def test_flags(value: t.Any, read: bool | None) -> None:
    assert flag(value) is read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-11-21T02:00:00Z", 1795226400.0),
        ("2026-11-21T02:00:00.5Z", 1795226400.5),
        ("2026-11-21T03:00:00+01:00", 1795226400.0),
        ("2026-11-21 02:00:00.123456789+00:00", 1795226400.123456),
        ("2026-11-21T02:00:00", None),
        ("2026-11-21", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (1795226400, None),
        (None, None),
    ],
)
def test_instants(value: t.Any, read: float | None) -> None:
    assert instant(value) == read


@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.text())))
def test_whatever_stands_in_a_field_is_read_or_left_out(value: t.Any) -> None:
    for read in (flag, instant, text):
        read(value)
    device_row({**DEVICE, "status": value, "last_status_change": value, "serial_number": value}, None)
    log_row(entry(action=value, datetime=value, is_pending=value, error=value, parent=value))
    uptime([{"variable_name": "Device.DeviceInfo.UpTime", "value": value, "updated_at": value}])


def test_a_log_entry() -> None:
    row = log_row(
        entry(
            7, datetime="2026-11-21T02:00:00Z", action=" Command ", variable_name="x", new_value=5, is_pending="false"
        )
    )
    assert (row.id, row.device_id, row.at, row.action) == ("990007", "811", 1795226400.0, "command")
    assert (row.variable, row.new_value, row.pending, row.applied, row.error) == ("x", "5", False, True, None)


@pytest.mark.parametrize(("parent", "device_id"), [({"id": "811"}, "811"), (811, "811"), (None, None), ({}, None)])
def test_the_device_of_an_entry(parent: t.Any, device_id: str | None) -> None:
    assert log_row(entry(parent=parent)).device_id == device_id


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"error_code": "9002", "error_message": "Internal error"}, "9002: Internal error"),
        ({"error": "timeout"}, "timeout"),
        ({"error_code": 0, "error_message": ""}, None),
        ({"error_code": "0", "error": False}, None),
        ({"error_code": None, "error": "None"}, None),
    ],
)
def test_the_error_of_an_entry(fields: dict[str, t.Any], error: str | None) -> None:
    assert log_row(entry(**fields)).error == error


def test_an_entry_without_an_id_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        log_row({"action": "command"})


@pytest.mark.parametrize("name", ["Device.DeviceInfo.UpTime", "InternetGatewayDevice.DeviceInfo.UpTime"])
@pytest.mark.parametrize("nested", [True, False])
def test_the_uptime_in_both_data_models(name: str, nested: bool) -> None:
    named = {"parameter": {"variable_name": name}} if nested else {"variable_name": name}
    other = {"parameter": {"variable_name": "Device.DeviceInfo.ModelName"}, "value": "5"}
    assert uptime([other, {**named, "value": "4711"}]) == Uptime(4711.0, None)


@pytest.mark.parametrize("field", ["updated_at", "last_updated", "date", "timestamp"])
def test_the_time_of_a_reading_has_many_names(field: str) -> None:
    value = {"variable_name": "Device.DeviceInfo.UpTime", "value": 5, field: "2026-11-21T02:00:00Z"}
    assert uptime([value]) == Uptime(5.0, 1795226400.0)


@pytest.mark.parametrize(
    "value", ["", "Error 9005: invalid parameter name", "-1", "nan", "inf", "1e300", None, True, {}, "12 days"]
)
def test_what_is_no_number_of_seconds_is_no_uptime(value: t.Any) -> None:
    assert uptime([{"variable_name": "Device.DeviceInfo.UpTime", "value": value}]) is None


def test_a_variable_that_is_no_object_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        uptime(["4711"])
