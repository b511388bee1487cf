# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time zones by name, and which instant a time on the wall clock means."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# What these mean depends on the machine, or counts leap seconds, which instants here do not.
_NOT_A_PLACE = ("localtime", "posixrules", "Factory")

_LEAP_SECONDS = "right/"


def zone_named(name: str, key: str) -> zoneinfo.ZoneInfo:
    """Return the IANA time zone called ``name``; ``key`` is where the name was written, for the message.

    Raises BadInput when this machine knows no such zone, or has no zone database at all (FAULTS 97).
    """
    try:
        if name in _NOT_A_PLACE or name.startswith(_LEAP_SECONDS):
            raise zoneinfo.ZoneInfoNotFoundError(name)
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        if not zoneinfo.available_timezones():
            raise BadInput(
                f"{key} {shown(name)} cannot be read because this machine has no time zone database:"
                " install the Python package tzdata."
            ) from error
        raise BadInput(
            f"{key} {shown(name)} is not a time zone this machine knows: write an IANA name such as Europe/London."
        ) from error


def first_instant(local: dt.datetime, zone: zoneinfo.ZoneInfo) -> int:
    """Return the epoch seconds that ``local``, a time without offset and with whole seconds, means in ``zone``.

    A time that the wall clock shows twice (it was set back) means the first showing. A time that it never shows (it was
    set forward) means the first valid instant after the gap.
    """
    before = _offset(local.replace(fold=0), zone)
    after = _offset(local.replace(fold=1), zone)
    written = round(local.replace(tzinfo=dt.timezone.utc).timestamp())
    if after <= before:
        return written - before
    # In a gap `fold` names the offsets on its two sides; the change between them lies between these two instants.
    low, high = written - after, written - before
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(dt.datetime.fromtimestamp(middle, zone), zone) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(time: dt.datetime, zone: zoneinfo.ZoneInfo) -> int:
    """Return the zone's distance from UTC in seconds at a local time, whose ``fold`` settles what is ambiguous."""
    return round((time.replace(tzinfo=zone).utcoffset() or dt.timedelta(0)).total_seconds())
