# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a window for one device: which core each one calls, and with which options.

This is the one list the driver carries out and the matrix names its rows by. It follows the playbook
``maintenance_window`` with ``roles/window``; ``test_playbook.py`` compares the requests of both.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal_info import (
    journal_info_spec,
    run_journal_info,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.device_lock import (
    device_lock_spec,
    run_device_lock,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.recover_locks import (
    recover_locks_spec,
    run_recover_locks,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Core
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_health import (
    device_health_spec,
    run_device_health,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.device_operation import (
    device_operation_spec,
    run_device_operation,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.recover_operations import (
    recover_operations_spec,
    run_recover_operations,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_preflight import (
    run_window_preflight,
    window_preflight_spec,
)
from tests.simulators.world import SDM_ACCOUNTS, ZEQUENZE_TOKEN

Options = dict[str, t.Any]
Play = t.Literal["window", "recover", "recover_lost", "sweep"]

ACCOUNT = "lockbot"
"""The account of ours on the simulated Oracle SDM."""

RELEASE = "release"
"""The file that lets a pausing run go on."""

PAUSING = "pausing"
"""The file by which a run says that it pauses."""

CALL_TIMEOUT = 4.0
IMPATIENT = 1.0
"""The call timeout of a run whose connection will stall; the others have time, because the machine may be busy."""

PROOF_TIMEOUT = 3.0
LOOK_INTERVAL = 0.05
HOLD = 0.1
CONFLICT_TIMEOUT = 3.0
UNLOCK_TIMEOUT = 4.0


@dataclasses.dataclass(frozen=True)
class JournalPoint:
    """A place around a journal write: the ``nth`` transaction of a step, before it, in it, or behind its commit."""

    step: str
    nth: int
    when: t.Literal["before_write", "before_commit", "after_commit"]


@dataclasses.dataclass(frozen=True)
class Job:
    """One run: what it is to do, and where. Times are seconds; ``folder`` is the run's own, ``journal`` outlives it.

    ``play`` is a whole window, recovery for it alone, recovery without the journal, or the scheduled recovery, which
    knows of no window. The controller waits before the step ``pause_before`` until the file ``release`` is in its
    folder. ``die_at`` with ``die`` kills the group, or only the controller, at a journal write; the worker then pauses
    for ``linger`` seconds before it goes on. With ``die`` as ``stop`` the group is not killed but stopped, until
    somebody lets it go on. From the step ``full_from`` on no file can grow, as on a full disk. ``host`` is the name the
    machine claims to have, ``ahead`` how far its clock is ahead, ``mutant`` a way in which the client is broken.
    ``cutoff`` is after how many seconds of its step a reboot may not be sent any more; the rest are options of
    device_operation.
    """

    url: str
    journal: str
    folder: str
    device: str
    window_id: str
    label: str
    play: Play = "window"
    die_at: JournalPoint | None = None
    die: t.Literal["group", "controller", "stop"] = "group"
    linger: float = 0.0
    call_timeout: float = CALL_TIMEOUT
    pause_before: str | None = None
    hold: float = HOLD
    attempt: int = 1
    mutant: str | None = None
    host: str | None = None
    ahead: float = 0.0
    full_from: str | None = None
    cutoff: float | None = None
    max_in_flight: int | None = None
    max_failures: int | None = None

    def as_json(self) -> dict[str, t.Any]:
        """Give it as data for another process."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> Job:
        """Read what :meth:`as_json` gave."""
        fields = dict(data)
        if fields.get("die_at") is not None:
            fields["die_at"] = JournalPoint(**fields["die_at"])
        return cls(**fields)


@dataclasses.dataclass(frozen=True)
class Step:
    """One task of the playbook: its name, its core, and the options it gives."""

    name: str
    core: Core
    spec: t.Callable[[], Spec]
    options: t.Callable[[Job], Options]


def _journal(job: Job) -> Options:
    return {"journal": job.journal}


def _zequenze(job: Job) -> Options:
    return {
        **_journal(job),
        "api_url": job.url + "/zequenze/api/v1",
        "api_token": ZEQUENZE_TOKEN,
        "timeout": job.call_timeout,
    }


def _sdm(job: Job) -> Options:
    return {
        **_journal(job),
        "api_url": job.url + "/sdm",
        "username": ACCOUNT,
        "password": SDM_ACCOUNTS[ACCOUNT],
        "timeout": job.call_timeout,
    }


def _preflight(job: Job) -> Options:
    systems = {"zequenze": _zequenze(job), "oracle_sdm": _sdm(job)}
    return {
        **_journal(job),
        **{name: {key: options[key] for key in options if key != "journal"} for name, options in systems.items()},
        "systems": list(systems),
        "devices": [{"name": job.device}],
    }


def _gates(job: Job) -> Options:
    """What must hold for new work, as ``roles/window`` says it for one batch where nobody asks for live sessions."""
    return {
        "window": {"window_id": job.window_id},
        "operations": ["sync", "reboot", "hold"],
        "live_sessions": "ignore",
        "timeout": PROOF_TIMEOUT,
        "interval": LOOK_INTERVAL,
    }


def _limits(job: Job) -> Options:
    return {"max_in_flight": job.max_in_flight, "max_failures": job.max_failures}


def _confirm(job: Job) -> Options:
    return {**_sdm(job), "name": [job.device], "state": "locked", "holder": job.window_id}


def _lock(job: Job) -> Options:
    return {**_confirm(job), **_limits(job), "gates": _gates(job)}


def _unlock(job: Job) -> Options:
    return {**_confirm(job), "state": "unlocked", "wait_timeout": UNLOCK_TIMEOUT}


def _waiting(job: Job) -> Options:
    return {
        **_zequenze(job),
        "name": [job.device],
        "window_id": job.window_id,
        "wait_timeout": PROOF_TIMEOUT,
        "wait_interval": LOOK_INTERVAL,
    }


def _operation(operation: str) -> t.Callable[[Job], Options]:
    def options(job: Job) -> Options:
        attempt = job.attempt if operation == "reboot" else 1
        wanted: Options = {"operation": operation, "attempt": attempt, "conflict_timeout": CONFLICT_TIMEOUT}
        if operation == "reboot" and job.cutoff is not None:
            wanted["not_after"] = iso(time.time() + job.ahead + job.cutoff)
        return {**_waiting(job), **wanted, **_limits(job), "gates": _gates(job)}

    return options


LOOK = Step(
    "recover_operations",
    run_recover_operations,
    recover_operations_spec,
    lambda job: {**_zequenze(job), "wait_timeout": 0.0},
)
"""How a window begins: what is still under way keeps its lock, and the run waits for the evidence itself later."""

SETTLE = dataclasses.replace(
    LOOK,
    options=lambda job: {**_zequenze(job), "wait_timeout": PROOF_TIMEOUT, "wait_interval": LOOK_INTERVAL},
)
"""How recovery alone begins: it waits for the evidence."""

RETURN = Step(
    "recover_locks",
    run_recover_locks,
    recover_locks_spec,
    lambda job: {**_sdm(job), "window_id": job.window_id, "wait_timeout": UNLOCK_TIMEOUT},
)
RETURN_LOST = dataclasses.replace(
    RETURN, options=lambda job: {**RETURN.options(job), "lost_journal": True, "name": [job.device]}
)
RETURN_ANY = dataclasses.replace(RETURN, options=lambda job: {**_sdm(job), "wait_timeout": UNLOCK_TIMEOUT})
PREFLIGHT = Step("preflight", run_window_preflight, window_preflight_spec, _preflight)
JOURNAL = Step(
    "journal",
    run_journal_info,
    journal_info_spec,
    lambda job: {**_journal(job), "window_id": job.window_id, "name": [job.device]},
)
LOCK = Step("lock", run_device_lock, device_lock_spec, _lock)
SYNC = Step("sync", run_device_operation, device_operation_spec, _operation("sync"))
CONFIRM = Step("confirm", run_device_lock, device_lock_spec, _confirm)
REBOOT = Step("reboot", run_device_operation, device_operation_spec, _operation("reboot"))
STAY = Step("hold", run_device_health, device_health_spec, lambda job: {**_waiting(job), "hold": job.hold})
UNLOCK = Step("unlock", run_device_lock, device_lock_spec, _unlock)

GUARDED = (LOCK, SYNC, CONFIRM, REBOOT, STAY)
"""What happens between lock and unlock: after the first that fails, the rest is left out."""

DONE = frozenset({"sync", "reboot", "hold"})
"""The operations a finished window has on record as done."""

SIGN_OUT = "sign_out"
STEP_NAMES = (*(step.name for step in (LOOK, RETURN, PREFLIGHT, JOURNAL, *GUARDED, UNLOCK)), SIGN_OUT)
