# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that can be asked to act when the run ends, however it ends.

A playbook's last play does not run when every host of a batch failed, and a window that went wrong is the one whose
report is needed. So the task only leaves word in the run's private folder, and the controller process does the work
when it ends. Nothing here can fail the run: it is over.
"""

from __future__ import annotations

import atexit
import json
import os
import time
import typing as t

from ansible.utils.display import Display

from ansible_collections.netfleet.maintenance.plugins.module_utils._module.run import carry_out
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Core, Result, Task
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.in_process import CONTROLLER, InProcess
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._action.run_cache import RunCache

_KEY = "at_end"


display = Display()


_deeds: dict[str, tuple[Spec, Core]] = {}


class AtEnd(InProcess):
    """Base of an action whose module has the option ``at_end``."""

    host_option = None

    def __init_subclass__(cls, **more: t.Any) -> None:
        """Remember what the action does, and let its task only leave word where that is asked for."""
        super().__init_subclass__(**more)
        name = cls.__module__.rpartition(".")[2]
        _deeds[name] = (cls.spec(), cls.core)
        cls.core = staticmethod(_at_end_or_now(name, cls.core))


def _at_end_or_now(name: str, core: Core) -> Core:
    """Give the core that leaves word for the end of the run if its task asks for that; check mode looks now."""

    def leave_word(task: Task) -> Result:
        if not task.params["at_end"] or task.check_mode:
            return core(task)
        # Word left twice, by several hosts say, is one and the same.
        key = f"{_KEY} {name} {json.dumps(task.params, sort_keys=True, default=str)}"
        task.store.save(key, {"action": name, "params": dict(task.params), "asked_at": time.time()})
        return {"changed": False, "msg": "It will be done when this run ends."}

    return leave_word


def _do_what_was_asked() -> None:
    """Do what tasks left word for; runs once, in the controller, when it ends."""
    if os.getpid() != CONTROLLER:
        return
    for asked in sorted(RunCache().with_prefix(_KEY), key=lambda each: t.cast("float", each["asked_at"])):
        spec, core = _deeds[asked["action"]]
        task = Task(params=asked["params"], warn=display.warning, store=RunCache(), run=CONTROLLER)
        result = carry_out(core, spec, task)
        if result.get("failed"):
            display.warning(f"{asked['action']} at the end of the run: {result['msg']}")
        else:
            display.display(result["msg"])


# Registered after the sign-out of _in_process, so that it runs before it and before Ansible removes the run's folder.
atexit.register(_do_what_was_asked)
