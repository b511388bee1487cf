# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a window for one device: which core each one calls, and with which options.

This is the one list the driver carries out and the matrix names its rows by. It follows the playbook
``maintenance_window`` with ``roles/window``; ``test_playbook.py`` compares the requests of both.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._lock.lock_recovery import (
    lock_recovery_spec,
    run_lock_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Logic
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.operation_recovery import (
    operation_recovery_spec,
    run_operation_recovery,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.window_preflight import (
    run_window_preflight,
    window_preflight_spec,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._window.window_run import (
    run_window_run,
    window_run_spec,
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
    knows of no window. The controller waits before the step ``pause_before``, and its worker before a stage, until the
    file ``release`` is in its folder. ``die_at`` with ``die`` kills the group, or only the worker or the controller, at
    a journal write; after the death of the controller its worker pauses for ``linger`` seconds before it goes on. With
    ``die`` as ``stop`` the group is not killed but stopped, until somebody lets it go on. From
    the step ``full_from`` on no file can grow, as on a full disk. ``host`` is the name the machine claims to have,
    ``namespace`` the number of its PID namespace, ``ahead`` how far its clock is ahead, ``mutant`` a way in which the
    client is broken. ``cutoff`` is after how many seconds of its step a reboot may not be sent any more; ``attempt`` is
    the reboot's; ``freeze`` is the path of the window's calendar, ``group`` the group in Oracle SDM that is
    locked instead of the device, ``partner`` the other member of its redundancy group, which counts unless
    ``require_partners`` is false.
    """

    url: str
    journal: str
    folder: str
    device: str
    window_id: str
    label: str
    play: Play = "window"
    die_at: JournalPoint | None = None
    die: t.Literal["group", "controller", "worker", "stop"] = "group"
    linger: float = 0.0
    call_timeout: float = CALL_TIMEOUT
    pause_before: str | None = None
    hold: float = HOLD
    attempt: int = 1
    mutant: str | None = None
    host: str | None = None
    namespace: int | None = None
    ahead: float = 0.0
    full_from: str | None = None
    cutoff: float | None = None
    max_in_flight: int | None = None
    max_failures: int | None = None
    freeze: str | None = None
    group: str | None = None
    partner: str | None = None
    require_partners: bool = True

    def as_json(self) -> dict[str, t.Any]:
        """Return it as data for another process."""
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
    logic: Logic
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


def _systems(job: Job) -> Options:
    systems = {"zequenze": _zequenze(job), "oracle_sdm": _sdm(job)}
    return {
        **_journal(job),
        **{name: {key: options[key] for key in options if key != "journal"} for name, options in systems.items()},
        "systems": list(systems),
    }


def _preflight(job: Job) -> Options:
    """What the window is agreed to be, for one batch where nobody asks for live sessions."""
    window = {
        "window_id": job.window_id,
        "window_targets": job.device,
        "window_operations": ["sync", "reboot"],
        "window_hold": job.hold,
        "window_live_sessions": "ignore",
        "window_gate_timeout": PROOF_TIMEOUT,
        "window_wait_timeout": PROOF_TIMEOUT,
        "window_wait_interval": LOOK_INTERVAL,
        "window_conflict_timeout": CONFLICT_TIMEOUT,
        "window_unlock_timeout": UNLOCK_TIMEOUT,
        "window_max_in_flight": job.max_in_flight,
        "window_max_failures": job.max_failures,
        "window_require_partners": job.require_partners,
        "window_freeze": None if job.freeze is None else [job.freeze],
    }
    given = {name: value for name, value in window.items() if value is not None}
    devices: list[Options] = [{"name": job.device, "sdm_group_id": job.group}]
    if job.partner is not None:
        devices = [{**devices[0], "group": "pair"}, {"name": job.partner, "group": "pair", "selected": False}]
    return {**_systems(job), "window": given, "devices": devices}


def _run(job: Job) -> Options:
    return {**_systems(job), "window_id": job.window_id}


LOOK = Step(
    "operation_recovery",
    run_operation_recovery,
    operation_recovery_spec,
    lambda job: {**_zequenze(job), "wait_timeout": 0.0},
)
"""How a window begins: what is still under way keeps its lock, and the run waits for the evidence itself later."""

SETTLE = dataclasses.replace(
    LOOK,
    options=lambda job: {**_zequenze(job), "wait_timeout": PROOF_TIMEOUT, "wait_interval": LOOK_INTERVAL},
)
"""How recovery alone begins: it waits for the evidence."""

RETURN = Step(
    "lock_recovery",
    run_lock_recovery,
    lock_recovery_spec,
    lambda job: {**_sdm(job), "window_id": job.window_id, "wait_timeout": UNLOCK_TIMEOUT},
)
RETURN_LOST = dataclasses.replace(
    RETURN, options=lambda job: {**RETURN.options(job), "lost_journal": True, "name": [job.device]}
)
RETURN_ANY = dataclasses.replace(RETURN, options=lambda job: {**_sdm(job), "wait_timeout": UNLOCK_TIMEOUT})
PREFLIGHT = Step("preflight", run_window_preflight, window_preflight_spec, _preflight)
RUN = Step("window_run", run_window_run, window_run_spec, _run)

STAGES = ("lock", "sync", "confirm", "reboot", "hold", "unlock")
"""What happens within the one task of the window; requests and journal writes are named by these."""

DONE = frozenset({"sync", "reboot", "hold"})
"""The operations a finished window has on record as done."""

OK, FAILED, DIED = 0, 2, 70
"""How a run ends: well, with a failure, or because a worker died."""

SIGN_OUT = "sign_out"
STEP_NAMES = (LOOK.name, RETURN.name, PREFLIGHT.name, RUN.name, *STAGES, SIGN_OUT)
