# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gates of a window go by, read from the option ``gates``, and what a shut gate says."""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import (
    Window,
    read_instant,
    read_window,
)


@dataclasses.dataclass(frozen=True)
class Shut:
    """A gate that is shut, by name, and why, as the second half of a sentence.

    ``may_open`` tells that it is worth waiting for, ``until`` (epoch seconds) that it opens by itself then. ``planned``
    tells that the window's own rules keep the device back, and nothing is wrong.
    """

    gate: str
    reason: str
    may_open: bool = False
    until: float | None = None
    planned: bool = False

    @property
    def message(self) -> str:
        """Say that and why nothing was started."""
        return f"not started: {self.reason}"


@dataclasses.dataclass(frozen=True)
class Rules:
    """What the gates of a window go by; durations are seconds.

    ``expected`` is how long a device takes, ``protected`` why it must be left alone, ``canaries`` are the devices (by
    the names they are locked under) that must have been through ``operations`` before, and ``previous`` are those of
    the batch before, which ended at least ``soak`` ago. A gate that may open is waited for as long as ``timeout``,
    looking every ``interval``. ``at`` (epoch seconds) is what check mode takes for now.
    """

    window: Window | None = None
    at: float | None = None
    expected: float = 0.0
    protected: str | None = None
    canaries: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    soak: float = 0.0
    live_sessions: t.Literal["wait", "skip", "ignore"] = "ignore"
    pam_names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    timeout: float = 0.0
    interval: float = 5.0


def read_rules(given: t.Mapping[str, t.Any] | None, names: t.Sequence[str]) -> Rules:
    """Read the option ``gates`` for a task on these devices. Raises BadInput."""
    if given is None:
        return Rules()
    for option in ("expected_duration", "soak", "timeout", "interval"):
        if not 0 <= given[option] < math.inf:
            raise BadInput(f"gates.{option} must be a number of seconds, 0 or more.")
    pam_names = given["pam_name"] or list(names)
    if len(pam_names) != len(names):
        raise BadInput(f"gates.pam_name has {len(pam_names)} entries for {len(names)} devices; give one for each.")
    return Rules(
        window=None if given["window"] is None else read_window(given["window"]),
        at=read_instant(given["at"], "at") if given["at"] else None,
        expected=given["expected_duration"],
        protected=given["protected"] or None,
        canaries=tuple(given["canaries"] or ()),
        previous=tuple(given["previous"] or ()),
        operations=tuple(given["operations"] or ()),
        soak=given["soak"],
        live_sessions=given["live_sessions"],
        pam_names=dict(zip(names, pam_names, strict=True)),
        timeout=given["timeout"],
        interval=max(0.05, given["interval"]),
    )
