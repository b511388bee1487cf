# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What senhasegura PAM Core knows about devices; reads only."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    all_option,
    asked_names,
    names_options,
    senhasegura_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.lookup import (
    find,
    with_details,
    with_its_details,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect


def pam_device_info_spec() -> Spec:
    """Return the options of netfleet.maintenance.pam_device_info."""
    return senhasegura_options() + names_options() + all_option() + Spec({"details": {"type": "bool"}})


def run_pam_device_info(task: Task) -> Result:
    """Return what is known about the named devices, or about all; see the module's documentation."""
    return inform(task, connect("senhasegura", task.params, task.clock, task.store))


def inform(task: Task, client: Senhasegura) -> Result:
    """Do the work of :func:`run_pam_device_info` through a given client."""
    names = asked_names(task.params)
    table = DeviceTable(client, task.store)
    details = task.params["details"]
    if names is None:
        rows = table.rows()
        if details:
            rows = for_each(rows, lambda row: with_its_details(client, row), task.params["concurrency"])
        return _shown([_item(row["hostname"], row) for row in rows])
    if details is False:
        table.rows()
        return _shown([_item(name, find(table, name)) for name in names])
    rows_of_names = for_each(names, lambda name: _named(client, table, name), task.params["concurrency"])
    return _shown([_item(name, row) for name, row in zip(names, rows_of_names, strict=True)])


def _named(client: Senhasegura, table: DeviceTable, name: str) -> Row | None:
    """Return a device with its details; that it is not there is only said after a look at a list of this task."""
    row = with_details(client, table, name)
    if row is None:
        table.renew()
        row = with_details(client, table, name)
    return row


def _item(name: str, row: Row | None) -> dict[str, t.Any]:
    if row is None:
        return {"name": name, "found": False, "id": None, "hostname": name}
    return {"name": name, "found": True, **row}


def _shown(devices: list[dict[str, t.Any]]) -> Result:
    return {"changed": False, "devices": devices}
