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


_UNKNOWN_PROOF_SECONDS = 600


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
    """Say what is left to do, most urgent first. ``rerun`` is the command that runs the window, or empty."""
    left: list[ToDo] = []

    def add(kind: str, why: str, names: t.Sequence[str], command: str | None) -> None:
        if names:
            left.append(ToDo(kind, why, tuple(names), command))

    idle = [device for device in devices if device.outcome != "running"]
    add(
        "locked",
        "Still locked by this window. Give the locks back; nothing else is sent.",
        [device.name for device in idle if device.locked],
        f"{_RECOVER} {extra_var('recover_window_id', window_id)}",
    )
    add(
        "unknown",
        "May have been executed, without proof. Look at each device first; then let the evidence be looked for again. "
        "Nothing is sent again.",
        [device.name for device in idle if device.outcome == "unknown"],
        f"{_RECOVER} {extra_var('recover_proof_timeout', _UNKNOWN_PROOF_SECONDS)}",
    )
    failed = [device for device in idle if device.outcome == "failed"]
    final = [
        device.name
        for device in failed
        if any(step.state == "failed" and not may_send_again(step) for step in device.steps)
    ]
    add(
        "failed",
        f"Failed at a restart, which is never sent twice in window {window_id}. Look at each device, then "
        "maintain it in a new window.",
        final,
        _retry(window_id, rerun, final),
    )
    again = [
        device.name
        for device in idle
        if device.outcome in ("failed", "refused", "incomplete", "not_started") and device.name not in final
    ]
    add(
        "again",
        "Not maintained. Remove the reason given with the device, then run the window again while it is open; what is "
        "done is not done again.",
        again,
        rerun or None,
    )
    return tuple(left)


def extra_var(name: str, value: object) -> str:
    """Write an extra variable for a shell, as it must be written for this value."""
    text = str(value)
    if _PLAIN.fullmatch(text):
        return f"-e {name}={text}"
    return "-e " + shlex.quote(json.dumps({name: text}))


def _retry(window_id: str, rerun: str, names: t.Sequence[str]) -> str | None:
    """Give the command that maintains these devices in a window of its own; None when a name could mean more."""
    if not all(_PLAIN.fullmatch(name) for name in names):
        return None
    inventory = re.findall(r"(?<= )-i (?:'[^']*'|\S+)", rerun)
    targets = extra_var("window_targets", ":".join(names))
    return " ".join([WINDOW_PLAYBOOK, *inventory, extra_var("window_id", f"{window_id}-retry"), targets])
