# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_audit: what happened since the last time, added to the end of the audit trail."""

from __future__ import annotations

import fcntl
import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import (
    Record,
    Trail,
    line_of,
    new_head,
    read_trail,
    record_of,
    sealed,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Row, default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task


def window_audit_spec() -> Spec:
    """Give the options of window_audit."""
    return journal_options() + Spec(
        {
            "path": {"type": "path", "required": True},
            "window_id": {"type": "str"},
            "at_end": {"type": "bool", "default": False},
        }
    )


def run_window_audit(task: Task) -> Result:
    """Continue the trail. Gives ``added``, ``last_hash`` and ``changed``; raises BadInput, JournalError."""
    path, window_id = task.params["path"], task.params["window_id"]
    events = journal_events(task, window_id)
    try:
        if task.check_mode:
            trail, added = _continued(_read(path), path, window_id, events)
        else:
            trail, added = _append(path, window_id, events)
    except OSError as error:
        raise BadInput(f"{path} cannot be read and written: {error.strerror or error}.") from error
    last_hash = added[-1]["hash"] if added else trail.last_hash
    number = sum("seq" in record for record in added)
    return {
        "changed": bool(added),
        "path": path,
        "added": number,
        "records": len(trail.records) + number,
        "last_hash": last_hash,
        "msg": f"{number} events were added to the audit trail {path}.",
    }


def journal_events(task: Task, window_id: str | None) -> list[Row]:
    """Give the journal's events, oldest first. Raises BadInput where there is no journal, JournalError."""
    journal = reading.open_existing(task.params["journal"], task.clock)
    if journal is None:
        raise BadInput(f"There is no journal at {task.params['journal'] or default_path()}.")
    with journal:
        return reading.events(journal, reading.Filter(windows=() if window_id is None else (window_id,)))


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not an audit trail.") from error


def _continued(text: str, path: str, window_id: str | None, events: t.Sequence[Row]) -> tuple[Trail, list[Record]]:
    """Read a trail and give it with the records that continue it. Raises BadInput for one that may not go on."""
    trail = read_trail(text)
    if trail.problems:
        line, problem = trail.problems[0]
        raise BadInput(
            f"The audit trail {path} does not hold: line {line}: {problem}. Nothing was added. Keep the file as it is, "
            "look into it, and continue in a new file."
        )
    if trail.head is not None and trail.head["window_id"] != window_id:
        of = trail.head["window_id"] or "all windows"
        raise BadInput(f"The audit trail {path} is of {of}, not of {window_id or 'all windows'}. Nothing was added.")
    added = [] if trail.head else [new_head(window_id)]
    previous = added[0]["hash"] if added else trail.last_hash
    for event in events:
        if event["id"] > trail.last_seq:
            added.append(sealed(record_of(event), previous))
            previous = added[-1]["hash"]
    return trail, added


def _append(path: str, window_id: str | None, events: t.Sequence[Row]) -> tuple[Trail, list[Record]]:
    """Add the records to the file, on disk when this returns; one writer at a time."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(handle, "ab") as file:
        fcntl.flock(handle, fcntl.LOCK_EX)
        text = _read(path)
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            # A line that was being written when the power went: it never was a record, and is written now.
            file.truncate(len(whole.encode()))
        trail, added = _continued(whole, path, window_id, events)
        file.write("".join(line_of(record) for record in added).encode())
        file.flush()
        os.fsync(handle)
    return trail, added
