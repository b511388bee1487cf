# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person approves, as one digest, and how what would be done now differs from it. Pure functions.

The digest covers the window's id, the operations, and every device with its ids in its order. Devices that the window
leaves alone by itself (protected, not managed) are not in it; whoever ends that changes the digest.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import Step
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

VERSION = 1


MOST_DIFFERENCES = 30


# What tells a device from any other, under the names that a person reads.
_IDENTITY = {"zequenze_id": "id", "serial": "serial number", "sdm_id": "id in Oracle SDM"}


_DEVICE = ("name", *_IDENTITY)


Approved = dict[str, t.Any]


def to_approve(window_id: str, operations: t.Sequence[str], steps: t.Sequence[Step]) -> Approved:
    """Give what a plan asks a person to approve. Raises BadInput when a device of it is in doubt."""
    doubtful = [step.name for step in steps if step.action == "blocked"]
    if doubtful:
        raise BadInput(
            f"{', '.join(map(shown, doubtful[:10]))}: not exactly one device in every system, so there is nothing to "
            "approve; window_preflight says what is wrong."
        )
    return {
        "version": VERSION,
        "window": window_id,
        "operations": list(operations),
        "devices": [{key: getattr(step, key) for key in _DEVICE} for step in steps if not step.excluded],
    }


def digest_of(approved: Approved) -> str:
    """Give the digest that stands for exactly this: SHA-256 over canonical JSON, in hexadecimal."""
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
    if not isinstance(document, dict) or set(document) != {"version", "window", "operations", "devices"}:
        raise BadInput(f"{where} is not a plan.")
    if document["version"] != VERSION or not _are_devices(document["devices"]):
        raise BadInput(f"{where} is not a plan of this version.")
    return document


def _are_devices(devices: object) -> bool:
    return isinstance(devices, list) and all(
        isinstance(device, dict) and set(device) == set(_DEVICE) for device in devices
    )


def differences(approved: Approved, now: Approved) -> list[str]:
    """Say what would be done now that was not approved, or not any more: a short sentence each."""
    found = []
    for key in ("window", "operations"):
        if approved[key] != now[key]:
            found.append(f"{key}: approved {_listed(approved[key])}, now {_listed(now[key])}")
    was = {device["name"]: device for device in approved["devices"]}
    is_now = {device["name"]: device for device in now["devices"]}
    found += [f"added: {_described(device)}" for name, device in is_now.items() if name not in was]
    found += [f"removed: {_described(device)}" for name, device in was.items() if name not in is_now]
    for name in was.keys() & is_now.keys():
        changes = [
            f"{title} was {was[name][key]} and is {is_now[name][key]}"
            for key, title in _IDENTITY.items()
            if was[name][key] != is_now[name][key]
        ]
        if changes:
            found.append(f"{shown(name)} is another device: {', '.join(changes)}")
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
            "What it stood for is not known here (give approved_plan, or plan with the same journal). "
            f"Now it would be: {_listed(now['operations'])} in window {shown(str(now['window']))} of "
            f"{len(now['devices'])} devices: {devices}."
        )
    raise BadInput(
        f"The approval {shown(approval)} is not for what would be done now, so nothing was locked or sent. {text} "
        "Look at the plan again and have it approved."
    )


def _listed(value: object) -> str:
    names = value if isinstance(value, list) else [value]
    return ", ".join(shown(str(name)) for name in names[:MOST_DIFFERENCES]) or "none"


def _described(device: t.Mapping[str, t.Any]) -> str:
    return f"{shown(str(device['name']))} (id {device['zequenze_id']}, in Oracle SDM {device['sdm_id']})"
