# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a report says things: words for outcomes, times of day, lengths of time, names that cannot play tricks."""

from __future__ import annotations

import datetime as dt
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import HOLD, DeviceReport, Step
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report

WORDS = {
    "done": "Done",
    "failed": "Failed",
    "unknown": "Unknown",
    "refused": "Refused",
    "incomplete": "Incomplete",
    "not_started": "Not started",
    "running": "Under way",
}


MEANING = {
    "done": "everything is proven and the device was left as it should be",
    "failed": "a system said that it failed",
    "unknown": "something may have been executed, and nothing proves it",
    "refused": "a gate or a system said no, so it was certainly not executed",
    "incomplete": "the run ended before everything was done",
    "not_started": "the window never turned to it",
    "running": "a run is at work with it",
}


# Shapes beside the colours, for eyes and printers that tell no colours apart.
SIGNS = {
    "done": "✓",
    "failed": "✕",
    "unknown": "?",
    "refused": "⊘",
    "incomplete": "◐",
    "not_started": "–",
    "running": "…",
    "sent": "→",
}


def length(seconds: float | None) -> str:
    """Say how long something took: 0.3 s, 41 s, 12 min 5 s, 2 h 3 min."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(whole / 60)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def clock_time(instant: float, zone: dt.tzinfo = dt.timezone.utc) -> str:
    """Give the time of day on the wall in ``zone``, to the second."""
    return dt.datetime.fromtimestamp(instant, zone).strftime("%H:%M:%S")


def date_and_time(instant: float, zone: zoneinfo.ZoneInfo) -> str:
    """Give date and time in the window's zone and, where it is another, in UTC."""
    local = dt.datetime.fromtimestamp(instant, zone)
    utc = dt.datetime.fromtimestamp(instant, dt.timezone.utc)
    text = f"{local:%Y-%m-%d %H:%M:%S} {zone.key}"
    return text if is_utc(zone) else f"{text} ({utc:%Y-%m-%d %H:%M:%S} UTC)"


def is_utc(zone: zoneinfo.ZoneInfo) -> bool:
    """Whether the window's zone is UTC, so that nothing needs to be said twice."""
    return zone.key in ("UTC", "Etc/UTC")


def headline(report: Report) -> str:
    """Say in one sentence how the window went."""
    counts, total = report.counts, len(report.devices)
    if report.is_untouched:
        deed = "The window was refused" if report.gates else "Nothing was done"
        return f"{deed}: none of the {total} devices was touched." if total else f"{deed}."
    parts = [f"{counts.get('done', 0)} of {total} devices done"]
    parts += [f"{number} {WORDS[outcome].lower()}" for outcome, number in counts.items() if outcome != "done"]
    left = report.locks_left
    locks = "No lock is left." if not left else f"{left} {'device is' if left == 1 else 'devices are'} still locked."
    return f"{', '.join(parts)}. {locks}"


def reason_of(device: DeviceReport) -> str:
    """Say in one line why a device is as it is: the message of what went wrong, else what was proven."""
    for wanted in ("failed", "unknown", "refused"):
        for step in device.steps:
            if step.state == wanted and step.message:
                return step.message if step.message.startswith(step.operation) else f"{step.operation}: {step.message}"
    if device.outcome == "done":
        return "; ".join(f"{step.operation}: {step.evidence[0]}" for step in device.steps if step.evidence)
    if device.gates:
        return device.gates[-1].message
    if device.locks and device.locks[-1].message:
        return f"lock: {device.locks[-1].message}"
    return MEANING[device.outcome]


def happenings(device: DeviceReport) -> list[tuple[float, str, str, tuple[str, ...]]]:
    """Tell what happened to a device, in order: the instant, what, how it is to be marked, and the details."""
    told: list[tuple[float, str, str, tuple[str, ...]]] = []
    for lock in device.locks:
        if lock.state == "refused":
            times = "" if lock.tries == 1 else f" {lock.tries} times"
            told.append((lock.asked_at, f"lock asked for{times} and refused", "refused", _said(lock.message)))
            continue
        if lock.held_at is None:
            told.append((lock.asked_at, "lock asked for, the answer is not known", "unknown", _said(lock.message)))
        else:
            waited = f"after {length(lock.held_at - lock.asked_at)}" if lock.held_at - lock.asked_at > 1 else ""
            told.append((lock.held_at, f"locked {waited}".strip(), "done", ()))
        if lock.ended_at is not None:
            lost = lock.state == "lost"
            told.append(
                (lock.ended_at, "lock lost" if lost else "unlocked", "failed" if lost else "done", _said(lock.message))
            )
    for step in device.steps:
        told += _of_step(step)
    told += [(gate.at, f"kept back by {gate.gate}", "refused", _said(gate.message)) for gate in device.gates]
    return sorted(told, key=lambda each: each[0])


def _of_step(step: Step) -> t.Iterator[tuple[float, str, str, tuple[str, ...]]]:
    name = step.operation if step.attempt == 1 else f"{step.operation}, attempt {step.attempt}"
    tries = f" at try {step.tries}" if step.tries > 1 else ""
    if step.operation == HOLD:
        yield step.first_at, f"{name}: watched from here on", "sent", ()
    elif step.sent_at is not None:
        waited = step.sent_at - step.first_at
        after = f", {length(waited)} after the first" if step.tries > 1 and waited > 1 else ""
        yield step.sent_at, f"{name} sent{tries}{after}", "sent", ()
    if step.settled_at is not None:
        took = f" after {length(step.settled_at - step.begun_at)}" if step.sent or step.operation == HOLD else tries
        word = {"done": "proven", "failed": "failed", "refused": "refused"}.get(step.state, step.state)
        execution = (f"execution {step.execution_id}",) if step.execution_id else ()
        yield step.settled_at, f"{name} {word}{took}", step.state, (*step.evidence, *_said(step.message), *execution)
    elif step.state != "running":
        yield step.last_at, f"{name}: {WORDS[step.state].lower()}", step.state, _said(step.message)


def _said(message: str) -> tuple[str, ...]:
    return (message,) if message else ()
