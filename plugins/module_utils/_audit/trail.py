# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail: journal events as lines of JSON, each holding the hash of the line before. Pure functions.

The first line says what the trail is of; every further line is one event. A line that is changed, taken out or put in
breaks the chain from there on. Lines cut off at the end leave a chain that holds: a hash kept elsewhere, or the
journal, shows that.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso

VERSION = 1


_NOTHING_BEFORE = "0" * 64


_LOCK_EVENTS = {
    "lock_intended": ("lock", "intended"),
    "locked": ("lock", "done"),
    "lock_refused": ("lock", "refused"),
    "lock_lost": ("lock", "lost"),
    "unlock_intended": ("unlock", "intended"),
    "unlocked": ("unlock", "done"),
}


Record = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Trail:
    """A trail as it was read: its head, its events, and what is wrong with the chain (line number and sentence)."""

    head: Record | None
    records: tuple[Record, ...]
    problems: tuple[tuple[int, str], ...]

    @property
    def last_seq(self) -> int:
        """The number of the newest event in it, 0 when there is none."""
        return int(self.records[-1]["seq"]) if self.records else 0

    @property
    def last_hash(self) -> str:
        """What the next line has to hold as its ``previous``."""
        if self.records:
            return str(self.records[-1]["hash"])
        return str(self.head["hash"]) if self.head else _NOTHING_BEFORE


def new_head(window_id: str | None) -> Record:
    """Give the first line of a trail: of one window, or of everything."""
    return sealed({"trail": "netfleet.maintenance", "version": VERSION, "window_id": window_id}, _NOTHING_BEFORE)


def record_of(event: t.Mapping[str, t.Any]) -> Record:
    """Give what a trail says about a journal event, before it is sealed."""
    sender, data = event["sender"], event["data"]
    request, outcome = _request(event["kind"], data)
    return {
        "seq": event["id"],
        "at": iso(event["at"]),
        "kind": event["kind"],
        "window_id": event["window_id"],
        "device": {"name": event["device"], "id": event["device_id"], "server": event["server"]},
        "who": {
            "user": sender.get("user"),
            "sudo_user": sender.get("sudo_user"),
            "host": sender.get("host"),
            "process": sender.get("pid"),
            "run": sender.get("run"),
            "awx_job": sender.get("job"),
            "awx_user": sender.get("launched_by"),
        },
        "request": request,
        "outcome": outcome,
        "details": {key: value for key, value in data.items() if key != "operation"},
    }


def _request(kind: str, data: t.Mapping[str, t.Any]) -> tuple[str | None, str]:
    if kind.startswith("operation_"):
        return data.get("operation"), kind.removeprefix("operation_")
    return _LOCK_EVENTS.get(kind, (data.get("operation"), kind))


def sealed(record: t.Mapping[str, t.Any], previous: str) -> Record:
    """Give a record with the hash of the line before it and its own."""
    chained = {**record, "previous": previous}
    return {**chained, "hash": _digest(chained)}


def line_of(record: Record) -> str:
    """Write a record as its line."""
    return json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n"


def _digest(record: t.Mapping[str, t.Any]) -> str:
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_trail(text: str) -> Trail:
    """Read a trail and check its chain; never raises, what is wrong is told."""
    head: Record | None = None
    records: list[Record] = []
    problems: list[tuple[int, str]] = []
    previous = _NOTHING_BEFORE
    for number, line in enumerate(text.splitlines(), 1):
        record = _read_line(line)
        if record is None:
            problems.append((number, "it is no record of an audit trail"))
            continue
        if record["previous"] != previous:
            problems.append((number, "it does not follow the line before: a line was changed, taken out or put in"))
        if _digest({key: value for key, value in record.items() if key != "hash"}) != record["hash"]:
            problems.append((number, "its hash does not fit what it says: it was changed"))
        previous = record["hash"]
        if number == 1 and "trail" in record:
            head = record
        elif isinstance(record.get("seq"), int):
            if records and record["seq"] <= records[-1]["seq"]:
                problems.append((number, f"event {record['seq']} stands behind event {records[-1]['seq']}"))
            records.append(record)
        else:
            problems.append((number, "it names no event"))
    if head is None and text:
        problems.insert(0, (1, "the first line is not the head of an audit trail"))
    return Trail(head, tuple(records), tuple(problems))


def _read_line(line: str) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or not all(isinstance(record.get(key), str) for key in ("previous", "hash")):
        return None
    return record


def compare(trail: Trail, events: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[list[tuple[int, str]], int]:
    """Replay the journal's events (oldest first) against a trail.

    Gives what does not agree, each with its line, and how many events are newer than the trail, which is no fault.
    """
    problems: list[tuple[int, str]] = []
    journal = {event["id"]: record_of(event) for event in events}
    lines = {record["seq"]: number for number, record in enumerate(trail.records, 2)}
    for record in trail.records:
        seq = record["seq"]
        told = {key: value for key, value in record.items() if key not in ("previous", "hash")}
        if seq not in journal:
            problems.append((lines[seq], f"event {seq} is in the trail and not in the journal"))
        elif told != journal[seq]:
            # Through JSON, as the trail went: tuples and the like are no difference.
            differing = sorted(key for key in {*told, *journal[seq]} if told.get(key) != _plain(journal[seq].get(key)))
            if differing:
                problems.append((lines[seq], f"event {seq} differs from the journal in {', '.join(differing)}"))
    missing = [seq for seq in journal if seq not in lines]
    gaps = [seq for seq in missing if seq < trail.last_seq]
    last_line = len(trail.records) + 1
    problems += [(last_line, f"event {seq} of the journal is missing from the trail") for seq in gaps]
    return problems, len(missing) - len(gaps)


def _plain(value: t.Any) -> t.Any:
    return json.loads(json.dumps(value))
