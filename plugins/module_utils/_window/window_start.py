# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_start: whether another run is at work on the window already."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import (
    run_lives,
    same_run,
    this_process,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import Filter, locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task


def window_start_spec() -> Spec:
    """Return the options of window_start."""
    return journal_options() + Spec(
        {
            "window_id": {"type": "str", "required": True},
            "name": {"type": "list", "elements": "str", "required": True, "aliases": ["names", "device"]},
            "state": {"type": "str", "default": "open"},
            "reason": {"type": "str", "default": ""},
        }
    )


def run_window_start(task: Task) -> Result:
    """Return ``at_work``: who else is at work on these devices for the window, empty when nobody is."""
    params = task.params
    journal = existing_journal_of(task)
    if journal is None:
        return {"changed": False, "at_work": "", "msg": ""}
    with journal:
        other = _other_run(journal, params["window_id"], set(params["name"]), this_process(task.run))
    message = "" if other is None else f"Window {params['window_id']} is already being run by {other}; nothing to do."
    return {"changed": False, "at_work": other or "", "msg": message}


def _other_run(journal: Journal, window_id: str, names: set[str], ours: t.Mapping[str, t.Any]) -> str | None:
    """Return who else runs the window for all of these devices, None when no living run does."""
    recorded = Windows(journal).writers(window_id)
    writers = {name: writer for name, writer in recorded.items() if not same_run(writer, ours)}
    if not names or not names <= writers.keys():
        return None
    held = locks(journal, Filter(windows=(window_id,), open=True))
    for writer in [writers[name] for name in names]:
        lives = run_lives(writer)
        if lives is None:
            # Nobody can look at a run on another machine: its locks show whether it lives.
            now = journal.clock.now()
            lives = any(same_run(lock["sender"], writer) and lock["alive_until"] > now for lock in held)
        if not lives:
            return None
    return _called(next(iter(writers.values())))


def _called(writer: t.Mapping[str, t.Any]) -> str:
    """Say which run that is, in words a person can act on."""
    since = f", since {iso(writer['at'])}" if writer.get("at") else ""
    return f"process {writer['run']} on {writer['host']}{since}"
