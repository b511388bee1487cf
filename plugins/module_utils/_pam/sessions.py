# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which live sessions are on which device."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import (
    names_in_session,
    names_of_device,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.lookup import find
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import SYSTEM
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, Session
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown


def unlisted(names: t.Sequence[str]) -> str:
    """Say that the list shows no such devices, and that this is no answer to who works on them."""
    return (
        f"{SYSTEM} lists no device named {', '.join(map(shown, names))}, so nobody can say whether "
        "someone works on it; check the name, and that the authorization of these credentials reaches the device."
    )


def sessions_by_host(sessions: t.Sequence[Session]) -> dict[str, list[Session]]:
    """Sort sessions by every name and address of the device that they may be on."""
    by_host: dict[str, list[Session]] = collections.defaultdict(list)
    for session in sessions:
        for host in names_in_session(session["device"]):
            by_host[host].append(session)
    return by_host


def find_listed(table: DeviceTable, name: str) -> Row | None:
    """Return the device of this hostname, read again before it counts as missing (None). Raises MaintenanceError."""
    row = find(table, name)
    if row is None:
        table.renew()
        row = find(table, name)
    return row


def sessions_on(row: Row, by_host: t.Mapping[str, list[Session]]) -> list[Session]:
    """Return the sessions on one device, each once, under whatever name or address of it they stand. Pure."""
    found: list[Session] = []
    for host in sorted(names_of_device(row)):
        found += [session for session in by_host.get(host, []) if session not in found]
    return found
