# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_preflight: everything that would stop a window is found before its first lock and said at once.

When nothing is wrong, what was agreed becomes the window's record in the journal.

Only what a system itself says, and its documentation gives a meaning, is a problem. Where nothing is known, as about a
permission that no answer denies, that is said as a remark and stops nobody.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    BadInput,
    JournalError,
    MaintenanceError,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.alerts import alerts_on
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import REHEARSED
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import memory
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.disks import network_file_system
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import file_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import (
    existing_journal_of,
    journal_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.queries import last_serials
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import (
    SAMPLE,
    WILL_NOT,
    WORKS,
    look,
    proofs,
    spread,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.agreement import problems_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approval import (
    digest_of,
    doubtful,
    to_approve,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approved_plans import approve
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.description import (
    BadDescription,
    Description,
    read_description,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.identity import not_one_to_one
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.preparation import (
    Agreed,
    Selection,
    agree_on,
    occurrence_at,
    read_selection,
    window_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.rollout import waves_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.survey import survey
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import (
    ALWAYS,
    SYSTEMS,
    Clients,
    connect_systems,
    systems_asked,
    systems_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import (
    Identity,
    Known,
    identify,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESTARTS

# More than this is more than a person reads; the rest is in the result.
MOST_SAID = 40

Permission = t.Literal["allowed", "refused", "unknown", "not asked"]


def window_preflight_spec() -> Spec:
    """Return the options of window_preflight."""
    shared = systems_options() + journal_options() + window_options()
    return shared + Spec(
        {
            "max_clock_skew": {"type": "float", "default": 30.0},
            "check_approval": {"type": "bool", "default": True},
            "writes": {"type": "list", "elements": "str", "choices": list(SYSTEMS), "default": list(ALWAYS)},
            "listed_in": {"type": "list", "elements": "str", "choices": list(SYSTEMS)},
        }
    )


def run_window_preflight(task: Task) -> Result:
    """Check whether a window can run, and record it. Returns what was found, or every problem in one message."""
    with connect_systems(task.params, task.store, task.clock) as clients:
        return inspect(task, clients)


def inspect(task: Task, clients: Clients) -> Result:
    """Do the work of :func:`run_window_preflight` with given clients. Raises BadInput for options that cannot be."""
    params = task.params
    problems, remarks = _journal(task)
    description = _description(params, problems)
    selection = read_selection(params, description)
    seen = survey(clients)
    problems += seen.failures.values()
    expected = SYSTEMS if params["listed_in"] is None else params["listed_in"]
    lists = {system: rows for system, rows in seen.lists.items() if system in expected}
    agreed = _agreed(task, description, selection, lists, problems)
    identities = agreed.identities if agreed else identify(selection.targets, lists)
    # A device that the window leaves alone need not be known anywhere.
    identities = [identity for identity in identities if identity.target.excluded is None]
    wrong, remarkable = not_one_to_one(identities, lists)
    problems += wrong
    remarks += remarkable
    replaced = _replaced(task, clients, identities)
    remarks += replaced
    for sentence in replaced:
        task.warn(sentence)
    systems = {}
    for system in systems_asked(params):
        permission: Permission = "not asked"
        if system in params["writes"] and system in seen.lists and not task.check_mode:
            permission, problem = _permission(system, clients, identities)
            problems += [problem] if problem else []
            if permission == "unknown":
                remarks.append(f"{TITLES[system]} does not say in advance whether these credentials may write.")
        ahead = clients.ahead(system)
        if ahead is not None and abs(ahead) > params["max_clock_skew"]:
            problems.append(_skewed(system, ahead, params["max_clock_skew"]))
        elif ahead is None and system in seen.lists:
            remarks.append(f"{TITLES[system]} does not show its clock (no Date header).")
        systems[system] = {"reached": system in seen.lists, "clock_ahead": ahead, "writes": permission}
    if agreed is not None:
        problems += _alerts(task, agreed)
    unproven = _unproven(task, clients, agreed, seen.lists, problems)
    window = _record(task, agreed, problems)
    return _result(identities, systems, problems, remarks) | {"unproven": unproven} | window


def _unproven(
    task: Task,
    clients: Clients,
    agreed: Agreed | None,
    lists: t.Mapping[str, t.Sequence[Known]],
    problems: list[str],
) -> list[str]:
    """Return what of the window's operations cannot be proven for sure, from a sample of its devices.

    A device log that cannot be read is a problem: each operation would be refused after its device was locked.
    """
    if agreed is None or clients.zequenze is None or "zequenze" not in lists:
        return []
    rows = [row for each in agreed.identities if each.target.excluded is None and (row := each.one("zequenze"))]
    operations = agreed.record.operations
    uptimes = any(operation in RESTARTS for operation in operations)
    found = (
        proofs(operations, look(clients.zequenze, spread(rows, SAMPLE), task.clock, uptimes=uptimes)) if rows else []
    )
    fatal = [proof for proof in found if proof.verdict == WILL_NOT]
    # The reason is the same for all of them.
    problems += [f"{fatal[0].found} {fatal[0].meaning} {fatal[0].cure}"] if fatal else []
    return [proof.sentence for proof in found if proof.verdict != WORKS]


def _replaced(task: Task, clients: Clients, identities: t.Sequence[Identity]) -> list[str]:
    """Say which devices are other units than the journal last knew under their names: worth knowing before a restart.

    A journal that cannot be read has been reported already.
    """
    if clients.zequenze is None:
        return []
    try:
        journal = existing_journal_of(task)
        if journal is None:
            return []
        with journal:
            known = last_serials(journal, clients.zequenze.server)
    except JournalError:
        return []
    found = []
    for identity in identities:
        row = identity.one("zequenze")
        serial, window = known.get(identity.target.zequenze_name, (None, None))
        if row is not None and serial and row.serial and serial != row.serial:
            when = f" of window {shown(window)}" if window else ""
            found.append(
                f"{shown(identity.target.name)} is another unit than at its last operation{when}: its serial number "
                f"was {shown(serial)} and is {shown(row.serial)}. Check that it was replaced on purpose."
            )
    return found


def _description(params: t.Mapping[str, t.Any], problems: list[str]) -> Description | None:
    """Return the window's description, None where there is no window or it cannot be understood."""
    if params["window"] is None:
        return None
    try:
        return read_description(params["window"])
    except BadDescription as error:
        problems += error.problems
        return None


def _agreed(
    task: Task,
    description: Description | None,
    selection: Selection,
    lists: t.Mapping[str, t.Sequence[Known]],
    problems: list[str],
) -> Agreed | None:
    """Return what the window is to be; None for a selection without a window, and one that is not on."""
    if description is None:
        return None
    try:
        occurrence = occurrence_at(description, task)
        if occurrence.id is None:
            return None
        agreed = agree_on(description, occurrence, selection, lists, task)
    except (BadInput, JournalError) as error:
        problems.append(str(error))
        return None
    problems += agreed.problems + problems_of(description, agreed.record)
    if task.params["check_approval"] and not doubtful(agreed.record):
        try:
            approval = approve(task, description.given, agreed.record)
        except MaintenanceError as error:
            problems.append(str(error))
        else:
            return dataclasses.replace(agreed, record=dataclasses.replace(agreed.record, approval=approval))
    return agreed


def _alerts(task: Task, agreed: Agreed) -> list[str]:
    """Say why the Alertmanager of the window cannot be asked: every device would wait for it in vain."""
    record = agreed.record
    try:
        for device in record.maintained[:1]:
            alerts_on(device, record, task.store, task.clock)
    except MaintenanceError as error:
        return [str(error)]
    return []


def _record(task: Task, agreed: Agreed | None, problems: list[str]) -> Result:
    """Write what was agreed to the journal when nothing is wrong. Returns what the tasks after this one need of it."""
    if agreed is None or problems or not task.params["check_approval"]:
        return {}
    record = agreed.record
    if task.check_mode:
        task.store.save(REHEARSED + record.window_id, record.to_json())
    else:
        try:
            with journal_of(task) as journal:
                who = {key: value for key, value in journal.sender.items() if isinstance(value, str)}
                record = Windows(journal).write(dataclasses.replace(record, started_by=who))
        except JournalError as error:
            problems.append(str(error))
            return {}
    return {
        "window_id": record.window_id,
        "digest": digest_of(to_approve(record)),
        "approved": bool(record.approval),
        "waves": waves_of(record),
    }


def _journal(task: Task) -> tuple[list[str], list[str]]:
    """Write to the journal as an operation would; in check mode only look at it. Returns problems and remarks."""
    try:
        if task.check_mode:
            journal = existing_journal_of(task)
            if journal is None:
                return [], ["There is no journal yet; whether one can be written is not tried in check mode."]
            with journal:
                gone_back = memory.gone_back(journal)
            return [gone_back] if gone_back else [], []
        with journal_of(task) as journal:
            gone_back = memory.gone_back(journal)
            if gone_back:
                return [gone_back], []
            journal.remember("last preflight", str(iso(task.clock.now())))
            memory.remember(journal)
        path = file_of(task.params["journal"] or default_path())
        kind = None if path is None else network_file_system(path)
        if kind is not None:
            return [], [
                f"The journal {path} is on a network file system ({kind}), whose locks may fail in the middle of a "
                "window. Move it to a local disk, or use PostgreSQL."
            ]
    except JournalError as error:
        return [str(error)], []
    return [], []


def _permission(system: str, clients: Clients, identities: t.Sequence[Identity]) -> tuple[Permission, str]:
    """Ask whether the credentials may write, with requests that change nothing. Return the answer and the problem.

    Oracle SDM has no such request: the first Lock of the canary tells.
    """
    answer: bool | None = None
    try:
        if system == "zequenze" and clients.zequenze is not None:
            known = next((row for identity in identities if (row := identity.one(system)) is not None), None)
            answer = None if known is None else clients.zequenze.may_operate(known.name)
        elif system == "senhasegura" and clients.senhasegura is not None:
            answer = clients.senhasegura.may_write()
    except MaintenanceError as error:
        return "unknown", str(error)
    if answer is False:
        return "refused", f"{TITLES[system]} refuses these credentials the right to write; check what they may do."
    return ("allowed", "") if answer else ("unknown", "")


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
            "msg": f"The window cannot run. Nothing was locked or sent. {count}: " + " | ".join(said),
        }
    return result


def _plain(row: t.Any) -> dict[str, t.Any]:
    return {"id": row.id, "name": row.name, "ip": row.ip, "serial": row.serial}
