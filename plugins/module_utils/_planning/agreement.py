# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a window's variables ask for, and what the systems show, to the record that is agreed. Pure functions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import (
    QUARANTINED,
    UNKNOWN,
    RecordedDevice,
    WindowRecord,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.description import Description
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import Rollout, roll_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Identity, Target
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import Occurrence
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import group_lock, shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESETS

# How many devices of a selection may be reset, where nothing else is said.
MOST_RESETS = 5


def agree(
    description: Description,
    occurrence: Occurrence,
    identities: t.Sequence[Identity],
    partners: t.Sequence[Target],
    *,
    fleet: int | None = None,
    hooks: t.Mapping[str, str] | None = None,
    shown_of: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
) -> WindowRecord:
    """Return the record of a window: every device with what the systems show of it, in the order of the run.

    ``partners`` are the members of groups that the window does not maintain, ``fleet`` is the size of the inventory.
    ``shown_of`` says, by inventory name, what the systems show of a device besides.
    Raises BadInput for a rule that cannot be.
    """
    targets = [identity.target for identity in identities]
    rollout = roll_out(targets, description.batches)
    by_name = {identity.target.name: identity for identity in identities}
    known = shown_of or {}
    return WindowRecord(
        window_id=str(occurrence.id),
        name=description.window.name,
        operations=description.operations,
        rules=description.rules(sum(target.excluded is None for target in targets), fleet),
        definition=description.definition,
        occurrence={
            "id": occurrence.id,
            "opens_at": iso(occurrence.opens_at),
            "cutoff_at": iso(occurrence.cutoff_at),
            "closes_at": iso(occurrence.closes_at),
            "at": iso(description.at),
        },
        hooks=dict(hooks or {}),
        devices=tuple(
            dataclasses.replace(_device(description, by_name[name], batch), shown=known.get(name, {}))
            for batch, names in _batches(rollout)
            for name in names
        ),
        partners=tuple(dataclasses.replace(_partner(target), shown=known.get(target.name, {})) for target in partners),
    )


def _batches(rollout: Rollout) -> list[tuple[int, tuple[str, ...]]]:
    """Return the names by batch, in the order in which they are taken; what is left alone comes with the last."""
    return [(rollout.batch_of[wave], names) for wave, names in enumerate(rollout.waves)]


def _device(description: Description, identity: Identity, batch: int) -> RecordedDevice:
    target, zequenze, sdm = identity.target, identity.one("zequenze"), identity.one("oracle_sdm")
    expected = target.expected_duration
    return dataclasses.replace(
        _partner(target),
        zequenze_id=zequenze.id if zequenze else None,
        serial=zequenze.serial if zequenze else None,
        sdm_id=_locked_by(target, sdm.id) if sdm and target.sdm_lock else None,
        excluded=target.excluded,
        batch=batch,
        expected_duration=description.expected_duration if expected is None else expected,
        selected=True,
    )


def _locked_by(target: Target, device_id: str | None) -> str | None:
    """Return what a device is locked by: its group in Oracle SDM, where the inventory says so, or itself."""
    return group_lock(target.sdm_group_id) if target.sdm_group_id else device_id


def _partner(target: Target) -> RecordedDevice:
    return RecordedDevice(
        name=target.name,
        zequenze_name=target.zequenze_name,
        sdm_name=target.sdm_name,
        pam_name=target.pam_hostname,
        sdm_id=_locked_by(target, target.sdm_device_id),
        group=target.group,
        sdm_lock=target.sdm_lock,
        selected=False,
    )


def without_unknown(description: Description, identities: t.Sequence[Identity]) -> tuple[list[Identity], list[str]]:
    """Return the identities, those of devices that a system does not know excluded where the window skips them.

    The second value is the problem, when more of them are unknown than the window may skip.
    """
    if not description.skips_unknown:
        return list(identities), []
    kept, skipped = [], []
    for identity in identities:
        target = identity.target
        missing = [TITLES[system] for system, rows in identity.found.items() if not rows and system in target.systems]
        if missing and target.excluded is None:
            skipped.append(target.name)
            target = dataclasses.replace(target, excluded=f"{UNKNOWN} {' and '.join(missing)}")
            identity = dataclasses.replace(identity, target=target)
        kept.append(identity)
    most = description.count("window_max_unknown", len(identities), 0, len(identities) // 10) or 0
    if len(skipped) > most:
        names = ", ".join(map(shown, skipped[:10]))
        return kept, [f"{_devices(len(skipped))} unknown ({names}), more than window_max_unknown ({most}) skips."]
    return kept, []


def without_quarantined(
    identities: t.Sequence[Identity], most: int | None, streaks: t.Mapping[str, t.Sequence[str]]
) -> list[Identity]:
    """Return the identities, those of devices excluded that failed in ``most`` windows in a row or more."""
    kept = []
    for identity in identities:
        target = identity.target
        windows = streaks.get(target.sdm_name, ())
        if most is not None and len(windows) >= most and target.excluded is None:
            ids = ", ".join(windows[-most:])
            count = "1 window" if len(windows) == 1 else f"{len(windows)} windows in a row"
            why = f"{QUARANTINED}: failed in {count} ({ids}); release it with the playbook release_device"
            identity = dataclasses.replace(identity, target=dataclasses.replace(target, excluded=why))
        kept.append(identity)
    return kept


def problems_of(description: Description, record: WindowRecord) -> list[str]:
    """Say what is wrong with a selection as a whole: more devices than agreed, or a reset of protected ones."""
    problems, most = [], record.rules.max_targets
    if most is not None and len(record.devices) > most:
        problems.append(f"The selection has {_devices(len(record.devices))}, more than window_max_targets ({most}).")
    if not record.rules.require_partners and (len(record.devices) > 1 or record.definition.get("window_schedule")):
        problems.append(
            "window_require_partners: false is an exception for one device and one occasion. Select one device, and "
            "give the window a window_id and no schedule."
        )
    if RESETS.isdisjoint(record.operations):
        return problems
    resets = " and ".join(operation for operation in record.operations if operation in RESETS)
    protected = [device.name for device in record.devices if (device.excluded or "").startswith("protected")]
    if protected:
        names = ", ".join(map(shown, protected[:10]))
        problems.append(f"{resets} erases devices, and {names} is protected. Take it out of window_targets.")
    try:
        most_resets = description.count("window_max_resets", None, 1, MOST_RESETS) or MOST_RESETS
    except BadInput as error:
        return [*problems, str(error)]
    if len(record.devices) > most_resets:
        problems.append(
            f"{resets} erases devices: the selection has {len(record.devices)}, more than window_max_resets "
            f"({most_resets})."
        )
    return problems


def _devices(count: int) -> str:
    return "1 device" if count == 1 else f"{count} devices"
