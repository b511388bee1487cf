# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Armed faults and signals: which request, at which wire phase, is spoiled how. ``wire`` carries it out."""

from __future__ import annotations

import base64
import itertools
import re
import signal
import typing as t
from dataclasses import asdict, dataclass, field

from tests.simulators.ledger import PHASES

DEEDS = frozenset({"reset", "stall"})
"""Kinds that do something to the connection at their phase."""

ANSWERS = frozenset(
    {"drip", "drip_headers", "truncate", "endless", "wrong_length", "status", "body", "redirect", "bomb", "raw"}
)
"""Kinds that spoil the answer. Armed before the effect the handler never runs; after it the real answer is spoiled."""

SIGNALS = ("KILL", "TERM", "INT", "HUP", "STOP", "CONT")
AFTERWARDS = ("answer", "stall", "reset")


class FaultError(ValueError):
    """A fault or signal that cannot be armed; the text is one sentence fit for a 400 answer."""


@dataclass(slots=True)
class Target:
    """Which requests are meant: unset fields match all; ``path`` is searched in the path as received, still encoded."""

    system: str | None = None
    method: str | None = None
    path: str = ""
    phase: str = "after_effect"

    def check(self) -> None:
        """Raise FaultError unless the phase and the pattern are sound."""
        if self.phase not in PHASES:
            raise FaultError(f"There is no phase {self.phase!r}: it is one of {', '.join(PHASES)}.")
        try:
            re.compile(self.path)
        except (re.error, TypeError) as error:
            raise FaultError(f"The path {self.path!r} is no regular expression: {error}.") from None

    def matches(self, system: str, method: str, path: str) -> bool:
        """Whether a request is meant."""
        return (
            self.system in {None, system}
            and (self.method is None or self.method.upper() == method)
            and re.search(self.path, path) is not None
        )


@dataclass(slots=True)
class Fault(Target):
    """One armed fault. ``times`` None means until cleared; the first ``after`` matching requests are spared.

    Parameters of the kinds: ``seconds`` (stall: None holds until the client leaves; drip: pause between pieces),
    ``status``, ``headers``, ``body`` or ``body_base64``, ``content_type``, ``location`` (redirect), ``length`` (the
    Content-Length of wrong_length), ``size`` (where truncate cuts; decoded size of a bomb; cap of endless), ``layers``
    (of a bomb), ``chunk`` (bytes per piece of a drip).
    """

    kind: str = "reset"
    times: int | None = 1
    after: int = 0
    seconds: float | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    body_base64: str | None = None
    content_type: str | None = None
    location: str | None = None
    length: int | None = None
    size: int | None = None
    layers: int = 1
    chunk: int = 1
    seen: int = 0
    used: int = 0

    def check(self) -> None:
        """Raise FaultError unless kind, phase and parameters go together."""
        Target.check(self)
        if self.kind not in DEEDS | ANSWERS:
            raise FaultError(f"There is no kind {self.kind!r}: it is one of {', '.join(sorted(DEEDS | ANSWERS))}.")
        if self.kind in ANSWERS and self.phase in {"before_accept", "after_answer"}:
            raise FaultError(f"At {self.phase} there is no answer that {self.kind} could spoil.")
        if self.kind == "redirect" and not self.location:
            raise FaultError("A redirect needs a location.")
        if self.kind == "raw" and self.payload() is None:
            raise FaultError("A raw answer needs a body: the exact bytes, status line and all.")

    def payload(self) -> bytes | None:
        """The body given with the fault as bytes, or None."""
        if self.body_base64 is not None:
            try:
                return base64.b64decode(self.body_base64, validate=True)
            except ValueError:
                raise FaultError("body_base64 is not base64.") from None
        return None if self.body is None else self.body.encode("utf-8")

    def take(self) -> bool:
        """Count one matching request; whether the fault strikes it."""
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.used >= self.times):
            return False
        self.used += 1
        return True


