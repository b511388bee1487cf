# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window file says about time, read once and checked completely."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t
import zoneinfo

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import parse_instant
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.rule import Rule, read_rule
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import zone_named
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.variables import is_blank
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import not_text, shown

DAY = 86400

# Long enough for any window, and how far back a look for an occurrence that is still open has to go.
LONGEST = 31 * DAY

_LONGEST_NAME = 200

_FIRST_YEAR, _LAST_YEAR = 2000, 2999

# Not 010, which is 8 to some and 10 to others.
_SECONDS = re.compile(r"0|[1-9]\d{0,7}", re.ASCII)

_LENGTH = re.compile(r"(?:(\d{1,8})d)?(?:(\d{1,8})h)?(?:(\d{1,8})m)?(?:(\d{1,8})s)?", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Window:
    """The times of a window: either ``rule`` and ``duration``, or the one-off ``window_id``.

    ``duration`` and ``cutoff`` are seconds, ``opens_at`` (of a one-off only) is epoch seconds. ``freeze`` are the paths
    of calendars as they were written, ``directory`` is what they are relative to, None the working directory.
    """

    name: str
    zone: zoneinfo.ZoneInfo
    rule: Rule | None = None
    window_id: str | None = None
    opens_at: float | None = None
    duration: int | None = None
    cutoff: int = 0
    freeze: tuple[str, ...] = ()
    directory: str | None = None


def read_window(definition: object) -> Window:
    """Read the mapping of a window file; keys that have nothing to do with time are left alone.

    A key without a value (null or an empty string) counts as left out. Raises BadInput, naming the key and the value,
    for whatever is wrong.
    """
    if not isinstance(definition, t.Mapping):
        raise BadInput("A window definition must be a mapping with the keys of a window file, such as window_schedule.")
    given = {key: value for key, value in definition.items() if not is_blank(value)}
    _check_kind(given)
    zone = zone_named(_text(given, "window_timezone") or "UTC", "window_timezone")
    window_id = _text(given, "window_id")
    duration = _length(given, "window_duration")
    cutoff = _length(given, "window_cutoff") or 0
    if duration == 0:
        raise BadInput(f"window_duration {shown(str(given['window_duration']))} leaves no time at all.")
    if duration is not None and cutoff >= duration:
        raise BadInput(
            f"window_cutoff {shown(str(given['window_cutoff']))} must be shorter than"
            f" window_duration {shown(str(given['window_duration']))}."
        )
    rule = _text(given, "window_schedule")
    return Window(
        name=_text(given, "window_name") or window_id or "",
        zone=zone,
        rule=None if rule is None else read_rule(rule, _start(given)),
        window_id=window_id,
        opens_at=read_instant(given["window_opens_at"], "window_opens_at") if "window_opens_at" in given else None,
        duration=duration,
        cutoff=cutoff,
        freeze=_paths(given),
        directory=_text(given, "window_directory"),
    )


def _check_kind(given: t.Mapping[str, t.Any]) -> None:
    """Raise when the window is neither a schedule nor a one-off, or a mixture of both."""
    if "window_schedule" in given:
        for key in ("window_id", "window_opens_at"):
            if key in given:
                raise BadInput(f"{key} is for a window that happens once, so window_schedule must not be there too.")
        for key in ("window_name", "window_duration"):
            if key not in given:
                raise BadInput(f"{key} is missing, and a window with a window_schedule needs it.")
    elif "window_id" not in given:
        raise BadInput("A window needs a window_schedule, or a window_id when it happens once.")
    elif "window_schedule_start" in given:
        raise BadInput("window_schedule_start is for a window_schedule, and this window has a window_id instead.")


def read_instant(value: object, key: str) -> float:
    """Read an ISO 8601 instant with an offset, as text or as YAML's own timestamp, and give epoch seconds.

    Raises BadInput for anything else, and for a year outside 2000 to 2999.
    """
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value)
    try:
        instant = parse_instant(text)
    except (ValueError, OverflowError) as error:
        raise BadInput(
            f"{key} {shown(text)} is not an instant with an offset, such as 2026-11-21T02:00:00+00:00."
        ) from error
    if not _year(_FIRST_YEAR) <= instant < _year(_LAST_YEAR + 1):
        raise BadInput(f"{key} {shown(text)} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}.")
    return instant


def _year(year: int) -> float:
    return dt.datetime(year, 1, 1, tzinfo=dt.timezone.utc).timestamp()


def _text(given: t.Mapping[str, t.Any], key: str) -> str | None:
    """Return a short text. A number is none: YAML makes one of a bare 0012345, and it is another one then."""
    value = given.get(key)
    if value is None:
        return None
    if isinstance(value, (bool, int, float)):
        raise BadInput(not_text(key, value))
    if not isinstance(value, str):
        raise BadInput(f"{key} {shown(str(value))} must be text.")
    text = str(value)
    if key in ("window_name", "window_id") and (
        text != text.strip() or not text.isprintable() or len(text) > _LONGEST_NAME
    ):
        raise BadInput(
            f"{key} {shown(text)} must be one line of at most {_LONGEST_NAME} letters, without blanks around it."
        )
    return text


def _length(given: t.Mapping[str, t.Any], key: str) -> int | None:
    """Return a length of time in seconds, written as 2h, 90m, 1h30m, 1d, 45s or a number of seconds."""
    value = given.get(key)
    if value is None:
        return None
    text = str(value).replace(" ", "").lower()
    match = _LENGTH.fullmatch(f"{text}s" if _SECONDS.fullmatch(text) else text)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or match is None or not any(match.groups()):
        raise BadInput(f"{key} {shown(str(value))} is not a length of time such as 2h, 90m, 1h30m or 3600 (seconds).")
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups())
    total = days * DAY + hours * 3600 + minutes * 60 + seconds
    if total > LONGEST:
        raise BadInput(f"{key} {shown(str(value))} is longer than {LONGEST // DAY} days.")
    return total


def _start(given: t.Mapping[str, t.Any]) -> dt.date | None:
    value = given.get("window_schedule_start")
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError(text)
        start = dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"window_schedule_start {shown(text)} is not a date such as 2026-01-05.") from error
    if not _FIRST_YEAR <= start.year <= _LAST_YEAR:
        raise BadInput(f"window_schedule_start {shown(text)} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}.")
    return start


def _paths(given: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    value = given.get("window_freeze", [])
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, (list, tuple)) or not all(isinstance(path, str) and path.strip() for path in paths):
        raise BadInput(f"window_freeze {shown(str(value))} must be a list of paths of calendars (.ics) or directories.")
    return tuple(str(path) for path in paths)
