# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes locks for one holder and gives them back."""

from __future__ import annotations

import dataclasses
import getpass
import os
import socket

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.returning import LockReturning
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.taking import LockTaking

FOUR_HOURS = 4 * 3600.0


def default_holder() -> str:
    """Give who holds a lock when nobody says: login and controller, so that the next run can give it back."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        login = str(os.getuid())
    return f"{login}@{socket.gethostname()}"


@dataclasses.dataclass
class LockKeeper(LockTaking, LockReturning):
    """Takes and gives back locks for one holder; never raises for a single device, its result says what happened."""
