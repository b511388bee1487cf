# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member of a redundancy group is up and proven, and when a device restarted last.

What cannot be read is never taken for up. The journal counts whatever window or run wrote it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import HOLD
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS

# After one of these that did not end well (a restart, a hold, a check of the user), a device counts as down until
# something later proves otherwise.
DISRUPTIVE = (*sorted(RESTARTS), HOLD, "check")


def partner_not_up(journal: Journal, zequenze: t.Callable[[], Zequenze], partner: RecordedDevice) -> str | None:
    """Say why work on a device may not start because of a partner, None when the partner is up and proven.

    Raises JournalError.
    """
    lock = queries.open_lock_of(journal, partner)
    if lock is not None:
        return f"it is locked for {lock['holder']}."
    row = queries.unproven_operation(journal, partner, DISRUPTIVE)
    if row is not None:
        window = f" in window {row['window_id']}" if row["window_id"] else ""
        return (
            f"its {row['operation']}{window} is {row['state']}. Check it, then run a window or device_health with a "
            "window_id on it."
        )
    try:
        device = zequenze().device(partner.zequenze_name)
    except MaintenanceError as error:
        return f"it cannot be read. {error}"
    if device.up is not True:
        return f"it is {'down' if device.up is False else 'in a state that is not shown'} in Zequenze Control."
    return None


def restarted_at(
    journal: Journal, zequenze: Zequenze, device: RecordedDevice, window_id: str | None, clock: Clock
) -> float | None:
    """Return when a device restarted last, whoever asked for it, as far as anything proves it (epoch seconds).

    None when a restart of this window is proven, or nothing proves any. Raises MaintenanceError when Zequenze Control
    or the journal does not answer.
    """
    rows = queries.restarts_of(journal, device, RESTARTS)
    if any(row["window_id"] == window_id for row in rows):
        return None
    uptime = zequenze.uptime(device.zequenze_name)
    instants = [float(rows[0]["settled_at"])] if rows else []
    if uptime is not None:
        instants.append((clock.now() if uptime.read_at is None else uptime.read_at) - uptime.seconds)
    return max(instants, default=None)
