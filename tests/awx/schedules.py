# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX takes as a schedule, after its SchedulePreviewSerializer.validate_rrule and Schedule.rrulestr (24.6.1)."""

from __future__ import annotations

import re

from dateutil.rrule import rruleset, rrulestr  # type: ignore[import-untyped]


def parsed(text: str) -> rruleset:
    """Read a schedule the way AWX does. Raises ValueError for what dateutil does not take."""
    found = rrulestr(text, forceset=True)
    for rule in found._rrule:
        if rule._dtstart.tzinfo is None:
            raise ValueError("A valid TZID must be provided (e.g., America/New_York)")
    return found


def problems(text: str) -> list[str]:
    """Say why AWX would answer 400, in its words; empty for a schedule that it takes."""
    begins = re.findall(r".*?(DTSTART(;[^:]+)?\:[0-9]+T[0-9]+Z?)", text)
    rules = re.findall(r".*?(RULE\:[^\s]*)", text)
    found = []
    if not begins:
        found.append("Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    if re.findall(r".*?(DTSTART:[0-9]+T[0-9]+) ", text):
        found.append("DTSTART cannot be a naive datetime. Require ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if len(begins) > 1:
        found.append("Multiple DTSTART is not supported.")
    if "rrule:" not in text.lower():
        found.append("One or more rule required in rrule.")
    for rule in rules:
        if "interval" not in rule.lower():
            found.append(f"INTERVAL required in rrule: {rule}")
        if re.match(r".*?BYDAY[\:\=][0-9]+[a-zA-Z]{2}", rule):
            found.append(f"BYDAY with numeric prefix not supported: {rule}")
        if "COUNT" in rule and "UNTIL" in rule:
            found.append(f"RRULE may not contain both COUNT and UNTIL: {rule}")
        count = re.match(r".*?COUNT\=([0-9]+)", rule)
        if count and int(count[1]) > 999:
            found.append(f"COUNT > 999 is unsupported: {rule}")
    try:
        parsed(text)
    except (ValueError, TypeError) as error:
        found.append(f"rrule parsing failed validation: {error}")
    return found
