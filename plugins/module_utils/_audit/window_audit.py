# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logic of window_audit: adds the journal's newest events to an audit trail. Checks first, and never removes a byte."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._audit import anchors
from ansible_collections.netfleet.maintenance.plugins.module_utils._audit.trail import (
    Record,
    Trail,
    compare,
    continued,
    line_of,
    new_head,
    read_trail,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import name_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import (
    JOURNAL_ID,
    Journal,
    default_path,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import pruned_windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task


def window_audit_spec() -> Spec:
    """Return the options of window_audit."""
    return journal_options() + Spec(
        {
            "path": {"type": "path", "required": True},
            "window_id": {"type": "str"},
            "anchor_command": {"type": "str"},
            "signing_key": {"type": "path", "no_log": False},
            "at_end": {"type": "bool", "default": False},
        }
    )


def run_window_audit(task: Task) -> Result:
    """Continue the trail. Return ``added``, ``last_hash`` and ``changed``. Raise BadInput, JournalError."""
    path, window_id = task.params["path"], task.params["window_id"]
    with open_journal(task) as journal:
        source = _Source(journal, path, window_id, dry=task.check_mode)
        try:
            added = _look(source) if task.check_mode else _append(source)
        except OSError as error:
            raise BadInput(f"{path} cannot be read and written: {error.strerror or error}.") from error
    trail = Trail(None, (*source.records, *(record for record in added if "seq" in record)), ())
    last_hash = added[-1]["hash"] if added else source.last_hash
    number = sum("seq" in record for record in added)
    if added and not task.check_mode:
        _keep_elsewhere(task, path, last_hash)
    return {
        "changed": bool(added),
        "path": path,
        "added": number,
        "records": len(trail.records),
        "last_hash": last_hash,
        "msg": f"{number} event{'' if number == 1 else 's'} added to the audit trail {path}. Its last hash is "
        f"{last_hash}.",
    }


def _keep_elsewhere(task: Task, path: str, last_hash: str) -> None:
    """Sign the trail and store its last hash where the user wants it. Raise BadInput: the trail itself is written."""
    try:
        if task.params["signing_key"]:
            anchors.sign(path, task.params["signing_key"])
        if task.params["anchor_command"]:
            anchors.send(task.params["anchor_command"], last_hash)
    except (MaintenanceError, OSError) as error:
        raise BadInput(
            f"The audit trail {path} was continued, but not anchored: {error} Its last hash is {last_hash}."
        ) from error


@contextlib.contextmanager
def open_journal(task: Task) -> t.Iterator[Journal]:
    """Open the task's journal. Raise BadInput where there is none, JournalError."""
    journal = existing_journal_of(task)
    if journal is None:
        raise BadInput(f"There is no journal at {name_of(task.params['journal'] or default_path())}.")
    with journal:
        yield journal


def events_of(journal: Journal, window_id: str | None) -> list[Row]:
    """Return the journal's events, or those of one window, oldest first. Raise JournalError."""
    return reading.events(journal, reading.Filter(windows=() if window_id is None else (window_id,)))


def digests_of_pruned(journal: Journal) -> dict[str, str]:
    """Return the digest of the events of each window that was removed from the journal. Raise JournalError."""
    return {window_id: left.digest for window_id, left in pruned_windows(journal).items()}


class _Source:
    """A journal, and the trail of it that is continued."""

    def __init__(self, journal: Journal, path: str, window_id: str | None, *, dry: bool) -> None:
        self.journal = journal
        self.dry = dry
        self.path = path
        self.window_id = window_id
        self.records: tuple[Record, ...] = ()
        self.last_hash = ""

    def continuation(self, text: str) -> tuple[list[Record], str]:
        """Return the records that continue a trail, and the text to add to its file. Raise BadInput, JournalError."""
        if not text and anchors.is_known(self.journal, self.path):
            raise self._refusal(
                "the journal has written to it before, and it is gone or empty. Put it back, or name another file"
            )
        whole, newline, unfinished = text.rpartition("\n")
        trail = read_trail(whole + "\n") if newline else Trail(None, (), ())
        known = self.journal.recall(JOURNAL_ID)
        head = new_head(known or ("" if self.dry else self.journal.identity()), self.window_id)
        events = events_of(self.journal, self.window_id)
        problems = list(trail.problems)
        if not problems and trail.head:
            problems = compare(trail, head, events, digests_of_pruned(self.journal))[0]
        gone = anchors.missing(self.journal, self.path, self.window_id, trail) if trail.head and not problems else None
        if gone is not None and anchors.is_known(self.journal, self.path):
            problems.append((len(trail.records) + 1, gone))
        added = continued(trail, head, events)
        addition = "".join(map(line_of, added))
        if not problems and not addition.startswith(unfinished):
            # Not a line that was being written when the power failed: that is finished now.
            problems.append((len(trail.records) + 2, "its end is missing"))
        if problems:
            line, problem = problems[0]
            raise self._refusal(f"line {line}: {problem}. Keep the file as it is, find out why, continue in a new one")
        self.records, self.last_hash = trail.records, trail.last_hash
        return added, addition.removeprefix(unfinished)

    def written(self, text: str) -> None:
        """Store in the journal how far the trail is written. Raise JournalError."""
        anchors.store(self.journal, self.path, self.window_id, read_trail(text))

    def _refusal(self, why: str) -> BadInput:
        return BadInput(f"The audit trail {self.path} was not continued: {why}.")


def _look(source: _Source) -> list[Record]:
    try:
        with open(source.path, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        content = b""
    return source.continuation(_text(content, source.path))[0]


def _append(source: _Source) -> list[Record]:
    """Add the records to the file, on disk when this returns; one writer at a time."""
    os.makedirs(os.path.dirname(os.path.abspath(source.path)), exist_ok=True)
    if not os.path.lexists(source.path):
        # Nothing is made where it would be refused.
        source.continuation("")
    if os.path.islink(source.path):
        raise BadInput(f"The audit trail {source.path} is a symbolic link. Name the file itself.")
    handle = os.open(source.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK, 0o640)
    with os.fdopen(handle, "r+b") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BadInput(f"The audit trail {source.path} is not a file.")
        fcntl.flock(handle, fcntl.LOCK_EX)
        text = _text(file.read(), source.path)
        added, addition = source.continuation(text)
        file.seek(0, os.SEEK_END)
        file.write(addition.encode())
        file.flush()
        os.fsync(handle)
    source.written(text + addition)
    return added


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not an audit trail.") from error
