# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window's variables ask for: one mapping, as in a window file, read once and for all. Pure functions.

A value that cannot be understood is refused by the name of its variable. A blank one counts as left out only where that
takes nothing away: a limit, a time, a group, a task file or an approval that is blank is refused.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._alertmanager.rule import read_rule
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRules
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import Batch, read_batches
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.definition import (
    Window,
    read_instant,
    read_window,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.variables import (
    FLEET_CAP,
    is_blank,
    read_variables,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# The variables that say when a window is.
TIMES = (
    "window_id",
    "window_opens_at",
    "window_name",
    "window_schedule",
    "window_schedule_start",
    "window_timezone",
    "window_duration",
    "window_cutoff",
    "window_freeze",
    "window_directory",
)

# Task files of the user, whose content is part of what is agreed.
HOOKS = (
    "window_before_window",
    "window_after_window",
    "window_before_device",
    "window_after_device",
    "window_check_device",
)

# A blank or null one of these would lift a limit, skip a check, or move the window, without a word.
_NEVER_BLANK = (
    "window_opens_at",
    "window_schedule_start",
    "window_timezone",
    "window_duration",
    "window_cutoff",
    "window_freeze",
    "window_operations",
    "window_batches",
    "window_soak",
    "window_expected_duration",
    *HOOKS,
    "window_max_in_flight",
    "window_max_failures",
    "window_max_targets",
    "window_max_resets",
    "window_max_unknown",
    "window_min_interval",
    "window_max_per_hour",
    "window_restart_interval",
    "window_exclusive_by",
    "window_require_partners",
    "window_order_by",
    "window_approval",
    "window_alerts",
    "window_two_people",
    "window_must_fit",
    "window_quarantine_after",
    FLEET_CAP,
)

_CURES = {
    "window_approval": " In AWX, start the workflow of the window: its plan gives the digest to the job of the window.",
}

_TEMPLATE = re.compile(r"\{\{|\{%")

_NOT_RENDERED = (
    "window_approval is a template that was not rendered. In AWX, set 'When can extra variables contain Jinja "
    "templates?' (ALLOW_JINJA_IN_EXTRA_VARS) to 'Only On Job Template Definitions'."
)

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

_LENGTH = re.compile(r"(\d{1,8}(?:\.\d{1,6})?)([smhd]?)", re.ASCII)

_COUNT = re.compile(r"(\d{1,6})(%?)", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Description:
    """A window as its variables describe it; counts may still be percentages, and depend on the selection."""

    given: t.Mapping[str, t.Any]
    window: Window
    definition: t.Mapping[str, t.Any]
    at: float | None
    operations: tuple[str, ...]
    batches: tuple[Batch, ...]
    expected_duration: float
    sdm_lock: bool
    skips_unknown: bool

    def count(self, variable: str, of: int | None, least: int, otherwise: int | None = None) -> int | None:
        """Return a count, a percentage as its share of ``of`` devices, rounded down. Raises BadInput."""
        value = self.given.get(variable)
        if value is None:
            return otherwise
        match = _COUNT.fullmatch(str(int(value) if isinstance(value, float) and value.is_integer() else value).strip())
        if isinstance(value, bool) or match is None or int(match[1]) < least or (match[2] and int(match[1]) > 100):
            raise BadInput(
                f"{variable} is {shown(str(value))} and must be a number of devices, {least} or more, or a percentage "
                "such as 5%."
            )
        if not match[2]:
            return int(match[1])
        if of is None:
            raise BadInput(f"{variable} is {match[0]}, a percentage, and the size of the inventory is not known here.")
        return max(least, int(match[1]) * of // 100)

    def rules(self, selected: int, fleet: int | None) -> WindowRules:
        """Return the rules for a selection of so many devices from an inventory of ``fleet``. Raises BadInput."""
        seconds, usual = self.seconds, WindowRules()
        interval = seconds("window_wait_interval", usual.wait_interval)
        if not interval:
            raise BadInput("window_wait_interval must be more than 0 seconds.")
        lease = seconds("window_lease", usual.lease)
        if not lease:
            raise BadInput("window_lease must be more than 0 seconds.")
        return WindowRules(
            max_in_flight=self.count("window_max_in_flight", selected, 1),
            max_failures=self.count("window_max_failures", selected, 0),
            max_targets=self.count("window_max_targets", fleet, 1),
            fleet_max_in_flight=self.count(FLEET_CAP, fleet, 1),
            max_per_hour=self.given.get("window_max_per_hour"),
            restart_interval=seconds("window_restart_interval", 0.0),
            min_interval=seconds("window_min_interval", 0.0),
            soak=seconds("window_soak", usual.soak),
            hold=seconds("window_hold", usual.hold),
            live_sessions=self.given.get("window_live_sessions", "wait"),
            gate_timeout=seconds("window_gate_timeout", usual.gate_timeout),
            wait_timeout=seconds("window_wait_timeout", usual.wait_timeout),
            wait_interval=interval,
            conflict_timeout=seconds("window_conflict_timeout", usual.conflict_timeout),
            lock_wait_timeout=seconds("window_lock_timeout", usual.lock_wait_timeout),
            unlock_wait_timeout=seconds("window_unlock_timeout", usual.unlock_wait_timeout),
            lease=lease,
            queued=self.given.get("window_queued", usual.queued),
            alerts=read_rule(self.given.get("window_alerts")),
            two_people=bool(self.given.get("window_two_people", usual.two_people)),
            after_change=self.given.get("window_after_change", usual.after_change),
            must_fit=bool(self.given.get("window_must_fit", usual.must_fit)),
            quarantine_after=self.count("window_quarantine_after", None, 1),
            unproven_sync=self.given.get("window_unproven_sync", usual.unproven_sync),
            require_partners=bool(self.given.get("window_require_partners", usual.require_partners)),
        )

    def seconds(self, variable: str, otherwise: float) -> float:
        """Return a length of time in seconds. Raises BadInput."""
        return read_seconds(self.given.get(variable), variable, otherwise)


def read_seconds(value: object, variable: str, otherwise: float) -> float:
    """Return seconds, written as a number or as 90s, 10m, 2h or 1d. Raises BadInput."""
    if value is None or value == "":
        return otherwise
    match = _LENGTH.fullmatch(str(value).strip())
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or match is None:
        raise BadInput(f"{variable} is {shown(str(value))} and must be a number of seconds, or a length such as 10m.")
    seconds = float(match[1]) * _UNITS[match[2]]
    if not math.isfinite(seconds):
        raise BadInput(f"{variable} is {shown(str(value))} and must be a number of seconds.")
    return seconds


class BadDescription(BadInput):
    """Variables that cannot be understood; ``problems`` has a sentence for each."""

    def __init__(self, problems: t.Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


def read_description(variables: object) -> Description:
    """Read the variables of a window. Raises BadDescription, naming each variable, for whatever is wrong."""
    if not isinstance(variables, t.Mapping):
        raise BadDescription(["window must be a mapping with the keys of a window file, such as window_operations."])
    try:
        given, problems = read_variables(variables)
    except OSError as error:
        raise BadDescription([f"The description of the variables cannot be read: {error}."]) from error
    if problems:
        _say_more_exactly(variables, problems)
    blank = [name for name in _NEVER_BLANK if name in variables and is_blank(variables[name])]
    wrong = [f"{name} is blank. Give a value, or leave it out.{_CURES.get(name, '')}" for name in blank]
    approval = variables.get("window_approval")
    if "window_approval" in problems and isinstance(approval, str) and _TEMPLATE.search(approval):
        problems["window_approval"] = _NOT_RENDERED
    if problems or wrong:
        raise BadDescription([*problems.values(), *wrong])
    fleet = variables.get(FLEET_CAP)
    if not is_blank(fleet):
        given[FLEET_CAP] = fleet
    try:
        return Description(
            given=given,
            window=read_window(given),
            definition={key: _json_like(given[key]) for key in TIMES if key in given},
            at=read_instant(given["window_at"], "window_at") if "window_at" in given else None,
            operations=tuple(given.get("window_operations", ("sync", "reboot"))),
            batches=read_batches(given.get("window_batches", ["100%"])),
            expected_duration=read_seconds(given.get("window_expected_duration"), "window_expected_duration", 0.0),
            sdm_lock=given.get("window_lock") != "none",
            skips_unknown=given.get("window_unknown") == "skip",
        )
    except BadInput as error:
        raise BadDescription([str(error)]) from error


def _say_more_exactly(variables: t.Mapping[t.Any, t.Any], problems: dict[str, str]) -> None:
    """Say of a time of the window which part of it is wrong, where there is one."""
    try:
        read_window(variables)
    except BadInput as error:
        name = str(error).partition(" ")[0]
        if name in variables:
            problems[name] = str(error)


def _json_like(value: t.Any) -> t.Any:
    """Return a date that YAML has read by itself as the text that stood there."""
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return list(map(str, value)) if isinstance(value, (list, tuple)) else value
