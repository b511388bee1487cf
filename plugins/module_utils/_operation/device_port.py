# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_port: whether a device answers on a TCP port."""

from __future__ import annotations

import math

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.port import probe
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task

_WORDS = {
    "open": "answers on port {port}",
    "refused": "refused the connection to port {port}",
    "timed_out": "did not answer on port {port} within {limit:g} s",
}


def device_port_spec() -> Spec:
    """Return the options of device_port."""
    return Spec(
        {
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "wait_timeout": {"type": "float", "default": 10.0},
        }
    )


def run_device_port(task: Task) -> Result:
    """Try the port. Raise MaintenanceError when the attempt could not be made."""
    host, port, limit = (task.params[name] for name in ("host", "port", "wait_timeout"))
    if not (math.isfinite(limit) and limit > 0):
        raise BadInput(f"wait_timeout {limit:g} must be a number of seconds above 0.")
    state = probe(host, port, limit, task.clock)
    words = _WORDS[state].format(port=port, limit=limit)
    return {"changed": False, "answers": state == "open", "state": state, "msg": f"{host} {words}."}
