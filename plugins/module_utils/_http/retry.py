# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to pause before a repeatable call is repeated: pure arithmetic, no network and no sleeping."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
import typing as t

FIRST_PAUSE = 0.25

LONGEST_PAUSE = 20.0

LONGEST_RETRY_AFTER = 300.0


def pause_before(attempt: int, retry_after: float | None, rng: t.Callable[[], float] = random.random) -> float:
    """Return the seconds to wait before repeat number ``attempt`` (1 for the first repeat).

    Capped exponential backoff with full jitter; where the server asked for a pause, that one, plus a little jitter so
    that a fleet does not come back in one instant.
    """
    ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt, 16))
    if retry_after is not None:
        return retry_after + rng() * FIRST_PAUSE
    return rng() * ceiling


def read_retry_after(value: str | None, server_date: float | None, now: float) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for, or None when it is missing or makes no sense.

    Takes the header, the answer's own ``Date`` (epoch seconds; a date is meant by the server's clock, not by ours) and
    the wall clock. Negative and past values mean nothing; a huge one is clamped to five minutes.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        wanted = float(text[:12])
    else:
        instant = read_http_date(text)
        if instant is None:
            return None
        wanted = instant - (server_date if server_date is not None else now)
    return min(wanted, LONGEST_RETRY_AFTER) if wanted > 0 else None


def read_http_date(value: str | None) -> float | None:
    """Read an HTTP date header (RFC 9110, 5.6.7) into epoch seconds; None when missing or malformed."""
    if not value:
        return None
    try:
        instant = email.utils.parsedate_to_datetime(value)
        # The old asctime form names no zone; an HTTP date is always in UTC.
        return (instant if instant.tzinfo else instant.replace(tzinfo=dt.timezone.utc)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
