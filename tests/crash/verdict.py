# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on what happened, by the simulators' ledger: which promises were broken, if any.

A module's own words are only looked at to see whether they were true.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import open_existing
from tests.crash.lane import Lane, Run
from tests.crash.points import Process, named, process_of
from tests.crash.steps import ACCOUNT, DONE

SETTLING = 5.0
MASKED = ("id", "serial_number")

Row = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Record:
    """What happened in a world, and what is left of it; ``said`` is what the runs claimed, oldest first."""

    device: str
    effects: list[Row]
    requests: list[Row]
    locks: dict[str, Row]
    state: Row
    operations: list[Row]
    open_locks: list[Row]
    events: list[Row]
    said: list[Row]

    def sender(self, effect: Row) -> Process | None:
        """Return who caused an effect; None when it was nobody of ours."""
        number = effect["request"]
        return None if number is None else process_of(self.requests[number - 1])

    def sent(self, what: str, window_id: str | None = None) -> list[Row]:
        """Return the requests of a name (``PUT reboot``), of one window if named."""
        found = [request for request in self.requests if named(request) == what]
        return [request for request in found if window_id is None or _window(request) == window_id]

    def outcomes(self, window_id: str) -> dict[str, str]:
        """Return the last state of each operation of a window, as the journal has it."""
        rows = [row for row in self.operations if row["window_id"] == window_id]
        return {row["operation"]: row["state"] for row in sorted(rows, key=lambda row: int(row["attempt"]))}


def record(lane: Lane, device: str, runs: t.Sequence[Run], settling: float = SETTLING) -> Record:
    """Read everything, ``settling`` seconds later: what is under way on the device has come to its end then."""
    simulator = lane.simulator
    simulator.advance(settling)
    state = simulator.state()
    journal = open_existing(str(lane.journal()), Clock())
    operations: list[Row] = []
    open_locks: list[Row] = []
    events: list[Row] = []
    if journal is not None:
        with journal:
            operations = reading.operations(journal, reading.Filter())
            open_locks = reading.locks(journal, reading.Filter(open=True))
            events = reading.events(journal, reading.Filter())
    return Record(
        device=device,
        effects=simulator.ledger(),
        requests=simulator.requests(),
        locks=state["oracle_sdm"]["locks"],
        state={key: value for key, value in state["zequenze"]["devices"][device].items() if key not in MASKED},
        operations=operations,
        open_locks=open_locks,
        events=events,
        said=[line | {"run": run.label} for run in runs for line in run.said()],
    )


def broken_promises(seen: Record, windows: t.Sequence[str]) -> list[str]:
    """Return what no record may ever show, whatever happened and whatever is still to come (I1, I2, I4, I6)."""
    return [
        *(problem for window_id in windows for problem in _more_than_once(seen, window_id)),
        *broken_locks(seen),
        *untrue(seen),
    ]


def broken_locks(seen: Record) -> list[str]:
    """Return where the device was touched without the window's lock, or a lock was wrongly removed."""
    return [*_touched_without_lock(seen), *_not_ours(seen), *_let_go_too_early(seen)]


def left_behind(seen: Record) -> list[str]:
    """Return what is still locked by us, or open in the journal, when all is said to be over (I3)."""
    problems = [f"{name} is still locked by us" for name, lock in seen.locks.items() if lock["account"] == ACCOUNT]
    problems += [f"the journal has a lock of {row['holder']} still {row['state']}" for row in seen.open_locks]
    return problems


def differs(seen: Record, reference: Record, window_id: str, last: Run) -> list[str]:
    """Return what is not as after an undisturbed run (I16); timing is not looked at.

    The one difference that is allowed is a reboot of which nobody can know, see :func:`is_lost_reboot`. Then the
    outcome has to be ``unknown``, and the run has to say that it failed.
    """
    outcomes, wanted = seen.outcomes(window_id), dict.fromkeys(DONE, "done")
    if is_lost_reboot(seen, window_id):
        wanted = {"sync": "done", "reboot": "unknown"}
        same = {**reference.state, "boots": 0}
        status = 2
    else:
        same, status = reference.state, 0
    problems = []
    if outcomes != wanted:
        problems.append(f"the journal says {outcomes} instead of {wanted}")
    if seen.state != same:
        problems.append(f"the device ended as {seen.state} instead of {same}")
    if last.status != status:
        problems.append(f"the rerun ended with {last.status} instead of {status}")
    return problems


