# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What proves that an operation happened: pure functions from what was seen before and after to a verdict.

No endpoint tells the status of an operation, so its completion is inferred (Zequenze sheet, section 6). The rules:

* A restart is proven by an uptime that started anew. Where the uptime cannot be read, by a status change that ended Up,
  or by the operation's own entry in the device log that was applied. An uptime that went on counting disproves it.
* A sync or reconf is proven by its applied log entry, or by settings that were pending before and are not any more.
* An error in the operation's log entry is a failure, unless a restart is proven all the same.
* Nothing is settled while the log shows a command that is queued and may be ours: it is still to come.
* Anything else proves nothing yet.

More commands in the log than were sent (a copy made on the way, or somebody else's) are told with the evidence.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, RESTARTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import LogRow

# Kinds of log entries that are no commands (sheet, section 4.3); other spellings are unknown and may be one.
_NO_COMMANDS = frozenset({"set", "get", "event", "alert", "config_change", "update"})


# Uptimes come in whole seconds and are read a little before or after the clock; less than this is no difference.
UPTIME_TOLERANCE = 2.5


WRAP_MARGIN = 3600.0


@dataclasses.dataclass(frozen=True)
class Seen:
    """What one look at a device saw; None where the platform did not say.

    ``at`` is our own clock (epoch seconds) when this uptime was seen first, ``server_at`` the platform's clock at the
    look; ``uptime_read_at`` is when the platform says it read the uptime from the device; ``log`` holds the log entries
    that were not there before the operation.
    """

    at: float
    device_id: str | None = None
    server_at: float | None = None
    up: bool | None = None
    pending: bool | None = None
    last_status_change: float | None = None
    uptime: float | None = None
    uptime_read_at: float | None = None
    log: tuple[LogRow, ...] = ()


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the evidence says: ``done``, ``failed`` or nothing yet (None), and the sentences that show why.

    ``queued`` tells that the platform has the operation, or one that may be it, and has not carried it out.
    """

    state: t.Literal["done", "failed"] | None
    evidence: tuple[str, ...] = ()
    queued: bool = False


def judge(operation: str, before: Seen, after: Seen) -> Verdict:
    """Give the verdict on an operation from the look before it and a look after it. Pure."""
    if is_queued(operation, after.log):
        return Verdict(None, queued=True)
    own = own_entries(operation, after.log)
    applied = [f"device log entry {row.id} ({row.action or 'no action'}) was applied" for row in own if row.applied]
    errors = [f"device log entry {row.id} ({row.action}) failed: {row.error}" for row in own if row.error]
    if operation in RESTARTS:
        return _judge_restart(operation, before, after, applied, errors)
    if errors:
        return Verdict("failed", tuple(errors))
    evidence = list(applied)
    if before.pending and after.pending is False:
        evidence.append("the settings that were pending before are applied")
    return Verdict("done" if evidence else None, tuple(evidence))


def _judge_restart(operation: str, before: Seen, after: Seen, applied: list[str], errors: list[str]) -> Verdict:
    restarted, moved = restart_seen(before, after), _status_moved(before, after)
    if restarted is False and moved and _changed_after_reading(before, after):
        restarted = None
    evidence: list[str] = []
    if restarted:
        evidence.append(f"the uptime started anew: {_seconds(before.uptime)} before, {_seconds(after.uptime)} after")
    if moved:
        evidence.append(f"the status changed at {iso(after.last_status_change)} and the device is up again")
    if errors and not restarted:
        return Verdict("failed", tuple(errors))
    evidence += applied
    commands = len(_candidates(operation, after.log))
    if evidence and commands > 1:
        evidence.append(f"the device log shows {commands} commands since then, of which one was sent from here")
    if restarted is False or after.up is False or not evidence:
        return Verdict(None, tuple(evidence))
    return Verdict("done", tuple(evidence))


def restart_seen(before: Seen, after: Seen) -> bool | None:
    """Whether the uptimes show a restart between two looks; None when they cannot tell.

    A restart is an uptime shorter than the time since the first look that did not just go on counting. An uptime that
    is longer than that disproves it. The platform may show a reading that is older than the look: where it does not say
    how old, a counter that is behind proves nothing unless it fell.
    """
    passed = _passed(before, after)
    if before.uptime is None or after.uptime is None or _may_wrap(before.uptime, passed):
        return None
    if _is_dated(before, after):
        if passed <= 0 or after.uptime_read_at == before.uptime_read_at:
            return None
        fell = True
    else:
        if after.uptime == before.uptime and passed > UPTIME_TOLERANCE:
            return None
        fell = after.uptime < before.uptime
    went_on = after.uptime + UPTIME_TOLERANCE >= before.uptime + passed
    if went_on or after.uptime > passed + UPTIME_TOLERANCE:
        return False
    return True if fell else None


def _is_dated(before: Seen, after: Seen) -> bool:
    return after.uptime_read_at is not None and before.server_at is not None


def _passed(before: Seen, after: Seen) -> float:
    """Give the seconds from the first look to the later uptime's reading: by the platform's clock where it tells."""
    if after.uptime_read_at is not None and before.server_at is not None:
        return after.uptime_read_at - before.server_at
    return after.at - before.at


def _changed_after_reading(before: Seen, after: Seen) -> bool:
    """Whether the status changed after the uptime was read, which then tells nothing about that change."""
    if before.server_at is None or after.last_status_change is None:
        return False
    return after.last_status_change - before.server_at > _passed(before, after)


def _may_wrap(uptime: float, passed: float) -> bool:
    """Whether a counter may start anew by itself meanwhile: 32 bits of seconds, or of hundredths of a second."""
    return any(limit - uptime % limit < passed + WRAP_MARGIN for limit in (2.0**32, 2.0**32 / 100))


def own_entries(operation: str, log: t.Sequence[LogRow]) -> list[LogRow]:
    """Give the log entries that stand for our operation.

    Entries that name the operation count; where none does, a single command that names none. Two such commands could be
    somebody else's: then none counts.
    """
    candidates = _candidates(operation, log)
    return candidates if len(candidates) == 1 or names_operation(operation, candidates) else []


def is_queued(operation: str, log: t.Sequence[LogRow]) -> bool:
    """Whether a command that is, or may be, our operation is queued and not carried out."""
    return any(_waits(row) for row in _candidates(operation, log))


def names_operation(operation: str, log: t.Sequence[LogRow]) -> list[LogRow]:
    """Give the commands that name the operation."""
    return [row for row in log if _is_command(row) and _names(row) == operation]


def _candidates(operation: str, log: t.Sequence[LogRow]) -> list[LogRow]:
    """Give the commands that may be our operation: those that name it, else those that name none."""
    named = names_operation(operation, log)
    return named or [row for row in log if _is_command(row) and _names(row) is None]


def commands_pending(log: t.Sequence[LogRow]) -> list[LogRow]:
    """Give the commands that are queued and not applied: another operation is running. Settings that wait are none."""
    return [row for row in log if _is_command(row) and _waits(row)]


def _waits(row: LogRow) -> bool:
    return row.pending and not row.applied and not row.error


def _names(row: LogRow) -> str | None:
    """Give the operation an entry names in its action, variable or value, if any."""
    for word in (row.action, row.variable, row.new_value):
        if word and word.strip().lower() in OPERATIONS:
            return word.strip().lower()
    return None


def _is_command(row: LogRow) -> bool:
    return row.action not in _NO_COMMANDS and (_names(row) is not None or not row.variable)


def _status_moved(before: Seen, after: Seen) -> bool:
    """Whether the status changed after the first look and is Up now; all instants are by the platform's clock."""
    if after.up is not True or after.last_status_change is None:
        return False
    if before.last_status_change is not None:
        return after.last_status_change > before.last_status_change
    # HTTP dates come in whole seconds.
    return before.server_at is not None and after.last_status_change > before.server_at + 1.0


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} s"
