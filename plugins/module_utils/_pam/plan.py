# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PAM device should become: pure functions from what is asked and what is there to what has to be sent."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.paths import LONGEST_NAME
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import (
    BASE_FIELDS,
    DETAIL_FIELDS,
    LIST_FIELDS,
    Row,
    connectivity_text,
    parse_connectivity,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

Fields = dict[str, t.Any]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to do: ``fields`` are to be written (None for no write), ``before`` and ``after`` are for the diff."""

    action: str
    before: Fields
    after: Fields
    fields: Fields | None = None


def wanted_fields(params: t.Mapping[str, t.Any]) -> Fields:
    """Return the device fields that the options ask for; an option left out is not among them.

    Texts are trimmed and lists lose their repeated entries. Raises BadInput for values the API cannot carry.
    """
    wanted = {
        name: params[name].strip() if name != "hostname" else params[name]
        for name in (*BASE_FIELDS, "session_remote_config")
        if params.get(name) is not None
    }
    hostname = wanted["hostname"]
    if hostname != hostname.strip() or _CONTROL.search(hostname) or not 0 < len(_utf8(hostname)) <= LONGEST_NAME:
        raise BadInput(
            f"hostname: {shown(hostname)} is empty, longer than {LONGEST_NAME} bytes, or has control characters or "
            "blanks at its ends."
        )
    for name in BASE_FIELDS:
        if wanted.get(name) == "":
            raise BadInput(f"{name}: it must not be empty (device {shown(hostname)}); leave it out to leave it alone.")
    for name in LIST_FIELDS:
        if params.get(name) is not None:
            check = _connectivity if name == "connectivities" else _entry
            wanted[name] = list(dict.fromkeys(check(name, str(entry)) for entry in params[name]))
    return wanted


def missing_fields(wanted: Fields) -> list[str]:
    """Return the fields without which a device cannot be created. Pure."""
    return [name for name in BASE_FIELDS if name not in wanted]


def plan_present(current: Row | None, wanted: Fields) -> Plan:
    """Plan for a device that shall be there as wanted.

    Takes the device with its details (None when it is not listed) and the wanted fields. An update sends the full
    record, because nobody knows what the API does with fields left out (docs/apis/senhasegura.md, 9); a creation sends
    what is asked for only, because the device may exist out of sight. Raises BadInput when a creation lacks a field.
    """
    if current is None:
        missing = missing_fields(wanted)
        if missing:
            raise BadInput(
                f"The device {shown(wanted['hostname'])} is not listed by senhasegura PAM Core, and creating it needs "
                f"also: {', '.join(missing)}. If it is inactive, activate=always activates it by its name."
            )
        return Plan("created", before={}, after={"id": None, **wanted}, fields=wanted)
    held = t.cast("Fields", current)
    if not differing(held, wanted):
        return Plan("none", before=held, after=held)
    after = {**held, **wanted}
    return Plan("updated", before=held, after=after, fields={name: after[name] for name in after if name != "id"})


def plan_absent(listed: Row | None) -> Plan:
    """Plan for a device that shall be deactivated, from its row in the list (None when it is not listed)."""
    if listed is None:
        return Plan("none", before={}, after={})
    return Plan("deactivated", before=t.cast("Fields", listed), after={})


def record(fields: Fields) -> dict[str, str]:
    """Return the fields as the API takes them: every value a text, lists joined by commas without blanks."""
    return {name: ",".join(value) if isinstance(value, list) else value for name, value in fields.items()}


def differing(held: Fields, wanted: Fields) -> list[str]:
    """Name the wanted fields that the device does not hold.

    Lists are compared as sets. Domains and protocols are the same in upper and lower case, and a domain without a dot
    is the same as one that begins with it (the API takes short names and may return full ones); all else is exact.
    """
    return [name for name in wanted if name not in held or not _same(name, held[name], wanted[name])]


def not_taken(held: Fields, fields: Fields) -> tuple[list[str], list[str]]:
    """Compare a device read back with the fields that were written.

    Gives the fields that did not take, and those that can be explained by what the API is known to do: a version that
    does not show a field, and a domain returned under its registered name (docs/apis/senhasegura.md, 6.3 and 9).
    """
    failed: list[str] = []
    explained: list[str] = []
    for name in differing(held, fields):
        unseen = name in DETAIL_FIELDS and name not in held
        renamed = name == "device_domain" and not unseen and len(held[name]) == len(fields[name])
        (explained if unseen or renamed else failed).append(name)
    return failed, explained


def _same(name: str, held: t.Any, wanted: t.Any) -> bool:
    if name == "device_domain":
        names = [entry.casefold() for entry in held]
        asked = [entry.casefold() for entry in wanted]
        return all(any(_one_domain(full, short) for short in asked) for full in names) and all(
            any(_one_domain(full, short) for full in names) for short in asked
        )
    if name == "connectivities":
        return _endpoints(held) == _endpoints(wanted)
    if name == "device_tags":
        return set(held) == set(wanted)
    return bool(held == wanted)


def _one_domain(full: str, asked: str) -> bool:
    return full == asked or ("." not in asked and full.partition(".")[0] == asked)


def _endpoints(texts: list[str]) -> set[tuple[str, int | None]]:
    pairs = (parse_connectivity(text) for text in texts)
    return {(protocol.casefold(), port) for protocol, port in pairs}


def _connectivity(name: str, entry: str) -> str:
    protocol, port = parse_connectivity(entry)
    if not protocol or port is None or not 0 < port < 65536 or "," in protocol or ":" in protocol:
        raise BadInput(f"{name}: {shown(entry)} is not of the form PROTOCOL:PORT, for example SSH:22.")
    return connectivity_text(protocol, port)


def _entry(name: str, entry: str) -> str:
    text = entry.strip()
    if not text or "," in text or (name == "device_domain" and any(letter.isspace() for letter in text)):
        raise BadInput(f"{name}: {shown(entry)} cannot be one entry of a comma-separated list.")
    return text


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
