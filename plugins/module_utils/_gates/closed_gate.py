# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A closed gate: why new work on a device is not started."""

from __future__ import annotations

import dataclasses

from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import RecordedDevice


@dataclasses.dataclass(frozen=True)
class ClosedGate:
    """A gate that is closed, by name, and why, as the second half of a sentence.

    ``may_open`` says that waiting is worth it, ``until`` (epoch seconds) that the gate opens by itself then.
    ``planned`` says that the window's own rules leave the device out, and nothing is wrong.
    """

    gate: str
    reason: str
    may_open: bool = False
    until: float | None = None
    planned: bool = False

    @property
    def message(self) -> str:
        """Say that nothing was started, and why."""
        return f"not started: {self.reason}"


def excluded(device: RecordedDevice) -> ClosedGate | None:
    """Return the gate of a device that its window leaves alone, None for one that it maintains."""
    if device.excluded is None:
        return None
    if device.is_left_over:
        text = (
            f"it is {device.excluded}, and the window skips such devices. Register it there, or set maintenance_lock: "
            "false for a device that Oracle SDM does not manage, or maintenance_managed: false."
        )
        return ClosedGate("unknown", text)
    return ClosedGate("protected", f"the window leaves the device alone ({device.excluded}).", planned=True)
