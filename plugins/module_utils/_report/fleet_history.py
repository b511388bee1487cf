# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of fleet_history: what the windows of a period show, told in a table and in files."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import (
    LOOK_BACK,
    failed_in_a_row,
    results,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.history import history
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.history_text import (
    as_html,
    as_lines,
    as_text,
    headline,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

DAY = 86400.0

FORMATS: dict[str, t.Callable[[t.Any], str]] = {
    "html": as_html,
    "json": lambda data: json.dumps(data, indent=1) + "\n",
    "txt": as_text,
}


def fleet_history_spec() -> Spec:
    """Return the options of fleet_history."""
    return journal_options() + Spec(
        {
            "days": {"type": "int", "default": 90},
            "due_days": {"type": "int", "default": 90},
            "min_failed": {"type": "int", "default": 2},
            "window_id": {"type": "str"},
            "window_name": {"type": "str"},
            "dest": {"type": "path"},
            "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
        }
    )


def run_fleet_history(task: Task) -> Result:
    """Return ``history``, ``table`` and ``files``. Raise BadInput, JournalError."""
    params, now = task.params, task.clock.now()
    journal = existing_journal_of(task)
    if journal is None:
        raise BadInput(f"There is no journal at {params['journal'] or default_path()}, so it has no history.")
    with journal:
        since = now - params["days"] * DAY
        found = results(journal, min(since, now - max(LOOK_BACK, params["due_days"] * DAY)))
        if params["window_name"]:
            found = [result for result in found if result.window == params["window_name"]]
        compared = params["window_id"]
        if compared and all(result.window_id != compared for result in found):
            raise BadInput(f"The journal {journal.place} has no window {shown(compared)} to compare.")
        data = history(
            found,
            failed_in_a_row(journal),
            since=since,
            until=now,
            due_before=now - params["due_days"] * DAY,
            min_failed=params["min_failed"],
            compared=compared or None,
        )
    files = {kind: os.path.join(params["dest"], f"history.{kind}") for kind in params["formats"] if params["dest"]}
    written = [
        write_if_changed(path, FORMATS[kind](data).encode("utf-8", "backslashreplace"), dry=task.check_mode)
        for kind, path in files.items()
    ]
    return {
        "changed": any(written),
        "history": data,
        "table": as_lines(data),
        "files": files,
        "msg": headline(data),
    }
