# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_status: how one window stands, or every window with something open. Reads the journal only."""

from __future__ import annotations

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import Journal, default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.known import check_known, known_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import report_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.status import as_table, standing_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import headline
from ansible_collections.netfleet.maintenance.plugins.module_utils._schedule.time_zones import zone_named


def window_status_spec() -> Spec:
    """Return the options of window_status."""
    return journal_options() + Spec({"window_id": {"type": "str"}, "timezone": {"type": "str", "default": "UTC"}})


def run_window_status(task: Task) -> Result:
    """Return ``windows`` and ``table``. Raise BadInput for a window that the journal does not show, JournalError."""
    params = task.params
    zone = zone_named(params["timezone"] or "UTC", "timezone")
    wanted = (params["window_id"] or "").strip()
    journal = existing_journal_of(task)
    if journal is None:
        raise BadInput(
            f"There is no journal at {params['journal'] or default_path()}. Check NETFLEET_JOURNAL, or run a window "
            "first."
        )
    with journal:
        reports = [_report(journal, window_id) for window_id in ([wanted] if wanted else open_windows(journal))]
    table = as_table(reports, zone) or ["No window has a lock or an unsettled operation."]
    return {
        "changed": False,
        "windows": [
            {
                "id": report.asked.window_id,
                "headline": headline(report),
                "devices": [standing_of(device, report.asked.window_id).to_json() for device in report.devices],
            }
            for report in reports
        ],
        "table": table,
        "msg": table[0],
    }


def open_windows(journal: Journal) -> list[str]:
    """Return the ids of the windows with an open lock or an unsettled operation, sorted. Raise JournalError."""
    anything_open = reading.Filter(open=True)
    held = {row["holder"] for row in reading.locks(journal, anything_open)}
    unsettled = {row["window_id"] for row in reading.operations(journal, anything_open)}
    return sorted(filter(None, held | unsettled))


def _report(journal: Journal, window_id: str) -> Report:
    asked = known_of(journal, window_id, {})
    report = report_of(journal, asked)
    check_known(journal, asked, has_rows=bool(report.as_of) or bool(report.devices))
    return report
