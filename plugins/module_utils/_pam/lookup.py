# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a hostname to the one device it means, or to a reason why it does not mean one."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NotFound
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.table import DeviceTable
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.answers import SYSTEM
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import Senhasegura
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown


def find(table: DeviceTable, hostname: str) -> Row | None:
    """Return the listed device of exactly this hostname, None when the list shows none.

    Raises BadInput when the list shows several: a name that means two devices means none.
    """
    same = [row for row in table.alike(hostname) if row["hostname"] == hostname]
    if len(same) > 1:
        raise BadInput(
            f"{SYSTEM} lists {len(same)} devices named {shown(hostname)} (ids {_ids(same)}); rename or deactivate all "
            "but one of them in its console."
        )
    return same[0] if same else None


def refuse_twins(table: DeviceTable, hostname: str) -> None:
    """Raise BadInput when the list shows a device whose hostname differs from this one in case or blanks only.

    How the system compares hostnames is not known (docs/apis/senhasegura.md, 13), so a write could hit that device.
    """
    twins = [row for row in table.alike(hostname) if row["hostname"] != hostname]
    if twins:
        raise BadInput(
            f"{SYSTEM} lists no device named {shown(hostname)} but {shown(twins[0]['hostname'])} (id {_ids(twins)}), "
            "and it may take both for the same one; write the hostname as it is listed."
        )


def with_details(client: Senhasegura, table: DeviceTable, hostname: str) -> Row | None:
    """Return the device of this hostname with its details, read now; None when the list shows none.

    A list of the run that proves to be outdated is read again. Raises NotFound when the system lists the device and
    yet says 1011 when asked for it, BadInput for several devices of this hostname.
    """
    listed = find(table, hostname)
    if listed is None:
        return None
    try:
        return with_its_details(client, listed)
    except NotFound:
        table.renew()
    listed = find(table, hostname)
    return None if listed is None else with_its_details(client, listed)


def with_its_details(client: Senhasegura, listed: Row) -> Row:
    """Return one row of the list with its details, read now.

    Raises NotFound when the system says 1011 for the id, or shows another hostname for it.
    """
    row = client.device(listed["id"], listed["hostname"])
    if row["hostname"] != listed["hostname"]:
        raise NotFound(
            f"{SYSTEM} lists the id {listed['id']} as {shown(listed['hostname'])} but shows "
            f"{shown(row['hostname'])} for it; run again.",
            status=200,
        )
    return t.cast("Row", {**listed, **row})


def _ids(rows: list[Row]) -> str:
    return ", ".join(sorted(row["id"] for row in rows))
