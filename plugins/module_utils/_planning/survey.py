# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the systems of a window list: every device each of them shows, read at once, or why that cannot be read."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import host_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import SYSTEMS, Doors
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Known


@dataclasses.dataclass(frozen=True)
class Survey:
    """The devices by system; a system that could not be read stands in ``failures`` with the reason instead."""

    lists: t.Mapping[str, tuple[Known, ...]]
    failures: t.Mapping[str, str]


def survey(doors: Doors) -> Survey:
    """Read the lists of all systems that have a door, at the same time. Never raises: failures are part of the result.

    Whole lists, because only they show a twin; PAM and SDM have no other way from a name to a device anyway
    (senhasegura sheet, section 10.2; Oracle SDM sheet, section 3).
    """
    readers = [system for system in SYSTEMS if getattr(doors, system) is not None]

    def read(system: str) -> tuple[Known, ...] | str:
        try:
            return tuple(_READERS[system](doors))
        except MaintenanceError as error:
            return str(error)

    seen = dict(zip(readers, for_each(readers, read, len(readers)), strict=True))
    return Survey(
        lists={system: rows for system, rows in seen.items() if not isinstance(rows, str)},
        failures={**doors.failures, **{system: rows for system, rows in seen.items() if isinstance(rows, str)}},
    )


def _zequenze(doors: Doors) -> t.Iterator[Known]:
    for row in doors.zequenze.devices() if doors.zequenze else ():
        yield Known(row.id, row.name, row.ip, row.serial, row.up, row.pending)


def _oracle_sdm(doors: Doors) -> t.Iterator[Known]:
    for row in doors.oracle_sdm.devices() if doors.oracle_sdm else ():
        yield Known(row.id, row.name, row.ip, row.serial)


def _senhasegura(doors: Doors) -> t.Iterator[Known]:
    for row in doors.registry():
        yield Known(row["id"], row["hostname"], host_of(row["ip"]))


_READERS: dict[str, t.Callable[[Doors], t.Iterator[Known]]] = {
    "zequenze": _zequenze,
    "oracle_sdm": _oracle_sdm,
    "senhasegura": _senhasegura,
}
