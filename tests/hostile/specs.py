# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the specifications of all modules say of their options, so that no list of modules is kept by hand."""

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Options, Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Logic

ROOT = Path(__file__).resolve().parents[2]
MODULES = tuple(sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py")))

_ACTIONS = "ansible_collections.netfleet.maintenance.plugins.action"
_DEVICES = frozenset({"name", "hostname", "devices"})


def spec_of(module: str) -> Spec:
    """Return the specification of a module."""
    made: Spec = importlib.import_module(f"{_ACTIONS}.{module}").ActionModule.spec()
    return made


def logic_of(module: str) -> Logic:
    """Return the function that does the work of a module."""
    logic: Logic = importlib.import_module(f"{_ACTIONS}.{module}").ActionModule.logic
    return logic


def credentials(options: Options) -> set[str]:
    """Return the names of the options that are secret, those inside dictionaries too."""
    found = {name for name, rule in options.items() if rule.get("no_log")}
    return found.union(*(credentials(t.cast("Options", rule.get("options") or {})) for rule in options.values()))


def with_credentials() -> set[str]:
    """Return the modules that are told a secret."""
    return {module for module in MODULES if credentials(spec_of(module).options)}


def told_of_devices() -> set[str]:
    """Return the modules that are told of devices by name."""
    return {module for module in MODULES if _DEVICES & set(spec_of(module).options)}
