# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person approves, as one digest, and how what would be done now differs from it. Pure functions.

The digest covers the whole record of the window: when it is, the operations, the limits and times, the task files of
the user by their content, every device with its names and ids in its order and batch, and what is left alone and why.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

VERSION = 2

MOST_DIFFERENCES = 30

# What tells a device from any other, under the names that a person reads.
_IDENTITY = {"zequenze_id": "id", "serial": "serial number", "sdm_id": "id in Oracle SDM"}

# And what is done differently with it, under the names of the fields.
_TREATMENT = ("zequenze_name", "sdm_name", "pam_name", "group", "batch", "expected_duration", "sdm_lock")

_DEVICE = ("name", *_IDENTITY, *_TREATMENT)

_MAPPINGS = ("definition", "rules", "hooks", "excluded")

_KEYS = {"version", "window", "operations", "devices", "partners", *_MAPPINGS}

Approved = dict[str, t.Any]


def doubtful(record: WindowRecord) -> list[str]:
    """Return the names of the devices that a system does not show exactly once."""
    return [device.name for device in record.maintained if not is_certain(device)]


def is_certain(device: RecordedDevice) -> bool:
    """Whether the systems that a window needs show exactly one device."""
    return device.zequenze_id is not None and (device.sdm_id is not None or not device.sdm_lock)


def to_approve(record: WindowRecord) -> Approved:
    """Return what a person approves. Raises BadInput when a device of it is in doubt."""
    names = doubtful(record)
    if names:
        raise BadInput(
            f"{', '.join(map(shown, names[:10]))}: not exactly one device in every system, so there is nothing to "
            "approve. window_preflight says what is wrong."
        )
    return {
        "version": VERSION,
        "window": record.window_id,
        # Where a controller keeps its files is its own affair.
        "definition": {key: value for key, value in record.definition.items() if key != "window_directory"},
        "operations": list(record.operations),
        "rules": dataclasses.asdict(record.rules),
        "hooks": dict(record.hooks),
        "devices": [{key: getattr(device, key) for key in _DEVICE} for device in record.maintained],
        "excluded": {device.name: device.excluded for device in record.devices if device.excluded is not None},
        "partners": [device.name for device in record.partners],
    }


