# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that can be asked to act when the run ends, however it ends.

A playbook's last play does not run when every host of a batch failed, and a window that went wrong is the one whose
report is needed. So the task only leaves word in the run's private folder, and the controller process does the work
when it ends. Nothing here can fail the run: it is over.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import time
import typing as t

from ansible.utils.display import Display

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Logic, Result, Task
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import CONTROLLER, InProcess
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache

_KEY = "at_end"

display = Display()

_deeds: dict[str, tuple[Spec, Logic]] = {}

# Before and after whatever else is done at the end of the run, in the order in which it was asked for.
FIRST, LAST = 0.0, float("inf")


def do_at_end(name: str, spec: Spec, logic: Logic) -> None:
    """Remember what is to be done when a task deferred it with :func:`defer`."""
    _deeds[name] = (spec, logic)


def defer(name: str, params: t.Mapping[str, t.Any], when: float | None = None) -> None:
    """Have the controller do something when the run ends; the same asked twice is done once."""
    key = f"{_KEY} {name} {json.dumps(params, sort_keys=True, default=str)}"
    asked = {"action": name, "params": dict(params), "asked_at": time.time() if when is None else when}
    RunCache().save(key, asked)


def deferred(name: str) -> list[dict[str, t.Any]]:
    """Return what was deferred under a name in this run, each with its ``params``. Raises OSError."""
    return [dict(asked) for asked in RunCache().with_prefix(f"{_KEY} {name} ")]


class AtEnd(InProcess):
    """Base of an action whose module has the option ``at_end``."""

    host_option = None
    # What is done at once, when the task asks for the end of the run.
    begin: t.ClassVar[staticmethod[[Task], None] | None] = None

    def __init_subclass__(cls, **more: t.Any) -> None:
        """Remember what the action does, and let its task only be deferred where that is asked for."""
        super().__init_subclass__(**more)
        name = cls.__module__.rpartition(".")[2]
        do_at_end(name, cls.spec(), cls.logic)
        cls.logic = staticmethod(_at_end_or_now(name, cls.logic, cls.begin))


def _at_end_or_now(name: str, logic: Logic, begin: t.Callable[[Task], None] | None) -> Logic:
    """Return the logic that defers to the end of the run if its task asks for that; check mode looks now."""

    def put_off(task: Task) -> Result:
        if not task.params["at_end"] or task.check_mode:
            return logic(task)
        if begin is not None:
            begin(task)
        defer(name, task.params)
        return {"changed": False, "msg": "It will be done when this run ends."}

    return put_off


def _do_what_was_asked() -> None:
    """Do what tasks deferred; runs once, in the controller, when it ends."""
    if os.getpid() != CONTROLLER:
        return
    for asked in sorted(RunCache().with_prefix(_KEY), key=lambda each: t.cast("float", each["asked_at"])):
        spec, logic = _deeds[asked["action"]]
        task = Task(params=asked["params"], warn=display.warning, store=RunCache(), run=CONTROLLER)
        result = carry_out(logic, spec, task)
        # A terminal that is gone keeps nothing from being done.
        with contextlib.suppress(OSError):
            if result.get("failed"):
                display.warning(f"{asked['action']} at the end of the run: {result['msg']}")
            elif result["msg"]:
                display.display(result["msg"])


# Registered after the sign-out of _in_process, so that it runs before it and before Ansible removes the run's folder.
atexit.register(_do_what_was_asked)
