# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what would be done now was approved, and the plans that digests stand for: in the journal or in a file."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import (
    existing_journal_of,
    journal_of,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approval import (
    Approved,
    check_approval,
    check_slice,
    digest_of,
    read_approved,
    to_approve,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approver import (
    approver_of,
    refuse_one_person,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESETS

# Says that there is no approval, where something must be said: a blank one is refused.
NO_APPROVAL = "none"


def approve(task: Task, given: t.Mapping[str, t.Any], record: WindowRecord) -> dict[str, t.Any]:
    """Return the approval of a record: ``digest``, ``approver`` and ``known_from``; empty when none is needed.

    ``given`` are the window's variables. Raises BadInput unless the approval is for exactly this record.
    """
    approval, sliced = given.get("window_approval"), int(given.get("window_slices", 1)) > 1
    if sliced and not RESETS.isdisjoint(record.operations):
        raise BadInput(
            f"{' and '.join(record.operations)} cannot be divided into slices. Use a job template without slices. "
            "Nothing was locked or sent."
        )
    if approval is None or approval == NO_APPROVAL:
        if record.rules.two_people:
            refuse_one_person("")
        if RESETS.isdisjoint(record.operations):
            return {}
        raise BadInput(
            f"{' and '.join(record.operations)} of {len(record.maintained)} devices needs an approval. Run window_plan "
            "and pass its digest as window_approval. Nothing was locked or sent."
        )
    if not isinstance(approval, str):
        raise BadInput(f"window_approval is {shown(str(approval))} and must be the digest of a plan. Put it in quotes.")
    now, known = to_approve(record), _known(task, given, approval)
    if sliced:
        check_slice(approval, known, now)
    else:
        check_approval(approval, known, now)
    approver = approver_of(task, given, needed=record.rules.two_people)
    if record.rules.two_people:
        refuse_one_person(approver.name)
    digest = approval.strip().lower() if sliced else digest_of(now)
    return {"digest": digest, "approver": approver.name, "known_from": approver.known_from}


def remember(task: Task, approved: Approved) -> None:
    """Keep what a digest stands for, so that a later run can show the difference. A journal problem is a warning."""
    try:
        with journal_of(task) as journal:
            journal.remember(_key(digest_of(approved)), json.dumps(approved))
    except JournalError as error:
        task.warn(f"The plan could not be recorded; a run that finds it changed cannot show the difference. {error}")


def _known(task: Task, given: t.Mapping[str, t.Any], approval: str) -> Approved | None:
    """Return what a digest stands for, from the approved plan's file or from the journal of the run that planned it."""
    path = given.get("window_approved_plan")
    if path:
        try:
            with open(str(path), encoding="utf-8") as file:
                known = read_approved(file.read(), str(path))
        except (OSError, UnicodeError) as error:
            raise BadInput(f"window_approved_plan {path} cannot be read: {error}.") from error
        if digest_of(known) != approval.strip().lower():
            raise BadInput(f"window_approved_plan {path} is not the plan whose digest is {shown(approval)}.")
        return known
    journal = existing_journal_of(task)
    if journal is None:
        return None
    with journal:
        kept = journal.recall(_key(approval.strip().lower()))
    return None if kept is None else read_approved(kept, "The plan in the journal")


def _key(digest: str) -> str:
    return f"plan {digest}"
