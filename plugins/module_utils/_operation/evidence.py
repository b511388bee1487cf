# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What proves that an operation happened: pure functions from what was seen before and after to a verdict.

No endpoint tells the status of an operation, so its completion is inferred (docs/apis/zequenze_control.md, section 6).
The table, strongest first:

==========================  ========================  ==================================================================
Evidence                    Proves                    What it cannot tell
==========================  ========================  ==================================================================
Uptime fell and counts      a restart, alone          who asked for it; a restart within seconds before the request
Own log entry applied       the operation, alone, of  whether the device did it; so a device that shows an uptime must
                            a device without uptime   show it fallen too, newly read
Pending settings cleared    a sync or reconf          who cleared them
Down seen, Up again         a restart of a device     whether the platform lost the device for a moment; so it counts
                            without uptime, accepted  neither after a lost answer nor against a log that works
Error in own log entry      that it failed            nothing, unless the uptime proves a restart
Status change alone         nothing                   the platform moves it at informs and at its own outages
Uptime went on              that nothing restarted    a restart after the reading
Command queued              that it is still to come  when
==========================  ========================  ==================================================================

What an uptime proves is in ``uptimes.py``. More commands in the log than were sent (a copy made on the way, or another
user's) are reported with the evidence.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.uptimes import (
    Seen,
    read_uptimes,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import OPERATIONS, RESTARTS
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.rows import LogRow

# Kinds of log entries that are no commands (docs/apis/zequenze_control.md, section 4.3); other spellings are unknown
# and may be one.
_NO_COMMANDS = frozenset({"set", "get", "event", "alert", "config_change", "update"})


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the evidence says: ``done``, ``failed`` or nothing yet (None), and the sentences that show why.

    ``queued`` tells that the platform has the operation, or one that may be it, and has not carried it out. ``doubts``
    are the sentences that explain why there is no verdict, and ``soon`` tells that a few seconds more may bring one.
    """

    state: t.Literal["done", "failed"] | None
    evidence: tuple[str, ...] = ()
    queued: bool = False
    doubts: tuple[str, ...] = ()
    soon: bool = False


def judge(
    operation: str, before: Seen, looks: t.Sequence[Seen], *, accepted: bool = True, log_works: bool = False
) -> Verdict:
    """Return the verdict on an operation from the look before it and the looks after it. Pure.

    ``accepted`` tells that the platform answered that it took the operation, ``log_works`` that its log is known to
    show this device's commands.
    """
    log = looks[-1].log
    if is_queued(operation, log):
        return Verdict(None, queued=True)
    own = own_entries(operation, log)
    applied = [f"device log entry {row.id} ({row.action or 'no action'}) was applied" for row in own if row.applied]
    errors = [f"device log entry {row.id} ({row.action}) failed: {row.error}" for row in own if row.error]
    silent = log_works and not own and not _candidates(operation, log)
    doubts = [f"the device log works and shows no {operation}"] if silent else []
    if operation in RESTARTS:
        verdict = _judge_restart(before, looks, applied, errors, by_status=accepted and not silent)
        commands = len(_candidates(operation, log))
        if verdict.evidence and commands > 1 and verdict.state != "failed":
            more = f"the device log shows {commands} commands since then, of which one was sent from here"
            verdict = dataclasses.replace(verdict, evidence=(*verdict.evidence, more))
    elif errors:
        return Verdict("failed", tuple(errors))
    else:
        evidence = list(applied)
        if before.pending and looks[-1].pending is False:
            evidence.append("the settings that were pending before are applied")
        verdict = Verdict("done" if evidence else None, tuple(evidence))
    return verdict if verdict.state else dataclasses.replace(verdict, doubts=(*verdict.doubts, *doubts))


def _judge_restart(
    before: Seen, looks: t.Sequence[Seen], applied: list[str], errors: list[str], *, by_status: bool
) -> Verdict:
    after, uptimes = looks[-1], read_uptimes(before, looks)
    moved = _status_moved(before, after)
    if errors and not uptimes.restarted:
        return Verdict("failed", tuple(errors))
    evidence, doubts = list(applied), []
    if uptimes.restarted:
        evidence.insert(0, uptimes.text)
    elif uptimes.text:
        doubts.append(uptimes.text)
    if after.up is True and any(look.up is False for look in looks):
        since = f" since {iso(after.last_status_change)}" if moved else ""
        proves = evidence or (by_status and not uptimes.readable)
        (evidence if proves else doubts).append(f"the device was seen down and is up again{since}")
    elif moved:
        changed = f"the status changed at {iso(after.last_status_change)}"
        (evidence if evidence else doubts).append(changed + ("" if evidence else ", which alone proves no restart"))
    if after.up is False:
        return Verdict(None, tuple(evidence), doubts=("the device is down", *doubts))
    # A device that shows an uptime has the last word: without it, its log and its status prove nothing.
    denied = uptimes.speaks and not uptimes.restarted and not uptimes.fell
    if not evidence or denied:
        # What would prove it is told with what speaks against it.
        soon = uptimes.soon or (bool(applied) and uptimes.restarted is None)
        return Verdict(None, tuple(evidence), doubts=(*evidence, *doubts), soon=soon)
    return Verdict("done", tuple(evidence))


def own_entries(operation: str, log: t.Sequence[LogRow]) -> list[LogRow]:
    """Return the log entries that stand for our operation.

    Entries that name the operation count; where none does, a single command that names none. Two such commands could be
    another user's: then none counts.
    """
    candidates = _candidates(operation, log)
    return candidates if len(candidates) == 1 or names_operation(operation, candidates) else []


def is_queued(operation: str, log: t.Sequence[LogRow]) -> bool:
    """Whether a command that is, or may be, our operation is queued and not carried out."""
    return any(_waits(row) for row in _candidates(operation, log))


def names_operation(operation: str, log: t.Sequence[LogRow]) -> list[LogRow]:
    """Return the commands that name the operation."""
    return [row for row in log if is_command(row) and _names(row) == operation]


def _candidates(operation: str, log: t.Sequence[LogRow]) -> list[LogRow]:
    """Return the commands that may be our operation: those that name it, else those that name none."""
    named = names_operation(operation, log)
    return named or [row for row in log if is_command(row) and _names(row) is None]


def commands_pending(log: t.Sequence[LogRow]) -> list[LogRow]:
    """Return the commands queued and not applied: another operation is running. Settings that wait are none."""
    return [row for row in log if is_command(row) and _waits(row)]


def _waits(row: LogRow) -> bool:
    return row.pending and not row.applied and not row.error


def _names(row: LogRow) -> str | None:
    """Return the operation an entry names in its action, variable or value, if any."""
    for word in (row.action, row.variable, row.new_value):
        if word and word.strip().lower() in OPERATIONS:
            return word.strip().lower()
    return None


def is_command(row: LogRow) -> bool:
    """Whether an entry is, or may be, a command."""
    return row.action not in _NO_COMMANDS and (_names(row) is not None or not row.variable)


def _status_moved(before: Seen, after: Seen) -> bool:
    """Whether the status changed after the first look and is Up now; all instants are by the platform's clock."""
    if after.up is not True or after.last_status_change is None:
        return False
    if before.last_status_change is not None:
        return after.last_status_change > before.last_status_change
    # HTTP dates come in whole seconds.
    return before.server_at is not None and after.last_status_change > before.server_at + 1.0
