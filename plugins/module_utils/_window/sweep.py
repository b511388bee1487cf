# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done when the task of a window ends abnormally: nothing of this run stays locked that need not."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.progress import read_progress
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice, WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.stages import Stage, Steps


def sweep(steps: Steps, journal: Journal, record: WindowRecord) -> list[Stage]:
    """Unlock every device that the journal shows as the window's, but for one whose operation may still go off.

    Another run's lock is refused by the unlocking itself. Raise JournalError.
    """
    progress = read_progress(journal, record.window_id)
    keeps_queued = record.rules.queued == "keep_lock"

    def is_left(device: RecordedDevice) -> bool:
        found = progress.get(device.sdm_name)
        if found is None or found.in_flight:
            return False
        return found.locked and not (found.queued and keeps_queued)

    left = [device for device in record.devices if is_left(device)]
    return for_each(left, steps.unlock, 16)
