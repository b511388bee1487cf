# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_silence: a silence that lasts as long as the run. It never fails: maintenance goes first."""

from __future__ import annotations

import json

from ansible_collections.netfleet.maintenance.plugins.module_utils._background import start_detached
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.silence import Silence

_KEY = "silence"


def window_silence_spec() -> Spec:
    """Return the options of window_silence."""
    return Spec(
        {
            "api_url": {"type": "str", "required": True},
            "token": {"type": "str", "no_log": True},
            "allow_plain_http": {"type": "bool", "default": False},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "timeout": {"type": "float", "default": 5.0},
            "window_id": {"type": "str", "required": True},
            "matchers": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "value": {"type": "str", "required": True},
                    "regex": {"type": "bool", "default": False},
                },
            },
            "lease": {"type": "float", "default": 300.0},
        },
        libraries=("requests",),
    )


def run_window_silence(task: Task) -> Result:
    """Make the silence and have it renewed. Gives ``silence_id`` and ``changed``; whatever goes wrong is a warning."""
    params = dict(task.params)
    key = f"{_KEY} {params['api_url']} {params['window_id']} {json.dumps(params['matchers'], sort_keys=True)}"
    with task.store.locked(key):
        known = task.store.load(key)
        if known is not None:
            return {"changed": False, "silence_id": known["id"], "renewed": known["renewed"]}
        try:
            silence = Silence.from_params(params, task.clock)
            if task.check_mode:
                return {"changed": True, "silence_id": None, "renewed": False}
            silence.renew()
        except MaintenanceError as error:
            task.warn(f"No alert is silenced: {error}")
            return {"changed": False, "silence_id": None, "renewed": False}
        renewed = _have_it_renewed(task, silence)
        task.store.save(key, {"id": silence.id, "renewed": renewed})
    return {"changed": True, "silence_id": silence.id, "renewed": renewed}


def _have_it_renewed(task: Task, silence: Silence) -> bool:
    """Start what renews it while the run lives; outside of a run there is nothing whose life could be looked at."""
    if task.run is None:
        return False
    given = {
        "params": dict(task.params),
        "id": silence.id,
        "started_at": silence.started_at,
        "sender": this_process(task.run),
    }
    try:
        start_detached("_notify.silence_keeper", json.dumps(given))
    except OSError as error:
        task.warn(f"The silence is not renewed and ends after {silence.lease:.0f} s: {error}")
        return False
    return True
