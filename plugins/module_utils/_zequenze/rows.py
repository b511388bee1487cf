# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zequenze Control's records as plain typed rows; every reading that docs/apis leaves open is accepted."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso, parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import cut

SYSTEM = "Zequenze Control"

UPTIME_VARIABLES = ("Device.DeviceInfo.UpTime", "InternetGatewayDevice.DeviceInfo.UpTime")

# How the time of a value is called is not documented; these spellings were seen or are usual.
_DATE_FIELDS = ("updated_at", "last_updated", "last_update", "datetime", "date", "timestamp", "read_at")

# A number this large counts nothing: a century in milliseconds is less.
MOST_COUNTED = 1e13

Record = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class DeviceRow:
    """A device record (docs/apis/zequenze_control.md, 4.2); what a server leaves out is None.

    ``up`` is the Up/Down status, ``pending`` whether settings wait to be applied, ``last_status_change`` epoch seconds,
    ``server_date`` the server's clock when it answered.
    """

    id: str
    name: str
    serial: str | None
    up: bool | None
    pending: bool | None
    last_status_change: float | None
    type: str | None
    organization: str | None
    ip: str | None
    server_date: float | None


@dataclasses.dataclass(frozen=True)
class LogRow:
    """An entry of the device log (docs/apis, 4.3)."""

    id: str
    device_id: str | None
    at: float | None
    action: str
    variable: str | None
    new_value: str | None
    pending: bool
    applied: bool
    error: str | None


@dataclasses.dataclass(frozen=True)
class Uptime:
    """An uptime in seconds, and when the platform read it from the device (epoch seconds), if it says so."""

    seconds: float
    read_at: float | None


def device_row(value: t.Any, server_date: float | None) -> DeviceRow:
    """Read one device record. Raises NoAnswer when it has no id or no name."""
    record = mapping(value, "a device record")
    found = record.get("results")
    if isinstance(found, list) and len(found) > 1:
        ids = ", ".join(str(text(mapping(each, "a device record").get("id"))) for each in found[:5])
        raise NoAnswer(f"{SYSTEM} has {len(found)} devices where one was asked for (ids {ids}); tell them apart there.")
    if isinstance(found, list) and found:
        record = mapping(found[0], "a device record")
    device_id, name = text(record.get("id")), text(record.get("name"))
    if device_id is None or name is None:
        raise NoAnswer(f"{SYSTEM} answered with a device record that has no id or no name.")
    return DeviceRow(
        id=device_id,
        name=name,
        serial=text(record.get("serial_number")),
        up=flag(record.get("status")),
        pending=flag(record.get("pending_settings", record.get("pending"))),
        last_status_change=instant(record.get("last_status_change")),
        type=text(record.get("type")),
        organization=text(record.get("organization")),
        ip=text(record.get("ip_address")),
        server_date=server_date,
    )


def log_row(value: t.Any) -> LogRow:
    """Read one log entry. Raises NoAnswer when it has no id."""
    record = mapping(value, "a log entry")
    row_id = text(record.get("id"))
    if row_id is None:
        raise NoAnswer(f"{SYSTEM} answered with a log entry that has no id.")
    parent = record.get("parent")
    device_id = text(parent.get("id")) if isinstance(parent, dict) else text(parent)
    return LogRow(
        id=row_id,
        device_id=device_id,
        at=instant(record.get("datetime")),
        action=(text(record.get("action")) or "").strip().lower(),
        variable=text(record.get("variable_name")),
        new_value=text(record.get("new_value")),
        pending=bool(flag(record.get("is_pending"))),
        applied=bool(flag(record.get("is_applied"))),
        error=_error(record),
    )


def uptime(values: t.Sequence[t.Any]) -> Uptime | None:
    """Find the uptime among a device's variables (names from TR-181 and TR-098); None when the profile has none."""
    for value in values:
        record = mapping(value, "a variable")
        parameter = record.get("parameter")
        named = parameter if isinstance(parameter, dict) else record
        if text(named.get("variable_name")) not in UPTIME_VARIABLES:
            continue
        try:
            seconds = float(str(record.get("value")))
        except ValueError:
            continue
        if not 0 <= seconds < MOST_COUNTED:
            continue
        dates = [instant(record.get(field)) for field in _DATE_FIELDS]
        return Uptime(seconds, next((date for date in dates if date is not None), None))
    return None


def mapping(value: t.Any, what: str) -> Record:
    """Return the value if it is a JSON object; raises NoAnswer otherwise."""
    if not isinstance(value, dict):
        raise NoAnswer(f"{SYSTEM} answered with something else where {what} was expected.")
    return value


def text(value: t.Any) -> str | None:
    """Return an id, a name or any other scalar as text: ids are sometimes numbers, sometimes strings."""
    if value is None or isinstance(value, (dict, list)):
        return None
    return str(value)


def flag(value: t.Any) -> bool | None:
    """Read a flag written as a boolean, a number or a word; None when it is none of them."""
    return {"true": True, "1": True, "up": True, "false": False, "0": False, "down": False}.get(
        str(value).strip().lower()
    )


def instant(value: t.Any) -> float | None:
    """Read a timestamp into epoch seconds; None when it is missing, malformed, or without a zone to read it in."""
    if not isinstance(value, str):
        return None
    try:
        read = parse_instant(value.strip().replace(" ", "T", 1))
        # At the very ends of the calendar an instant can be read and not be written again.
        iso(read)
    except (ValueError, OverflowError, OSError):
        return None
    return read


def _error(record: Record) -> str | None:
    """Return the error an entry carries: newer releases have one, under unknown names."""
    parts = [text(record.get(name)) for name in ("error_code", "error_message", "error")]
    found = [part for part in parts if part and part.lower() not in ("0", "none", "null", "false")]
    return cut(": ".join(found), 200) or None
