# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pre-flight and the plan have in common: the occurrence, the selection, and what the systems show of it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.history import failed_in_a_row
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.agreement import (
    agree,
    without_quarantined,
    without_unknown,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.description import HOOKS, Description
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.targets import (
    Identity,
    Known,
    Target,
    identify,
    read_targets,
    shown_of,
    targets_options,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.freeze import Freezes
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.look import look
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.occurrence import Occurrence


def window_options() -> Spec:
    """Return the options with a window's variables and its devices (fragment ``selection``)."""
    return Spec({"window": {"type": "dict"}, "fleet_size": {"type": "int"}, **targets_options()})


@dataclasses.dataclass(frozen=True)
class Selection:
    """The targets of a window, and the members of their groups that are none of its devices."""

    targets: tuple[Target, ...]
    partners: tuple[Target, ...]


def read_selection(params: t.Mapping[str, t.Any], description: Description | None) -> Selection:
    """Read the option ``devices``. Raises BadInput."""
    targets = read_targets(params["devices"])
    if description is not None and not description.sdm_lock:
        targets = [dataclasses.replace(target, sdm_lock=False) for target in targets]
    return Selection(
        tuple(target for target in targets if target.selected),
        tuple(target for target in targets if not target.selected),
    )


def occurrence_at(description: Description, task: Task) -> Occurrence:
    """Return how the window stands now, or at ``window_at``. Raises BadInput."""
    return _look(description, task.clock.now() if description.at is None else description.at)


def _look(description: Description, at: float) -> Occurrence:
    window = description.window
    return look(window, at, Freezes(window.freeze, window.directory, window.zone).between)


def occurrence_planned(description: Description, now: Occurrence) -> Occurrence | None:
    """Return the occurrence that a plan is for: the one that is on, or the next; None when none is left."""
    if now.id is None and now.next_opens_at is not None:
        return _look(description, now.next_opens_at)
    if now.id is None or (now.state == "closed" and now.next_opens_at is None):
        return None
    return now


def hooks_of(description: Description) -> dict[str, str]:
    """Return the SHA-256 of each task file of the user. Raises BadInput for one that cannot be read."""
    found = {}
    for variable in HOOKS:
        if variable not in description.given:
            continue
        path = os.path.join(description.window.directory or "", str(description.given[variable]))
        try:
            with open(path, "rb") as file:
                found[variable] = hashlib.sha256(file.read()).hexdigest()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadInput(f"{variable}: the task file {path} cannot be read: {reason}.") from error
    return found


@dataclasses.dataclass(frozen=True)
class Agreed:
    """A record, what each system has for its devices, and what is wrong with the selection."""

    record: WindowRecord
    identities: list[Identity]
    problems: list[str]


def agree_on(
    description: Description,
    occurrence: Occurrence,
    selection: Selection,
    lists: t.Mapping[str, t.Sequence[Known]],
    task: Task,
) -> Agreed:
    """Return what a window is to be, from what the systems list. Raises BadInput, JournalError."""
    params = task.params
    identities, problems = without_unknown(description, identify(selection.targets, lists))
    most = description.count("window_quarantine_after", None, 1)
    if most is not None:
        identities = without_quarantined(identities, most, _streaks(task, str(occurrence.id)))
    record = agree(
        description,
        occurrence,
        identities,
        selection.partners,
        fleet=params["fleet_size"],
        hooks=hooks_of(description),
        shown_of=shown_of([*identities, *identify(selection.partners, lists)]),
    )
    return Agreed(record, identities, problems)


def _streaks(task: Task, window_id: str) -> dict[str, list[str]]:
    """Return the windows in which devices failed one after the other, but for the one that asks."""
    journal = existing_journal_of(task)
    if journal is None:
        return {}
    with journal:
        return failed_in_a_row(journal, but=window_id)
