# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_control: pause, stop or resume windows, for every controller that shares the journal."""

from __future__ import annotations

import shlex
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso, parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Control, Controls, Scope
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

_EFFECTS = {
    "paused": "Devices at work are finished and unlocked; nothing new starts.",
    "stopped": "Devices at work are finished and unlocked; the runs then end.",
}


def window_control_spec() -> Spec:
    """Return the options of window_control."""
    return journal_options() + Spec(
        {
            "window_id": {"type": "str"},
            "window_name": {"type": "str"},
            "all": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["paused", "stopped", "running"], "required": True},
            "reason": {"type": "str", "default": ""},
            "until": {"type": "str", "aliases": ["expires_at"]},
        }
    )


def run_window_control(task: Task) -> Result:
    """Write the control, or end it; return ``changed``, ``in_force`` and a sentence. Raises MaintenanceError."""
    params = task.params
    scope, target = scope_of(params)
    until = _until(params, task.clock.now())
    state = params["state"]
    if state != "running" and not params["reason"].strip():
        raise BadInput(f"reason is missing: say in a few words why the window is {state}; the report shows it.")
    with journal_of(task) as journal:
        controls = Controls(journal)
        applied = [control for control in controls.all_in_force() if (control.scope, control.target) == (scope, target)]
        if state == "running":
            changed = bool(applied)
            if not task.check_mode:
                controls.end(scope, target)
        else:
            same = (state, params["reason"].strip(), until)
            changed = same not in [(control.state, control.reason, control.until) for control in applied]
            if not task.check_mode and changed:
                controls.add(scope, target, state, params["reason"].strip(), until)
        left = controls.all_in_force()
    return {
        "changed": changed,
        "in_force": [control.to_json() for control in left],
        "msg": _sentence(state, scope, target, changed, until, left),
    }


def scope_of(params: t.Mapping[str, t.Any]) -> tuple[Scope, str]:
    """Return what the control applies to, from exactly one of window_id, window_name and all. Pure. Raises BadInput."""
    given: list[tuple[Scope, str]] = []
    for scope in ("window_id", "window_name"):
        value = params[scope]
        if value is not None:
            if not value.strip():
                raise BadInput(f"{scope} is blank: name one window, or give all=true for every window.")
            given.append((scope, value.strip()))
    if params["all"]:
        given.append(("all", ""))
    if len(given) != 1:
        raise BadInput("Give exactly one of window_id, window_name and all=true: which windows are meant?")
    return given[0]


def _until(params: t.Mapping[str, t.Any], now: float) -> float | None:
    if not params["until"]:
        return None
    if params["state"] == "running":
        raise BadInput("until goes with paused and stopped, not with running.")
    try:
        until = parse_instant(params["until"])
    except (ValueError, OverflowError) as error:
        raise BadInput(f"until is not an ISO 8601 instant with an offset: {error}.") from error
    if until <= now:
        raise BadInput(f"until ({params['until']}) is over already; give an instant in the future, or leave it out.")
    return until


def _sentence(
    state: str, scope: Scope, target: str, changed: bool, until: float | None, left: t.Sequence[Control]
) -> str:
    what = {"all": "Every window", "window_name": f"Every occurrence of {legible(target)}"}.get(
        scope, f"Window {legible(target)}"
    )
    if state == "running":
        done = f"{what} is resumed." if changed else f"{what} was neither paused nor stopped."
        others = [control for control in left if (control.scope, control.target) != (scope, target)]
        return " ".join([done, *(f"Still in force: {control.sentence}." for control in others[:5])])
    option = "all=true" if scope == "all" else shlex.quote(f"{scope}={legible(target)}")
    ends = f" It resumes by itself at {iso(until)}." if until is not None else ""
    again = "" if changed else " already"
    return (
        f"{what} is{again} {state}. {_EFFECTS[state]}{ends} "
        f"To resume: ansible-playbook netfleet.maintenance.resume_window -e {option}"
    )
