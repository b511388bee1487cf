# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From PAM rows to hosts of the inventory: pure functions, no Ansible."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import host_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, parse_connectivity
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._inventory.config_file import KINDS

Wanted = t.Mapping[str, list[str]]


def chosen(row: Row, filters: t.Mapping[str, Wanted]) -> bool:
    """Whether a device passes: it meets every selection of ``include`` and none of ``exclude``."""
    return all(_meets(row, kind, values) for kind, values in filters.get("include", {}).items()) and not any(
        _meets(row, kind, values) for kind, values in filters.get("exclude", {}).items()
    )


def values_there(rows: t.Iterable[Row]) -> dict[str, set[str]]:
    """Return the values that devices have, by the kind that a filter names."""
    there: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for row in rows:
        for kind in KINDS:
            there[kind].update(_values(row, kind))
    return there


def labels_of(row: Row) -> list[tuple[str, str]]:
    """Return the pairs of kind and value a device is grouped by; empty values group nothing."""
    pairs = [(kind, value) for kind in KINDS for value in _values(row, kind) if value]
    return list(dict.fromkeys(pairs))


def host_vars(row: Row, *, details: bool) -> dict[str, t.Any]:
    """Return the host variables of a device; ``ansible_host`` is missing when its address holds no host."""
    values: dict[str, t.Any] = {
        "pam_id": row["id"],
        "pam_hostname": row["hostname"],
        "pam_ip": row["ip"],
        "pam_model": row["model"],
        "pam_type": row["type"],
        "pam_vendor": row["vendor"],
        "pam_site": row["site"],
        "pam_tags": row.get("device_tags", []),
    }
    host = host_of(row["ip"])
    if host is not None:
        values["ansible_host"] = host
    if details:
        pairs = (parse_connectivity(text) for text in row.get("connectivities", []))
        values["pam_domains"] = row.get("device_domain", [])
        values["pam_connectivities"] = [{"protocol": protocol, "port": port} for protocol, port in pairs]
        values["pam_session_remote_config"] = row.get("session_remote_config", "")
    return values


def _meets(row: Row, kind: str, wanted: list[str]) -> bool:
    if kind == "hostname":
        return any(fnmatch.fnmatchcase(row["hostname"], glob) for glob in wanted)
    return any(value in wanted for value in _values(row, kind))


def _values(row: Row, kind: str) -> list[str]:
    return row.get("device_tags", []) if kind == "tag" else [t.cast("dict[str, str]", row)[kind]]
