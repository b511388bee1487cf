# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From PAM rows to what is seated in the inventory: pure functions, no Ansible."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._pam.addresses import host_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Row, parse_connectivity

# The fields a device can be filtered by exactly, and grouped by.
KINDS = ("site", "type", "vendor", "model", "tag")


Wanted = t.Mapping[str, list[str]]


def read_filters(filters: t.Mapping[str, t.Any] | None) -> dict[str, dict[str, list[str]]]:
    """Check the option ``filters`` and give it with every selection as a list; raises BadInput for anything else."""
    given = filters or {}
    read: dict[str, dict[str, list[str]]] = {}
    for side, selections in given.items():
        if side not in ("include", "exclude") or not isinstance(selections, dict):
            raise BadInput(f"filters: {side!r} is not understood; it takes include and exclude, each with selections.")
        read[side] = {}
        for kind, values in selections.items():
            listed = values if isinstance(values, list) else [values]
            if kind not in (*KINDS, "hostname") or not all(isinstance(value, (str, int, float)) for value in listed):
                raise BadInput(
                    f"filters: {side}.{kind} is not understood; it takes {', '.join((*KINDS, 'hostname'))}, each with "
                    "a list of texts."
                )
            read[side][kind] = [str(value) for value in listed]
    return read


def chosen(row: Row, filters: t.Mapping[str, Wanted]) -> bool:
    """Whether a device passes: it meets every selection of ``include`` and none of ``exclude``."""
    return all(_meets(row, kind, values) for kind, values in filters.get("include", {}).items()) and not any(
        _meets(row, kind, values) for kind, values in filters.get("exclude", {}).items()
    )


def labels_of(row: Row) -> list[tuple[str, str]]:
    """Give the pairs of kind and value a device is grouped by; empty values group nothing."""
    pairs = [(kind, value) for kind in KINDS for value in _values(row, kind) if value]
    return list(dict.fromkeys(pairs))


def host_vars(row: Row, *, details: bool) -> dict[str, t.Any]:
    """Give the host variables of a device; ``ansible_host`` is missing when its address holds no host."""
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
