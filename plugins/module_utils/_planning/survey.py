# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the systems of a window list: every device each of them shows, read at once, or why that cannot be read."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import SdmDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import host_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import SYSTEMS, Clients
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Known
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import DeviceRow


@dataclasses.dataclass(frozen=True)
class Survey:
    """The devices by system; a system that could not be read stands in ``failures`` with the reason instead.

    ``errors`` has what was raised for each system that has a client and could not be read.
    """

    lists: t.Mapping[str, tuple[Known, ...]]
    failures: t.Mapping[str, str]
    errors: t.Mapping[str, MaintenanceError] = dataclasses.field(default_factory=dict)


def survey(clients: Clients) -> Survey:
    """Read the lists of all systems that have a client, at the same time. Never raises: failures are part of the
    result.

    Whole lists, because only they show a twin; PAM and SDM have no other way from a name to a device anyway
    (docs/apis/senhasegura.md, 10; docs/apis/oracle_sdm.md, 3).
    """
    readers = [system for system in SYSTEMS if getattr(clients, system) is not None]

    def read(system: str) -> tuple[Known, ...] | MaintenanceError:
        try:
            return tuple(_READERS[system](clients))
        except MaintenanceError as error:
            return error

    seen = dict(zip(readers, for_each(readers, read, len(readers)), strict=True))
    errors = {system: rows for system, rows in seen.items() if isinstance(rows, MaintenanceError)}
    return Survey(
        lists={system: rows for system, rows in seen.items() if not isinstance(rows, MaintenanceError)},
        failures={**clients.failures, **{system: str(error) for system, error in errors.items()}},
        errors=errors,
    )


def known_in_zequenze(row: DeviceRow) -> Known:
    """Return a device as Zequenze Control shows it."""
    return Known(row.id, row.name, row.ip, row.serial, row.up, row.pending, last_status_change=row.last_status_change)


def known_in_sdm(row: SdmDevice) -> Known:
    """Return a device as Oracle SDM shows it."""
    return Known(
        row.id,
        row.name,
        row.ip,
        row.serial,
        software=row.version,
        config_version=row.config_version,
        platform=row.platform,
    )


def _zequenze(clients: Clients) -> t.Iterator[Known]:
    for row in clients.zequenze.devices() if clients.zequenze else ():
        yield known_in_zequenze(row)


def _oracle_sdm(clients: Clients) -> t.Iterator[Known]:
    for row in clients.oracle_sdm.devices() if clients.oracle_sdm else ():
        yield known_in_sdm(row)


def _senhasegura(clients: Clients) -> t.Iterator[Known]:
    for row in clients.registry():
        yield Known(
            row["id"], row["hostname"], host_of(row["ip"]), model=row.get("model") or None, site=row.get("site") or None
        )


_READERS: dict[str, t.Callable[[Clients], t.Iterator[Known]]] = {
    "zequenze": _zequenze,
    "oracle_sdm": _oracle_sdm,
    "senhasegura": _senhasegura,
}
