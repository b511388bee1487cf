# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of lock_recovery: unlock what a dead run left locked, and nothing that is still in use.

A window's lock is abandoned when its run is dead: one looks, or it gave no sign of life for the journal's silence, or
its AWX job is known to have ended. Any other lock, which a person took under a login or a name, is abandoned when its
lease is over too. In both cases none of the device's operations may still be under way.
"""

from __future__ import annotations

import dataclasses
import functools
import shlex
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import memory
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.database import Row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.operations import Operations
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import (
    Ended,
    default_holder,
    run_lives,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import (
    automated_holders,
    known_windows,
    lease_ends_at,
    lease_over,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRules, Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.journal_only import JournalOnly
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import (
    FOUR_HOURS,
    LockKeeper,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.requests import at_work
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.returning import unlock
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import (
    journal_options,
    oracle_sdm_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.results import DeviceResult, task_result
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.client import OracleSdm
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import connect
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import is_occurrence

# How many devices a message names.
_NAMED = 5


@dataclasses.dataclass(frozen=True)
class Kept:
    """Why a lock is kept: the sentence, until when (epoch seconds; None: as long as its run lives) and what next.

    ``expected`` tells that a person may well expect this lock to be returned.
    """

    reason: str
    until: float | None
    expected: bool
    command: str


def lock_recovery_spec() -> Spec:
    """Return the options of lock_recovery."""
    shared = oracle_sdm_options() + journal_options()
    return shared + Spec(
        {
            "window_id": {"type": "str"},
            "window_name": {"type": "str"},
            "wait_timeout": {"type": "float", "default": 60.0},
            "ended_jobs": {"type": "list", "elements": "str", "default": []},
            "ended_workflow": {"type": "str"},
            "wait_for_silence": {"type": "bool", "default": False},
            "strict": {"type": "bool", "default": False},
            "lost_journal": {"type": "bool", "default": False},
            "name": {"type": "list", "elements": "str", "aliases": ["names", "device"]},
            "concurrency": {"type": "int", "default": 16},
        },
        required_if=(("lost_journal", True, ("name",)),),
    )


def run_lock_recovery(task: Task) -> Result:
    """Unlock what is abandoned. Returns ``devices``, ``kept`` and ``summary``; raises MaintenanceError."""
    params = task.params
    if params["name"] and not params["lost_journal"]:
        raise BadInput("name goes with lost_journal; otherwise the journal says which devices are unlocked.")
    with (
        journal_of(task, newer_ok=True, read_only_ok=True) as journal,
        connect("oracle_sdm", params, task.clock, task.store) as sdm,
    ):
        # After a window that was closed, the journal need not know it.
        if params["strict"] and not params["wait_for_silence"]:
            _require_known(journal, params)
        ended = Ended(params["ended_jobs"], params["ended_workflow"])
        locks, operations = Locks(journal, ended), Operations(journal)
        if params["wait_for_silence"] and not task.check_mode:
            locks.wait_out_silence(lambda row: not is_named(params) or is_of_window(row["holder"], params))
        rows = [*locks.all_open(sdm.server), *locks.all_open(JournalOnly.server)]
        at_once = _recovered_at_once(journal, locks, params)
        keeps_queued = _keeps_queued(journal)
        kept = {row["id"]: why_kept(locks, operations, row, at_once(row), keeps_queued, params) for row in rows}

        def given_back(row: Row) -> DeviceResult:
            server = JournalOnly() if row["server"] == JournalOnly.server else sdm
            return unlock(_keeper(server, locks, row["holder"], task), row["device"], row["device_id"])

        results = for_each([row for row in rows if kept[row["id"]] is None], given_back, params["concurrency"])
        if params["lost_journal"]:
            keeper = _keeper(sdm, locks, default_holder(), task)
            unknown = [name for name in params["name"] if name not in {row["device"] for row in rows}]
            results += for_each(unknown, lambda name: unlock(keeper, name, force=True), params["concurrency"])
        result = task_result([_must_be_free(each, strict=params["strict"]) for each in results], diff=task.diff)
        pairs = [(row, why) for row in rows if (why := kept[row["id"]]) is not None]
        result["kept"] = [_shown(row, why) for row, why in pairs]
        result["summary"] = _summary(result["devices"], pairs, dry=task.check_mode)
        gone_back = memory.gone_back(journal)
        if gone_back and params["lost_journal"] and not task.check_mode:
            # A person knows that the journal is another one now, and has named the devices.
            memory.forget(journal)
        elif gone_back:
            result["summary"] += f" {gone_back}"
        if params["strict"] and any(_is_expected(row, why, params) for row, why in pairs):
            result["failed"] = True
        if result.get("failed"):
            result["msg"] = " ".join(filter(None, (result.get("msg"), result["summary"])))
        return result


def why_kept(
    locks: Locks,
    operations: Operations,
    row: Row,
    at_once: bool,
    keeps_queued: t.Callable[[str], bool],
    params: t.Mapping[str, t.Any],
) -> Kept | None:
    """Return why a lock row is not to be returned by another run than the one that took it; None when it is.

    An operation that was sent and is not settled keeps its lock for as long as it may take: unlocked, the device could
    be another user's when the reboot goes off.
    """
    holder, now = row["holder"], locks.now()
    if locks.run_is_alive(row):
        lives = run_lives(row["sender"]) is True
        # A run that gives its signs of life in time is as good as seen.
        silent = not lives and row["alive_until"] - now < locks.silence / 2
        return Kept(at_work(locks, row), None if lives else row["alive_until"], silent, _again(params))
    if not at_once and not lease_over(row, now):
        ends = lease_ends_at(row)
        reason = f"It is locked for {holder} until {iso(ends)}, when its lease of {row['lease']:.0f} s is over."
        return Kept(reason, ends, False, _by_hand(row))
    operation = operations.in_flight_under(holder, row["device"])
    if operation is not None:
        until = operation["busy_until"]
        reason = f"Its {operation['operation']} may still go off until {iso(until)}."
        return Kept(reason, until, True, _again(params))
    queued = operations.queued_under(holder, row["device"]) if keeps_queued(holder) else None
    if queued is not None and not lease_over(row, now):
        ends = lease_ends_at(row)
        reason = (
            f"Its {queued['operation']} is queued at Zequenze Control and will still be carried out. It stays locked "
            f"until that is settled, or until {iso(ends)}, when its lease is over."
        )
        return Kept(reason, ends, True, _again(params))
    return None


def _keeps_queued(journal: Journal) -> t.Callable[[str], bool]:
    """Return whether a holder keeps its locks while an operation is queued at the platform, as its window agreed."""
    windows = Windows(journal)

    @functools.cache
    def keeps(holder: str) -> bool:
        record = windows.read(holder)
        return (WindowRules() if record is None else record.rules).queued == "keep_lock"

    return keeps


def is_named(params: t.Mapping[str, t.Any]) -> bool:
    """Whether the options name a window."""
    return bool(params["window_id"] or params["window_name"])


def is_of_window(holder: str, params: t.Mapping[str, t.Any]) -> bool:
    """Whether a holder is the window that ``window_id`` or ``window_name`` names, or an occurrence of it."""
    if params["window_id"] and holder == params["window_id"]:
        return True
    return bool(params["window_name"]) and is_occurrence(holder, params["window_name"])


def _recovered_at_once(journal: Journal, locks: Locks, params: t.Mapping[str, t.Any]) -> t.Callable[[Row], bool]:
    """Return whether a row of a dead run is recovered before its lease is over.

    Those of the window that is named are, else those of every window. What a person locked is not.
    """
    logins, automated = locks.under_logins(), automated_holders(journal)

    def at_once(row: Row) -> bool:
        if row["id"] in logins or _is_login(row):
            return False
        if is_named(params):
            return is_of_window(row["holder"], params)
        return row["holder"] in automated or is_occurrence(row["holder"], row["holder"].rpartition("@")[0])

    return at_once


def _is_login(row: Row) -> bool:
    """Whether a row that an older version wrote is held under the login of its own process."""
    process = row["sender"]
    return bool(row["holder"] == f"{process.get('user')}@{process.get('host')}")


def _is_expected(row: Row, why: Kept, params: t.Mapping[str, t.Any]) -> bool:
    named = bool(params["lost_journal"]) and row["device"] in params["name"]
    return why.expected or named or is_of_window(row["holder"], params)


def _require_known(journal: Journal, params: t.Mapping[str, t.Any]) -> None:
    """Raise BadInput for a window that the journal has never seen: a misspelt id must not look like nothing to do."""
    for option in ("window_id", "window_name"):
        wanted = params[option]
        if wanted is None:
            continue
        if not wanted.strip():
            raise BadInput(f"{option} is empty; leave it out to recover every window.")
        ids = known_windows(journal)
        known = wanted in ids if option == "window_id" else any(is_of_window(each, params) for each in ids)
        if not known:
            raise BadInput(
                f"The journal {journal.place} knows no window {wanted}. Check the spelling and NETFLEET_JOURNAL, or "
                f"leave {option} out to recover every window."
            )


def _again(params: t.Mapping[str, t.Any]) -> str:
    more = f" -e recover_window_id={shlex.quote(params['window_id'])}" if params["window_id"] else ""
    return f"ansible-playbook netfleet.maintenance.recover{more}"


def _by_hand(row: Row) -> str:
    options = f"name={shlex.quote(row['device'])} state=unlocked holder={shlex.quote(row['holder'])}"
    return f'ansible localhost -m netfleet.maintenance.device_lock -a "{options}"'


def _summary(devices: t.Sequence[t.Mapping[str, t.Any]], kept: t.Sequence[tuple[Row, Kept]], *, dry: bool) -> str:
    """Say in one line what was unlocked, what was not, and what is kept until when, with the next command."""
    free = [each["name"] for each in devices if each["state"] == "unlocked" and each["changed"]]
    lost = [each["name"] for each in devices if _is_lost(each)]
    left = [each["name"] for each in devices if each["state"] in ("locked", "unknown") and not _is_lost(each)]
    others = [each["name"] for each in devices if each["state"] == "busy"]
    parts = [f"{'Would unlock' if dry else 'Unlocked'}: {_names(free)}."]
    if left:
        parts.append(f"Could not unlock: {_names(left)}.")
    if lost:
        parts.append(f"No longer in Oracle SDM, their locks are closed as lost: {_names(lost)}.")
    if others:
        parts.append(f"Locked by another account now: {_names(others)}.")
    if not kept:
        parts.append("Kept: none.")
        return " ".join(parts)
    told = [f"{row['device']} (holder {row['holder']}): {why.reason} Next: {why.command}" for row, why in kept[:_NAMED]]
    more = f" And {len(kept) - _NAMED} more." if len(kept) > _NAMED else ""
    parts.append(f"Kept: {counted(len(kept))}. {' '.join(told)}{more}")
    return " ".join(parts)


def _names(names: t.Sequence[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{counted(len(names))} ({', '.join(names[:_NAMED])}{more})"


def counted(number: int) -> str:
    """Return a number of devices as people say it."""
    return f"{number} device{'' if number == 1 else 's'}"


def _keeper(sdm: OracleSdm | JournalOnly, locks: Locks, holder: str, task: Task) -> LockKeeper:
    return LockKeeper(
        sdm,
        locks,
        holder=holder,
        lease=FOUR_HOURS,
        wait_timeout=task.params["wait_timeout"],
        clock=task.clock,
        run_alive=task.run_alive,
        dry=task.check_mode,
    )


def _must_be_free(result: DeviceResult, *, strict: bool) -> DeviceResult:
    """Whatever is neither unlocked, nor another account's now, nor gone is still on our hands."""
    if _is_lost(result.shown):
        return dataclasses.replace(result, failed=strict)
    ours = result.shown["state"] in ("locked", "unknown")
    return dataclasses.replace(result, failed=result.failed or ours)


def _is_lost(shown: t.Mapping[str, t.Any]) -> bool:
    """Whether a row was ended although nobody could unlock the device: it is gone."""
    return shown["state"] == "unknown" and bool(shown["changed"])


def _shown(row: Row, why: Kept) -> dict[str, t.Any]:
    return {
        "name": row["device"],
        "device_id": row["device_id"],
        "holder": row["holder"],
        "locked_at": iso(row["taken_at"]),
        "lease": row["lease"],
        "reason": why.reason,
        "until": None if why.until is None else iso(why.until),
        "command": why.command,
    }
