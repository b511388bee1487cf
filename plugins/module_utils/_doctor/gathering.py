# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the facts: reads of the three systems and of the journal. Nothing is written, unless a device is named."""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.facts import (
    Facts,
    JournalFacts,
    Permission,
    SystemFacts,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import JournalError, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.engines import file_of, name_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.locks import Locks
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import (
    existing_journal_of,
    journal_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import default_holder, in_awx
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.keeper import LockKeeper
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.learning import Learned, learn
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import look, spread
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.survey import survey
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.systems import (
    SYSTEMS,
    Clients,
    systems_asked,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import Known
from ansible_collections.netfleet.maintenance.plugins.module_utils._systems.connect import TITLES
from ansible_collections.netfleet.maintenance.plugins.module_utils._versions import versions

# How long (s) the lock of the named device counts as held when this process dies in between.
LEASE = 600.0


def gather(task: Task, clients: Clients) -> Facts:
    """Return the facts. Never raises MaintenanceError: what cannot be read is a fact too."""
    params, clock = task.params, task.clock
    # First, so that the journal below shows what was learned.
    learned = _learn(task, clients) if params["device"] and not task.check_mode else None
    began = clock.monotonic()
    seen = survey(clients)
    took = clock.monotonic() - began
    sample = []
    if clients.zequenze is not None and "zequenze" in seen.lists:
        sample = look(clients.zequenze, spread(seen.lists["zequenze"], params["sample"]), clock, uptimes=True)
    sessions, sessions_problem = _sessions(clients, seen.lists)
    systems = []
    for system in SYSTEMS:
        asked = system in systems_asked(params)
        if not asked and system != "senhasegura":
            continue
        missing = clients.failures.get(system, "")
        if not asked:
            missing = f"{TITLES[system]} is not configured."
        client, wire = getattr(clients, system), clients.wires.get(system)
        may_write, problem = _may_write(params, clients, seen.lists, system)
        if system == "oracle_sdm" and learned is not None and learned.locked:
            may_write, problem = "allowed", ""
        systems.append(
            SystemFacts(
                system,
                address=wire.endpoint.base_url if wire is not None else "",
                missing=missing,
                error=seen.errors.get(system),
                devices=len(seen.lists.get(system, ())),
                seconds=took,
                clock_ahead=clients.ahead(system),
                certificate_ends=wire.certificate_ends if wire is not None else None,
                certificate_checked=wire is None or wire.endpoint.validate_certs,
                dialect=dict(client.dialect) if client is not None else {},
                api=_api(system, params),
                may_write=may_write,
                may_write_problem=problem,
            )
        )
    server = clients.oracle_sdm.server if clients.oracle_sdm is not None else ""
    return Facts(
        now=clock.now(),
        systems=tuple(systems),
        lists=seen.lists,
        sample=tuple(sample),
        journal=_journal(task, server),
        versions=versions(),
        sessions=sessions,
        sessions_problem=sessions_problem,
        device=params["device"] or "",
        learned=learned,
    )


def _api(system: str, params: t.Mapping[str, t.Any]) -> str:
    """Return the version of the API that is used."""
    if system == "oracle_sdm":
        return f"REST interface {params['oracle_sdm']['api_version']}"
    return "API v1" if system == "zequenze" else ""


def _sessions(clients: Clients, lists: t.Mapping[str, t.Sequence[Known]]) -> tuple[int | None, str]:
    """Return how many sessions are live on the devices of PAM Core, or why that cannot be read."""
    if clients.senhasegura is None or "senhasegura" not in lists:
        return None, ""
    try:
        return len(clients.senhasegura.live_sessions()), ""
    except MaintenanceError as error:
        return None, str(error)


def _may_write(
    params: t.Mapping[str, t.Any], clients: Clients, lists: t.Mapping[str, t.Sequence[Known]], system: str
) -> tuple[Permission, str]:
    """Ask whether the credentials may write. Zequenze's question is safe by definition, PAM Core's has to be wished.

    SDM has no question that is not an action on a device: the named device answers it.
    """
    if system not in lists or system == "oracle_sdm" or (system == "senhasegura" and not params["probe_writes"]):
        return "not asked", ""
    rows = lists[system]
    answer: bool | None = None
    try:
        if system == "zequenze":
            answer = clients.zequenze.may_operate(rows[0].name) if clients.zequenze is not None and rows else None
        elif clients.senhasegura is not None:
            answer = clients.senhasegura.may_write()
    except MaintenanceError as error:
        return "unknown", str(error)
    return ("unknown" if answer is None else "allowed" if answer else "refused"), ""


def _learn(task: Task, clients: Clients) -> Learned | None:
    """Lock and unlock the one device that was named, and keep what SDM answers to a repeated Lock and Unlock."""
    sdm = clients.oracle_sdm
    if sdm is None:
        return None
    try:
        with journal_of(task) as journal:
            keeper = LockKeeper(
                sdm,
                Locks(journal),
                holder=f"doctor {default_holder()}",
                lease=LEASE,
                wait_timeout=0.0,
                clock=task.clock,
                run_alive=task.run_alive,
            )
            return learn(keeper, task.params["device"])
    except MaintenanceError as error:
        return Learned(False, False, problem=str(error))


def _journal(task: Task, server: str) -> JournalFacts:
    place = task.params["journal"] or default_path()
    shown = name_of(place)
    try:
        path = file_of(place)
    except JournalError as error:
        return JournalFacts(shown, problem=str(error))
    if not task.params["journal"] and in_awx():
        return JournalFacts(shown, throwaway=True)
    try:
        journal = existing_journal_of(task)
    except JournalError as error:
        return JournalFacts(shown, problem=str(error))
    is_file, writable = path is not None, path is None or _writable(path)
    if journal is None:
        return JournalFacts(shown, is_file=is_file, writable=writable)
    try:
        with journal:
            first_at, last_at = queries.span(journal)
            locks = Locks(journal)
            status = os.stat(path) if path is not None else None
            return JournalFacts(
                shown,
                exists=True,
                is_file=is_file,
                writable=writable,
                size=None if status is None else status.st_size,
                mode=None if status is None else stat.S_IMODE(status.st_mode),
                first_at=first_at,
                last_at=last_at,
                open_locks=len(locks.all_open()),
                repeats_lock=locks.repeats(server),
                repeats_unlock=locks.unlock_repeats(server),
                counts_locks=locks.counts(server),
            )
    except (JournalError, OSError) as error:
        return JournalFacts(shown, problem=str(error))


def _writable(path: str) -> bool:
    """Whether a file can be written, or made where it is not there yet, its folders too. Looks, and writes nothing."""
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return os.access(path, os.W_OK)
