# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of device_release: devices that a quarantine keeps out of windows take part again."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import (
    failed_in_a_row,
    names_of,
    note_released,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown


def device_release_spec() -> Spec:
    """Return the options of device_release."""
    return journal_options() + Spec(
        {
            "name": {"type": "list", "elements": "str", "required": True, "aliases": ["names", "device"]},
            "reason": {"type": "str", "required": True},
        }
    )


def run_device_release(task: Task) -> Result:
    """Release devices. Return ``devices`` and ``changed``; raise BadInput for a device that no window ever had."""
    names, reason = task.params["name"], task.params["reason"].strip()
    if not names or not reason:
        raise BadInput("name and reason must not be empty: say which devices are released, and why.")
    with journal_of(task) as journal:
        locked_as = {name: names_of(journal, name) for name in names}
        unknown = sorted(name for name, found in locked_as.items() if not found)
        if unknown:
            raise BadInput(f"No window in the journal {journal.place} has {', '.join(map(shown, unknown[:10]))}.")
        streaks = failed_in_a_row(journal)
        devices = []
        for name, found in locked_as.items():
            windows = [window for each in sorted(found) for window in streaks.get(each, [])]
            if windows and not task.check_mode:
                note_released(journal, found, reason)
            devices.append({"name": name, "failed_windows": windows, "changed": bool(windows)})
    changed = [device["name"] for device in devices if device["changed"]]
    said = (
        f"Released: {', '.join(map(shown, changed))}."
        if changed
        else "None of these devices failed in its last window."
    )
    return {"changed": bool(changed), "devices": devices, "msg": said}