def is_lost_reboot(seen: Record, window_id: str) -> bool:
    """Whether a reboot was claimed, nobody lived to write down an answer, and it was never carried out.

    It was lost on its way, or its sender died right before sending. No evidence exists for either, and none against.
    """
    about = [row for row in seen.events if row["window_id"] == window_id and row["data"].get("operation") == "reboot"]
    kinds = {row["kind"] for row in about}
    answered = {"operation_refused", "operation_accepted"} & kinds
    return "operation_claimed" in kinds and not answered and not _effects(seen, "operation", "reboot")


def _more_than_once(seen: Record, window_id: str) -> list[str]:
    attempts = max([row["attempt"] for row in seen.operations if row["window_id"] == window_id], default=1)
    received = len(seen.sent("PUT reboot", window_id))
    executed = [effect for effect in _effects(seen, "operation", "reboot") if _of(seen, effect, window_id)]
    problems = []
    if received > attempts:
        problems.append(f"{received} reboot requests of window {window_id} were received")
    if len(executed) > attempts:
        problems.append(f"{len(executed)} reboots of window {window_id} were carried out")
    return problems


def _touched_without_lock(seen: Record) -> list[str]:
    """Nothing may be asked of the device, and it may not go down, unless the window that asked holds its lock."""
    problems = []
    for effect, holder in _with_holders(seen):
        if effect["effect"] not in ("operation", "boot") or effect["device"] != seen.device:
            continue
        sender = seen.sender(effect)
        if sender is not None and holder != sender.window_id:
            what = f"{effect.get('operation') or effect.get('cause')} ({effect['effect']})"
            problems.append(f"{what} of {sender.window_id} happened while {holder or 'nobody'} held the lock")
    return problems


def _not_ours(seen: Record) -> list[str]:
    """Nobody of ours may remove, or repeat as its own, a lock that another window or person took."""
    problems = []
    holder: str | None = None
    for effect, now in _with_holders(seen):
        sender = seen.sender(effect)
        if effect["effect"] == "unlock" and sender is not None and holder not in (None, sender.window_id):
            problems.append(f"{sender.window_id} ({sender.step}) removed the lock of {holder}")
        holder = now
    return problems


def _let_go_too_early(seen: Record) -> list[str]:
    """A device may not be unlocked by us while a reboot it was told to do is still to come."""
    problems = []
    waiting: set[t.Any] = set()
    for effect, _holder in _with_holders(seen):
        if effect["device"] != seen.device:
            continue
        if effect["effect"] == "operation" and effect.get("operation") == "reboot":
            waiting.add(effect["request"])
        elif effect["effect"] in ("boot", "failed"):
            waiting.discard(effect["request"])
        elif effect["effect"] == "unlock" and effect["account"] == ACCOUNT and waiting:
            problems.append("the device was unlocked while a reboot it had accepted was still to come")
    return problems


def untrue(seen: Record) -> list[str]:
    """Return what the runs claimed and the ledger does not bear out, and their own defects."""
    problems = []
    booted = len([effect for effect in seen.effects if effect["effect"] == "boot" and effect["device"] == seen.device])
    for line in seen.said:
        result = line["result"]
        if result.get("kind") == "internal":
            problems.append(f"step {line['step']} of {line['run']} broke: {result['msg']}")
        for device in result.get("devices", []):
            rebooted = device.get("operation") == "reboot" and device.get("outcome") in ("done", "skipped")
            if rebooted and device["evidence"] and not booted:
                problems.append(f"{line['run']} says that the device was rebooted, and it never was")
    return problems


def _with_holders(seen: Record) -> t.Iterator[tuple[Row, str | None]]:
    """Return every effect in the order of time, with who holds the device's lock behind it: a window, or an account."""
    holder: str | None = None
    for effect in sorted(seen.effects, key=lambda effect: (effect["at"], effect["seq"])):
        if effect["system"] == "oracle_sdm" and effect["device"] == seen.device:
            if effect["effect"] == "lock":
                sender = seen.sender(effect)
                holder = sender.window_id if sender else f"account {effect['account']}"
            elif effect["effect"] in ("unlock", "admin_unlock", "lock_dropped"):
                holder = None
        yield effect, holder


def _effects(seen: Record, effect: str, operation: str) -> list[Row]:
    return [
        row
        for row in seen.effects
        if row["effect"] == effect and row.get("operation") == operation and row["device"] == seen.device
    ]


def _of(seen: Record, effect: Row, window_id: str) -> bool:
    sender = seen.sender(effect)
    return sender is not None and sender.window_id == window_id


def _window(request: Row) -> str | None:
    sender = process_of(request)
    return sender.window_id if sender else None
