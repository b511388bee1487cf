# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window's schedule in the form that AWX and Automation Platform take: DTSTART, then one or more RRULE.

AWX reads less than RFC 5545: every rule must have an INTERVAL, a weekday must have no number (BYDAY=2SU is
BYDAY=SU;BYSETPOS=2 there), COUNT is at most 999, and UNTIL is in UTC (AWX, SchedulePreviewSerializer.validate_rrule).
The schedule only starts the job. Whether the window is open is still judged by the playbook, so a start that AWX places
differently in an hour that the clocks skip or repeat does no harm.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import Window, read_window
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import first_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# Where a rule begins that has no beginning of its own. Always the same, so that the schedule of a window that did not
# change does not change either.
NO_BEGINNING = dt.date(2026, 1, 1)

MOST_COUNT = 999

_NUMBERED = re.compile(r"([+-]?\d+)([A-Z]{2})")

_ONE_TIME = "FREQ=DAILY;INTERVAL=1;COUNT=1"

Parts = dict[str, str]


def awx_schedule(definition: object) -> str:
    """Return the schedule of a window (the mapping of a window file) for AWX; empty for a one-off that is open now.

    Raises BadInput for a window that is wrong, and for a rule that AWX cannot be told.
    """
    window = read_window(definition)
    if window.rule is None:
        return "" if window.opens_at is None else f"DTSTART:{_utc(window.opens_at)} RRULE:{_ONE_TIME}"
    parts = dict(part.split("=", 1) for part in window.rule.text.split(";"))
    rules = [_text(rule, window) for rule in _without_numbers(parts)]
    if "COUNT" in parts and (len(rules) > 1 or int(parts["COUNT"]) > MOST_COUNT):
        raise _unable(window.rule.text, f"COUNT, at most {MOST_COUNT}, only for one weekday and one time of the day")
    start = window.rule.start or NO_BEGINNING
    zone = window.zone.key
    begins = f"DTSTART:{start:%Y%m%d}T000000Z" if zone == "UTC" else f"DTSTART;TZID={zone}:{start:%Y%m%d}T000000"
    return " ".join([begins, *(f"RRULE:{rule}" for rule in rules)])


def _text(parts: Parts, window: Window) -> str:
    complete = {**parts}
    complete.setdefault("INTERVAL", "1")
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        complete.setdefault(name, "0")
    if window.rule and window.rule.until:
        complete["UNTIL"] = _until(window.rule.until, window)
    return ";".join(f"{name}={value}" for name, value in complete.items())


def _without_numbers(parts: Parts) -> list[Parts]:
    """Split a rule with numbered weekdays into rules without, which together mean the same.

    BYSETPOS counts within everything that a rule gives for one month (or year), so each of the new rules may have only
    one weekday, one time of the day and, where the number counts within a month of a yearly rule, one month.
    """
    days = parts.get("BYDAY", "").split(",")
    numbers: dict[str, list[str]] = {}
    for day in days:
        numbered = _NUMBERED.fullmatch(day)
        if numbered:
            numbers.setdefault(numbered[2], []).append(str(int(numbered[1])))
    if not numbers:
        return [parts]
    if {"BYSETPOS", "BYMONTHDAY", "BYYEARDAY"} & parts.keys() or not all(map(_NUMBERED.fullmatch, days)):
        raise _unable(
            ";".join(f"{name}={value}" for name, value in parts.items()), "numbered weekdays only by themselves"
        )
    rules = []
    for day, positions in numbers.items():
        for month in parts.get("BYMONTH", "").split(","):
            for hour in parts.get("BYHOUR", "0").split(","):
                for minute in parts.get("BYMINUTE", "0").split(","):
                    times = {"BYHOUR": hour, "BYMINUTE": minute, "BYDAY": day, "BYSETPOS": ",".join(positions)}
                    rules.append({**parts, **times, **({"BYMONTH": month} if month else {})})
    return rules


def _unable(rule: str, able: str) -> BadInput:
    return BadInput(f"window_schedule {shown(rule)} cannot be scheduled in AWX, which takes {able}.")


def _until(until: str, window: Window) -> str:
    """Return an UNTIL in UTC; a date alone means the last second of that day in the window's time zone."""
    if until.endswith("Z"):
        return until
    local = dt.datetime.strptime(until if "T" in until else f"{until}T235959", "%Y%m%dT%H%M%S")
    return _utc(first_instant(local, window.zone))


def _utc(instant: t.SupportsFloat) -> str:
    return dt.datetime.fromtimestamp(float(instant), dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
