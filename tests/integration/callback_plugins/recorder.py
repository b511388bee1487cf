# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every task result of a run as one line of JSON, for the tests to read."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: recorder
type: notification
short_description: Writes task results as lines of JSON
description: For the integration tests only.
"""


class CallbackModule(CallbackBase):
    """Appends to the file named by NETFLEET_TEST_RECORD."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "recorder"

    def _write(self, result: t.Any, status: str) -> None:
        # The public names came with ansible-core 2.19; older cores have only the underscored ones.
        task = getattr(result, "task", None) or result._task
        host = getattr(result, "host", None) or result._host
        data = getattr(result, "result", None) or result._result
        line = {
            "task": task.get_name(),
            "action": task.action,
            "host": host.get_name(),
            "status": status,
            "result": data,
        }
        with open(os.environ["NETFLEET_TEST_RECORD"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: t.Any, **_more: t.Any) -> None:
        """Record a success."""
        self._write(result, "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False, **_more: t.Any) -> None:
        """Record a failure."""
        self._write(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: t.Any, **_more: t.Any) -> None:
        """Record a skipped task."""
        self._write(result, "skipped")

    def v2_runner_on_unreachable(self, result: t.Any, **_more: t.Any) -> None:
        """Record an unreachable host."""
        self._write(result, "unreachable")

    def v2_runner_item_on_ok(self, result: t.Any, **_more: t.Any) -> None:
        """Record an item that went well."""
        self._write(result, "item_ok")

    def v2_runner_item_on_failed(self, result: t.Any, **_more: t.Any) -> None:
        """Record an item that failed."""
        self._write(result, "item_failed")
