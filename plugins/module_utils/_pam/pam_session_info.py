# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is working on which device through senhasegura PAM Core right now; reads only."""

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
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import (
    names_in_session,
    names_of_device,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.sessions import (
    find_listed,
    sessions_by_host,
    sessions_on,
    unlisted,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, Session
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect


def pam_session_info_spec() -> Spec:
    """Return the options of netfleet.maintenance.pam_session_info."""
    return senhasegura_options() + names_options() + all_option()


def run_pam_session_info(task: Task) -> Result:
    """Return the live sessions by device; see the module's documentation."""
    return inform(task, connect("senhasegura", task.params, task.clock, task.store))


def inform(task: Task, client: Senhasegura) -> Result:
    """Do the work of :func:`run_pam_session_info` through a given client."""
    names = asked_names(task.params)
    table = DeviceTable(client, task.store)
    sessions = client.live_sessions()
    by_host = sessions_by_host(sessions)
    if names is None:
        return {"changed": False, "devices": _everything(table.rows(), sessions, by_host)}
    devices = [_item(name, find_listed(table, name), by_host) for name in names]
    result: Result = {"changed": False, "devices": devices}
    unknown = [device["name"] for device in devices if device["id"] is None]
    if unknown:
        result |= {
            "failed": True,
            "kind": "not_found",
            "msg": unlisted(unknown),
        }
    return result


def _everything(
    rows: list[Row], sessions: list[Session], by_host: t.Mapping[str, list[Session]]
) -> list[dict[str, t.Any]]:
    """Return every listed device, and after them the devices of sessions that belong to no listed one."""
    known = {host for row in rows for host in names_of_device(row)}
    strangers: dict[str, list[Session]] = {}
    for session in sessions:
        if known.isdisjoint(names_in_session(session["device"])):
            strangers.setdefault(session["device"], []).append(session)
    items = [_item(row["hostname"], row, by_host) for row in rows]
    items += [{"name": name, "id": None, "live": len(found), "sessions": found} for name, found in strangers.items()]
    return items


def _item(name: str, row: Row | None, by_host: t.Mapping[str, list[Session]]) -> dict[str, t.Any]:
    if row is None:
        return {"name": name, "id": None, "live": None, "sessions": []}
    found = sessions_on(row, by_host)
    return {"name": name, "id": row["id"], "live": len(found), "sessions": found}
