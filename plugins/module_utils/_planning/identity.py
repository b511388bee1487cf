# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the names of a selection mean one device each, the same one everywhere. Pure functions.

What only looks alike is a problem and never a match. That systems show different addresses or serial numbers for a name
proves nothing, as they may mean different things by them; that one shows the serial number of another target does.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import (
    Identity,
    Known,
    asked_as,
    grouped,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import folded, shown

Lists = t.Mapping[str, t.Sequence[Known]]


def not_one_to_one(identities: t.Sequence[Identity], lists: Lists) -> tuple[list[str], list[str]]:
    """Return what is wrong with the identities, and what is only remarkable: a sentence each, the systems side by side.

    Wrong: a device that a system does not have or has twice, two targets that are one device, a name with a twin that
    differs in case, blanks or Unicode form only, and a serial number that another system shows for another target.
    """
    alike = {system: grouped(rows, lambda row: folded(row.name)) for system, rows in lists.items()}
    problems, remarks = [], []
    for identity in identities:
        wrong = _wrong_counts(identity) + _twins(identity, alike)
        if wrong:
            problems.append(f"{identity.target.name}: {'; '.join(wrong)}. {side_by_side(identity)}")
    problems += _twin_targets(identities) + _same_device(identities)
    crossed, involved = _crossed(identities)
    problems += crossed
    for identity in identities:
        differs = _differs(identity)
        if differs and identity.target.name not in involved:
            remarks.append(f"{identity.target.name}: the systems show different {differs}. {side_by_side(identity)}")
    return problems, remarks


def side_by_side(identity: Identity) -> str:
    """Write what each system has for a target, in one line."""
    parts = []
    for system, rows in identity.found.items():
        seen = " and ".join(_described(row) for row in rows) or f"no {shown(asked_as(identity.target, system))}"
        parts.append(f"{TITLES[system]}: {seen}")
    return " | ".join(parts)


def _described(row: Known) -> str:
    more = [f"address {row.ip}"] if row.ip else []
    more += [f"serial number {row.serial}"] if row.serial else []
    return f"{shown(row.name)} (id {', '.join([row.id, *more])})"


def _wrong_counts(identity: Identity) -> list[str]:
    return [
        f"{TITLES[system]} has {f'{len(rows)} devices of this name' if rows else 'no such device'}"
        for system, rows in identity.found.items()
        if len(rows) != 1
    ]


def _twins(identity: Identity, alike: t.Mapping[str, t.Mapping[str, list[Known]]]) -> list[str]:
    """Say which systems list a device whose name a person, or another system, may take for this one's."""
    wrong = []
    for system, names in alike.items():
        if system == "oracle_sdm" and identity.target.sdm_device_id is not None:
            continue
        name = asked_as(identity.target, system)
        twins = sorted({row.name for row in names.get(folded(name), ()) if row.name != name})
        if twins:
            listed = ", ".join(ascii(twin) for twin in twins)
            wrong.append(f"{TITLES[system]} also lists {listed}, which differs in case, blanks or Unicode form only")
    return wrong


def _twin_targets(identities: t.Sequence[Identity]) -> list[str]:
    groups = grouped([identity.target.name for identity in identities], folded)
    return [
        f"{' and '.join(map(ascii, names))} in the inventory differ in case, blanks or Unicode form only."
        for names in groups.values()
        if len(names) > 1
    ]


def _same_device(identities: t.Sequence[Identity]) -> list[str]:
    """Say which targets mean the same device of a system."""
    problems = []
    for system, title in TITLES.items():
        pairs = [(row.id, identity.target.name) for identity in identities if (row := identity.one(system))]
        problems += [
            f"{' and '.join(name for _id, name in group)} are one device in {title} (id {device_id})."
            for device_id, group in grouped(pairs, lambda pair: pair[0]).items()
            if len(group) > 1
        ]
    return problems


def _crossed(identities: t.Sequence[Identity]) -> tuple[list[str], set[str]]:
    """Say which serial numbers are shown for several targets; give the targets' names too."""
    owners = [
        (row.serial, identity.target.name, system)
        for identity in identities
        for system in identity.found
        if (row := identity.one(system)) and row.serial
    ]
    problems, involved = [], set()
    for serial, group in grouped(owners, lambda owner: str(owner[0])).items():
        names = {name for _serial, name, _system in group}
        if len(names) > 1:
            where = " and ".join(f"{name} in {TITLES[system]}" for _serial, name, system in group)
            problems.append(f"The serial number {serial} is that of {where}: these names do not mean the same device.")
            involved |= names
    return problems, involved


def _differs(identity: Identity) -> str:
    """Name what the systems show differently for one target."""
    rows = [row for row in map(identity.one, identity.found) if row is not None]
    values = {"serial numbers": {row.serial for row in rows}, "addresses": {row.ip for row in rows}}
    return " and ".join(name for name, seen in values.items() if len(seen - {None, ""}) > 1)
