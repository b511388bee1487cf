# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three systems of a window at once: their options side by side, and clients whose answers show the time."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.retry import LONGEST_RETRY_AFTER
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.wire import Wire
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    connection_option,
    oracle_sdm_options,
    senhasegura_options,
    zequenze_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES, connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze

SYSTEMS = tuple(TITLES)

# Every window needs these two; PAM is asked where its address is known, or somebody says that it is needed.
ALWAYS = ("zequenze", "oracle_sdm")

_NEEDED = {
    "zequenze": (("api_token", "ZEQUENZE_TOKEN"),),
    "oracle_sdm": (
        ("api_url", "ORACLE_SDM_URL"),
        ("username", "ORACLE_SDM_USERNAME"),
        ("password", "ORACLE_SDM_PASSWORD"),
    ),
    "senhasegura": (("api_url", "SENHASEGURA_URL"),),
}


def systems_options() -> Spec:
    """Options to reach all three systems, each in a dictionary of its own (fragment ``systems``).

    None is required here: what is missing is said together with everything else that is wrong.
    """
    specs = {"zequenze": zequenze_options(), "oracle_sdm": oracle_sdm_options(), "senhasegura": senhasegura_options()}
    asked = Spec({"systems": {"type": "list", "elements": "str", "choices": list(SYSTEMS)}})
    return sum((connection_option(*pair) + Spec(libraries=pair[1].libraries) for pair in specs.items()), asked)


def systems_asked(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return the systems to ask, in their usual order."""
    wanted = params["systems"]
    if wanted is None:
        wanted = [*ALWAYS, *(["senhasegura"] if params["senhasegura"]["api_url"] else [])]
    return tuple(system for system in SYSTEMS if system in wanted)


@dataclasses.dataclass
class Clients:
    """The clients of the systems that are asked; ``failures`` says for which there is none, and why."""

    wires: dict[str, Wire] = dataclasses.field(default_factory=dict)
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    zequenze: Zequenze | None = None
    oracle_sdm: OracleSdm | None = None
    senhasegura: Senhasegura | None = None
    store: Store = dataclasses.field(default_factory=MemoryStore)
    _told: dict[str, float | None] = dataclasses.field(default_factory=dict)

    def registry(self) -> list[Row]:
        """Return the devices of PAM Core, by name. Raises MaintenanceError.

        The list that the inventory of this run was made of will do, where there is one: it is complete and minutes old
        at most, and what it says is only compared with the other systems. Who works on a device is never taken from it.
        """
        if self.senhasegura is None:
            return []
        listed = DeviceTable(self.senhasegura, self.store).listed()
        self._told["senhasegura"] = listed.ahead
        return listed.rows

    def __enter__(self) -> Clients:
        """Return the clients."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Sign out where a session is not shared with the rest of the run."""
        if self.oracle_sdm is not None:
            self.oracle_sdm.__exit__()

    def ahead(self, system: str) -> float | None:
        """Return by how many seconds a system's clock is ahead at least; None when it is not known."""
        ahead = self.wires[system].ahead if system in self.wires else None
        return self._told.get(system) if ahead is None else ahead


def connect_systems(params: t.Mapping[str, t.Any], store: Store, clock: Clock) -> Clients:
    """Return clients of all systems that are asked. Never raises: what cannot be opened stands in ``failures``."""
    clients = Clients(store=store)
    for system in systems_asked(params):
        options = params[system]
        try:
            _check_complete(system, options)
            client = connect(system, options, clock, store)
            client.wire.patience = LONGEST_RETRY_AFTER
            setattr(clients, system, client)
            clients.wires[system] = client.wire
        except MaintenanceError as error:
            clients.failures[system] = str(error)
    return clients


def _check_complete(system: str, options: t.Mapping[str, t.Any]) -> None:
    """Raise BadInput when an option that has no default is missing."""
    missing = [f"{system}.{option} (or {variable})" for option, variable in _NEEDED[system] if not options[option]]
    if missing:
        raise BadInput(f"{TITLES[system]} cannot be reached without {', '.join(missing)}.")
