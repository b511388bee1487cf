# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window leaves for a person to do, with the exact command. Pure functions."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import DeviceReport, may_send_again

WINDOW_PLAYBOOK = "ansible-playbook netfleet.maintenance.maintenance_window"

_RECOVER = "ansible-playbook netfleet.maintenance.recover"

# What neither a shell nor a host pattern reads anything into.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*", re.ASCII)


@dataclasses.dataclass(frozen=True)
class ToDo:
    """Something left to do by hand: why, for which devices, and the command (None: there is none to give)."""

    kind: str
    why: str
    devices: tuple[str, ...]
    command: str | None


def to_do(window_id: str, rerun: str, devices: t.Sequence[DeviceReport]) -> tuple[ToDo, ...]:
    """Return what is left to do, most urgent first. ``rerun`` is the command that runs the window, or empty.

    Running the window again does all but a new attempt at a restart: it returns locks, looks for evidence, and
    maintains what is left. So one command is enough for these.
    """
    left: list[ToDo] = []
    recover = f"{_RECOVER} {extra_var('recover_window_id', window_id)}"

    def add(kind: str, why: str, names: t.Sequence[str], command: str | None) -> None:
        if names:
            left.append(ToDo(kind, why, tuple(names), command))

    idle = [device for device in devices if device.outcome != "running" and not device.is_protected]
    add(
        "locked",
        "Still locked by this window. Running it again returns the locks; to return locks and do nothing else, run "
        f"{recover}",
        [device.name for device in idle if device.locked and not device.queued],
        rerun or recover,
    )
    add(
        "queued",
        "Queued at Zequenze Control, which will still carry it out. Do not send it again. Run the window again when "
        "the queue is empty: it looks for confirmation, and unlocks.",
        [device.name for device in idle if device.queued],
        rerun or recover,
    )
    add(
        "unknown",
        "Not confirmed. Check the devices, then run the window again: it looks for confirmation and sends nothing "
        "twice.",
        [device.name for device in idle if device.outcome == "unknown" and not device.queued],
        rerun or recover,
    )
    failed = [device for device in idle if device.outcome == "failed"]
    final = [
        device.name
        for device in failed
        if any(step.state == "failed" and not may_send_again(step) for step in device.steps)
    ]
    again = [
        device.name
        for device in idle
        if device.outcome in ("failed", "refused", "incomplete", "not_started") and device.name not in final
    ]
    add(
        "again",
        "Not maintained. Fix the cause shown for each device, then run the window again while it is open; what is done "
        "is not repeated.",
        again,
        rerun or None,
    )
    add(
        "failed",
        "The restart failed and is not repeated in this window. Check the devices, then maintain them in a new window. "
        "It has the settings of this one and starts at once.",
        final,
        _retry(window_id, rerun, final),
    )
    return tuple(left)


def extra_var(name: str, value: object) -> str:
    """Write an extra variable for a shell, as it must be written for this value."""
    text = str(value)
    if _PLAIN.fullmatch(text):
        return f"-e {name}={text}"
    return "-e " + shlex.quote(json.dumps({name: text}))


def _retry(window_id: str, rerun: str, names: t.Sequence[str]) -> str | None:
    """Return the command that maintains these devices in a window of its own.

    It repeats the command of the window, so that operations, limits, hold and freezes are the same; what follows on the
    command line counts. None when the command is not known, or a name could mean more than one device.
    """
    if not rerun or not all(_PLAIN.fullmatch(name) for name in names):
        return None
    changed = {"window_id": f"{window_id}-retry", "window_targets": ",".join(names)}
    return f"{rerun} -e {shlex.quote(json.dumps({**changed, 'window_schedule': None}))}"
