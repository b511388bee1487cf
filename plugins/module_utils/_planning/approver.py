# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who approved a window: as AWX knows it, else as ``window_approved_by`` says; and that it is not who starts it."""

from __future__ import annotations

import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._awx.client import Awx
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, MaintenanceError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import who, workflow_job
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

OPTION = "window_approved_by"


class Approver(t.NamedTuple):
    """Who approved, and where that is known from; both are empty when nobody said."""

    name: str = ""
    known_from: str = ""


def approver_of(task: Task, given: t.Mapping[str, t.Any], *, needed: bool) -> Approver:
    """Return who approved. ``given`` are the window's variables.

    In a workflow of AWX it is who approved there, where the environment says how to ask AWX. What goes wrong with that
    is a warning, and BadInput where the approver is ``needed``.
    """
    workflow = workflow_job()
    try:
        awx = Awx.from_environment(task.clock) if workflow else None
        names = awx.approvers(str(workflow)) if awx is not None else []
    except MaintenanceError as error:
        if needed:
            raise BadInput(f"window_two_people: it is not known who approved in AWX. {error}") from error
        task.warn(f"It is not known who approved in AWX. {error}")
        names = []
    if names:
        return Approver(names[-1], f"AWX, workflow job {workflow}")
    name = str(given.get(OPTION) or "").strip()
    return Approver(name, OPTION) if name else Approver()


def refuse_one_person(approver: str, starter: t.Mapping[str, t.Any] | None = None) -> None:
    """Raise BadInput unless it is known who approved, and that is another person than who starts.

    ``starter`` is what the journal keeps of a process (``user``, ``launched_by``, ``claimed``); by default this one.
    """
    if not approver:
        raise BadInput(
            "window_two_people needs to know who approved: pass the digest of the plan as window_approval and the name "
            f"as {OPTION}, or approve in a workflow of AWX. Nothing was locked or sent."
        )
    starter = who() if starter is None else starter
    claimed = starter.get("claimed") or {}
    names = [starter.get("user"), starter.get("launched_by"), claimed.get("launched_by"), claimed.get("sudo_user")]
    same = next((str(name) for name in names if name and is_same_person(approver, str(name))), None)
    if same is not None:
        raise BadInput(
            f"window_two_people: {shown(approver)} approved this window and starts it as {shown(same)}. Have another "
            "person start it, or approve it. Nothing was locked or sent."
        )


def is_same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: letters' case, and the domain of a login, make no difference. Pure."""
    return _login(one) == _login(other)


def _login(name: str) -> str:
    return name.strip().rpartition("\\")[2].partition("@")[0].strip().casefold()
