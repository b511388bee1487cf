# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a run take place at another time: the collection's clock starts at a chosen instant and moves on from there."""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: shifted_clock
type: notification
short_description: Shifts the wall clock of the collection
description: For the integration tests only.
"""


class CallbackModule(CallbackBase):
    """Shifts the clock as NETFLEET_TEST_NOW says; the workers are forks of this process.

    The variable holds the epoch seconds that it is to be, ``@``, and those that it really was at the same time.
    While the run goes on, the file NETFLEET_TEST_JUMPS may tell by how many seconds the clock has jumped ahead.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "shifted_clock"

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        """Shift the clock before anything has looked at it."""
        if "NETFLEET_TEST_NOW" not in os.environ:
            return
        from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock

        # A script may start several runs: for all of them the time goes on from where it was.
        then, _at, since = os.environ["NETFLEET_TEST_NOW"].partition("@")
        ahead = float(then) - float(since)
        jumps = Path(os.environ["NETFLEET_TEST_JUMPS"])

        def now(_clock: Clock) -> float:
            return time.time() + ahead + (float(jumps.read_text() or 0) if jumps.exists() else 0.0)

        t.cast("t.Any", Clock).now = now
