# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_notify: what is to be told, from the journal, to every hook. It never fails."""

from __future__ import annotations

import json

from ansible_collections.netfleet.maintenance.plugins.module_utils import _journal_reading as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._child import start_detached
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._face import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify import (
    Notification,
    deliver,
    notification_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._report_model import Asked, build
from ansible_collections.netfleet.maintenance.plugins.module_utils._report_reading import report_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._sender import this_sender
from ansible_collections.netfleet.maintenance.plugins.module_utils._spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._window_report import (
    listed,
    listed_options,
    reported,
)


def window_notify_spec() -> Spec:
    """Give the options of window_notify."""
    shared = journal_options() + listed_options()
    return shared + Spec(
        {
            "window_id": {"type": "str", "required": True},
            "hooks": {"type": "list", "elements": "path", "required": True},
            "moment": {"type": "str", "choices": ["started", "ended"], "default": "ended"},
            "operations": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "dict", "default": {}},
            "timeout": {"type": "float", "default": 30.0},
            "at_end": {"type": "bool", "default": False},
        }
    )


def run_window_notify(task: Task) -> Result:
    """Tell the hooks. Gives ``told`` and ``changed``; whatever goes wrong is a warning."""
    params, hooks = task.params, task.params["hooks"]
    if task.check_mode or not hooks:
        return {"changed": bool(hooks), "told": 0, "msg": f"{len(hooks)} hooks would be told."}
    try:
        notification = _notification(task)
    except MaintenanceError as error:
        task.warn(f"Nobody is told: {error}")
        return {"changed": False, "told": 0, "msg": "Nobody was told."}
    if params["moment"] == "started" and task.run is not None:
        problems = _in_the_background(notification, task)
    else:
        problems = deliver(notification, hooks, params["timeout"])
    for problem in problems:
        task.warn(f"A notification failed: {problem}")
    told = len(hooks) - len(problems)
    return {"changed": told > 0, "told": told, "msg": f"{told} of {len(hooks)} hooks were told."}


def _notification(task: Task) -> Notification:
    params = task.params
    asked = Asked(window_id=params["window_id"], devices=listed(params), operations=tuple(params["operations"] or ()))
    journal = reading.open_existing(params["journal"], task.clock)
    if journal is None:
        # The very first window is told of before it writes anything.
        report = build(asked, [], [], [], lambda _row: False)
    else:
        with journal:
            report = report_of(journal, asked, this_sender(task.run) if params["at_end"] else None)
    known = task.store.load(reported(params["window_id"])) or {}
    return notification_of(report, params["moment"], params["files"] or known.get("files", {}))


def _in_the_background(notification: Notification, task: Task) -> list[str]:
    """Have the hooks run beside the window; gives what went wrong with that."""
    given = {"notification": notification, "hooks": task.params["hooks"], "timeout": task.params["timeout"]}
    try:
        start_detached("_notify_runner", json.dumps(given))
    except OSError as error:
        return [f"{hook}: {error}" for hook in task.params["hooks"]]
    return []
