# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a window beside its rows: its devices, operations, command and facts, as its own run wrote them.

A run writes them to the journal when it starts. A report that is written later, by another command or on another
machine, takes them from there and never from its own command line.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput, JournalError
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.pruned import pruned_windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.windows import WindowRecord, Windows
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.listed import listed
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Asked, Listed
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import shown

# What a run writes about its window.
_WRITTEN = ("window_name", "timezone", "occurrence", "devices", "operations", "rerun_command", "facts")

_NEWEST = 5


def write_known(task: Task) -> None:
    """Write what the options of window_report say of a window to the journal; a failure is a warning."""
    params = task.params
    if not params["window_id"]:
        return
    try:
        with journal_of(task) as journal:
            journal.remember(_key(params["window_id"]), json.dumps({name: params[name] for name in _WRITTEN}))
    except JournalError as error:
        task.warn(f"A later report cannot show what this window was to do. {error}")


def known_of(journal: Journal, window_id: str, params: t.Mapping[str, t.Any]) -> Asked:
    """Return what a report is about: as the window's run wrote it, else as the window was agreed, else as asked.

    ``params`` are the options of the task. Raise JournalError.
    """
    written = journal.recall(_key(window_id))
    given = {**params, **json.loads(written)} if written else params
    record = Windows(journal).read(window_id)
    asked = Asked(
        window_id=window_id,
        name=given.get("window_name") or "",
        timezone=given.get("timezone") or "UTC",
        occurrence=given.get("occurrence") or {},
        devices=listed(given),
        operations=tuple(given.get("operations") or ()),
        rerun=given.get("rerun_command") or "",
        facts=tuple((str(name), str(value)) for name, value in (given.get("facts") or {}).items()),
        is_known=bool(written) or record is not None or bool(params.get("at_end")),
    )
    return asked if record is None else _with_record(asked, record)


def _with_record(asked: Asked, record: WindowRecord) -> Asked:
    """Return it with what was agreed: batches, what is left alone, limits and approval."""
    known = {device.name: device for device in asked.devices}
    devices = []
    for agreed in record.devices:
        device = known.pop(agreed.name, Listed(agreed.name))
        devices.append(
            dataclasses.replace(
                device,
                sdm_name=agreed.sdm_name,
                zequenze_name=agreed.zequenze_name,
                batch=agreed.batch,
                excluded=agreed.excluded or "",
                group=agreed.group or "",
                shown=agreed.shown,
            )
        )
    return dataclasses.replace(
        asked,
        name=asked.name or record.name,
        occurrence=asked.occurrence or record.occurrence,
        operations=record.stages,
        devices=tuple(devices) or asked.devices,
        partners=tuple(Listed(each.name, group=each.group or "", shown=each.shown) for each in record.partners),
        facts=(*asked.facts, *_facts_of(record)),
    )


# So many devices are named in a fact.
_NAMED = 5


def _facts_of(record: WindowRecord) -> t.Iterator[tuple[str, str]]:
    rules = record.rules
    limits = {
        "in flight": rules.max_in_flight,
        "failures": rules.max_failures,
        "targets": rules.max_targets,
    }
    yield "Limits", ", ".join(f"{name} {value}" for name, value in limits.items() if value is not None) or "none"
    without = [device.name for device in record.maintained if not device.sdm_lock]
    if without:
        more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
        yield "Without a lock in Oracle SDM", f"{', '.join(without[:_NAMED])}{more}; the journal is the only lock"
    if not rules.require_partners:
        yield "Partners", "disregarded (window_require_partners: false)"
    digest = record.approval.get("digest")
    if digest:
        yield "Approval", str(digest)
        by, known_from = record.approval.get("approver"), record.approval.get("known_from")
        if by:
            yield "Approved by", f"{by} ({known_from})" if known_from else str(by)


def check_known(journal: Journal, asked: Asked, has_rows: bool) -> None:
    """Raise BadInput when the journal shows nothing of a window, so that a misspelt id is no empty report."""
    if asked.is_known or has_rows:
        return
    left = pruned_windows(journal).get(asked.window_id)
    if left is not None:
        raise BadInput(
            f"Window {shown(asked.window_id)} was removed from the journal {journal.place} at {iso(left.at)}."
        )
    newest = queries.newest_windows(journal, _NEWEST)
    some = f" Its newest windows are {', '.join(map(shown, newest))}." if newest else " It has no window yet."
    raise BadInput(f"The journal {journal.place} has no window {shown(asked.window_id)}.{some}")


def _key(window_id: str) -> str:
    return f"report {window_id}"
