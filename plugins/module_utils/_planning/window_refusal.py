# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_refusal: a window that was refused as a whole leaves a trace in the journal."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import REFUSED_WINDOW, last_refusal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task


def window_refusal_spec() -> Spec:
    """Return the options of window_refusal."""
    return journal_options() + Spec(
        {"window_id": {"type": "str", "required": True}, "reason": {"type": "str", "required": True}}
    )


def run_window_refusal(task: Task) -> Result:
    """Write it down. Gives ``written``; a journal that cannot be written is a warning. Raises BadInput."""
    window_id, reason = task.params["window_id"], task.params["reason"]
    if not window_id:
        raise BadInput("window_id is empty: say which window was refused.")
    written = True
    if not task.check_mode:
        try:
            with journal_of(task) as journal:
                if last_refusal(journal, window_id) != reason:
                    journal.note(REFUSED_WINDOW, {"window_id": window_id}, gate="preflight", message=reason)
        except JournalError as error:
            task.warn(f"The refusal of window {window_id} is not written down, so no report tells it. {error}")
            written = False
    # What it writes is only memory: nothing of the window has changed.
    return {"changed": False, "written": written, "msg": f"Window {window_id} was refused."}
