# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_result: what became of one host's device, as the run's window_run left it. Asks nobody."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._store import Store
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

_KEY = "window_result "


def window_result_spec() -> Spec:
    """Return the options of window_result."""
    return Spec({"name": {"type": "str", "required": True}, "fail": {"type": "bool", "default": True}})


def run_window_result(task: Task) -> Result:
    """Return what became of the device. Raise BadInput when this run had nothing to do with it."""
    name = task.params["name"]
    kept = load_result(task.store, name)
    if kept is None:
        raise BadInput(f"No window of this run has a device called {shown(name)}. Run window_run before window_result.")
    result: Result = {
        "changed": kept["changed"],
        "outcome": kept["outcome"],
        "locked": kept["locked_at"] is not None and kept["unlocked_at"] is None,
        "locked_at": kept["locked_at"],
        "unlocked_at": kept["unlocked_at"],
        "msg": kept["message"],
    }
    if kept["failed"] and task.params["fail"]:
        result |= {"failed": True, "msg": kept["message"] or kept["outcome"]}
    return result


def load_result(store: Store, name: str) -> dict[str, t.Any] | None:
    """Return what window_run kept of a device (inventory name), None when it kept nothing."""
    return store.load(_KEY + name)


def save_result(store: Store, result: dict[str, t.Any]) -> None:
    """Keep a device's result for the tasks of its own host, together with what earlier steps of this run did to it."""
    earlier = load_result(store, result["name"])
    store.save(_KEY + result["name"], result if earlier is None else _merged(earlier, result))


def _merged(earlier: dict[str, t.Any], later: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return both as one result; the first failure is the one that is reported."""
    told = earlier if earlier["failed"] or (later["outcome"] == "skipped" and not later["failed"]) else later
    return {
        "name": later["name"],
        "outcome": told["outcome"],
        "changed": earlier["changed"] or later["changed"],
        "failed": told["failed"],
        "message": told["message"] or earlier["message"],
        "evidence": [*earlier["evidence"], *later["evidence"]],
        "locked_at": earlier["locked_at"] or later["locked_at"],
        "unlocked_at": later["unlocked_at"] or earlier["unlocked_at"],
        "stages": [*earlier["stages"], *later["stages"]],
    }
