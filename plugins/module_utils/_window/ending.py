# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every run of a window ends: what a worker that died left locked is unlocked, and three things are said.

The three are the result, the locks and the next command. Both are done by the controller process when it ends, so they
do not depend on how the plays went.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.left import Left, devices_left, sentence
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import same_run, this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import lease_ends_at
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord, Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.todo import extra_var

RECOVER = "ansible-playbook netfleet.maintenance.recover"

# The state of a window whose definition or calendars cannot be read.
UNREADABLE = "unknown"

# So many devices are named.
_NAMED = 5


def ending_spec() -> Spec:
    """Return what an end is described with: no option of a user's, but what window_start leaves for it."""
    return journal_options() + Spec(
        {
            "window_id": {"type": "str", "required": True},
            "state": {"type": "str", "default": "open"},
            "reason": {"type": "str", "default": ""},
            "command": {"type": "str", "default": ""},
            "check_mode": {"type": "bool", "default": False},
            "at_work": {"type": "str", "default": ""},
        }
    )


def run_ending(task: Task) -> Result:
    """Return the sentence with the three things. Raise JournalError."""
    params = task.params
    window_id, command = params["window_id"], params["command"]
    if params["at_work"]:
        return _said(f"Window {window_id} is already being run by {params['at_work']}; nothing to do.", "", "")
    if params["check_mode"]:
        return _said(
            f"Check mode: nothing was locked or sent for window {window_id}.", "none taken", f"{command} (no --check)"
        )
    journal = existing_journal_of(task)
    if journal is None:
        return _said(_closed(params) or f"Window {window_id} was not started.", "none", command)
    with journal:
        record = Windows(journal).read(window_id)
        left = [] if record is None else devices_left(journal, record)
        kept = [row for row in Locks(journal).all_open() if row["holder"] == window_id]
    if kept:
        command = f"{RECOVER} {extra_var('recover_window_id', window_id)}"
    elif params["state"] == "open" and record is not None and not left:
        command = "nothing to do"
    elif params["state"] == UNREADABLE or (params["state"] == "open" and record is None):
        command = f"fix what is wrong, then run {command}"
    result = _closed(params) or _counted(window_id, record, left)
    return _said(result, _locks(kept), command)


def is_ours(journal: Journal, window_id: str, run: int | None) -> bool:
    """Return whether a lock of the window is open that this run took. Raise JournalError."""
    ours = this_process(run)
    return any(row["holder"] == window_id and same_run(row["sender"], ours) for row in Locks(journal).all_open())


def _closed(params: t.Mapping[str, t.Any]) -> str:
    if params["state"] == UNREADABLE:
        return f"Window {params['window_id']} was not started."
    return "" if params["state"] == "open" else f"{params['reason'].rstrip('.')}."


def _counted(window_id: str, record: WindowRecord | None, left: t.Sequence[Left]) -> str:
    if record is None:
        return f"Window {window_id} was not started."
    total = len(record.maintained)
    done = "the device is" if total == 1 else f"all {total} devices are"
    return sentence(record, left) or f"Window {window_id}: {done} done."


def _locks(kept: t.Sequence[Row]) -> str:
    if not kept:
        return "none left"
    named = [f"{row['device']} until {iso(lease_ends_at(row))} at most" for row in kept[:_NAMED]]
    more = f" and {len(kept) - _NAMED} more" if len(kept) > _NAMED else ""
    return f"{len(kept)} kept ({', '.join(named)}{more})"


def _said(result: str, locks: str, command: str) -> Result:
    parts = [result, f"Locks: {locks}." if locks else "", f"Next: {command}" if command else ""]
    return {"changed": False, "msg": " ".join(part for part in parts if part)}
