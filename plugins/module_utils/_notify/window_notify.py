# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_notify: what is to be told, from the journal, to every hook. It never fails."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._background import start_detached
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import (
    existing_journal_of,
    journal_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.hooks import (
    Notification,
    deliver,
    news_of,
    notification_of,
    without_credentials,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.known import known_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.listed import listed, listed_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Asked, build
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import report_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.window_report import reported


def window_notify_spec() -> Spec:
    """Return the options of window_notify."""
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
    """Run the hooks. Return ``told`` and ``changed``; whatever goes wrong is a warning."""
    hooks = task.params["hooks"]
    try:
        notification, known = _look(task)
    except MaintenanceError as error:
        task.warn(f"No notifications sent: {error}")
        return {"changed": False, "told": 0, "msg": "Nobody was told."}
    news = news_of(notification)
    fresh = [hook for hook in hooks if known[hook] != news]
    if task.check_mode:
        return {"changed": bool(fresh), "told": 0, "msg": f"{len(fresh)} of {len(hooks)} hooks would be told."}
    if not fresh:
        return {"changed": False, "told": 0, "msg": "Every hook was told this before."}
    if notification["moment"] == "started" and task.run is not None:
        problems = _in_the_background(notification, fresh, task)
    else:
        problems = deliver(notification, fresh, task.params["timeout"])
    for hook, problem in problems.items():
        task.warn(f"A notification failed: {hook}: {problem}")
    told = [hook for hook in fresh if hook not in problems]
    _remember(task, told, news)
    return {"changed": bool(told), "told": len(told), "msg": f"{len(told)} of {len(fresh)} hooks were told."}


def _look(task: Task) -> tuple[Notification, dict[str, str | None]]:
    """Return what is to be told, and what each hook was told last of this moment. Raises JournalError."""
    params = task.params
    journal = existing_journal_of(task)
    known: dict[str, str | None] = dict.fromkeys(params["hooks"])
    if journal is None:
        # The very first window is told of before it writes anything.
        operations = tuple(params["operations"] or ())
        asked = Asked(window_id=params["window_id"], devices=listed(params), operations=operations)
        report = build(asked, [], [], [], lambda _row: False)
    else:
        with journal:
            asked = known_of(journal, params["window_id"], params)
            report = report_of(journal, asked, this_process(task.run) if params["at_end"] else None)
            known = {hook: journal.recall(_key(params, hook)) for hook in params["hooks"]}
    files = params["files"] or (task.store.load(reported(params["window_id"])) or {}).get("files", {})
    return notification_of(report, params["moment"], files), known


def _remember(task: Task, told: list[str], news: str) -> None:
    """Keep in the journal what hooks were told, so that the next run of the same window does not tell it again."""
    try:
        with journal_of(task) as journal:
            for hook in told:
                journal.remember(_key(task.params, hook), news)
    except MaintenanceError as error:
        task.warn(f"The next run of this window tells the same again: {error}")


def _key(params: t.Mapping[str, t.Any], hook: str) -> str:
    return f"told {params['moment']} {params['window_id']} {hook}"


def _in_the_background(notification: Notification, hooks: list[str], task: Task) -> dict[str, str]:
    """Have the hooks run beside the window; gives what went wrong with that, by hook."""
    given = {"notification": notification, "hooks": hooks, "timeout": task.params["timeout"]}
    try:
        start_detached("_notify.hook_runner", json.dumps(given), without_credentials(os.environ))
    except OSError as error:
        return dict.fromkeys(hooks, str(error))
    return {}
