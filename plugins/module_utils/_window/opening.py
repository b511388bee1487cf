# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a window and its gates, for the engine."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.gates import Gates
from ansible_collections.netfleet.maintenance.plugins.module_utils._gates.options import gates_of, record_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.limits import Limits
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._planning.approver import refuse_one_person
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown
from ansible_collections.netfleet.maintenance.plugins.module_utils._zequenze.operations import RESETS


class WindowGates(t.NamedTuple):
    """The gates before a lock, and before a request to a device that has been locked."""

    of_lock: Gates
    of_request: Gates


class _ScheduledGates(Gates):
    """Gates for a device whose turn has come: the scheduler obeys canary, batches and soak."""

    def _others(self, _device: t.Any) -> None:
        return None


def open_gates(task: Task, record: WindowRecord, journal: Journal) -> WindowGates:
    """Return the gates of a window for a task. Raise BadInput."""
    no_limits = dict.fromkeys(field.name for field in dataclasses.fields(Limits))
    task = dataclasses.replace(task, params={**task.params, **no_limits})
    of_lock, of_request = (
        gates_of(task, record, record.window_id, journal, after_lock=after_lock) for after_lock in (False, True)
    )
    scheduled = _ScheduledGates(**{field.name: getattr(of_lock, field.name) for field in dataclasses.fields(Gates)})
    return WindowGates(scheduled, of_request)


def open_record(task: Task, journal: Journal, window_id: str) -> WindowRecord:
    """Return the record of a window. Raise BadInput when it has none, erases devices without an approval, or is
    started by who approved it where that takes two people.
    """
    record = record_of(task, journal, window_id)
    if record is None:
        raise BadInput(
            f"The journal {journal.place} has no record of window {shown(window_id)}; window_preflight writes it. "
            "Nothing was sent."
        )
    if RESETS & set(record.operations) and not record.approval.get("digest"):
        raise BadInput(f"Window {shown(window_id)} erases devices, and its record has no approval. Nothing was sent.")
    if record.rules.two_people:
        refuse_one_person(str(record.approval.get("approver") or ""))
    if task.check_mode:
        # Nobody is maintained, so nothing soaks.
        record = dataclasses.replace(record, rules=dataclasses.replace(record.rules, soak=0.0))
    return record
