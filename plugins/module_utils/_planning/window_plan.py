# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_plan: what a window would do, and the digest that approves exactly that.

It makes the same record as the pre-flight, and only reads. The plan itself is made by pure functions (``plan.py``,
``agreement.py``, ``approval.py``).
"""

from __future__ import annotations

import json

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.durations import Taken, taken
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.agreement import problems_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approval import (
    digest_of,
    doubtful,
    to_approve,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approved_plans import remember
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.description import read_description
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.forecast import forecast
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import plan, remarks_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan_text import (
    Plan,
    as_document,
    as_markdown,
    as_table,
    expectations,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.preparation import (
    agree_on,
    occurrence_at,
    occurrence_planned,
    read_selection,
    window_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.states import read_states
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.survey import survey
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import (
    Clients,
    connect_systems,
    systems_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import Occurrence, reason


def window_plan_spec() -> Spec:
    """Return the options of window_plan."""
    shared = systems_options() + journal_options() + window_options()
    own = Spec(
        {"json_file": {"type": "path"}, "markdown_file": {"type": "path"}},
        libraries=("dateutil",),
    )
    return shared + own


def run_window_plan(task: Task) -> Result:
    """Plan a window. Raises MaintenanceError."""
    with connect_systems(task.params, task.store, task.clock) as clients:
        return prepare(task, clients)


def prepare(task: Task, clients: Clients) -> Result:
    """Do the work of :func:`run_window_plan` with given clients."""
    params = task.params
    if params["window"] is None:
        raise BadInput("window is missing: pass the variables of the window, as in a window file.")
    description = read_description(params["window"])
    selection = read_selection(params, description)
    now = occurrence_at(description, task)
    occurrence = occurrence_planned(description, now)
    if occurrence is None:
        raise BadInput(f"There is nothing to plan: {reason(now)}.")
    seen = survey(clients)
    if seen.failures:
        raise NoAnswer(" ".join(seen.failures.values()))
    agreed = agree_on(description, occurrence, selection, seen.lists, task)
    record = agreed.record
    problems = agreed.problems + problems_of(description, record)
    if problems:
        raise BadInput(" ".join(problems))
    states, remarks = read_states(task, clients, record, agreed.identities)
    approve = None if doubtful(record) else to_approve(record)
    digest = None if approve is None else digest_of(approve)
    steps = tuple(plan(record, states))
    expected = forecast(
        record,
        _taken(task),
        {step.name: step.operations for step in steps if step.action == "maintain"},
        cutoff=_left(occurrence, task.clock.now() if description.at is None else description.at),
    )
    remarks = [*remarks_of(record), *remarks]
    whole = Plan(record.window_id, reason(now), record.operations, steps, digest, tuple(remarks), expected)
    if approve is not None and not task.check_mode:
        remember(task, approve)
    result: Result = {
        "window_id": record.window_id,
        "state": occurrence.state,
        "digest": digest,
        "table": as_table(whole),
        "markdown": as_markdown(whole),
        "plan": as_document(whole, approve),
    }
    files = {"json_file": json.dumps(result["plan"], indent=2) + "\n", "markdown_file": result["markdown"]}
    written = [
        write_if_changed(params[option], text.encode("utf-8", "backslashreplace"), dry=task.check_mode)
        for option, text in files.items()
        if params[option]
    ]
    if record.rules.must_fit and expected.late:
        said = " ".join(expectations(whole))
        text = f"The window does not fit (window_must_fit). {said} Make it longer, or select fewer devices."
        result |= {"failed": True, "kind": "plan", "msg": text}
    return {**result, "changed": any(written)}


def _taken(task: Task) -> Taken:
    """Return what the journal shows of how long operations took, nothing without one. Raises JournalError."""
    journal = existing_journal_of(task)
    if journal is None:
        return Taken({}, {})
    with journal:
        return taken(journal)


def _left(occurrence: Occurrence, now: float) -> float | None:
    """Return how many seconds the window has for new work, from its begin or from now; None without an end."""
    begins = now if occurrence.opens_at is None else max(now, occurrence.opens_at)
    ends = occurrence.cutoff_at if occurrence.no_work_from is None else occurrence.no_work_from
    return None if ends is None else max(0.0, ends - begins)
