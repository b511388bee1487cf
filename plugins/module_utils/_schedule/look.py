# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which occurrence of a window is on at an instant. Pure functions: no clock and no files.

The rules. The weekday of a schedule belongs to the local start. A start inside the gap when clocks are set forward is
the first valid instant after the gap; inside the hour that comes twice when they are set back it is the first of the
two. The length is real elapsed time, whatever the wall clock shows meanwhile. The id is made of the start in UTC, so no
occurrence has two ids, and no two occurrences have one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import DAY, LONGEST, Window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freeze
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import Occurrence, local_iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.rule import Rule

# How far ahead starts are checked for windows that would overlap: every change of the clocks in a year is within it.
_CHECKED_AHEAD = 400 * DAY

# Gives the freezes that have an instant in common with a span of epoch seconds.
FreezesBetween = t.Callable[[float, float], t.Sequence[Freeze]]


def look(window: Window, at: float, freezes_between: FreezesBetween) -> Occurrence:
    """Say how ``window`` stands at ``at`` (epoch seconds).

    Raises BadInput for a schedule whose occurrences would overlap, and whatever ``freezes_between`` raises.
    """
    occurrence = _one_off(window, at) if window.rule is None else _scheduled(window, window.rule, at)
    if occurrence.state == "closed":
        opens = occurrence.next_opens_at
        found = [] if opens is None else freezes_between(opens, opens + 1)
        return dataclasses.replace(occurrence, freeze=_last_to_end(found))
    return _with_freezes(occurrence, at, freezes_between)


def _one_off(window: Window, at: float) -> Occurrence:
    """Return a window that happens once; without window_opens_at it is open now and only its operator ends it."""
    closes_at = None
    if window.opens_at is not None and window.duration is not None:
        closes_at = window.opens_at + window.duration
    occurrence = _bounded(window, str(window.window_id), window.opens_at, closes_at, at)
    if window.opens_at is not None and at < window.opens_at:
        return dataclasses.replace(occurrence, next_opens_at=window.opens_at)
    return occurrence


def _scheduled(window: Window, rule: Rule, at: float) -> Occurrence:
    """Return the occurrence that is on at ``at``, or a closed window; both with the next start."""
    duration = window.duration or 0
    starts = _starts(window, rule, at)
    for start, following in itertools.pairwise(starts):
        if following - start < duration:
            raise BadInput(
                f"window_duration ({duration} s) is longer than the {following - start} s from the start at"
                f" {local_iso(start, window.zone)} to the next at {local_iso(following, window.zone)}."
            )
    following_start = next((start for start in starts if start > at), None)
    for start in starts:
        if start <= at < start + duration:
            started = dt.datetime.fromtimestamp(start, dt.timezone.utc)
            occurrence = _bounded(window, f"{window.name}@{started:%Y%m%dT%H%M%SZ}", start, start + duration, at)
            return dataclasses.replace(occurrence, next_opens_at=following_start)
    return Occurrence(window.name, window.zone, "closed", next_opens_at=following_start)


def _starts(window: Window, rule: Rule, at: float) -> list[int]:
    """Return the starts that may still be on at ``at``, those of the 400 days after it, and one later one."""
    starts = []
    longest_ago = at - LONGEST
    for start in rule.starts(window.zone, dt.datetime.fromtimestamp(longest_ago, window.zone).date()):
        if start > longest_ago:
            starts.append(start)
        if start > at + _CHECKED_AHEAD:
            break
    return starts


def _bounded(window: Window, window_id: str, opens_at: float | None, closes_at: float | None, at: float) -> Occurrence:
    """Return an occurrence with these bounds, each None when there is none, and its state without freezes."""
    cutoff_at = None if closes_at is None else closes_at - window.cutoff
    if (opens_at is not None and at < opens_at) or (closes_at is not None and at >= closes_at):
        state = "closed"
    elif cutoff_at is not None and at >= cutoff_at:
        state = "cutoff"
    else:
        state = "open"
    return Occurrence(window.name, window.zone, state, window_id, opens_at, cutoff_at, closes_at)


def _with_freezes(occurrence: Occurrence, at: float, freezes_between: FreezesBetween) -> Occurrence:
    """Add what the freezes make of an occurrence that is on, and how long new work may still start."""
    found = freezes_between(at, at + LONGEST if occurrence.closes_at is None else occurrence.closes_at)
    now = _last_to_end([freeze for freeze in found if freeze.start <= at])
    if now is not None:
        return dataclasses.replace(occurrence, state="frozen", no_work_from=at, freeze=now)
    no_work_from = occurrence.cutoff_at
    coming = min(found, key=lambda freeze: freeze.start, default=None)
    if coming is not None and (no_work_from is None or coming.start < no_work_from):
        no_work_from = coming.start
    else:
        coming = None
    remaining = None if no_work_from is None else max(0, int(no_work_from - at))
    return dataclasses.replace(occurrence, no_work_from=no_work_from, remaining=remaining, freeze=coming)


def _last_to_end(freezes: t.Sequence[Freeze]) -> Freeze | None:
    return max(freezes, key=lambda freeze: freeze.end, default=None)
