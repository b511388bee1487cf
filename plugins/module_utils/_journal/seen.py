# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the systems showed of a device before its window and after it, and what differs.

It is a mapping with what is known of ``software``, ``config_version``, ``platform``, ``serial``, ``addresses`` (by
system), ``up`` and ``uptime`` (seconds). The journal keeps it as events.
"""

from __future__ import annotations

import typing as t

try:
    import sqlalchemy as sa
except ImportError:
    # The module runner names the missing library before anything here is used.
    pass
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import schema
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

SEEN_EVENT = "device_seen"

Facts = t.Mapping[str, t.Any]

When = t.Literal["before", "after"]

_TITLES = {"software": "software", "config_version": "configuration version", "serial": "serial number"}


class Change(t.NamedTuple):
    """Something that differs: what, and the sentence about it without a full stop."""

    what: str
    sentence: str


def note_seen(
    journal: Journal, window_id: str, device: str, when: When, facts: Facts, server: str | None = None
) -> None:
    """Write down what was seen of a device (by the name it is locked under). Raises JournalError."""
    about = {"window_id": window_id, "device": device, "server": server}
    journal.note(SEEN_EVENT, about, when=when, facts=dict(facts))


def seen_before(journal: Journal, window_id: str) -> dict[str, Facts]:
    """Return what was seen first of each device of a window, by the name it is locked under. Raises JournalError."""
    table = schema.EVENTS
    rows = journal.rows(
        sa.select(table.c.device, table.c.kind, table.c.data)
        .where(table.c.window_id == window_id, table.c.kind == SEEN_EVENT)
        .order_by(table.c.id)
    )
    by_device: dict[str, list[t.Mapping[str, t.Any]]] = {}
    for row in rows:
        by_device.setdefault(row["device"], []).append(row)
    return {device: before for device, events in by_device.items() if (before := seen(events)[0])}


def seen(events: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[Facts, Facts]:
    """Return what was seen first before, and newest after, from one device's events, oldest first. Pure."""
    before: Facts = {}
    after: Facts = {}
    for event in events:
        if event["kind"] != SEEN_EVENT:
            continue
        facts = event["data"].get("facts") or {}
        if event["data"].get("when") == "before":
            before = before or facts
        else:
            after = {**after, **facts}
    return before, after


def changes(before: Facts, after: Facts) -> tuple[Change, ...]:
    """Return what differs of what both show. Pure."""
    found = []
    for key, title in _TITLES.items():
        was, is_now = before.get(key), after.get(key)
        if was and is_now and was != is_now:
            found.append(Change(key, f"came back with {title} {shown(is_now)}, was {shown(was)}"))
    was_at, is_at = before.get("addresses") or {}, after.get("addresses") or {}
    moved = [
        (was_at[system], is_at[system])
        for system in sorted(was_at)
        if was_at[system] and is_at.get(system) and was_at[system] != is_at[system]
    ]
    for was, is_now in dict.fromkeys(moved):
        found.append(Change("address", f"came back with address {shown(is_now)}, was {shown(was)}"))
    if before.get("up") is False and after.get("up") is True:
        found.append(Change("up", "came back up, was down"))
    return tuple(found)


def differing(groups: t.Mapping[str, t.Mapping[str, Facts]]) -> list[str]:
    """Return a sentence for each redundancy group whose members run different software.

    ``groups`` has what is known of each member, by its name. Pure.
    """
    said = []
    for group, members in groups.items():
        versions = {name: str(facts["software"]) for name, facts in members.items() if facts.get("software")}
        if len(set(versions.values())) > 1:
            each = ", ".join(f"{shown(name)} {shown(version)}" for name, version in sorted(versions.items()))
            said.append(f"The devices of {shown(group)} run different software: {each}.")
    return said
