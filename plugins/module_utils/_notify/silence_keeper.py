# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that renews a silence for as long as the run it belongs to lives, and ends it with the run.

Whatever becomes of the run or of this process, the silence outlives them by one lease at most.
"""

from __future__ import annotations

import json
import sys
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import run_lives
from ansible_collections.netfleet.maintenance.plugins.module_utils._notify.silence import Silence

# No window is longer; whatever is wrong, this process ends.
LONGEST = 7 * 86400.0

LOOK_EVERY = 1.0


def keep(silence: Silence, lives: t.Callable[[], bool], clock: Clock) -> None:
    """Renew a silence at every third of its lease while ``lives`` holds; then end it. Faults are tried again."""
    begun = renewed = clock.monotonic()
    while lives() and clock.monotonic() - begun < LONGEST:
        if clock.monotonic() - renewed >= silence.lease / 3:
            renewed = clock.monotonic()
            _try(silence.renew)
        clock.sleep(LOOK_EVERY)
    _try(silence.end)


def _try(deed: t.Callable[[], None]) -> None:
    """Do what may fail: nobody is there to be told, and the lease puts an end to it."""
    try:
        deed()
    except MaintenanceError:
        pass


def main() -> None:
    """Be the process; what to keep comes as JSON on standard input, so that no token is seen in a list of processes."""
    given = json.load(sys.stdin)
    clock = Clock()
    silence = Silence.from_params(given["params"], clock)
    silence.id, silence.started_at = given["id"], given["started_at"]
    keep(silence, lambda: run_lives(given["sender"]) is not False, clock)


if __name__ == "__main__":
    main()
