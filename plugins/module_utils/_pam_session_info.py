# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is working on which device through senhasegura PAM Core right now; reads only."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._envelope import SYSTEM
from ansible_collections.netfleet.maintenance.plugins.module_utils._face import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._options import (
    all_option,
    names_options,
    senhasegura_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam_address import (
    names_in_session,
    names_of_device,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam_lookup import asked_names, find
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam_rows import Row, Session
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam_table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._paths import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura import Senhasegura, open_door
from ansible_collections.netfleet.maintenance.plugins.module_utils._spec import Spec


def pam_session_info_spec() -> Spec:
    """Give the options of netfleet.maintenance.pam_session_info."""
    return senhasegura_options() + names_options() + all_option()


def run_pam_session_info(task: Task) -> Result:
    """Give the live sessions by device; see the module's documentation."""
    return inform(task, open_door(task.params, task.store, task.clock))


def inform(task: Task, door: Senhasegura) -> Result:
    """Do the work of :func:`run_pam_session_info` through a given door."""
    names = asked_names(task.params)
    table = DeviceTable(door, task.store)
    sessions = door.live_sessions()
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


def unlisted(names: t.Sequence[str]) -> str:
    """Say that the list shows no such devices, and that this is no answer to who works on them."""
    return (
        f"{SYSTEM} lists no device named {', '.join(map(shown, names))}, so nobody can say whether "
        "somebody works on it; check the name, and that the authorization of these credentials reaches the device."
    )


def sessions_by_host(sessions: t.Sequence[Session]) -> dict[str, list[Session]]:
    """Sort sessions by every name and address of the device that they may be on."""
    by_host: dict[str, list[Session]] = collections.defaultdict(list)
    for session in sessions:
        for host in names_in_session(session["device"]):
            by_host[host].append(session)
    return by_host


def _everything(
    rows: list[Row], sessions: list[Session], by_host: t.Mapping[str, list[Session]]
) -> list[dict[str, t.Any]]:
    """Give every listed device, and after them the devices of sessions that belong to no listed one."""
    known = {host for row in rows for host in names_of_device(row)}
    strangers: dict[str, list[Session]] = {}
    for session in sessions:
        if known.isdisjoint(names_in_session(session["device"])):
            strangers.setdefault(session["device"], []).append(session)
    items = [_item(row["hostname"], row, by_host) for row in rows]
    items += [{"name": name, "id": None, "live": len(found), "sessions": found} for name, found in strangers.items()]
    return items


def find_listed(table: DeviceTable, name: str) -> Row | None:
    """Give the device of this hostname, read again before it is said to be missing (None). Raises MaintenanceError."""
    row = find(table, name)
    if row is None:
        table.renew()
        row = find(table, name)
    return row


def _item(name: str, row: Row | None, by_host: t.Mapping[str, list[Session]]) -> dict[str, t.Any]:
    if row is None:
        return {"name": name, "id": None, "live": None, "sessions": []}
    found = sessions_on(row, by_host)
    return {"name": name, "id": row["id"], "live": len(found), "sessions": found}


def sessions_on(row: Row, by_host: t.Mapping[str, list[Session]]) -> list[Session]:
    """Give the sessions on one device, each once, under whatever name or address of it they stand. Pure."""
    found: list[Session] = []
    for host in sorted(names_of_device(row)):
        found += [session for session in by_host.get(host, []) if session not in found]
    return found
