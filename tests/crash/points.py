# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a window can break: every wire phase of every request of an undisturbed run, and around every journal write."""

from __future__ import annotations

import dataclasses
import typing as t

from tests.crash.hooks import MARK
from tests.crash.steps import STEP_NAMES, JournalPoint
from tests.simulators.ledger import PHASES

SHORT = {phase: f"P{number}" for number, phase in enumerate(PHASES)}
MOMENTS: tuple[t.Literal["before_write", "before_commit", "after_commit"], ...] = (
    "before_write",
    "before_commit",
    "after_commit",
)


class Process(t.NamedTuple):
    """Who sent a request: the run, its window, and the step."""

    run: str
    window_id: str
    step: str


@dataclasses.dataclass(frozen=True)
class WirePoint:
    """The ``nth`` request with this method and path of a run, at one of its phases; ``what`` names it for people."""

    step: str
    what: str
    nth_in_step: int
    system: str
    method: str
    path: str
    nth: int
    phase: str
    writes: bool

    @property
    def row(self) -> str:
        """The row of the matrix it belongs to."""
        return f"{self.step}: {self.what}" + (f" #{self.nth_in_step}" if self.nth_in_step > 1 else "")

    @property
    def column(self) -> str:
        """Its place in the row."""
        return SHORT[self.phase]


@dataclasses.dataclass(frozen=True)
class WritePoint:
    """A place around a journal write; ``what`` names the rows it writes."""

    at: JournalPoint
    what: str

    @property
    def row(self) -> str:
        """The row of the matrix it belongs to."""
        return f"{self.at.step}: journal write {self.at.nth} ({self.what})"

    @property
    def column(self) -> str:
        """Its place in the row."""
        return self.at.when


@dataclasses.dataclass(frozen=True)
class AnyPoint:
    """The ``nth`` request that fits, at a phase: for runs whose requests are not known before.

    ``path`` is a regular expression, searched; a method of None and an empty path fit every request.
    """

    nth: int
    phase: str
    method: str | None = None
    path: str = ""

    @property
    def row(self) -> str:
        """The row of the matrix it belongs to."""
        return f"request {self.nth} ({self.method or 'any'} {self.path or 'anywhere'})"

    @property
    def column(self) -> str:
        """Its place in the row."""
        return SHORT[self.phase]


Point = WirePoint | WritePoint | AnyPoint


def process_of(request: t.Mapping[str, t.Any]) -> Process | None:
    """Return who sent a recorded request, by its mark; None when it was nobody of the bench."""
    words = str(request["headers"].get("User-Agent", "")).split()
    return Process(*words[1:4]) if len(words) == 4 and words[0] == MARK else None


def named(request: t.Mapping[str, t.Any]) -> str:
    """Return a request a short name that is the same for the fast driver and for Ansible."""
    body, path = str(request["body"]), str(request["path"]).rstrip("/")
    if path.endswith("/action"):
        return "Unlock" if "Unlock" in body else "Lock"
    if request["method"] == "OPTIONS":
        return "OPTIONS operation"
    if "_operation/" in path:
        # A request that broke off has no body: then its sender says what it was to be.
        sender = process_of(request)
        body = body or f'"{sender.step if sender else ""}"'
        return "PUT " + next((word for word in ("reboot", "sync") if f'"{word}"' in body), "operation")
    for part, name in (
        ("/inventory_device_log", "log"),
        ("/inventory_device_name_variables", "variables"),
        ("/inventory_device_name/", "device"),
    ):
        if part in path:
            return f"{request['method']} {name}"
    return f"{request['method']} {path.rsplit('/', 1)[-1]}"


def is_writing(request: t.Mapping[str, t.Any]) -> bool:
    """Whether a request changes anything: its verb says so."""
    return request["method"] not in ("GET", "OPTIONS")


def wire_points(requests: t.Sequence[t.Mapping[str, t.Any]]) -> list[WirePoint]:
    """Return every wire phase of every request of an undisturbed run, in order."""
    points: list[WirePoint] = []
    by_path: dict[tuple[str, str], int] = {}
    by_name: dict[tuple[str, str], int] = {}
    for request in requests:
        sender = process_of(request)
        step, what = sender.step if sender else "", named(request)
        key, name = (request["method"], request["path"]), (step, what)
        by_path[key] = by_path.get(key, 0) + 1
        by_name[name] = by_name.get(name, 0) + 1
        points += [
            WirePoint(
                step=step,
                what=what,
                nth_in_step=by_name[name],
                system=request["system"],
                method=request["method"],
                path=request["path"],
                nth=by_path[key],
                phase=phase,
                writes=is_writing(request),
            )
            for phase in PHASES
        ]
    return points


def write_points(commits: t.Sequence[t.Mapping[str, t.Any]]) -> list[WritePoint]:
    """Return the places before, in and behind every journal write of an undisturbed run, in order."""
    return [
        WritePoint(JournalPoint(commit["step"], commit["nth"], moment), _tables(commit["writes"]))
        for commit in sorted(commits, key=lambda commit: (STEP_NAMES.index(commit["step"]), commit["nth"]))
        for moment in MOMENTS
    ]


def _tables(writes: t.Sequence[str]) -> str:
    if any(write.startswith("CREATE") for write in writes):
        return "new journal"
    short = (write.replace(" INTO", "").replace(" FROM", "").replace(" SET", "").lower() for write in writes)
    return ", ".join(write for write in short if not write.endswith("events"))
