# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logic of window_report: the journal's rows of one window, told in files."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import BadInput
from ansible_collections.netfleet.maintenance.plugins.module_utils._files import file_name, write_if_changed
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal import queries as reading
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.journal import default_path
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.opening import existing_journal_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._journal.process import this_process
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.options import journal_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.spec import Spec
from ansible_collections.netfleet.maintenance.plugins.module_utils._module.task import Result, Task
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.html_page import as_html
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.json_data import as_json, summary
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.known import check_known, known_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.listed import listed_options
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.markdown import as_markdown
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.model import Report
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.reading import report_of
from ansible_collections.netfleet.maintenance.plugins.module_utils._report.words import headline

FORMATS: dict[str, t.Callable[[Report], str]] = {"html": as_html, "json": as_json, "md": as_markdown}


def reported(window_id: str) -> str:
    """Return the key under which a run keeps the files of a window's report."""
    return f"reported {window_id}"


def window_report_spec() -> Spec:
    """Return the options of window_report."""
    shared = journal_options() + listed_options()
    return shared + Spec(
        {
            "window_id": {"type": "str"},
            "window_name": {"type": "str"},
            "dest": {"type": "path", "required": True},
            "formats": {
                "type": "list",
                "elements": "str",
                "choices": list(FORMATS),
                "default": list(FORMATS),
            },
            "timezone": {"type": "str", "default": "UTC"},
            "occurrence": {"type": "dict", "default": {}},
            "operations": {"type": "list", "elements": "str", "default": []},
            "rerun_command": {"type": "str", "default": ""},
            "facts": {"type": "dict", "default": {}},
            "at_end": {"type": "bool", "default": False},
            "live": {"type": "bool", "default": False},
        },
        required_one_of=(("window_id", "window_name"),),
    )


def run_window_report(task: Task) -> Result:
    """Write the report. Return ``files``, ``summary`` and ``changed``. Raise BadInput, JournalError."""
    params = task.params
    journal = existing_journal_of(task)
    if journal is None:
        raise BadInput(f"There is no journal at {params['journal'] or default_path()}, so there is nothing to report.")
    with journal:
        window_id = params["window_id"] or reading.newest_occurrence(journal, params["window_name"])
        if window_id is None:
            raise BadInput(f"The journal {journal.place} shows no occurrence of a window {params['window_name']}.")
        asked = known_of(journal, window_id, params)
        report = report_of(journal, asked, this_process(task.run) if params["at_end"] else None)
        check_known(journal, asked, has_rows=report.as_of is not None)
    # A live page must not be left as it was.
    formats = [*params["formats"], *(["html"] if params["live"] and "html" not in params["formats"] else [])]
    files = {kind: os.path.join(params["dest"], f"{file_name(window_id)}.{kind}") for kind in formats}
    written = [
        write_if_changed(path, FORMATS[kind](report).encode(), dry=task.check_mode) for kind, path in files.items()
    ]
    told = summary(report)
    # Whoever tells of the window in the same run names them.
    task.store.save(reported(window_id), {"files": files})
    return {
        "changed": any(written),
        "window_id": window_id,
        "files": files,
        "summary": told,
        "msg": f"{headline(report)} The report of window {window_id} is in {', '.join(files.values())}.",
    }