def digest_of(approved: Approved) -> str:
    """Return the digest that stands for exactly this: SHA-256 over canonical JSON, in hexadecimal."""
    text = json.dumps(approved, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_approved(text: str, where: str) -> Approved:
    """Read what was approved from JSON: as it is, or inside a plan. Raises BadInput for anything else."""
    try:
        document = parse(text.encode(), where)
    except MaintenanceError as error:
        raise BadInput(str(error)) from error
    if isinstance(document, dict) and isinstance(document.get("approve"), dict):
        document = document["approve"]
    if not isinstance(document, dict) or "version" not in document or "window" not in document:
        raise BadInput(f"{where} is not a plan.")
    if document["version"] != VERSION or set(document) != _KEYS or not _is_sound(document):
        raise BadInput(f"{where} is not a plan of this version. Plan the window again.")
    return document


def _is_sound(document: Approved) -> bool:
    devices = document["devices"]
    if not isinstance(devices, list) or not all(isinstance(document[key], dict) for key in _MAPPINGS):
        return False
    return all(isinstance(device, dict) and set(device) == set(_DEVICE) for device in devices)


def differences(approved: Approved, now: Approved) -> list[str]:
    """Say what would be done now that was not approved, or not any more: a short sentence each."""
    found = []
    for key in ("window", "operations", "partners"):
        if approved[key] != now[key]:
            found.append(f"{key}: approved {_listed(approved[key])}, now {_listed(now[key])}")
    for mapping in _MAPPINGS:
        was, is_now = approved[mapping], now[mapping]
        found += [
            f"{_title(mapping, key)}: approved {_value(mapping, was.get(key))}, now {_value(mapping, is_now.get(key))}"
            for key in sorted({*was, *is_now})
            if was.get(key) != is_now.get(key)
        ]
    return found + _device_differences(approved["devices"], now["devices"])


def _title(mapping: str, key: str) -> str:
    return {"excluded": f"{shown(key)} left out", "hooks": f"the task file {key}"}.get(mapping, key)


def _value(mapping: str, value: object) -> str:
    if value is None:
        return "none"
    return str(value)[:12] if mapping == "hooks" else shown(str(value)) if isinstance(value, str) else str(value)


def _device_differences(approved: list[dict[str, t.Any]], now: list[dict[str, t.Any]]) -> list[str]:
    was = {device["name"]: device for device in approved}
    is_now = {device["name"]: device for device in now}
    found = [f"added: {_described(device)}" for name, device in is_now.items() if name not in was]
    found += [f"removed: {_described(device)}" for name, device in was.items() if name not in is_now]
    for name in was.keys() & is_now.keys():
        changes = [
            f"{title} was {was[name][key]} and is {is_now[name][key]}"
            for key, title in _IDENTITY.items()
            if was[name][key] != is_now[name][key]
        ]
        if changes:
            found.append(f"{shown(name)} is another device: {', '.join(changes)}")
        found += [
            f"{shown(name)}: {key} was {was[name][key]} and is {is_now[name][key]}"
            for key in _TREATMENT
            if was[name][key] != is_now[name][key]
        ]
    if [name for name in was if name in is_now] != [name for name in is_now if name in was]:
        found.append(f"the order: approved {_listed(list(was))}, now {_listed(list(is_now))}")
    return found


def check_approval(approval: str, known: Approved | None, now: Approved) -> None:
    """Raise BadInput unless ``approval`` is the digest of ``now``; ``known`` is what it stood for, where that is known.

    The message shows the difference, or else what would be done now.
    """
    if approval.strip().lower() == digest_of(now):
        return
    if known is not None:
        found = differences(known, now) or ["the list of devices holds a name twice"]
        more = [f"and {len(found) - MOST_DIFFERENCES} more"] if len(found) > MOST_DIFFERENCES else []
        text = f"The difference: {'; '.join([*found[:MOST_DIFFERENCES], *more])}."
    else:
        devices = ", ".join(_described(device) for device in now["devices"][:MOST_DIFFERENCES])
        text = (
            "The approved plan is not in this journal; pass it as window_approved_plan to see the difference. Now it "
            f"would be: {_listed(now['operations'])} in window {shown(str(now['window']))} of {len(now['devices'])} "
            f"devices: {devices}."
        )
    raise BadInput(
        f"The approval {shown(approval)} is not for what would be done now. Nothing was locked or sent. {text} Plan "
        "the window again and have that plan approved."
    )


def check_slice(approval: str, known: Approved | None, now: Approved) -> None:
    """Raise BadInput unless ``now`` is a part of what ``approval`` is the digest of: a run with some of the devices.

    ``known`` is what the digest stands for, None where that is not known. Every device must be treated as approved, and
    whatever is not about single devices must be the same. Only the division into batches is the part's own.
    """
    if known is None or approval.strip().lower() != digest_of(known):
        raise BadInput(
            f"The plan of the approval {shown(approval)} is not in this journal, so a part of the window cannot be "
            "held to it. Plan the window with the same journal, and not in check mode. Nothing was locked or sent."
        )
    names = {device["name"] for device in now["devices"]}
    part = {
        **known,
        "devices": [device for device in known["devices"] if device["name"] in names],
        "excluded": {name: why for name, why in known["excluded"].items() if name in now["excluded"]},
    }
    found = differences(_without_batches(part), _without_batches(now))
    groups = {device["group"] for device in now["devices"] if device["group"] is not None}
    found += [
        f"{shown(device['name'])} of group {shown(device['group'])} is not in this part of the inventory"
        for device in known["devices"]
        if device["group"] in groups and device["name"] not in names
    ]
    if found:
        more = [f"and {len(found) - MOST_DIFFERENCES} more"] if len(found) > MOST_DIFFERENCES else []
        raise BadInput(
            f"The approval {shown(approval)} is not for what would be done now. Nothing was locked or sent. The "
            f"difference: {'; '.join([*found[:MOST_DIFFERENCES], *more])}. Plan the window again and have that plan "
            "approved."
        )


def _without_batches(approved: Approved) -> Approved:
    return {**approved, "devices": [{**device, "batch": 0} for device in approved["devices"]]}


def _listed(value: object) -> str:
    names = value if isinstance(value, list) else [value]
    return ", ".join(shown(str(name)) for name in names[:MOST_DIFFERENCES]) or "none"


def _described(device: t.Mapping[str, t.Any]) -> str:
    return f"{shown(str(device['name']))} (id {device['zequenze_id']}, in Oracle SDM {device['sdm_id']})"