@dataclass(slots=True)
class Signal(Target):
    """One armed signal: sent to ``pid`` at the ``nth`` match.

    With ``group`` it is sent to the process group of that number, with ``children`` to the process's children instead.
    """

    pid: int = 0
    signal: str = "KILL"
    group: bool = False
    children: bool = False
    nth: int = 1
    then: str = "answer"
    seen: int = 0
    sent: bool = False
    error: str | None = None

    def check(self) -> None:
        """Raise FaultError unless the signal, the process and what comes then are sound."""
        Target.check(self)
        if self.signal not in SIGNALS:
            raise FaultError(f"There is no signal {self.signal!r} here: it is one of {', '.join(SIGNALS)}.")
        if self.then not in AFTERWARDS:
            raise FaultError(f"{self.then!r} cannot come then: it is one of {', '.join(AFTERWARDS)}.")
        if self.pid <= 1:
            raise FaultError("A signal needs the pid of a process (or group) above 1.")
        if self.group and self.children:
            raise FaultError("A signal goes to a group or to the children of a process, not to both.")

    def take(self) -> bool:
        """Count one matching request; whether it is the one."""
        self.seen += 1
        return self.seen == self.nth

    @property
    def number(self) -> int:
        """The signal's number for os.kill."""
        return int(signal.Signals[f"SIG{self.signal}"])


@dataclass(slots=True)
class Plan:
    """What strikes one request, by phase."""

    faults: list[Fault]
    signals: list[Signal]

    def deeds(self, phase: str) -> list[Fault]:
        """The resets and stalls of one phase."""
        return [fault for fault in self.faults if fault.phase == phase and fault.kind in DEEDS]

    def answer(self, *phases: str) -> Fault | None:
        """The first fault of these phases that spoils the answer."""
        return next((fault for fault in self.faults if fault.phase in phases and fault.kind in ANSWERS), None)

    def strikes(self, phase: str) -> bool:
        """Whether anything happens at this phase."""
        return any(item.phase == phase for item in (*self.faults, *self.signals))


NO_PLAN = Plan([], [])


class Faults:
    """All armed faults and signals."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Disarm everything."""
        self._faults: dict[int, Fault] = {}
        self._signals: dict[int, Signal] = {}
        self._numbers = itertools.count(1)

    def clear_faults(self) -> None:
        """Disarm the faults only."""
        self._faults = {}

    def clear_signals(self) -> None:
        """Disarm the signals only."""
        self._signals = {}

    def arm_fault(self, spec: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Arm one fault and give it with its number; raises FaultError."""
        number, fault = next(self._numbers), _built(Fault, spec)
        self._faults[number] = fault
        return {"number": number, **asdict(fault)}

    def arm_signal(self, spec: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Arm one signal and give it with its number; raises FaultError."""
        number, armed = next(self._numbers), _built(Signal, spec)
        self._signals[number] = armed
        return {"number": number, **asdict(armed)}

    def plan(self, system: str, method: str, path: str) -> Plan:
        """What strikes this request; counts it against every armed fault and signal it matches."""
        if not self._faults and not self._signals:
            return NO_PLAN
        faults = [f for f in self._faults.values() if f.matches(system, method, path) and f.take()]
        signals = [s for s in self._signals.values() if s.matches(system, method, path) and s.take()]
        return Plan(faults, signals)

    def shown_faults(self) -> list[dict[str, t.Any]]:
        """The armed faults, with how often each was seen and used."""
        return [{"number": number, **asdict(fault)} for number, fault in self._faults.items()]

    def shown_signals(self) -> list[dict[str, t.Any]]:
        """The armed signals, with whether each was sent."""
        return [{"number": number, **asdict(armed)} for number, armed in self._signals.items()]


Armed = t.TypeVar("Armed", Fault, Signal)
_COUNTERS = {"seen", "used", "sent", "error"}


def _built(kind: type[Armed], spec: t.Mapping[str, t.Any]) -> Armed:
    known = set(kind.__dataclass_fields__) - _COUNTERS
    unknown = sorted(set(spec) - known)
    if unknown:
        raise FaultError(f"Unknown field {unknown[0]!r}: the fields are {', '.join(sorted(known))}.")
    for name, hint in t.get_type_hints(kind).items():
        if name in spec and not _fits(spec[name], hint):
            raise FaultError(f"Field {name} cannot be {spec[name]!r}.")
    built = kind(**spec)
    built.check()
    return built


def _fits(value: object, hint: t.Any) -> bool:
    if t.get_origin(hint) is dict:
        return isinstance(value, dict) and all(isinstance(item, str) for pair in value.items() for item in pair)
    choices = t.get_args(hint) or (hint,)
    if float in choices:
        choices = (*choices, int)
    return type(value) in choices
