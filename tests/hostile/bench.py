# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's specification and core the way its face does, in this process, against a simulator."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import MemoryStore, Store
from tests.hostile.specs import logic_of, spec_of
from tests.simulators import Simulator

Result = dict[str, t.Any]

SYSTEMS = ("zequenze", "oracle_sdm", "senhasegura")

# What each module needs so that it has something to do with the devices named; none waits longer than it must.
WORK: dict[str, dict[str, t.Any]] = {
    "device_operation": {"operation": "reboot", "wait_timeout": 1.5, "wait_interval": 0.05, "conflict_timeout": 0},
    "device_health": {"hold": 0, "wait_timeout": 0.2, "wait_interval": 0.05},
    "device_lock": {"holder": "hostile"},
    "device_lock_info": {},
    "device_info": {},
    "pam_device": {},
    "pam_device_info": {},
    "pam_session_info": {},
    "journal_info": {},
    "lock_recovery": {},
    "window_preflight": {},
    "window_plan": {"window": {"window_id": "hostile"}},
    "window_report": {"window_id": "hostile"},
    "window_metrics": {},
    "window_notify": {"window_id": "hostile"},
    "window_start": {"window_id": "hostile"},
    "window_run": {"window_id": "hostile"},
    "window_check": {"window_id": "hostile", "reason": "no answer"},
    "window_result": {},
    "device_release": {"reason": "the supplier has replaced it"},
}
"""Every module that is told of devices by name."""


def system_of(module: str) -> str:
    """Return the system a module talks to."""
    if module.startswith("pam_"):
        return "senhasegura"
    return "oracle_sdm" if "lock" in module else "zequenze"


def naming(module: str, name: t.Any) -> dict[str, t.Any]:
    """Return the option that tells a module of devices by name."""
    options = spec_of(module).options
    if "devices" in options:
        return {"devices": [{"name": each} for each in name]}
    return {"hostname" if "hostname" in options else "name": name}


@dataclasses.dataclass
class Bench:
    """A simulator, a folder for the journal, and what stays the same for all modules."""

    simulator: Simulator
    folder: Path
    timeout: float = 5.0
    store: Store = dataclasses.field(default_factory=MemoryStore)

    @property
    def journal(self) -> str:
        """Where the journal is."""
        return str(self.folder / "journal.sqlite3")

    def options(self, system: str) -> dict[str, t.Any]:
        """Return the connection options of a system."""
        signs_in: dict[str, dict[str, t.Any]] = {
            "zequenze": {"api_url": self.simulator.zequenze_url, "api_token": "sim-zequenze-token"},
            "oracle_sdm": {
                "api_url": self.simulator.sdm_url,
                "username": "lockbot",
                "password": "sim-lockbot-password",
            },
            "senhasegura": {
                "api_url": self.simulator.pam_url,
                "client_id": "sim-client",
                "client_secret": "sim-client-secret",
            },
        }
        return {"timeout": self.timeout, **signs_in[system]}

    def run(self, module: str, name: t.Any = None, *, check_mode: bool = False, **options: t.Any) -> Result:
        """Run one task of a module on the devices named; gives its result, warnings included."""
        spec = spec_of(module)
        wanted = {**self.options(system_of(module)), "journal": self.journal, **WORK.get(module, {})}
        wanted |= {system: self.options(system) for system in SYSTEMS}
        if name is not None:
            wanted |= naming(module, name)
        given = {key: value for key, value in wanted.items() if key in spec.options} | options
        checked = ArgumentSpecValidator(**spec.rules()).validate(given)
        if checked.error_messages:
            return {"failed": True, "changed": False, "msg": "; ".join(checked.error_messages), "kind": "options"}
        warnings: list[str] = []
        task = Task(
            params=checked.validated_parameters,
            check_mode=check_mode,
            diff=True,
            warn=warnings.append,
            store=self.store,
        )
        result = carry_out(logic_of(module), spec, task)
        assert result.get("kind") != "internal", result
        return {**result, "warnings": warnings}

    def not_blank(self, module: str, names: t.Iterable[str]) -> list[str]:
        """Return the names that are not blank, after a list with a blank one was seen to be refused as a whole."""
        given = list(names)
        named = [name for name in given if name.strip()]
        if named != given:
            refused = self.run(module, given)
            assert refused["failed"], refused
            assert "blank" in refused["msg"], refused
        return named

    def device(self, module: str, name: str, **options: t.Any) -> Result:
        """Run one task on one device and give what became of that device."""
        result = self.run(module, [name], **options)
        (device,) = result["devices"]
        return dict(device)

    def reboots(self) -> list[dict[str, t.Any]]:
        """Return the reboot requests Zequenze Control received."""
        return [row for row in self.simulator.requests(system="zequenze", method="PUT") if "reboot" in row["body"]]
