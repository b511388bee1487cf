# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knobs: every unknown of docs/apis is a named switch with a default and a reason.

A system declares its knobs in a module-level tuple ``KNOBS``. Names carry the system's name in front
(``zequenze.response_shape``), so one table serves all of them.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Value: t.TypeAlias = str | int | float | bool


class KnobError(ValueError):
    """An unknown knob or a value it does not take; the text is one sentence fit for a 400 answer."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One switch.

    ``allowed`` is the tuple of values it takes, or one of the types ``float``, ``int`` (both: not below zero unless
    ``negative``), ``bool`` or ``str`` for a free value. ``reason`` says in one line which ambiguity it stands for.
    """

    name: str
    default: Value
    allowed: tuple[Value, ...] | type[float] | type[int] | type[bool] | type[str]
    reason: str
    negative: bool = False

    def read(self, raw: object) -> Value:
        """The value meant by ``raw`` (JSON, or text from the command line); raises KnobError when it means none."""
        text = str(raw).strip()
        if isinstance(self.allowed, tuple):
            for value in self.allowed:
                if (type(raw) is type(value) and raw == value) or text.lower() == str(value).lower():
                    return value
        elif self.allowed is bool:
            if text.lower() in {"true", "yes", "on", "1"}:
                return True
            if text.lower() in {"false", "no", "off", "0"}:
                return False
        elif self.allowed is str:
            return str(raw)
        else:
            return self._number(raw, text)
        raise KnobError(f"Knob {self.name} takes {self.choices()}, not {raw!r}.")

    def _number(self, raw: object, text: str) -> Value:
        kind = t.cast("type[float] | type[int]", self.allowed)
        try:
            value = kind(text)
        except ValueError:
            raise KnobError(f"Knob {self.name} takes {self.choices()}, not {raw!r}.") from None
        finite = value == value and abs(value) != float("inf")
        if not finite or (value < 0 and not self.negative):
            raise KnobError(f"Knob {self.name} takes {self.choices()}, not {raw!r}.")
        return value

    def choices(self) -> str:
        """The allowed values, for people."""
        if isinstance(self.allowed, tuple):
            return "one of " + ", ".join(str(value) for value in self.allowed)
        names = {float: "a number", int: "a whole number", bool: "true or false", str: "any text"}
        return names[self.allowed] + ("" if self.negative or self.allowed in {bool, str} else " from 0 up")


class Knobs:
    """The table of declared knobs and their present values: ``knobs["zequenze.response_shape"]``."""

    def __init__(self) -> None:
        self._declared: dict[str, Knob] = {}
        self._values: dict[str, Value] = {}
        self._start: dict[str, Value] = {}

    def declare(self, knobs: t.Iterable[Knob]) -> None:
        """Add knobs, each at its default; raises KnobError when a name is taken."""
        for knob in knobs:
            if knob.name in self._declared:
                raise KnobError(f"Knob {knob.name} is declared twice.")
            self._declared[knob.name] = knob
            self._values[knob.name] = knob.default

    def knob(self, name: str) -> Knob:
        """The declaration of one knob; raises KnobError when there is none."""
        if name not in self._declared:
            raise KnobError(f"There is no knob {name!r}; GET /_sim/knobs lists them.")
        return self._declared[name]

    def __contains__(self, name: object) -> bool:
        return name in self._declared

    def __getitem__(self, name: str) -> t.Any:
        """The present value; Any, because each knob has its own type."""
        try:
            return self._values[name]
        except KeyError:
            self.knob(name)
            raise

    def set(self, changes: t.Mapping[str, object], *, at_start: bool = False) -> None:
        """Change several knobs at once: all of them or, with KnobError, none.

        ``at_start`` makes the values survive :meth:`restore` (they came with the command line).
        """
        read = {name: self.knob(name).read(raw) for name, raw in changes.items()}
        self._values.update(read)
        if at_start:
            self._start.update(read)

    def restore(self) -> None:
        """Back to the defaults and what was given at the start."""
        self._values = {name: knob.default for name, knob in self._declared.items()} | self._start

    def shown(self) -> dict[str, dict[str, object]]:
        """For GET /_sim/knobs: value, default, allowed values and reason of each knob."""
        return {
            name: {
                "value": self._values[name],
                "default": knob.default,
                "allowed": list(knob.allowed) if isinstance(knob.allowed, tuple) else knob.choices(),
                "reason": knob.reason,
            }
            for name, knob in sorted(self._declared.items())
        }
