# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has every request of a run say in its User-Agent which run it belongs to, for the crash bench to tell them apart."""

from __future__ import annotations

import dataclasses
import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: marker
type: notification
short_description: Marks the requests of a run
description: For the crash bench only.
"""


class CallbackModule(CallbackBase):
    """Marks with what NETFLEET_CRASH_MARK holds; the workers are forks of this process and inherit it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "marker"

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        """Put the mark in front of the transport."""
        from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import HttpTransport

        exchange = HttpTransport.exchange

        def marked(transport: t.Any, request: t.Any, **rest: t.Any) -> t.Any:
            mark = {"User-Agent": f"{os.environ['NETFLEET_CRASH_MARK']} {self._step(request)}"}
            return exchange(transport, dataclasses.replace(request, headers={**request.headers, **mark}), **rest)

        t.cast("t.Any", HttpTransport).exchange = marked

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        """Remember the task that is about to run."""
        self._action = str(task.action).rpartition(".")[2]

    def _step(self, request: t.Any) -> str:
        """Return the operation a request asks for, or else the module that sends it."""
        if request.method == "PUT":
            return str(json.loads(request.body)["operation"])
        return getattr(self, "_action", "none")
