# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device's time as pictures: a thin stripe on the window's axis, and one lane per step on its own.

Places are percentages, so a picture fits every width while its signs keep their size.
"""

from __future__ import annotations

import dataclasses
import html

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import DeviceReport, Lock, Step
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import SIGNS, WORDS, length
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import legible

# A step that took no time at all is still to be seen.
_NARROWEST = 0.5

# Textures for states that a colour alone would not tell.
PATTERNS = (
    '<svg width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="failed" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="b failed-ink" width="2.5" height="5"/></pattern>'
    '<pattern id="unknown" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<circle class="b unknown-ink" cx="2.5" cy="2.5" r="1.5"/></pattern>'
    '<pattern id="open" width="6" height="4" patternUnits="userSpaceOnUse">'
    '<rect class="k" width="3" height="4"/></pattern></defs></svg>'
)


@dataclasses.dataclass(frozen=True)
class Axis:
    """The span of time a picture shows (epoch seconds)."""

    start: float
    end: float

    def place(self, instant: float) -> float:
        """Return where an instant is, in percent of the width."""
        whole = max(self.end - self.start, 0.001)
        return min(100.0, max(0.0, (instant - self.start) / whole * 100.0))

    def stretch(self, kind: str, start: float, end: float, y: float, height: float) -> str:
        """Draw a bar from an instant to another."""
        left = min(self.place(start), 100.0 - _NARROWEST)
        width = max(_NARROWEST, self.place(end) - left)
        return f'<rect class="{kind}" x="{left:.2f}%" y="{y:g}" width="{width:.2f}%" height="{height:g}"/>'

    def sign(self, state: str, instant: float) -> str:
        """Put a state's sign at an instant."""
        return f'<text class="{state}" x="{self.place(instant):.2f}%" dx="8" y="14">{SIGNS[state]}</text>'


def stripe(device: DeviceReport, axis: Axis) -> str:
    """Draw everything that happened to a device on the axis of the whole window."""
    parts = [
        axis.stretch("k open" if lock.open else "k", lock.held_at, lock.ended_at or axis.end, 13, 3)
        for lock in device.locks
        if lock.held_at is not None
    ]
    parts += [axis.stretch(f"b {step.state}", step.begun_at, _end(step, axis), 3, 8) for step in device.steps]
    if device.outcome not in ("done", "not_started") and device.ended_at is not None:
        parts.append(axis.sign(device.outcome, device.ended_at))
    label = html.escape(legible(f"{device.name}: {'; '.join(_told(device)) or 'nothing happened'}"), quote=True)
    return f'<svg class="s" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def lanes(device: DeviceReport, last: float) -> str:
    """Draw one lane for each lock and each step, on the device's own axis; ``last`` ends what is still open."""
    if device.started_at is None:
        return ""
    axis = Axis(device.started_at, last if device.locked else device.ended_at or last)
    rows = [_lock_lane(lock, axis) for lock in device.locks] + [_step_lane(step, axis) for step in device.steps]
    return (
        f'<div class="lanes">{"".join(rows)}<div class="axis" aria-hidden="true"><span>0 s</span>'
        f"<span>{length(axis.end - axis.start)}</span></div></div>"
    )


def _lock_lane(lock: Lock, axis: Axis) -> str:
    end = axis.end if lock.ended_at is None else lock.ended_at
    if lock.held_at is None:
        state = "refused" if lock.state == "refused" else "unknown"
        took = "never ours" if state == "refused" else "not known"
        picture = axis.stretch(f"wait {state}", lock.asked_at, end, 6, 6) + axis.sign(state, end)
        return _lane("Lock", f"{took}: {lock.message}", picture, took)
    kind = "k open" if lock.open else "k"
    picture = axis.stretch("wait running", lock.asked_at, lock.held_at, 6, 6) + axis.stretch(
        kind, lock.held_at, end, 6, 6
    )
    if lock.open:
        return _lane("Lock held", "held and not returned", picture, "still held")
    if lock.state == "lost":
        picture += axis.sign("failed", end)
    took = length(end - lock.held_at)
    return _lane("Lock held", f"{took}, then {'lost' if lock.state == 'lost' else 'returned'}", picture, took)


def _step_lane(step: Step, axis: Axis) -> str:
    end = _end(step, axis)
    picture = ""
    if step.begun_at - step.first_at > 0:
        picture += axis.stretch(f"wait {step.state}", step.first_at, step.begun_at, 5, 8)
    picture += axis.stretch(f"b {step.state}", step.begun_at, end, 4, 10) + axis.sign(step.state, end)
    word = "proven" if step.state == "done" else WORDS[step.state].lower()
    took = length(end - step.begun_at)
    return _lane(step.operation.capitalize(), f"{word} after {took}", picture, f"{took} {SIGNS[step.state]}")


def _end(step: Step, axis: Axis) -> float:
    """Return where a step's bar ends: it is settled, nobody looked any longer, or it still goes on."""
    return step.settled_at or (axis.end if step.state == "running" else step.last_at)


def _lane(name: str, told: str, picture: str, took: str) -> str:
    label = html.escape(legible(f"{name}: {told}"), quote=True)
    return (
        f'<span>{html.escape(name)}</span><svg role="img" aria-label="{label}">{picture}</svg>'
        f'<span class="t">{html.escape(took)}</span>'
    )


def _told(device: DeviceReport) -> list[str]:
    told = [f"{step.operation} {WORDS[step.state].lower()}" for step in device.steps]
    for lock in device.locks:
        if lock.held_at is not None and lock.ended_at is not None:
            told.append(f"lock held for {length(lock.ended_at - lock.held_at)}")
        elif lock.held_at is not None:
            told.append("still locked")
        elif lock.state == "refused":
            told.append("lock refused")
    return told
