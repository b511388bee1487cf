# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nights on which the windows of the examples open."""

from __future__ import annotations

import datetime as dt
import zoneinfo

LONDON = zoneinfo.ZoneInfo("Europe/London")


def second_sunday() -> dt.date:
    """The next second Sunday of a month that is at least two days away; never in the freeze of the example."""
    day = dt.datetime.now(tz=dt.timezone.utc).date() + dt.timedelta(days=2)
    while day.weekday() != 6 or not 8 <= day.day <= 14:
        day += dt.timedelta(days=1)
    return day


def local(day: dt.date, hour: int, minute: int) -> str:
    """Return an instant of that day in London, in ISO 8601."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON).isoformat()
