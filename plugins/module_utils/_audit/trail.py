# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail: JSON Lines, each with the hash of the line before and its own. Pure functions.

The first line says which journal, and which window, the trail is of; every further line is one event. A line that is
changed, removed or inserted breaks the chain from there on. Lines removed at the end leave a chain that holds: the hash
that the journal stored, or one kept elsewhere, shows that.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso

VERSION = 2

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

Problem = tuple[int, str]


@dataclasses.dataclass(frozen=True)
class Trail:
    """A trail as it was read: its head, its events, and what is wrong with the chain (line number and sentence)."""

    head: Record | None
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]

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

    @property
    def hashes(self) -> set[str]:
        """The hashes of all its lines."""
        return {str(record["hash"]) for record in (self.head, *self.records) if record}


def new_head(journal_id: str, window_id: str | None) -> Record:
    """Return the first line of a trail: of one window of a journal, or of everything in it."""
    return sealed(
        {"trail": "netfleet.maintenance", "version": VERSION, "journal": journal_id, "window_id": window_id},
        _NOTHING_BEFORE,
    )


def record_of(event: t.Mapping[str, t.Any]) -> Record:
    """Return what a trail says about a journal event, before it is sealed.

    ``claimed`` under ``who`` is what the environment of the process said of itself, which its user can make up.
    """
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
            "host": sender.get("host"),
            "process": sender.get("pid"),
            "run": sender.get("run"),
            "awx_job": sender.get("job"),
            "awx_user": sender.get("launched_by"),
            "claimed": sender.get("claimed") or {},
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
    """Return a record with the hash of the line before it and its own, which is that of its line without the hash."""
    chained = {**record, "previous": previous}
    return {**chained, "hash": digest(chained)}


def line_of(record: t.Mapping[str, t.Any]) -> str:
    """Return a record as its line: the one way to write it, so that any other spelling is a changed line."""
    return json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n"


def digest(record: t.Mapping[str, t.Any]) -> str:
    """Return the hash of a record's line."""
    return hashlib.sha256(line_of(record).rstrip("\n").encode()).hexdigest()


def continued(trail: Trail, head: Record, events: t.Sequence[t.Mapping[str, t.Any]]) -> list[Record]:
    """Return the lines that continue a trail with the journal's events (oldest first), the head included for a new one.

    The trail has to hold, and to agree with the journal.
    """
    added = [] if trail.head else [head]
    previous = str(added[0]["hash"]) if added else trail.last_hash
    for event in events:
        if event["id"] > trail.last_seq:
            added.append(sealed(record_of(event), previous))
            previous = str(added[-1]["hash"])
    return added


def read_trail(text: str) -> Trail:
    """Read a trail and check its chain; what is wrong stands in ``problems``. Never raises."""
    head: Record | None = None
    records: list[Record] = []
    problems: list[Problem] = []
    previous = _NOTHING_BEFORE
    lines = text.split("\n")
    unfinished = lines.pop()
    for number, line in enumerate(lines, 1):
        record = _read_line(line)
        if record is None:
            problems.append((number, "it is not a record of an audit trail"))
            continue
        if record["previous"] != previous:
            problems.append((number, "it does not follow the line before: a line was changed, removed or inserted"))
        if line + "\n" != line_of(record) or digest(_without_hash(record)) != record["hash"]:
            problems.append((number, "its hash does not match its text: the line was changed"))
        previous = record["hash"]
        if number == 1 and "trail" in record:
            head = record
        elif isinstance(record.get("seq"), int):
            if records and record["seq"] <= records[-1]["seq"]:
                problems.append((number, f"event {record['seq']} stands after event {records[-1]['seq']}"))
            records.append(record)
        else:
            problems.append((number, "it names no event"))
    if unfinished:
        problems.append((len(lines) + 1, "its end is missing"))
    if head is None:
        problems.insert(0, (1, "the first line is not the head of an audit trail" if text else "the file is empty"))
    return Trail(head, tuple(records), tuple(problems))


def _without_hash(record: Record) -> Record:
    return {key: value for key, value in record.items() if key != "hash"}


def _read_line(line: str) -> Record | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not all(isinstance(record.get(key), str) for key in ("previous", "hash")):
        return None
    return record


def events_digest(events: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """Return by what a trail knows the events of a window (oldest first) that were removed from the journal."""
    return _records_digest(_plain(record_of(event)) for event in events)


def _records_digest(records: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    return hashlib.sha256("".join(map(line_of, records)).encode()).hexdigest()


def compare(
    trail: Trail, head: Record, events: t.Sequence[t.Mapping[str, t.Any]], pruned: t.Mapping[str, str] | None = None
) -> tuple[list[Problem], int]:
    """Replay the journal (the head its trail has, its events oldest first) against a trail.

    ``pruned`` has the digests of the windows that were removed from the journal, whose events only the trail has.
    Return what does not agree, each with its line, and how many events are newer than the trail, which is no fault.
    """
    problems: list[Problem] = []
    if trail.head is not None and trail.head != head:
        problems.append((1, _another(trail.head, head)))
    journal = {event["id"]: _plain(record_of(event)) for event in events}
    lines = {record["seq"]: number for number, record in enumerate(trail.records, 2)}
    removed: dict[str, list[Record]] = {}
    for record in trail.records:
        seq = record["seq"]
        found = {key: value for key, value in record.items() if key not in ("previous", "hash")}
        if seq not in journal and record.get("window_id") in (pruned or {}):
            removed.setdefault(record["window_id"], []).append(found)
        elif seq not in journal:
            problems.append((lines[seq], f"event {seq} is in the trail and not in the journal"))
        elif found != journal[seq]:
            differing = sorted(key for key in {*found, *journal[seq]} if found.get(key) != journal[seq].get(key))
            problems.append((lines[seq], f"event {seq} differs from the journal in {', '.join(differing)}"))
    for window_id, records in removed.items():
        if _records_digest(records) != (pruned or {})[window_id]:
            first = lines[records[0]["seq"]]
            problems.append(
                (first, f"the events of window {window_id} are not those that were removed from the journal")
            )
    missing = [seq for seq in journal if seq not in lines]
    gaps = [seq for seq in missing if seq < trail.last_seq]
    last_line = len(trail.records) + 1
    problems += [(last_line, f"event {seq} of the journal is missing from the trail") for seq in gaps]
    return problems, len(missing) - len(gaps)


def _another(found: Record, head: Record) -> str:
    if found.get("version") != VERSION:
        return "it was written by another version of netfleet.maintenance; continue in a new file"
    if found.get("journal") != head["journal"]:
        return "it is the trail of another journal"
    return f"it is the trail of {found.get('window_id') or 'all windows'}, not of {head['window_id'] or 'all windows'}"


def _plain(value: t.Any) -> t.Any:
    """Return a value as it is after JSON: tuples and the like are no difference."""
    return json.loads(json.dumps(value))
