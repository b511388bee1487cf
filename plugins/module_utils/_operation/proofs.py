# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proofs an installation can give for an operation, from what a few of its devices show before anything is sent.

What proves an operation is in ``evidence.py``. The looks read only; the judgement is a pure function of them.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import Clock
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.evidence import is_command
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.observer import QUEUE_LOOK_BACK
from ansible_collections.netfleet.maintenance.plugins.module_utils._parallel import for_each
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.client import Zequenze
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS

Verdict = t.Literal["works", "works with limits", "will not work"]

WORKS: t.Final = "works"

LIMITS: t.Final = "works with limits"

WILL_NOT: t.Final = "will not work"

# How many devices are looked at where nobody says otherwise.
SAMPLE = 3

LOG_RIGHT = "Give the token of Zequenze Control (ZEQUENZE_TOKEN) the right to read the device log."


class Listed(t.Protocol):
    """A device as a list of Zequenze Control shows it."""

    @property
    def id(self) -> str:
        """The id of the device."""

    @property
    def name(self) -> str:
        """The name of the device."""

    @property
    def up(self) -> bool | None:
        """Whether it is up; None where it is not shown."""

    @property
    def pending(self) -> bool | None:
        """Whether settings wait to be applied; None where it is not shown."""

    @property
    def last_status_change(self) -> float | None:
        """When its status changed (epoch seconds), if that is shown."""


@dataclasses.dataclass(frozen=True)
class Shown:
    """What one device shows: its record, its uptime (seconds), and how many commands its log has of the last 30 days.

    ``log_problem`` and ``uptime_problem`` say why the log or the uptime cannot be read.
    """

    name: str
    up: bool | None = None
    pending: bool | None = None
    last_status_change: float | None = None
    uptime: float | None = None
    commands: int = 0
    log_problem: str = ""
    uptime_problem: str = ""


@dataclasses.dataclass(frozen=True)
class Proof:
    """Whether an operation can be proven here: what was found, what that means for a window, and the cure."""

    operation: str
    verdict: Verdict
    found: str
    meaning: str
    cure: str = ""

    @property
    def sentence(self) -> str:
        """Return it as sentences that begin with the operation."""
        return f"{self.operation}: {self.found} {self.meaning} {self.cure}".strip()


Item = t.TypeVar("Item")


def spread(rows: t.Sequence[Item], size: int) -> list[Item]:
    """Return so many of the rows, evenly spread over all of them. Pure."""
    if size >= len(rows):
        return list(rows)
    return [rows[number * len(rows) // size] for number in range(size)]


def look(zequenze: Zequenze, rows: t.Sequence[Listed], clock: Clock, *, uptimes: bool) -> list[Shown]:
    """Return what each of these devices shows, with a call for its log and, with ``uptimes``, one for its uptime.

    Never raises MaintenanceError: what cannot be read is part of the answer.
    """

    def one(row: Listed) -> Shown:
        shown = Shown(row.name, row.up, row.pending, row.last_status_change)
        try:
            log = zequenze.log_page(row.id, clock.now() - QUEUE_LOOK_BACK)
            shown = dataclasses.replace(shown, commands=sum(map(is_command, log)))
        except MaintenanceError as error:
            shown = dataclasses.replace(shown, log_problem=str(error))
        if not uptimes:
            return shown
        try:
            uptime = zequenze.uptime(row.name)
        except MaintenanceError as error:
            return dataclasses.replace(shown, uptime_problem=str(error))
        return dataclasses.replace(shown, uptime=None if uptime is None else uptime.seconds)

    return for_each(rows, one, len(rows))


def log_proof(seen: t.Sequence[Shown]) -> str:
    """Return why the device log cannot be read, empty when it can. Pure."""
    problems = dict.fromkeys(each.log_problem for each in seen if each.log_problem)
    return " ".join(problems)


def proofs(operations: t.Sequence[str], seen: t.Sequence[Shown]) -> list[Proof]:
    """Return for each operation whether it can be proven, from what a sample of the devices shows. Pure."""
    return [_proof(operation, seen) for operation in operations]


def _proof(operation: str, seen: t.Sequence[Shown]) -> Proof:
    if not seen:
        return Proof(operation, LIMITS, "There is no device to look at.", "Nothing is known about its proof.")
    unread = [each for each in seen if each.log_problem]
    if unread:
        verdict: Verdict = WILL_NOT if len(unread) == len(seen) else LIMITS
        some = "" if verdict == WILL_NOT else f" (for {len(unread)} of {len(seen)} devices)"
        return Proof(
            operation,
            verdict,
            f"The device log cannot be read{some}: {log_proof(seen)}",
            f"A window refuses every {operation} there, after it has locked the device.",
            LOG_RIGHT,
        )
    return _restart(operation, seen) if operation in RESTARTS else _settings(operation, seen)


def _restart(operation: str, seen: t.Sequence[Shown]) -> Proof:
    shown = sum(each.uptime is not None for each in seen)
    if shown == len(seen):
        return Proof(
            operation, WORKS, f"Uptime: {shown} of {len(seen)} devices.", "An uptime that starts again proves it."
        )
    cure = (
        "Add Device.DeviceInfo.UpTime (TR-181) or InternetGatewayDevice.DeviceInfo.UpTime (TR-098) to the profile of "
        "the devices in Zequenze Control."
    )
    problem = next((each.uptime_problem for each in seen if each.uptime_problem), "")
    found = f"Uptime: {shown} of {len(seen)} devices. {problem}".strip()
    if any(each.commands for each in seen):
        meaning = "Without an uptime, an applied entry in the device log proves it; the log shows commands here."
    elif any(each.up is not None for each in seen):
        found += " The device log shows no command of the last 30 days."
        meaning = (
            "Without an uptime, it is proven only where the device is seen down and up again. One that is back before "
            "the next look ends as unknown."
        )
    else:
        found += " No device shows its status, and the device log no command of the last 30 days."
        meaning = "Unless the log shows it, it ends as unknown."
    return Proof(operation, LIMITS, found, meaning, cure)


def _settings(operation: str, seen: t.Sequence[Shown]) -> Proof:
    commands = sum(each.commands for each in seen)
    if commands:
        return Proof(
            operation,
            WORKS,
            f"Device log: {commands} commands of {len(seen)} devices.",
            "An applied entry in the device log proves it.",
        )
    found = "The device log can be read and shows no command of the last 30 days."
    waits = sum(each.pending is True for each in seen)
    if all(each.pending is None for each in seen):
        meaning = (
            f"The devices show no pending settings either. Unless the log shows the {operation}, it ends as unknown."
        )
    else:
        meaning = (
            f"Pending settings that are applied prove it ({waits} of {len(seen)} devices have any now). Where nothing "
            f"is pending and the log does not show the {operation}, it ends as unknown."
        )
    cure = f"Run one {operation} on a device of a laboratory first: its report shows which proof there was."
    if operation == "sync":
        cure += " A window goes on after an unproven sync with window_unproven_sync: go_on."
    return Proof(operation, LIMITS, found, meaning, cure)
