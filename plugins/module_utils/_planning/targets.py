# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices of a window: as the inventory names them, and as the systems show them. Pure; names match exactly."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_lock, shown


# How messages call the systems; where they stand side by side, it is in this order.
@dataclasses.dataclass(frozen=True)
class Target:
    """A device of the selection as the inventory has it: its name there, and by what each system knows it.

    ``group`` is its redundancy group, ``sdm_group_id`` the group in Oracle SDM by which it is locked. ``excluded`` says
    why the window leaves it alone (protected, or not managed), None when it does not. ``sdm_lock`` is false for a
    device that Oracle SDM does not manage. ``expected_duration`` (seconds) is the host's own. ``selected`` is false for
    a member of a group that is none of the window's devices.
    """

    name: str
    zequenze_name: str
    sdm_name: str
    pam_hostname: str
    sdm_device_id: str | None = None
    sdm_group_id: str | None = None
    group: str | None = None
    excluded: str | None = None
    sdm_lock: bool = True
    expected_duration: float | None = None
    selected: bool = True

    @property
    def systems(self) -> tuple[str, ...]:
        """Return the systems that must know the target."""
        return tuple(system for system in TITLES if system != "oracle_sdm" or self.sdm_lock)


@dataclasses.dataclass(frozen=True)
class Known:
    """A device as one system shows it; what it does not show is None.

    ``up``, ``pending`` and ``last_status_change`` (epoch seconds) are Zequenze's alone. ``software``,
    ``config_version`` and ``platform`` are Oracle SDM's, ``model`` and ``site`` are the registry's.
    """

    id: str
    name: str
    ip: str | None = None
    serial: str | None = None
    up: bool | None = None
    pending: bool | None = None
    software: str | None = None
    config_version: str | None = None
    platform: str | None = None
    model: str | None = None
    site: str | None = None
    last_status_change: float | None = None


@dataclasses.dataclass(frozen=True)
class Identity:
    """A target and what each asked system has for it; exactly one everywhere is what a window needs."""

    target: Target
    found: t.Mapping[str, tuple[Known, ...]]

    def one(self, system: str) -> Known | None:
        """Return the one device that a system has for the target; None when it is none, several, or not asked."""
        rows = self.found.get(system, ())
        return rows[0] if len(rows) == 1 else None


def shown_of(identities: t.Iterable[Identity]) -> dict[str, dict[str, t.Any]]:
    """Return what the systems show of each device besides its names and ids, by its inventory name. Pure."""
    return {
        identity.target.name: facts_of({system: row for system in TITLES if (row := identity.one(system)) is not None})
        for identity in identities
    }


def facts_of(rows: t.Mapping[str, Known]) -> dict[str, t.Any]:
    """Return what the systems show of one device, as ``_journal/seen.py`` has it: only what is known. Pure."""
    zequenze, sdm = rows.get("zequenze"), rows.get("oracle_sdm")
    facts: dict[str, t.Any] = {"addresses": {system: row.ip for system, row in rows.items() if row.ip}}
    if zequenze is not None:
        facts |= {"up": zequenze.up, "serial": zequenze.serial}
    if sdm is not None:
        facts |= {"software": sdm.software, "config_version": sdm.config_version, "platform": sdm.platform}
    if "senhasegura" in rows:
        facts |= {"model": rows["senhasegura"].model or None, "site": rows["senhasegura"].site or None}
    return {key: value for key, value in facts.items() if value is not None and value != {}}


def targets_options() -> dict[str, t.Any]:
    """Return the option that takes a selection, as the filter ``window_devices`` makes it."""
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
                "sdm_group_id": text,
                "pam_hostname": text,
                "group": text,
                "managed": {"type": "bool", "default": True},
                "protected": {"type": "bool", "default": False},
                "protected_reason": text,
                "sdm_lock": {"type": "bool", "default": True},
                "expected_duration": {"type": "float"},
                "selected": {"type": "bool", "default": True},
            },
        }
    }


def read_targets(devices: t.Sequence[t.Mapping[str, t.Any]]) -> list[Target]:
    """Read the option ``devices``. Raises BadInput for an empty selection, and for a name that stands there twice."""
    targets = [_target(device) for device in devices]
    if not any(target.selected for target in targets):
        raise BadInput("window_targets matches no device of the inventory.")
    twice = sorted(name for name, count in collections.Counter(target.name for target in targets).items() if count > 1)
    if twice:
        raise BadInput(f"The selection has {', '.join(map(shown, twice[:10]))} more than once.")
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
        sdm_group_id=_group_id(name, device.get("sdm_group_id")),
        group=device.get("group") or None,
        excluded=excluded,
        sdm_lock=device.get("sdm_lock") is not False,
        expected_duration=device.get("expected_duration"),
        selected=device.get("selected") is not False,
    )


def _group_id(name: str, given: object) -> str | None:
    """Return the group that a device is locked by, None when it is locked by itself. Raise BadInput."""
    if given is None or given == "":
        return None
    if group_lock(str(given)) is None:
        raise BadInput(
            f"sdm_group_id of {shown(name)} is {shown(str(given))} and must be the ID of a network function, such as "
            "ID40, or of a group in it, such as ID40/ID55."
        )
    return str(given)


def identify(targets: t.Sequence[Target], lists: t.Mapping[str, t.Sequence[Known]]) -> list[Identity]:
    """Return for every target what each system of ``lists`` has for it, by exact name or, for SDM, by id."""
    by_name = {system: grouped(rows, lambda row: row.name) for system, rows in lists.items()}
    by_id = grouped(lists.get("oracle_sdm", ()), lambda row: row.id)

    def found(target: Target, system: str) -> tuple[Known, ...]:
        if system == "oracle_sdm" and target.sdm_device_id is not None:
            return tuple(by_id.get(target.sdm_device_id, ()))
        return tuple(by_name[system].get(asked_as(target, system), ()))

    return [
        Identity(target, {system: found(target, system) for system in lists if system in target.systems})
        for target in targets
    ]


def asked_as(target: Target, system: str) -> str:
    """Return the name under which a system is asked for a target."""
    return {"zequenze": target.zequenze_name, "oracle_sdm": target.sdm_name, "senhasegura": target.pam_hostname}[system]


Item = t.TypeVar("Item")


def grouped(items: t.Iterable[Item], key: t.Callable[[Item], str]) -> dict[str, list[Item]]:
    """Return items by what ``key`` gives for them, each group in their order."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
