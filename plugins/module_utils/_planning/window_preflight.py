# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_preflight: everything that would stop a window is found before its first lock, and said at once.

Only what a system itself says, and its documentation gives a meaning, is a problem. Where nothing is known, as about a
permission that no answer denies, that is said as a remark and stops nobody.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    JournalError,
    MaintenanceError,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import open_existing
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.identity import not_one_to_one
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.survey import survey
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import (
    ALWAYS,
    SYSTEMS,
    Doors,
    open_doors,
    systems_asked,
    systems_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import (
    TITLES,
    Identity,
    Known,
    identify,
    read_targets,
    targets_options,
)

# One device may be refused because somebody else holds it; that several are is about the account.
MOST_PROBED = 3


# More than this is more than a person reads; the rest is in the result.
MOST_SAID = 40


Permission = t.Literal["allowed", "refused", "unknown", "not asked"]


def window_preflight_spec() -> Spec:
    """Give the options of window_preflight."""
    shared = systems_options() + journal_options() + Spec(targets_options())
    return shared + Spec(
        {
            "max_targets": {"type": "int"},
            "max_clock_skew": {"type": "float", "default": 30.0},
            "writes": {"type": "list", "elements": "str", "choices": list(SYSTEMS), "default": list(ALWAYS)},
            "listed_in": {"type": "list", "elements": "str", "choices": list(SYSTEMS)},
        }
    )


def run_window_preflight(task: Task) -> Result:
    """Look whether a window can be carried out. Gives what was found; fails with every problem in one message."""
    doors = open_doors(task.params, task.store, task.clock)
    try:
        return inspect(task, doors)
    finally:
        doors.close()


def inspect(task: Task, doors: Doors) -> Result:
    """Do the work of :func:`run_window_preflight` through given doors. Raises BadInput for options that cannot be."""
    params = task.params
    targets = read_targets(params["devices"])
    limit, most = params["max_clock_skew"], params["max_targets"]
    if not 0 <= limit < math.inf:
        raise BadInput("max_clock_skew must be a number of seconds, 0 or more.")
    problems, remarks = _journal(task)
    if most is not None and len(targets) > most:
        problems.append(f"The selection holds {len(targets)} devices, more than max_targets ({most}).")
    seen = survey(doors)
    problems += seen.failures.values()
    expected = SYSTEMS if params["listed_in"] is None else params["listed_in"]
    lists = {system: rows for system, rows in seen.lists.items() if system in expected}
    # A device that the window leaves alone need not be known anywhere.
    identities = identify([target for target in targets if target.excluded is None], lists)
    wrong, remarkable = not_one_to_one(identities, lists)
    problems += wrong
    remarks += remarkable
    systems = {}
    for system in systems_asked(params):
        permission: Permission = "not asked"
        if system in params["writes"] and system in seen.lists and not task.check_mode:
            permission, problem = _permission(system, doors, identities)
            problems += [problem] if problem else []
            if permission == "unknown":
                remarks.append(f"{TITLES[system]} does not say beforehand whether these credentials may write.")
        ahead = doors.ahead(system)
        if ahead is not None and abs(ahead) > limit:
            problems.append(_skewed(system, ahead, limit))
        elif ahead is None and system in seen.lists:
            remarks.append(f"{TITLES[system]} does not show its clock (no Date header).")
        systems[system] = {"reached": system in seen.lists, "clock_ahead": ahead, "writes": permission}
    return _result(identities, systems, problems, remarks)


def _journal(task: Task) -> tuple[list[str], list[str]]:
    """Write to the journal as an operation would; in check mode only look at it. Gives problems and remarks."""
    place = task.params["journal"]
    try:
        if task.check_mode:
            journal = open_existing(place, task.clock)
            if journal is None:
                return [], ["There is no journal yet; whether one can be written is not tried in check mode."]
            journal.close()
            return [], []
        with Journal.open(place, task.clock, task.run) as journal:
            journal.remember("last preflight", str(iso(task.clock.now())))
    except JournalError as error:
        return [str(error)], []
    return [], []


def _permission(system: str, doors: Doors, identities: t.Sequence[Identity]) -> tuple[Permission, str]:
    """Ask whether the credentials may write, with requests that change nothing. Gives the answer and the problem."""
    known = [row for row in (identity.one(system) for identity in identities) if row is not None]
    probed = {"zequenze": known[:1], "oracle_sdm": known[:MOST_PROBED], "senhasegura": [Known("", "")]}
    answer: bool | None = None
    for row in probed[system]:
        try:
            answer = _may_write(doors, system, row)
        except MaintenanceError as error:
            return "unknown", str(error)
        if answer is not False:
            break
    if answer is False:
        return "refused", f"{TITLES[system]} refuses these credentials the right to write; check what they may do."
    return ("allowed", "") if answer else ("unknown", "")


def _may_write(doors: Doors, system: str, row: Known) -> bool | None:
    """Ask a system with a request about a device; PAM Core is asked without one."""
    if system == "zequenze" and doors.zequenze is not None:
        return doors.zequenze.may_operate(row.name)
    if system == "oracle_sdm" and doors.oracle_sdm is not None:
        return doors.oracle_sdm.may_act(row.id)
    return None if doors.senhasegura is None else doors.senhasegura.may_write()


def _skewed(system: str, ahead: float, limit: float) -> str:
    direction = "ahead of" if ahead > 0 else "behind"
    return (
        f"The clock of {TITLES[system]} is at least {abs(ahead):.0f} s {direction} this controller's, more than "
        f"max_clock_skew ({limit:g} s); set both by NTP."
    )


def _result(
    identities: t.Sequence[Identity],
    systems: dict[str, dict[str, t.Any]],
    problems: list[str],
    remarks: list[str],
) -> Result:
    result: Result = {
        "changed": False,
        "systems": systems,
        "problems": problems,
        "remarks": remarks,
        "devices": [
            {
                "name": identity.target.name,
                **{system: [_plain(row) for row in rows] for system, rows in identity.found.items()},
            }
            for identity in identities
        ],
    }
    if problems:
        said = problems[:MOST_SAID]
        said += [f"and {len(problems) - MOST_SAID} more, see problems"] if len(problems) > MOST_SAID else []
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        result |= {
            "failed": True,
            "kind": "preflight",
            "msg": f"The window cannot be carried out, nothing was locked or sent. {count}: " + " | ".join(said),
        }
    return result


def _plain(row: t.Any) -> dict[str, t.Any]:
    return {"id": row.id, "name": row.name, "ip": row.ip, "serial": row.serial}
