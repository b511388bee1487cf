# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``gates`` of device_lock and device_operation, and the gates that a task describes with it."""

from __future__ import annotations

import importlib.util
import math
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates, LiveSessions
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.live_sessions import (
    live_sessions_on,
    locked_at,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.rules import Rules, read_rules
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import senhasegura_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.client import open_door
from ansible_collections.netfleet.maintenance.plugins.module_utils._senhasegura.rows import Session


def gates_option() -> Spec:
    """The gates of a window (fragment ``gates``)."""
    pam = {
        name: {key: value for key, value in rule.items() if key != "required"}
        for name, rule in senhasegura_options().options.items()
    }
    return Spec(
        {
            "gates": {
                "type": "dict",
                "options": {
                    "window": {"type": "dict"},
                    "at": {"type": "str"},
                    "expected_duration": {"type": "float", "default": 0.0},
                    "protected": {"type": "str"},
                    "canaries": {"type": "list", "elements": "str"},
                    "previous": {"type": "list", "elements": "str"},
                    "operations": {"type": "list", "elements": "str"},
                    "soak": {"type": "float", "default": 0.0},
                    "live_sessions": {"type": "str", "choices": ["wait", "skip", "ignore"], "default": "ignore"},
                    "pam_name": {"type": "list", "elements": "str"},
                    "pam": {"type": "dict", "options": pam, "apply_defaults": True},
                    "timeout": {"type": "float", "default": 600.0},
                    "interval": {"type": "float", "default": 5.0},
                },
            }
        }
    )


def gates_of(
    task: Task,
    window_id: str | None,
    journal: Journal,
    names: t.Sequence[str],
    locked: t.Mapping[str, str] | None = None,
) -> Gates:
    """Give the gates that a task's option ``gates`` describes for these devices. Raises BadInput.

    ``locked`` maps the devices to the names they were locked under, for a task that comes after the lock.
    """
    given = task.params["gates"]
    if given is not None:
        _require_libraries(given)
    rules = read_rules(given, names)
    return Gates(
        rules=rules,
        window_id=window_id,
        journal=journal,
        clock=task.clock,
        live_sessions=_asking(task, given, _since_lock(task, rules, locked or {})),
        dry=task.check_mode,
    )


def _require_libraries(given: t.Mapping[str, t.Any]) -> None:
    """Raise BadInput when a library is missing without which a gate cannot be looked at."""
    needed = {"dateutil": "python-dateutil", "icalendar": "icalendar", "recurring_ical_events": "recurring-ical-events"}
    if given["live_sessions"] != "ignore":
        needed["requests_oauthlib"] = "requests-oauthlib"
    missing = [package for library, package in needed.items() if importlib.util.find_spec(library) is None]
    if missing:
        raise BadInput(f"gates needs what is not installed on the controller: pip install {' '.join(missing)}.")


def _since_lock(task: Task, rules: Rules, locked: t.Mapping[str, str]) -> t.Callable[[str], float]:
    """Give what tells since when (monotonic seconds) a device, by its name in PAM, has been locked at least.

    Where this run has not noted its lock, it was locked before the task began. Before the lock any time will do.
    """
    began = task.clock.monotonic()

    def since(pam_name: str) -> float:
        names = [locked[name] for name, known_as in rules.pam_names.items() if known_as == pam_name and name in locked]
        noted = [locked_at(name, task.store) for name in names]
        return max((began if at is None else at for at in noted), default=-math.inf)

    return since


def _asking(task: Task, given: t.Mapping[str, t.Any] | None, newer_than: t.Callable[[str], float]) -> LiveSessions:
    """Give what asks PAM; the connection is looked at when it is needed."""

    def ask(name: str) -> list[Session]:
        pam = (given or {}).get("pam") or {}
        if not pam.get("api_url") or not (pam.get("client_id") or pam.get("consumer_key")):
            raise BadInput(
                "senhasegura PAM Core is not configured (SENHASEGURA_URL and credentials, or gates.pam); where there "
                "is none, say that live sessions are to be ignored."
            )
        return live_sessions_on(name, open_door(pam, task.store, task.clock), task.store, newer_than(name))

    return ask
