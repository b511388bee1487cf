# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices of a window: as the inventory names them, and as the systems show them. Pure; names match exactly."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import SYSTEM as ORACLE_SDM
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import SYSTEM as SENHASEGURA
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import SYSTEM as ZEQUENZE

# How messages call the systems; where they stand side by side, it is in this order.
TITLES = {"zequenze": ZEQUENZE, "oracle_sdm": ORACLE_SDM, "senhasegura": SENHASEGURA}


@dataclasses.dataclass(frozen=True)
class Target:
    """A device of the selection as the inventory has it: its name there, and by what each system knows it.

    ``group`` is the exclusive group that it belongs to. ``excluded`` says why the window leaves it alone (protected, or
    not managed), None when it does not.
    """

    name: str
    zequenze_name: str
    sdm_name: str
    pam_hostname: str
    sdm_device_id: str | None = None
    group: str | None = None
    protected: bool = False
    excluded: str | None = None


@dataclasses.dataclass(frozen=True)
class Known:
    """A device as one system shows it; what it does not show is None. ``up`` and ``pending`` are Zequenze's alone."""

    id: str
    name: str
    ip: str | None = None
    serial: str | None = None
    up: bool | None = None
    pending: bool | None = None


@dataclasses.dataclass(frozen=True)
class Identity:
    """A target and what each asked system has for it; exactly one everywhere is what a window needs."""

    target: Target
    found: t.Mapping[str, tuple[Known, ...]]

    def one(self, system: str) -> Known | None:
        """Give the one device that a system has for the target; None when it is none, several, or not asked."""
        rows = self.found.get(system, ())
        return rows[0] if len(rows) == 1 else None


def targets_options() -> dict[str, t.Any]:
    """Give the option that takes a selection, as the filter ``window_devices`` makes it."""
    text = {"type": "str"}
    return {
        "devices": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "zequenze_name": text,
                "sdm_name": text,
                "sdm_device_id": text,
                "pam_hostname": text,
                "group": text,
                "managed": {"type": "bool", "default": True},
                "protected": {"type": "bool", "default": False},
                "protected_reason": text,
            },
        }
    }


def read_targets(devices: t.Sequence[t.Mapping[str, t.Any]]) -> list[Target]:
    """Read the option ``devices``. Raises BadInput for an empty selection, and for a name that stands there twice."""
    targets = [_target(device) for device in devices]
    if not targets:
        raise BadInput("The selection is empty: no device of the inventory is meant.")
    twice = sorted(name for name, count in collections.Counter(target.name for target in targets).items() if count > 1)
    if twice:
        raise BadInput(f"The selection holds {', '.join(map(shown, twice[:10]))} more than once.")
    return targets


def _target(device: t.Mapping[str, t.Any]) -> Target:
    name = str(device["name"])
    reason = device.get("protected_reason")
    excluded = None
    if device.get("protected"):
        excluded = f"protected: {reason}" if reason else "protected, and no reason is given"
    elif device.get("managed") is False:
        excluded = "not managed (maintenance_managed is false)"
    return Target(
        name=name,
        zequenze_name=device.get("zequenze_name") or name,
        sdm_name=device.get("sdm_name") or name,
        pam_hostname=device.get("pam_hostname") or name,
        sdm_device_id=device.get("sdm_device_id") or None,
        group=device.get("group") or None,
        protected=bool(device.get("protected")),
        excluded=excluded,
    )


def identify(targets: t.Sequence[Target], lists: t.Mapping[str, t.Sequence[Known]]) -> list[Identity]:
    """Give for every target what each system of ``lists`` has for it, by exact name or, for SDM, by id."""
    by_name = {system: grouped(rows, lambda row: row.name) for system, rows in lists.items()}
    by_id = grouped(lists.get("oracle_sdm", ()), lambda row: row.id)

    def found(target: Target, system: str) -> tuple[Known, ...]:
        if system == "oracle_sdm" and target.sdm_device_id is not None:
            return tuple(by_id.get(target.sdm_device_id, ()))
        return tuple(by_name[system].get(asked_as(target, system), ()))

    return [Identity(target, {system: found(target, system) for system in lists}) for target in targets]


def asked_as(target: Target, system: str) -> str:
    """Give the name under which a system is asked for a target."""
    return {"zequenze": target.zequenze_name, "oracle_sdm": target.sdm_name, "senhasegura": target.pam_hostname}[system]


Item = t.TypeVar("Item")


def grouped(items: t.Iterable[Item], key: t.Callable[[Item], str]) -> dict[str, list[Item]]:
    """Give items by what ``key`` gives for them, each group in their order."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
