# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of plan_window: what a window would do, what approves it, and whether an approval is for that.

Reads only; the plan itself is made by pure functions (``_window_plan.py``, ``_approval.py``).
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approval import (
    Approved,
    check_approval,
    digest_of,
    read_approved,
    to_approve,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan import Order, plan
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.plan_text import (
    Plan,
    as_document,
    as_markdown,
    as_table,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.states import read_states
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import (
    Doors,
    open_doors,
    systems_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import (
    Target,
    read_targets,
    targets_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import read_instant, read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import Occurrence, reason
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, RESETS


def plan_window_spec() -> Spec:
    """Give the options of plan_window."""
    shared = systems_options() + journal_options() + Spec(targets_options())
    return shared + Spec(
        {
            "window": {"type": "dict", "required": True},
            "at": {"type": "str"},
            "operations": {"type": "list", "elements": "str", "choices": list(OPERATIONS), "required": True},
            "batches": {"type": "list", "elements": "str", "default": ["100%"]},
            "live_sessions": {"type": "str", "choices": ["wait", "skip", "ignore"], "default": "wait"},
            "max_targets": {"type": "int"},
            "max_resets": {"type": "int", "default": 5},
            "approval": {"type": "str"},
            "approved_plan": {"type": "path"},
            "require_approval": {"type": "bool", "default": False},
            "json_file": {"type": "path"},
            "markdown_file": {"type": "path"},
        },
        libraries=("dateutil", "icalendar", "recurring_ical_events"),
    )


def run_plan_window(task: Task) -> Result:
    """Plan a window, and check its approval if there is one. Raises MaintenanceError."""
    doors = open_doors(task.params, task.store, task.clock)
    try:
        return prepare(task, doors)
    finally:
        doors.close()


def prepare(task: Task, doors: Doors) -> Result:
    """Do the work of :func:`run_plan_window` through given doors."""
    params = task.params
    occurrence, sentence = _occurrence(task)
    targets = read_targets(params["devices"])
    operations = _operations(params["operations"])
    _check_caps(params, operations, targets)
    order = Order(str(occurrence.id), operations, tuple(params["batches"]), params["live_sessions"])
    states, remarks = read_states(task, doors, order, targets)
    steps = plan(order, states)
    blocked = [step for step in steps if step.action == "blocked"]
    approve = None if blocked else to_approve(order.window_id, operations, steps)
    digest = None if approve is None else digest_of(approve)
    whole = Plan(order.window_id, sentence, operations, tuple(steps), digest, tuple(remarks))
    if params["approval"] or params["require_approval"]:
        _check_approval(task, approve or to_approve(order.window_id, operations, steps))
    elif approve is not None and not task.check_mode:
        _remember(task, approve)
    result: Result = {
        "window_id": order.window_id,
        "state": occurrence.state,
        "digest": digest,
        "approved": bool(params["approval"]),
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
    return {**result, "changed": any(written)}


def _occurrence(task: Task) -> tuple[Occurrence, str]:
    """Give the occurrence that is planned, which is the one that is on or the next one, and a sentence about now."""
    window = read_window(task.params["window"])
    at = task.clock.now() if task.params["at"] is None else read_instant(task.params["at"], "at")
    freezes = Freezes(window.freeze, window.directory, window.zone)
    now = look(window, at, freezes.between)
    if now.id is None and now.next_opens_at is not None:
        return look(window, now.next_opens_at, freezes.between), reason(now)
    if now.id is None or (now.state == "closed" and now.next_opens_at is None):
        raise BadInput(f"There is nothing to plan: {reason(now)}.")
    return now, reason(now)


def _operations(wanted: list[str]) -> tuple[str, ...]:
    if not wanted:
        raise BadInput("operations is empty: say what is to be done.")
    if len(set(wanted)) < len(wanted):
        raise BadInput("operations holds one operation twice; within a window it is carried out once.")
    return tuple(wanted)


def _check_caps(params: t.Mapping[str, t.Any], operations: t.Sequence[str], targets: t.Sequence[Target]) -> None:
    """Raise BadInput for more devices than agreed, and for a reset of protected devices."""
    most, most_resets = params["max_targets"], params["max_resets"]
    if most is not None and len(targets) > most:
        raise BadInput(f"The selection holds {len(targets)} devices, more than max_targets ({most}).")
    if RESETS.isdisjoint(operations):
        return
    erases = f"{' and '.join(operation for operation in operations if operation in RESETS)} erases devices"
    protected = [target.name for target in targets if target.protected]
    if protected:
        raise BadInput(
            f"{erases}, and {', '.join(map(shown, protected[:10]))} is protected; take it out of the selection."
        )
    if len(targets) > most_resets:
        raise BadInput(f"{erases}: the selection holds {len(targets)}, more than max_resets ({most_resets}).")


def _check_approval(task: Task, now: Approved) -> None:
    """Raise BadInput unless what would be done now is what was approved."""
    approval = task.params["approval"]
    if not approval:
        operations = " and ".join(now["operations"])
        raise BadInput(
            f"{operations} of {len(now['devices'])} devices needs an approval: look at the plan (plan_window) and give "
            "its digest as window_approval. Nothing was locked or sent."
        )
    check_approval(approval, _known(task, approval), now)


def _known(task: Task, approval: str) -> Approved | None:
    """Give what a digest stands for, from the approved plan's file or from the journal of the run that planned it."""
    path = task.params["approved_plan"]
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                known = read_approved(file.read(), path)
        except (OSError, UnicodeError) as error:
            raise BadInput(f"approved_plan {path} cannot be read: {error}.") from error
        if digest_of(known) != approval.strip().lower():
            raise BadInput(f"approved_plan {path} is not the plan whose digest is {shown(approval)}.")
        return known
    journal = reading.open_existing(task.params["journal"], task.clock)
    if journal is None:
        return None
    with journal:
        kept = journal.recall(_key(approval.strip().lower()))
    return None if kept is None else read_approved(kept, "The plan in the journal")


def _remember(task: Task, approve: Approved) -> None:
    """Keep what the digest stands for, so that a later run can show the difference; a plan without it is as good."""
    try:
        with Journal.open(task.params["journal"], task.clock, task.run) as journal:
            journal.remember(_key(digest_of(approve)), json.dumps(approve))
    except JournalError as error:
        task.warn(f"The plan is not kept, so a run that finds it changed cannot show the difference. {error}")


def _key(digest: str) -> str:
    return f"plan {digest}"
