# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a report: outcomes, times of day, lengths of time."""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.controls import Control
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.device import HOLD, DeviceReport, Step
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report

WORDS = {
    "done": "Done",
    "failed": "Failed",
    "unknown": "Unknown",
    "refused": "Refused",
    "incomplete": "Incomplete",
    "not_started": "Not started",
    "running": "In progress",
    "unproven": "Sync not proven",
}

MEANING = {
    "done": "everything is proven and the device was left as it should be",
    "failed": "reported as failed",
    "unknown": "sent, and not confirmed",
    "refused": "a gate or a system refused, so nothing was executed",
    "incomplete": "the run ended before everything was done",
    "not_started": "not reached",
    "running": "in progress",
    "unproven": "the sync was accepted, not proven; everything else is proven",
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
    "unproven": "≈",
    "sent": "→",
}


def length(seconds: float | None) -> str:
    """Return a length of time as people say it: 0.3 s, 41 s, 12 min 5 s, 2 h 3 min, 3 d 0 h."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    if whole < 86400:
        minutes = round(whole / 60)
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    hours = round(whole / 3600)
    return f"{hours // 24} d {hours % 24} h"


_SECONDS = re.compile(r"(?<![\w.:-])(\d{3,9})(?:\.\d+)? s\b")


def in_words(text: str) -> str:
    """Return a sentence with long times in seconds said as people say them: 260833 s is 3 d 0 h."""
    return _SECONDS.sub(lambda found: length(float(found[1])), text)


def clock_time(instant: float, zone: dt.tzinfo = dt.timezone.utc) -> str:
    """Return the time of day on the wall in ``zone``, to the second."""
    return dt.datetime.fromtimestamp(instant, zone).strftime("%H:%M:%S")


def date_and_time(instant: float, zone: zoneinfo.ZoneInfo) -> str:
    """Return date and time in the window's zone and, where it is another, in UTC."""
    local = dt.datetime.fromtimestamp(instant, zone)
    utc = dt.datetime.fromtimestamp(instant, dt.timezone.utc)
    text = f"{local:%Y-%m-%d %H:%M:%S} {zone.key}"
    return text if is_utc(zone) else f"{text} ({utc:%Y-%m-%d %H:%M:%S} UTC)"


def is_utc(zone: zoneinfo.ZoneInfo) -> bool:
    """Whether the window's zone is UTC, so that nothing needs to be said twice."""
    return zone.key in ("UTC", "Etc/UTC")


def devices(number: int) -> str:
    """Return a number of devices as people say it."""
    return "1 device" if number == 1 else f"{number} devices"


def headline(report: Report) -> str:
    """Return in one sentence how the window went, and in another one who paused or stopped it, when and why."""
    held = report.held_by
    return _headline(report) if held is None else f"{_headline(report)} {told_control(held)}"


def told_control(control: Control) -> str:
    """Return who paused or stopped what, when and why, and when that was over, as a sentence."""
    text = control.sentence
    over = f"; resumed at {iso(control.ended_at)}" if control.ended_at is not None else ""
    return f"{text[:1].upper()}{text[1:]}{over}."


def _headline(report: Report) -> str:
    counts, total = report.counts, len(report.devices)
    if report.is_untouched:
        what = "The window was refused" if report.gates else "Nothing was done"
        whom = "the device was not touched" if total == 1 else f"none of the {total} devices was touched"
        return f"{what}: {whom}." if total else f"{what}."
    parts = [f"{counts.get('done', 0)} of {devices(total)} done"]
    parts += [f"{number} {WORDS[outcome].lower()}" for outcome, number in counts.items() if outcome != "done"]
    left = report.locks_left
    locks = (
        "None of our locks is left." if not left else f"{devices(left)} {'is' if left == 1 else 'are'} still locked."
    )
    return f"{', '.join(parts)}. {locks}"


def reason_of(device: DeviceReport) -> str:
    """Return in one line why a device is as it is: the message of what went wrong, else what was proven."""
    return in_words(_reason_of(device))


def _reason_of(device: DeviceReport) -> str:
    if device.is_protected and device.excluded:
        return device.excluded
    for wanted in ("failed", "unknown", "refused", "unproven"):
        for step in device.steps:
            if step.state == wanted and step.message:
                return step.message if step.message.startswith(step.operation) else f"{step.operation}: {step.message}"
    if device.outcome == "done":
        return "; ".join(device.changes) or "; ".join(
            f"{step.operation}: {step.evidence[0]}" for step in device.steps if step.evidence
        )
    if device.gates:
        return device.gates[-1].message
    if device.locks and device.locks[-1].message:
        return f"lock: {device.locks[-1].message}"
    return MEANING[device.outcome]


def happenings(device: DeviceReport) -> list[tuple[float, str, str, tuple[str, ...]]]:
    """Return what happened to a device, in order: the instant, what, how it is to be marked, and the details."""
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
            where = "locked" if lock.in_sdm else "locked in the journal only"
            told.append((lock.held_at, f"{where} {waited}".strip(), "done", ()))
        if lock.ended_at is not None:
            lost = lock.state == "lost"
            told.append(
                (lock.ended_at, "lock lost" if lost else "unlocked", "failed" if lost else "done", _said(lock.message))
            )
    for step in device.steps:
        told += _of_step(step)
    told += [
        (gate.at, f"not started: closed gate {gate.gate}", "refused", _said(gate.message)) for gate in device.gates
    ]
    return sorted(told, key=lambda each: each[0])


def _of_step(step: Step) -> t.Iterator[tuple[float, str, str, tuple[str, ...]]]:
    name = step.operation if step.attempt == 1 else f"{step.operation}, attempt {step.attempt}"
    tries = f" at try {step.tries}" if step.tries > 1 else ""
    if step.operation == HOLD:
        yield step.first_at, f"{name}: started watching", "sent", ()
    elif step.sent_at is not None:
        waited = step.sent_at - step.first_at
        after = f", {length(waited)} after the first" if step.tries > 1 and waited > 1 else ""
        yield step.sent_at, f"{name} sent{tries}{after}", "sent", ()
    if step.settled_at is not None:
        took = f" after {length(step.settled_at - step.begun_at)}" if step.sent or step.operation == HOLD else tries
        word = {"done": "proven", "unproven": "accepted, not proven"}.get(step.state, step.state)
        execution = (f"execution {step.execution_id}",) if step.execution_id else ()
        # A message that only repeats the evidence says nothing more.
        more = () if any(text in step.message for text in step.evidence) else _said(step.message)
        details = (*map(in_words, step.evidence), *more, *execution)
        yield step.settled_at, f"{name} {word}{took}", step.state, details
    elif step.state != "running":
        word = "queued at the platform" if step.queued else WORDS[step.state].lower()
        yield step.last_at, f"{name}: {word}", step.state, _said(step.message)


def _said(message: str) -> tuple[str, ...]:
    return (in_words(message),) if message else ()
